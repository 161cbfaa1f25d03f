//! [`Settings`]: the dials of a lane as they stand.

use serde::{Deserialize, Serialize};

use super::{Control, Quality, Value};
use crate::quantity::{Locked, Loss};

/// The dials of a lane as they stand now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The loss.
    pub loss: Loss,
    /// tau.
    pub temperature: f64,
    /// Whether tau is learned.
    pub learn_temperature: bool,
    /// Upper clamp of `exp(logit_scale)`.
    pub max_logit_scale: f64,
    /// b.
    pub bias: Option<f64>,
    /// Whether b is learned.
    pub learn_bias: bool,
    /// Pairs in a batch.
    pub batch_size: u64,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// How good the data is asked to be.
    pub quality: Quality,
    /// Classes that the data set has to train on.
    pub all_concepts: u64,
    /// Whether training pictures are augmented.
    pub augment: bool,
    /// Which tower is held as it is.
    pub locked: Locked,
}

impl Settings {
    /// The control of the same name that sets what is set now; `None` for a bias that there is not and
    /// whether it would be learned.
    pub fn control_like(&self, control: Control) -> Option<Control> {
        let value = match control {
            Control::Temperature(_) => Some(Value::Real(self.temperature)),
            Control::Bias(_) | Control::NoBias => self.bias.map(Value::Real),
            Control::BatchSize(_) => Some(Value::Whole(self.batch_size)),
            Control::Loss(_) => Some(Value::Loss(self.loss)),
            Control::LearningRate(_) => Some(Value::Real(self.learning_rate)),
            Control::WeightDecay(_) => Some(Value::Real(self.weight_decay)),
            Control::ShuffleCaptions(_)
            | Control::RandomCaptions(_)
            | Control::NoiseImages(_)
            | Control::Duplicates(_)
            | Control::Imbalance(_)
            | Control::Concepts(_)
            | Control::AllConcepts => self.quality.value(control.name()).flatten(),
            Control::LearnTemperature(_) => Some(Value::Bool(self.learn_temperature)),
            Control::LearnBias(_) => Some(Value::Bool(self.learn_bias)),
            Control::Augment(_) => Some(Value::Bool(self.augment)),
            Control::Lock(_) => Some(Value::Locked(self.locked)),
        };
        Control::from_value(control.name(), value).ok()
    }
}
