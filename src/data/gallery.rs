//! [`Gallery`]: the fixed pictures of an evaluation.

use super::data_set::DataSet;
use super::image::{pixels, thumbnail};
use super::labels::ClassId;
use crate::telemetry::{Split, Thumbnail};

/// Pixels a side of a picture for the screen.
const THUMBNAIL: usize = 32;

/// The pictures of an evaluation, at the tower's size.
pub struct Gallery {
    /// Class of each picture.
    pub classes: Vec<ClassId>,
    /// The pictures in the same order, bytes `[N, 3, S, S]`.
    pub images: Vec<u8>,
    side: usize,
}

impl Gallery {
    /// The set's pictures at `side` pixels.
    pub fn new(dataset: &dyn DataSet, split: Split, side: usize) -> Self {
        let pictures = dataset.gallery(split);
        Self {
            classes: pictures.iter().map(|(class, _)| *class).collect(),
            images: pixels(&pictures, side),
            side,
        }
    }

    /// A picture for the screen.
    pub fn thumbnail(&self, place: usize) -> Thumbnail {
        let bytes = 3 * self.side * self.side;
        let image = &self.images[place * bytes..(place + 1) * bytes];
        thumbnail(image, self.side, THUMBNAIL)
    }
}
