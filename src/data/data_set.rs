//! [`DataSet`]: pictures of classes, and words for them. What is asked of a set is asked here, so that a further one
//! is a file.

use rand_chacha::ChaCha8Rng;

use super::augment::Augment;
use super::classes;
use super::labels::{ClassId, Labels};
use super::picture::Picture;
use super::preprocess::Preprocess;
use super::request::Request;
use crate::telemetry::Split;

/// What a set makes a pair of: by default a class; of a set that has its pairs, one of these.
pub type Item = usize;

/// A pair as a set makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What the picture shows.
    pub class: ClassId,
    /// A caption of it.
    pub caption: String,
    /// The picture, unless none was asked for.
    pub picture: Option<Picture>,
}

/// What is asked for besides the caption of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// No picture.
    Nothing,
    /// The picture.
    Whole,
    /// The picture as for training: a set whose pictures are larger than the tower's may cut out a part of its own.
    Augmented,
}

/// Pictures of classes, and words for them.
pub trait DataSet: Send + Sync {
    /// Names of all classes, all different.
    fn names(&self) -> &[String];

    /// The first so many classes are the candidates of retrieval: all, unless they are too many. Those of the
    /// galleries are among them.
    fn candidates(&self) -> usize {
        self.names().len()
    }

    /// Classes that training draws from; never empty.
    fn trained_classes(&self) -> &[ClassId];

    /// What the pairs of a batch are made of, one for each: classes, drawn as the data's dials say.
    fn draw(&self, request: &Request) -> Vec<Item> {
        classes::draw(self.trained_classes(), request)
    }

    /// A training pair; what is left open by the item is up to the generator.
    fn pair(&self, item: Item, view: View, rng: &mut ChaCha8Rng) -> Sample;

    /// Whether pairs take long to make, so that a batch is made while the step before it computes, on a CPU, too.
    fn slow(&self) -> bool {
        false
    }

    /// What its user should know, a line each: what was found, and what could not be used. There may be more once
    /// pictures have been read.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// The fixed pictures of an evaluation, each with its class; none if nothing is held out.
    fn gallery(&self, split: Split) -> Vec<(ClassId, Picture)>;

    /// Every caption that training may use, for the tokenizer.
    fn corpus(&self) -> Vec<String>;

    /// The different words of those captions; never empty.
    fn words(&self) -> &[String];

    /// Languages (ISO 639-1) that all classes have names in, each with its share of the training captions; none if
    /// nothing is known of the language of its captions.
    fn languages(&self) -> Vec<(String, f64)> {
        Vec::new()
    }

    /// Names of all classes in one of these languages.
    fn names_in(&self, _language: &str) -> Vec<String> {
        Vec::new()
    }

    /// What is known of every class besides its name, for probes and colouring.
    fn labels(&self) -> Vec<Labels> {
        Vec::new()
    }

    /// Changes of a picture that leave its captions true.
    fn augmentation(&self) -> Augment {
        Augment::NONE
    }

    /// How a model that learned from this set is to see pictures at `side` pixels: as squares of that size, unless
    /// the set's own are otherwise.
    fn preprocess(&self, side: usize) -> Preprocess {
        Preprocess::own(side)
    }
}
