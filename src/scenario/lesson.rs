//! [`Lesson`]: what a scenario says and withholds while somebody learns from it. Plain data; the
//! screen obeys it.

use serde::{Deserialize, Serialize};

/// One thing to be understood: a prompt, and nothing on the screen that distracts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What to do and what to look for; stands where the watch line stands otherwise.
    pub prompt: String,
    /// Panels that are not drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hide: Vec<Part>,
    /// Dials that cannot be turned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lock: Vec<Knob>,
}

/// A panel, as scenarios name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Curves of tau, bias, gradient norm and batch accuracy.
    Traces,
    /// Retrieval on held-out pictures.
    Retrieval,
    /// Similarity matrices.
    Matrix,
    /// Pictures and captions of the batch.
    Pictures,
    /// Both losses at other tau and bias.
    Landscape,
    /// How the loss spreads its push.
    Gradient,
    /// The hand calculator.
    Hand,
    /// Zero-shot classification.
    ZeroShot,
    /// Both modalities in their space.
    Geometry,
    /// Probes and fine-tuning.
    Transfer,
    /// Retrieval by language.
    Languages,
    /// Nearest pictures and names.
    Query,
}

/// A dial, as scenarios name it: the control that it sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Knob {
    /// tau, and whether it is learned.
    Temperature,
    /// The bias, and whether it is learned.
    Bias,
    /// Pairs in a batch.
    BatchSize,
    /// Peak learning rate.
    LearningRate,
    /// The loss.
    Loss,
    /// Weight decay.
    WeightDecay,
    /// Share of captions exchanged.
    ShuffleCaptions,
    /// Share of captions replaced by random words.
    RandomCaptions,
    /// Share of pictures replaced by noise.
    NoiseImages,
    /// Share of pairs whose concept stands twice in the batch.
    Duplicates,
    /// How much oftener some concepts come than others.
    Imbalance,
    /// How many concepts there are.
    Concepts,
    /// Augmentation.
    Augment,
    /// Which tower is held.
    Lock,
}

impl Knob {
    /// Whether the control of this name is the dial's.
    pub fn covers(self, control: &str) -> bool {
        match self {
            Self::Temperature => matches!(control, "temperature" | "learn_temperature"),
            Self::Bias => matches!(control, "bias" | "learn_bias"),
            Self::BatchSize => control == "batch_size",
            Self::LearningRate => control == "learning_rate",
            Self::Loss => control == "loss",
            Self::WeightDecay => control == "weight_decay",
            Self::ShuffleCaptions => control == "shuffle_captions",
            Self::RandomCaptions => control == "random_captions",
            Self::NoiseImages => control == "noise_images",
            Self::Duplicates => control == "duplicates",
            Self::Imbalance => control == "imbalance",
            Self::Concepts => control == "concepts",
            Self::Augment => control == "augment",
            Self::Lock => control == "locked",
        }
    }
}

impl Lesson {
    /// Whether the control of this name may not be used.
    pub fn locks(&self, control: &str) -> bool {
        self.lock.iter().any(|knob| knob.covers(control))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control;

    #[test]
    fn req20_every_control_belongs_to_one_dial_that_can_be_locked() {
        let all = [
            Knob::Temperature,
            Knob::Bias,
            Knob::BatchSize,
            Knob::LearningRate,
            Knob::Loss,
            Knob::WeightDecay,
            Knob::ShuffleCaptions,
            Knob::RandomCaptions,
            Knob::NoiseImages,
            Knob::Duplicates,
            Knob::Imbalance,
            Knob::Concepts,
            Knob::Augment,
            Knob::Lock,
        ];
        for name in Control::NAMES {
            let covering = all.iter().filter(|knob| knob.covers(name)).count();
            assert_eq!(covering, 1, "{name}");
        }
    }
}
