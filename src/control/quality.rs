//! [`Quality`]: how good the data is that a lane learns from. The six dials that make a batch better or
//! worse, as plain values; what they do to a batch is in the `data` module.

use serde::{Deserialize, Serialize};

use super::{Control, Value};
use crate::quantity::{Concepts, Fraction, Zipf};

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
            shuffle_captions: Fraction::ZERO,
            random_captions: Fraction::ZERO,
            noise_images: Fraction::ZERO,
            duplicates: Fraction::ZERO,
            imbalance: Zipf::ZERO,
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
