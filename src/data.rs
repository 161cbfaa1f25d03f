//! Where pairs come from: the [`Dataset`] trait, its two sources, and the seeded sampler.
//!
//! Everything here is plain bytes and strings, so that lanes can share one data set.

pub mod tokenizer;

use rand_chacha::ChaCha8Rng;

use crate::telemetry::Split;

/// Index of a concept within a data set.
pub type ClassId = usize;

/// A square RGBA picture, 8 bits a channel, straight alpha.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Pixels a side.
    pub side: usize,
    /// `side * side` colours, row by row.
    pub rgba: Vec<[u8; 4]>,
}

/// Pictures of classes, and words for them.
pub trait Dataset: Send + Sync {
    /// Names of all classes: the candidates of retrieval.
    fn names(&self) -> &[String];

    /// Classes that training draws from.
    fn trained_classes(&self) -> &[ClassId];

    /// A training picture of the class; which one is up to the generator.
    fn picture(&self, class: ClassId, rng: &mut ChaCha8Rng) -> Picture;

    /// A training caption of the class; which one is up to the generator.
    fn caption(&self, class: ClassId, rng: &mut ChaCha8Rng) -> String;

    /// The fixed pictures of an evaluation, each with its class.
    fn gallery(&self, split: Split) -> Vec<(ClassId, Picture)>;

    /// Every caption that training may use, for the tokenizer.
    fn corpus(&self) -> Vec<String>;
}
