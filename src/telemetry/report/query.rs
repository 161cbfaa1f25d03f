//! [`QueryReport`]: what a model finds nearest to a caption or a picture.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Measure, Split, TaskReport};
use crate::telemetry::thumbnail::Thumbnail;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query {
    /// The pictures nearest to this caption.
    Caption(String),
    /// The names nearest to this picture, by its place among the held-out ones.
    Picture(usize),
}

/// What a model finds nearest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// What was looked for.
    pub query: Query,
    /// Which pictures there are.
    pub split: Split,
    /// How many there were to choose from.
    pub candidates: u64,
    /// The name of the picture that was asked about.
    pub name: Option<String>,
    /// That picture.
    #[serde(skip)]
    pub picture: Option<Thumbnail>,
    /// The nearest first.
    pub hits: Vec<Hit>,
}

/// Something near.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Its place among the pictures or names.
    pub place: usize,
    /// Its name.
    pub name: String,
    /// Its cosine with what was looked for.
    pub cosine: f64,
    /// Softmax over all candidates.
    pub softmax: f64,
    /// The sigmoid of this pair, where the loss has one.
    pub sigmoid: Option<f64>,
    /// The picture, if it is one.
    #[serde(skip)]
    pub picture: Option<Thumbnail>,
}

impl TaskReport for QueryReport {
    fn step(&self) -> u64 {
        self.step
    }

    /// What somebody asked is no result of the run.
    fn measures(&self) -> Vec<Measure> {
        Vec::new()
    }
}
