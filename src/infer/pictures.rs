//! Files of pictures through the image tower of a model.

use std::path::PathBuf;

use ndarray::Array2;

use crate::data::loader::Loaded;
use crate::error::Result;
use crate::eval::embed;
use crate::model::checkpoint::Checkpoint;
use crate::train::device;

/// Batches with the features of those that could be read.
pub fn each(
    model: &Checkpoint,
    paths: &[PathBuf],
    thumbnail: Option<usize>,
    take: impl FnMut(&[Loaded], Array2<f32>) -> Result<()>,
) -> Result<()> {
    let threads = device::threads_per_lane(1);
    embed::each(
        &model.clip,
        &model.preprocess,
        paths,
        threads,
        thumbnail,
        take,
    )
}
