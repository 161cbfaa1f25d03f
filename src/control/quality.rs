//! [`Quality`]: how good the data is that a lane learns from, the part of its settings that makes a batch better or
//! worse. What it does to a batch is in the `data` module.

use super::Settings;

/// The quality of a lane's data. The default is the data as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// Share of the pairs in each batch whose captions are exchanged among themselves.
    pub shuffle_captions: f64,
    /// Share of the captions in each batch that are replaced by random words.
    pub random_captions: f64,
    /// Share of the pictures in each batch that are replaced by noise.
    pub noise_images: f64,
    /// Share of the pairs in each batch that have their concept in common with another pair of it.
    pub duplicates: f64,
    /// Zipf's exponent s: the k-th concept, from 1, comes in proportion to k^-s.
    pub imbalance: f64,
    /// Only so many concepts; all if absent.
    pub concepts: Option<u64>,
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
