//! Where pairs come from: the [`Dataset`] trait, its sources, and the seeded sampler.
//!
//! The user's own pairs are files that stay where they are: an index says where, and a batch reads what it needs.
//!
//! Everything here is plain bytes and strings, so that lanes can share one data set. All randomness
//! is a function of the seed and the step, the same on every machine.

pub mod augment;
mod batch;
mod caption;
mod classes;
mod corrupt;
pub mod decode;
pub mod emoji;
mod image;
pub mod loader;
mod measure;
pub mod pairs;
mod prepared;
pub mod preprocess;
mod resample;
pub mod shapes;

use std::sync::Arc;

pub mod tokenizer;

use rand_chacha::ChaCha8Rng;

use crate::error::Result;
use crate::quantity::ImageSize;
use crate::scenario::{self};
use crate::telemetry::Split;

pub use augment::Augment;
pub use batch::{Batch, Request, sample};
pub use image::{pixels, thumbnail};
pub use prepared::{Gallery, OwnClasses, Prepared};

/// Index of a concept within a data set.
pub type ClassId = usize;

/// What a set makes a pair of: by default a class; of a set that has its pairs, one of these.
pub type Item = usize;

/// A pair as a set makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// What the picture shows.
    pub class: ClassId,
    /// A caption of it.
    pub caption: String,
    /// The picture, if one was wanted.
    pub picture: Option<Picture>,
}

/// What is wanted of a pair besides its caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its picture.
    pub picture: bool,
    /// The picture as for training: a set whose pictures are larger than the tower's may cut out a part of its own.
    pub augment: bool,
}

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
    fn pair(&self, item: Item, wanted: Wanted, rng: &mut ChaCha8Rng) -> Made;

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

    /// Languages (ISO 639-1) that all classes have names in, each with its share of the training captions.
    fn languages(&self) -> Vec<(String, f64)>;

    /// Names of all classes in one of these languages.
    fn names_in(&self, language: &str) -> Vec<String>;

    /// The different words of those captions; never empty.
    fn words(&self) -> &[String];

    /// What is known of every class besides its name, for probes and colouring.
    fn labels(&self) -> Vec<Labels>;

    /// Changes of a picture that leave its captions true.
    fn augmentation(&self) -> Augment;
}

/// A property that every class has: the group of an emoji, the colour of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The property.
    pub name: &'static str,
    /// Its values, in order of their first use.
    pub values: Vec<String>,
    /// For each value, what one might call something that has it: "bird", "fowl".
    pub words: Vec<Vec<String>>,
    /// For each class, the position of its value.
    pub of: Vec<usize>,
}

impl Labels {
    /// The property `name`, from the value of each class.
    pub fn new<'a>(name: &'static str, values: impl Iterator<Item = &'a str>) -> Self {
        let mut labels = Self {
            name,
            values: Vec::new(),
            words: Vec::new(),
            of: Vec::new(),
        };
        for value in values {
            let known = labels.values.iter().position(|v| v == value);
            labels.of.push(known.unwrap_or(labels.values.len()));
            if known.is_none() {
                labels.values.push(value.to_string());
                labels.words.push(vec![value.to_string()]);
            }
        }
        labels
    }

    /// The same with other words for its values; a value that `words` does not know keeps its own.
    #[must_use]
    pub fn said(mut self, words: impl Fn(&str) -> Option<Vec<String>>) -> Self {
        for (value, own) in self.values.iter().zip(&mut self.words) {
            if let Some(words) = words(value) {
                *own = words;
            }
        }
        self
    }
}

/// The data of a scenario, for a tower that sees pictures of this size.
///
/// # Errors
/// [`Error::Data`](crate::error::Error::Data) if there is nothing to train on, or the scenario asks
/// for something that the set does not have; the text says what to change.
pub fn open(data: &scenario::Data, size: ImageSize) -> Result<Arc<dyn Dataset>> {
    Ok(match data {
        scenario::Data::Emoji(spec) => Arc::new(emoji::Emoji::new(spec)?),
        scenario::Data::Shapes(spec) => Arc::new(shapes::Shapes::new(spec, size.size())?),
        scenario::Data::Pairs(spec) => Arc::new(pairs::Pairs::open(spec, size.size())?),
    })
}
