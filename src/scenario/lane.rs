//! [`LaneSpec`]: what one lane does differently from its neighbours.

use serde::{Deserialize, Serialize};

use super::default::{constant, yes};
use super::train::Train;
use crate::control::Settings;
use crate::quantity::{
    BatchSize, Beta, Bias, Concepts, Fraction, LearningRate, Locked, LogitScale, Loss, Temperature,
    Zipf,
};

/// What one lane does differently from its neighbours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneSpec {
    /// Name on the screen and in records; letters, digits, `-`, `_`, `.`; unique.
    pub name: String,
    /// The loss.
    pub loss: Loss,
    /// tau at the start.
    pub temperature: Temperature,
    /// Whether tau is learned.
    #[serde(default = "yes")]
    pub learn_temperature: bool,
    /// Upper clamp of `exp(logit_scale)`; the lower one is 1, as in OpenCLIP.
    #[serde(default = "default_max_logit_scale")]
    pub max_logit_scale: LogitScale,
    /// Bias at the start; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<Bias>,
    /// Whether the bias is learned.
    #[serde(default = "yes")]
    pub learn_bias: bool,
    /// Which tower is held as it is, if any: with the image tower locked the text tower learns to read it (LiT).
    #[serde(default, skip_serializing_if = "Locked::is_nothing")]
    pub locked: Locked,
    /// Which negatives the sigmoid loss counts; InfoNCE counts all.
    #[serde(default, skip_serializing_if = "Negatives::is_all")]
    pub negatives: Negatives,
    /// Instead of the shared batch size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<BatchSize>,
    /// Instead of the shared peak learning rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<LearningRate>,
    /// Instead of the shared betas of Adam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub betas: Option<(Beta, Beta)>,
    /// Share of the pairs in each batch whose captions are exchanged among themselves.
    #[serde(default = "nothing")]
    pub shuffle_captions: Fraction,
    /// Share of the captions in each batch that are replaced by random words.
    #[serde(default = "nothing", skip_serializing_if = "is_nothing")]
    pub random_captions: Fraction,
    /// Share of the pictures in each batch that are replaced by noise.
    #[serde(default = "nothing", skip_serializing_if = "is_nothing")]
    pub noise_images: Fraction,
    /// Share of the pairs in each batch that have their concept in common with another pair of it.
    #[serde(default = "nothing", skip_serializing_if = "is_nothing")]
    pub duplicates: Fraction,
    /// Zipf's exponent, by which some concepts come more often than others.
    #[serde(default = "even", skip_serializing_if = "is_even")]
    pub imbalance: Zipf,
    /// Train on only so many concepts; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concepts: Option<Concepts>,
}

impl LaneSpec {
    /// How the lane learns: as all do, but for what it states itself.
    pub fn train(&self, shared: &Train) -> Train {
        Train {
            betas: self.betas.unwrap_or(shared.betas),
            ..shared.clone()
        }
    }

    /// The lane's dials before its first step: what it states itself, and else what all lanes share.
    pub fn start(&self, train: &Train, augment: bool, all_concepts: u64) -> Settings {
        Settings {
            temperature: self.temperature.get(),
            learn_temperature: self.learn_temperature,
            bias: self.bias.map(Bias::get),
            learn_bias: self.learn_bias,
            batch_size: self.batch_size.unwrap_or(train.batch_size).get(),
            loss: self.loss,
            learning_rate: self.learning_rate.unwrap_or(train.learning_rate).get(),
            weight_decay: train.weight_decay.get(),
            beta2: self.betas.unwrap_or(train.betas).1.get(),
            shuffle_captions: self.shuffle_captions.get(),
            random_captions: self.random_captions.get(),
            noise_images: self.noise_images.get(),
            duplicates: self.duplicates.get(),
            imbalance: self.imbalance.get(),
            concepts: self.concepts.map(Concepts::get),
            augment,
            locked: self.locked,
            max_logit_scale: self.max_logit_scale.get(),
            all_concepts,
        }
    }
}

/// Which negatives of each picture the sigmoid loss counts, as shares of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Negatives {
    /// Every one.
    #[default]
    All,
    /// Those with the highest logits.
    Hardest(Fraction),
    /// Any, another choice at every step.
    Random(Fraction),
    /// Those with the lowest logits.
    Easiest(Fraction),
}

impl Negatives {
    /// Whether none is left out.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

fn default_max_logit_scale() -> LogitScale {
    constant(LogitScale::new(100.0))
}

/// No share at all.
const fn nothing() -> Fraction {
    Fraction::ZERO
}

/// Every concept as often as any other.
const fn even() -> Zipf {
    Zipf::ZERO
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_nothing(share: &Fraction) -> bool {
    share.get() == 0.0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_even(s: &Zipf) -> bool {
    s.get() == 0.0
}

#[cfg(test)]
mod tests {
    use crate::control::{Control, Dial, Value};

    const DATA: [(&str, &str); 6] = [
        ("shuffle_captions", "0.1"),
        ("random_captions", "0.2"),
        ("noise_images", "0.3"),
        ("duplicates", "0.4"),
        ("imbalance", "1.5"),
        ("concepts", "60"),
    ];

    #[test]
    fn a_lane_says_what_is_not_as_it_is_and_nothing_else() {
        let text = crate::scenario::bundled("clip").unwrap();
        let plain = crate::scenario::parse(text, "clip").unwrap();
        let start = |scenario: &crate::scenario::Scenario| {
            scenario.lanes[0].start(&scenario.train, true, 847)
        };
        assert!(
            Dial::of_data()
                .all(|dial| { matches!(start(&plain).get(dial), None | Some(Value::Real(0.0))) })
        );
        for (name, _) in &DATA[1..] {
            assert!(!plain.to_ron().contains(&format!("{name}:")), "{name}");
        }
        assert_eq!(plain.to_ron().matches("betas:").count(), 1);
        let said = "temperature: 0.07, random_captions: 0.2, noise_images: 0.3, duplicates: 0.4, \
                    imbalance: 1.5, concepts: 60, betas: (0.9, 0.95)";
        let noisy = text.replacen("temperature: 0.07", said, 1);
        let noisy = crate::scenario::parse(&noisy, "noisy").unwrap();
        let settings = start(&noisy);
        for (name, text) in &DATA[1..] {
            let control = Control::parse(name, text).unwrap();
            assert_eq!(settings.value_like(control), control.value(), "{name}");
        }
        let (_, second) = noisy.lanes[0].betas.unwrap();
        assert_eq!(second.get(), 0.95);
        let again = crate::scenario::parse(&noisy.to_ron(), "again").unwrap();
        assert_eq!(again, noisy);
    }
}
