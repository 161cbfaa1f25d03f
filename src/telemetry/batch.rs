//! What the screen shows of a batch: its matrix, its images and captions.

use super::Thumbnail;

/// The cosines of one batch, pooled to a size that a screen can hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Step of the batch.
    pub step: u64,
    /// Rows and columns after pooling.
    pub side: usize,
    /// Pairs in each cell's side: 1 if nothing was pooled.
    pub pool: usize,
    /// `side * side` mean cosines, row by row: rows are pictures, columns captions.
    pub cosines: Vec<f32>,
}

/// One pair of the batch that [`Matrix`] shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The picture, after augmentation.
    pub thumbnail: Thumbnail,
    /// The caption, before tokenization.
    pub caption: String,
    /// The class's name.
    pub name: String,
}
