//! [`Train`]: how all lanes of a scenario learn, as plain data.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::default::constant;
use crate::quantity::{BatchSize, Beta, LearningRate, Positive, Steps, WeightDecay};

/// How it learns. All lanes share this, except what a lane states itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Optimizer steps, which the schedule is for. On the screen a lane goes on after them: see [`Then`].
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
    /// What a lane on the screen does after the last step. Without a screen it ends there.
    #[serde(default, skip_serializing_if = "Then::is_continue")]
    pub then: Then,
    /// What ends a lane before its last step.
    #[serde(default, skip_serializing_if = "Stop::is_empty")]
    pub stop: Stop,
    /// Seed of everything random: weights, batches, captions, augmentation.
    #[serde(default)]
    pub seed: u64,
}

/// Share of the peak at which training goes on after a schedule that ended at 0, so that a dial turned late still has
/// an effect. A tenth is what the cosine of large language models ends at (Brown et al., 2005.14165, appendix B).
pub const RUNNING_ON: f64 = 0.1;

impl Train {
    /// Learning rate of step `step` (the first is 1), for a peak that the user may have moved: linear warm-up, then
    /// half a cosine to zero or constant. Past the last step the rate is constant: see [`RUNNING_ON`].
    pub fn rate(&self, peak: f64, step: u64) -> f64 {
        let steps = self.steps.get();
        match (self.rate_phase(step), self.schedule) {
            (RatePhase::WarmUp, _) => peak * step as f64 / self.warmup as f64,
            (_, Schedule::Constant) => peak,
            (RatePhase::After, Schedule::Cosine) => peak * RUNNING_ON,
            (RatePhase::Scheduled, Schedule::Cosine) => {
                let done = (step - self.warmup) as f64;
                let all = steps.saturating_sub(self.warmup).max(1) as f64;
                peak * 0.5 * (1.0 + (PI * (done / all).min(1.0)).cos())
            }
        }
    }

    /// Which part of the schedule step `step` (the first is 1) is in.
    pub const fn rate_phase(&self, step: u64) -> RatePhase {
        if step <= self.warmup {
            RatePhase::WarmUp
        } else if step <= self.steps.get() {
            RatePhase::Scheduled
        } else {
            RatePhase::After
        }
    }
}

/// A part of the learning rate's schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatePhase {
    /// The rate rises to the peak.
    WarmUp,
    /// It stays there or falls to zero, as the schedule says.
    Scheduled,
    /// All steps of the schedule are done.
    After,
}

/// What a lane that somebody watches does after the scenario's last step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// It goes on until it is stopped.
    #[default]
    Continue,
    /// It pauses there; Space goes on.
    Pause,
}

impl Then {
    /// Whether it goes on.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_continue(&self) -> bool {
        matches!(self, Self::Continue)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn train() -> Train {
        let text = "(steps: 110, batch_size: 4, learning_rate: 0.1, warmup: 10, schedule: Cosine)";
        ron::from_str(text).unwrap()
    }

    #[test]
    fn the_schedule_warms_up_peaks_and_ends_at_zero() {
        let mut train = train();
        assert!((train.rate(1.0, 1) - 0.1).abs() < 1e-12);
        assert!((train.rate(1.0, 10) - 1.0).abs() < 1e-12);
        assert!((train.rate(1.0, 60) - 0.5).abs() < 1e-12);
        assert!(train.rate(1.0, 110).abs() < 1e-12);
        train.schedule = Schedule::Constant;
        assert!((train.rate(1.0, 110) - 1.0).abs() < 1e-12);
        train.warmup = 0;
        assert!((train.rate(1.0, 1) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn past_the_last_step_the_rate_is_constant_and_not_zero() {
        let mut train = train();
        let phases = [1, 10, 11, 110, 111].map(|step| train.rate_phase(step));
        let [up, scheduled, after] = [RatePhase::WarmUp, RatePhase::Scheduled, RatePhase::After];
        assert_eq!(phases, [up, up, scheduled, scheduled, after]);
        assert!(
            [111, 112, 100_000]
                .iter()
                .all(|&step| train.rate(2.0, step) == 0.2)
        );
        train.schedule = Schedule::Constant;
        assert!(
            [111, 100_000]
                .iter()
                .all(|&step| train.rate(2.0, step) == 2.0)
        );
    }

    #[test]
    fn a_scenario_says_what_comes_after_the_last_step_only_if_it_is_not_to_go_on() {
        let mut train = train();
        assert_eq!(train.then, Then::Continue);
        assert!(!ron::to_string(&train).unwrap().contains("then"));
        train.then = Then::Pause;
        let text = ron::to_string(&train).unwrap();
        assert_eq!(ron::from_str::<Train>(&text).unwrap(), train, "{text}");
    }
}
