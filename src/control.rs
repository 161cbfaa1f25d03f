//! [`Control`]: one change to a running experiment. The science, and nothing else: a scenario's
//! script, a key press and `--set` all become the same value, and only these are recorded.

mod quality;
mod settings;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use quality::Quality;
pub use settings::Settings;

use crate::quantity::{
    BatchSize, Bias, Concepts, Fraction, LearningRate, Locked, Loss, Temperature, WeightDecay, Zipf,
};

/// One change to a running lane, applied between two steps. Weights and optimizer state stay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Control {
    /// Sets tau, that is `logit_scale = ln(1/tau)`.
    Temperature(Temperature),
    /// Whether tau is learned (`true`) or held where it is.
    LearnTemperature(bool),
    /// Sets the bias that is added to every logit; gives the lane one if it had none.
    Bias(Bias),
    /// Takes the bias away.
    NoBias,
    /// Whether the bias is learned (`true`) or held where it is.
    LearnBias(bool),
    /// Pairs in a batch.
    BatchSize(BatchSize),
    /// The loss.
    Loss(Loss),
    /// Peak learning rate; warm-up and decay go on from it.
    LearningRate(LearningRate),
    /// Decoupled weight decay.
    WeightDecay(WeightDecay),
    /// Share of the pairs in each batch whose captions are exchanged among themselves.
    ShuffleCaptions(Fraction),
    /// Share of the captions in each batch that are replaced by random words.
    RandomCaptions(Fraction),
    /// Share of the pictures in each batch that are replaced by noise.
    NoiseImages(Fraction),
    /// Share of the pairs in each batch that have their concept in common with another pair of it.
    Duplicates(Fraction),
    /// Zipf's exponent, by which some concepts come more often than others.
    Imbalance(Zipf),
    /// Trains on only so many concepts.
    Concepts(Concepts),
    /// Trains on all concepts.
    AllConcepts,
    /// Whether training pictures are augmented.
    Augment(bool),
    /// Holds a tower as it is, or lets both learn.
    Lock(Locked),
}

/// What a control was or became, as it is recorded and shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A switch.
    Bool(bool),
    /// A count.
    Whole(u64),
    /// A quantity.
    Real(f64),
    /// A loss.
    Loss(Loss),
    /// A tower that is held.
    Locked(Locked),
}

/// A value in a few characters; "none" where there is none.
pub fn short(value: Option<Value>) -> String {
    value.map_or_else(|| "none".into(), |value| value.to_string())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("on"),
            Self::Bool(false) => f.write_str("off"),
            Self::Whole(n) => n.fmt(f),
            Self::Real(x) if *x != 0.0 && (x.abs() < 1e-3 || x.abs() >= 1e5) => {
                write!(f, "{x:.2e}")
            }
            Self::Real(x) => {
                let text = format!("{x:.4}");
                f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
            }
            Self::Loss(loss) => loss.fmt(f),
            Self::Locked(tower) => tower.fmt(f),
        }
    }
}

/// A control that took effect, as it stands in the records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Steps completed when it took effect.
    pub step: u64,
    /// The control.
    pub control: Control,
    /// The value before; `None` where there was none (a lane without bias).
    pub old: Option<Value>,
    /// The value after; `None` where there is none any more.
    pub new: Option<Value>,
    /// Whether the scenario's script did it, and not a hand.
    pub scripted: bool,
}

impl Applied {
    /// Whether the change is part of the state that was remembered at `step`. Changes at that very step came after it,
    /// but for the script's at the beginning, which are made with the trainer.
    pub const fn precedes(&self, step: u64) -> bool {
        self.step < step || (step == 0 && self.scripted)
    }
}

impl Control {
    /// Names that `--set` accepts, one for each control.
    pub const NAMES: [&str; 16] = [
        "temperature",
        "learn_temperature",
        "bias",
        "learn_bias",
        "batch_size",
        "loss",
        "learning_rate",
        "weight_decay",
        "shuffle_captions",
        "random_captions",
        "noise_images",
        "duplicates",
        "imbalance",
        "concepts",
        "augment",
        "locked",
    ];

