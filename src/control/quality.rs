//! [`Quality`]: how good the data is that a lane learns from, the part of its settings that makes a batch better or
//! worse. What it does to a batch is in the `data` module.

use super::Settings;
use crate::quantity::{Concepts, Fraction, Zipf};

/// The quality of a lane's data. The default is the data as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
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

impl From<&Settings> for Quality {
    fn from(settings: &Settings) -> Self {
        Self {
            shuffle_captions: settings.shuffle_captions,
            random_captions: settings.random_captions,
            noise_images: settings.noise_images,
            duplicates: settings.duplicates,
            imbalance: settings.imbalance,
            concepts: settings.concepts,
        }
    }
}
