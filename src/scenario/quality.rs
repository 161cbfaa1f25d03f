//! [`Quality`]: how good the data is that a lane learns from. The six dials that make a batch better or
//! worse, as plain values; what they do to a batch is in the `data` module.

use serde::{Deserialize, Serialize};

use super::{Concepts, Fraction, LaneSpec, Zipf, constant};
use crate::control::{Control, Value};

/// The quality of a lane's data. The default is the data as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Share of the pairs in each batch whose captions are exchanged among themselves.
    pub shuffle_captions: Fraction,
    /// Share of the captions in each batch that are replaced by random words.
    pub random_captions: Fraction,
    /// Share of the pictures in each batch that are replaced by noise.
    pub noise_images: Fraction,
    /// Share of the pairs in each batch that have their concept in common with another pair of it.
    pub duplicates: Fraction,
    /// Zipf's exponent s: the k-th concept, from 1, comes in proportion to k^-s.
    pub imbalance: Zipf,
    /// Only so many concepts; all if absent.
    pub concepts: Option<Concepts>,
}

impl Default for Quality {
    fn default() -> Self {
        Self {
            shuffle_captions: nothing(),
            random_captions: nothing(),
            noise_images: nothing(),
            duplicates: nothing(),
            imbalance: even(),
            concepts: None,
        }
    }
}

impl Quality {
    /// Sets what the control sets, if it is one of the data's. Returns whether it is, and the value before.
    pub fn set(&mut self, control: Control) -> Option<Option<Value>> {
        let old = self.value(control.name())?;
        match control {
            Control::ShuffleCaptions(share) => self.shuffle_captions = share,
            Control::RandomCaptions(share) => self.random_captions = share,
            Control::NoiseImages(share) => self.noise_images = share,
            Control::Duplicates(share) => self.duplicates = share,
            Control::Imbalance(s) => self.imbalance = s,
            Control::Concepts(n) => self.concepts = Some(n),
            Control::AllConcepts => self.concepts = None,
            _ => return None,
        }
        Some(old)
    }

    /// The value of the control called so, if it is one of the data's; `Some(None)` for all concepts.
    pub fn value(&self, control: &str) -> Option<Option<Value>> {
        let value = match control {
            "shuffle_captions" => Value::Real(self.shuffle_captions.get()),
            "random_captions" => Value::Real(self.random_captions.get()),
            "noise_images" => Value::Real(self.noise_images.get()),
            "duplicates" => Value::Real(self.duplicates.get()),
            "imbalance" => Value::Real(self.imbalance.get()),
            "concepts" => return Some(self.concepts.map(|n| Value::Whole(n.get()))),
            _ => return None,
        };
        Some(Some(value))
    }
}

impl LaneSpec {
    /// The quality of the lane's data before its first step.
    pub const fn quality(&self) -> Quality {
        Quality {
            shuffle_captions: self.shuffle_captions,
            random_captions: self.random_captions,
            noise_images: self.noise_images,
            duplicates: self.duplicates,
            imbalance: self.imbalance,
            concepts: self.concepts,
        }
    }
}

/// No share at all.
pub(super) fn nothing() -> Fraction {
    constant(Fraction::new(0.0))
}

/// Every concept as often as any other.
pub(super) fn even() -> Zipf {
    constant(Zipf::new(0.0))
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn is_nothing(share: &Fraction) -> bool {
    share.get() == 0.0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn is_even(s: &Zipf) -> bool {
    s.get() == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(plain.lanes[0].quality(), Quality::default());
        for (name, _) in &DATA[1..] {
            assert!(!plain.to_ron().contains(&format!("{name}:")), "{name}");
        }
        assert_eq!(plain.to_ron().matches("betas:").count(), 1);
        let said = "temperature: 0.07, random_captions: 0.2, noise_images: 0.3, duplicates: 0.4, \
                    imbalance: 1.5, concepts: 60, betas: (0.9, 0.95)";
        let noisy = text.replacen("temperature: 0.07", said, 1);
        let noisy = crate::scenario::parse(&noisy, "noisy").unwrap();
        let quality = noisy.lanes[0].quality();
        for (name, text) in &DATA[1..] {
            let wanted = Control::parse(name, text).unwrap().value();
            assert_eq!(quality.value(name), Some(wanted), "{name}");
        }
        let (_, second) = noisy.lanes[0].betas.unwrap();
        assert_eq!(second.get(), 0.95);
        let again = crate::scenario::parse(&noisy.to_ron(), "again").unwrap();
        assert_eq!(again, noisy);
    }

    #[test]
    fn every_dial_of_the_data_is_set_and_says_what_it_was() {
        let mut quality = Quality::default();
        for (name, text) in DATA {
            let control = Control::parse(name, text).unwrap();
            let before = quality.value(name).unwrap();
            assert_eq!(quality.set(control), Some(before), "{name}");
            assert_eq!(quality.value(name), Some(control.value()), "{name}");
        }
        assert_eq!(
            quality.set(Control::AllConcepts),
            Some(Some(Value::Whole(60)))
        );
        assert_eq!(quality.value("concepts"), Some(None));
        // All others are left to others.
        for name in Control::NAMES {
            let known = DATA.iter().any(|(data, _)| *data == name);
            assert_eq!(quality.value(name).is_some(), known, "{name}");
        }
        assert_eq!(quality.set(Control::Augment(true)), None);
    }
}