    /// The control's name in records and in `--set`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Temperature(_) => "temperature",
            Self::LearnTemperature(_) => "learn_temperature",
            Self::Bias(_) | Self::NoBias => "bias",
            Self::LearnBias(_) => "learn_bias",
            Self::BatchSize(_) => "batch_size",
            Self::Loss(_) => "loss",
            Self::LearningRate(_) => "learning_rate",
            Self::WeightDecay(_) => "weight_decay",
            Self::ShuffleCaptions(_) => "shuffle_captions",
            Self::RandomCaptions(_) => "random_captions",
            Self::NoiseImages(_) => "noise_images",
            Self::Duplicates(_) => "duplicates",
            Self::Imbalance(_) => "imbalance",
            Self::Concepts(_) | Self::AllConcepts => "concepts",
            Self::Augment(_) => "augment",
            Self::Lock(_) => "locked",
        }
    }

    /// The value that the control sets; `None` if it takes one away.
    pub fn value(&self) -> Option<Value> {
        Some(match *self {
            Self::NoBias | Self::AllConcepts => return None,
            Self::Temperature(x) => Value::Real(x.get()),
            Self::Bias(x) => Value::Real(x.get()),
            Self::LearningRate(x) => Value::Real(x.get()),
            Self::WeightDecay(x) => Value::Real(x.get()),
            Self::ShuffleCaptions(x)
            | Self::RandomCaptions(x)
            | Self::NoiseImages(x)
            | Self::Duplicates(x) => Value::Real(x.get()),
            Self::Imbalance(x) => Value::Real(x.get()),
            Self::Concepts(n) => Value::Whole(n.get()),
            Self::LearnTemperature(on) | Self::LearnBias(on) | Self::Augment(on) => Value::Bool(on),
            Self::BatchSize(n) => Value::Whole(n.get()),
            Self::Loss(loss) => Value::Loss(loss),
            Self::Lock(tower) => Value::Locked(tower),
        })
    }

    /// The control called `name` that sets `value`, exactly: what [`Control::name`] and
    /// [`Control::value`] took apart.
    ///
    /// # Errors
    /// A sentence that says what does not fit.
    pub fn from_value(name: &str, value: Option<Value>) -> Result<Self, String> {
        let say = |e: crate::quantity::OutOfRange| e.to_string();
        let share = |x| Fraction::new(x).map_err(say);
        Ok(match (name, value) {
            ("temperature", Some(Value::Real(x))) => {
                Self::Temperature(Temperature::new(x).map_err(say)?)
            }
            ("bias", Some(Value::Real(x))) => Self::Bias(Bias::new(x).map_err(say)?),
            ("bias", None) => Self::NoBias,
            ("learning_rate", Some(Value::Real(x))) => {
                Self::LearningRate(LearningRate::new(x).map_err(say)?)
            }
            ("weight_decay", Some(Value::Real(x))) => {
                Self::WeightDecay(WeightDecay::new(x).map_err(say)?)
            }
            ("shuffle_captions", Some(Value::Real(x))) => Self::ShuffleCaptions(share(x)?),
            ("random_captions", Some(Value::Real(x))) => Self::RandomCaptions(share(x)?),
            ("noise_images", Some(Value::Real(x))) => Self::NoiseImages(share(x)?),
            ("duplicates", Some(Value::Real(x))) => Self::Duplicates(share(x)?),
            ("imbalance", Some(Value::Real(x))) => Self::Imbalance(Zipf::new(x).map_err(say)?),
            ("concepts", Some(Value::Whole(n))) => Self::Concepts(Concepts::new(n).map_err(say)?),
            ("concepts", None) => Self::AllConcepts,
            ("learn_temperature", Some(Value::Bool(on))) => Self::LearnTemperature(on),
            ("learn_bias", Some(Value::Bool(on))) => Self::LearnBias(on),
            ("augment", Some(Value::Bool(on))) => Self::Augment(on),
            ("batch_size", Some(Value::Whole(n))) => {
                Self::BatchSize(BatchSize::new(n).map_err(say)?)
            }
            ("loss", Some(Value::Loss(loss))) => Self::Loss(loss),
            ("locked", Some(Value::Locked(tower))) => Self::Lock(tower),
            // Written without a fraction, a quantity reads as a count.
            (_, Some(Value::Whole(n))) => {
                return Self::from_value(name, Some(Value::Real(n as f64)));
            }
            _ => return Err(format!("there is no control `{name}` with such a value")),
        })
    }

    /// Whether a lane can take it whose `exp(logit_scale)` is clamped at `max_logit_scale`: the next
    /// update would pull a smaller temperature back.
    ///
    /// # Errors
    /// A sentence that says where the lane holds it.
    pub fn fits_clamp(&self, max_logit_scale: f64) -> Result<(), String> {
        let least = 1.0 / max_logit_scale;
        match self {
            Self::Temperature(tau) if tau.get() < least * (1.0 - 1e-9) => Err(format!(
                "a temperature of {tau} is below the clamp: max_logit_scale {max_logit_scale} holds it at {} or more",
                Value::Real(least)
            )),
            _ => Ok(()),
        }
    }

    /// Reads what a user typed for the control called `name`.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let text = text.trim();
        let real = || {
            text.parse::<f64>()
                .map_err(|_| format!("{name} wants a number, not `{text}`"))
        };
        let whole = || {
            text.parse::<u64>()
                .map_err(|_| format!("{name} wants a whole number, not `{text}`"))
        };
        let switch = || match text {
            "true" | "on" | "yes" => Ok(true),
            "false" | "off" | "no" => Ok(false),
            _ => Err(format!("{name} wants true or false, not `{text}`")),
        };
        let say = |e: crate::quantity::OutOfRange| e.to_string();
        let share = || Fraction::new(real()?).map_err(say);
        Ok(match name {
            "temperature" => Self::Temperature(Temperature::new(real()?).map_err(say)?),
            "learn_temperature" => Self::LearnTemperature(switch()?),
            "bias" if text == "none" => Self::NoBias,
            "bias" => Self::Bias(Bias::new(real()?).map_err(say)?),
            "learn_bias" => Self::LearnBias(switch()?),
            "batch_size" => Self::BatchSize(BatchSize::new(whole()?).map_err(say)?),
            "loss" => Self::Loss(text.parse()?),
            "learning_rate" => Self::LearningRate(LearningRate::new(real()?).map_err(say)?),
            "weight_decay" => Self::WeightDecay(WeightDecay::new(real()?).map_err(say)?),
            "shuffle_captions" => Self::ShuffleCaptions(share()?),
            "random_captions" => Self::RandomCaptions(share()?),
            "noise_images" => Self::NoiseImages(share()?),
            "duplicates" => Self::Duplicates(share()?),
            "imbalance" => Self::Imbalance(Zipf::new(real()?).map_err(say)?),
            "concepts" if text == "all" => Self::AllConcepts,
            "concepts" => Self::Concepts(Concepts::new(whole()?).map_err(say)?),
            "augment" => Self::Augment(switch()?),
            "locked" => Self::Lock(text.parse()?),
            _ => {
                return Err(format!(
                    "there is no control called `{name}`; there are: {}",
                    Self::NAMES.join(", ")
                ));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_and_comes_back() {
        for name in Control::NAMES {
            let text = match name {
                "loss" => "siglip",
                "locked" => "image",
                "batch_size" | "concepts" => "64",
                "learn_temperature" | "learn_bias" | "augment" => "off",
                _ => "0.5",
            };
            let control = Control::parse(name, text).unwrap();
            assert_eq!(control.name(), name);
            let written = ron::to_string(&control).unwrap();
            assert_eq!(
                ron::from_str::<Control>(&written).unwrap(),
                control,
                "{written}"
            );
            // Through JSON, as records keep it.
            let json = serde_json::to_string(&control.value()).unwrap();
            let value = serde_json::from_str(&json).unwrap();
            assert_eq!(Control::from_value(name, value), Ok(control), "{json}");
        }
        assert_eq!(Control::parse("bias", "none"), Ok(Control::NoBias));
        assert_eq!(Control::from_value("bias", None), Ok(Control::NoBias));
        assert_eq!(Control::parse("concepts", "all"), Ok(Control::AllConcepts));
        assert_eq!(
            Control::from_value("concepts", None),
            Ok(Control::AllConcepts)
        );
        let whole = Control::from_value("bias", Some(Value::Whole(3)));
        assert_eq!(whole, Control::parse("bias", "3"));
        assert!(Control::from_value("loss", Some(Value::Whole(3))).is_err());
    }

    #[test]
    fn only_a_temperature_below_the_clamp_does_not_fit() {
        let tau = |text| Control::parse("temperature", text).unwrap();
        assert!(tau("0.01").fits_clamp(100.0).is_ok());
        assert!(tau("0.3").fits_clamp(1.0 / 0.3).is_ok());
        let refused = tau("0.005").fits_clamp(100.0).unwrap_err();
        assert!(refused.contains("at 0.01 or more"), "{refused}");
        assert!(tau("0.005").fits_clamp(1000.0).is_ok());
    }

    #[test]
    fn what_cannot_be_read_says_what_was_wanted() {
        assert_eq!(
            Control::parse("batch_size", "4.5").unwrap_err(),
            "batch_size wants a whole number, not `4.5`"
        );
        assert!(
            Control::parse("temperature", "0")
                .unwrap_err()
                .contains("0.001 to 100")
        );
        for (name, text, range) in [
            ("noise_images", "1.1", "0 to 1"),
            ("imbalance", "3.5", "0 to 3"),
            ("concepts", "1", "2 to"),
            ("concepts", "some", "a whole number"),
        ] {
            let refused = Control::parse(name, text).unwrap_err();
            assert!(refused.contains(range), "{refused}");
        }
        assert!(
            Control::parse("tau", "1")
                .unwrap_err()
                .contains("temperature")
        );
    }
}
