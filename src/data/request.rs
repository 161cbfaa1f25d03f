//! [`Request`]: what a batch is a function of.

use crate::control::Quality;

/// What a batch is a function of, the data set aside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Seed of the run.
    pub seed: u64,
    /// Steps completed before it.
    pub step: u64,
    /// Pairs.
    pub batch_size: usize,
    /// Pixels a side of its pictures.
    pub image_size: usize,
    /// Whether pictures are augmented.
    pub augment: bool,
    /// How good the data is.
    pub quality: Quality,
}
