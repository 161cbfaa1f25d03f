//! [`Train`]: how all lanes of a scenario learn, as plain data.

use serde::{Deserialize, Serialize};

use super::default::constant;
use crate::quantity::{BatchSize, Beta, LearningRate, Positive, Steps, WeightDecay};

/// How it learns. All lanes share this, except what a lane states itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Optimizer steps.
    pub steps: Steps,
    /// Pairs in a batch.
    pub batch_size: BatchSize,
    /// Peak learning rate.
    pub learning_rate: LearningRate,
    /// After the warm-up.
    #[serde(default)]
    pub schedule: Schedule,
    /// Steps of linear warm-up.
    #[serde(default)]
    pub warmup: u64,
    /// Decoupled weight decay, on matrices only: gains, biases and scalars are spared.
    #[serde(default = "default_weight_decay")]
    pub weight_decay: WeightDecay,
    /// Adam's betas.
    #[serde(default = "default_betas")]
    pub betas: (Beta, Beta),
    /// Adam's epsilon.
    #[serde(default = "default_epsilon")]
    pub epsilon: Positive,
    /// Global norm at which gradients are clipped; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grad_clip: Option<Positive>,
    /// Steps between two evaluations on held-out pictures.
    #[serde(default = "default_eval_every")]
    pub eval_every: Steps,
    /// The type that the towers' matrix products are computed in.
    #[serde(default, skip_serializing_if = "Precision::is_auto")]
    pub precision: Precision,
    /// What ends a lane before its last step.
    #[serde(default, skip_serializing_if = "Stop::is_empty")]
    pub stop: Stop,
    /// Seed of everything random: weights, batches, captions, augmentation.
    #[serde(default)]
    pub seed: u64,
}

/// Rules that pause a lane, or end it where nobody watches. A loss that is not a number always does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The loss falls below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_below: Option<Positive>,
    /// The loss no longer falls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<Plateau>,
}

impl Stop {
    /// Whether there is no rule.
    pub const fn is_empty(&self) -> bool {
        self.loss_below.is_none() && self.plateau.is_none()
    }
}

/// A loss that no longer falls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plateau {
    /// Steps without a gain.
    pub steps: Steps,
    /// What its running mean must lose to count as a gain.
    pub by: Positive,
}

/// The type that the towers' matrix products are computed in. Weights, their gradients, attention, normalisation
/// and the loss have 32 bits in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// bf16 on processors that have instructions for it, else fp32.
    #[default]
    Auto,
    /// 32 bits.
    Fp32,
    /// Operands and results of 16 bits, of which 8 are the exponent; sums of 32.
    Bf16,
}

impl Precision {
    /// Whether it is left to the machine.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_auto(&self) -> bool {
        matches!(self, Self::Auto)
    }
}

/// Learning rate after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Schedule {
    /// Half a cosine down to zero at the last step.
    #[default]
    Cosine,
    /// Stays at the peak.
    Constant,
}

fn default_weight_decay() -> WeightDecay {
    constant(WeightDecay::new(0.2))
}

fn default_betas() -> (Beta, Beta) {
    (constant(Beta::new(0.9)), constant(Beta::new(0.98)))
}

fn default_epsilon() -> Positive {
    constant(Positive::new(1e-6))
}

fn default_eval_every() -> Steps {
    constant(Steps::new(100))
}
