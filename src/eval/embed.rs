//! Features of pictures and captions that a user brings.

use std::collections::BTreeMap;

use ndarray::Array2;
use tch::{Tensor, no_grad};

use super::features::{normalise, rows};
use crate::data::preprocess::Pixels;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::model::{Clip, Pass};

/// Captions at a time.
const CAPTIONS: usize = 64;

/// Unit features of some pictures, `[N, D]`. Pictures of one size go through the tower together.
pub fn images(clip: &Clip, pictures: &[&Pixels]) -> Result<Array2<f32>> {
    let mut sizes: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (i, picture) in pictures.iter().enumerate() {
        sizes
            .entry((picture.height, picture.width))
            .or_default()
            .push(i);
    }
    let mut features = Array2::zeros((pictures.len(), 0));
    for ((height, width), members) in sizes {
        let values: Vec<f32> = members
            .iter()
            .flat_map(|i| pictures[*i].values.iter().copied())
            .collect();
        let shape = [members.len() as i64, 3, height as i64, width as i64];
        let pixels = Tensor::f_from_slice(&values)?.f_view(shape)?;
        let pixels = pixels.f_to_device(clip.device())?;
        let found = rows(&no_grad(|| clip.encode_image(&pixels, Pass::Evaluate)))?;
        if features.ncols() == 0 {
            features = Array2::zeros((pictures.len(), found.ncols()));
        }
        for (i, row) in members.into_iter().zip(found.rows()) {
            features.row_mut(i).assign(&row);
        }
    }
    finite(&features, "picture")?;
    normalise(&mut features);
    Ok(features)
}

/// Unit features of captions, `[N, D]`; `progress` hears how many are done.
pub fn texts(
    clip: &Clip,
    tokenizer: &Tokenizer,
    captions: &[String],
    mut progress: impl FnMut(usize),
) -> Result<Array2<f32>> {
    let mut features = Array2::zeros((captions.len(), 0));
    let mut done = 0;
    for batch in captions.chunks(CAPTIONS) {
        let tokens = tokenizer.encode(batch)?.f_to_device(clip.device())?;
        let found = rows(&no_grad(|| clip.encode_text(&tokens)))?;
        if features.ncols() == 0 {
            features = Array2::zeros((captions.len(), found.ncols()));
        }
        for row in found.rows() {
            features.row_mut(done).assign(&row);
            done += 1;
        }
        progress(done);
    }
    finite(&features, "caption")?;
    normalise(&mut features);
    Ok(features)
}

/// Broken weights show here first: a similarity that is not a number would rank anywhere.
fn finite(features: &Array2<f32>, what: &str) -> Result<()> {
    if features.iter().all(|x| x.is_finite()) {
        Ok(())
    } else {
        Err(Error::Data(format!(
            "the model's features of a {what} are not finite numbers\n  its weights have diverged or are damaged"
        )))
    }
}
