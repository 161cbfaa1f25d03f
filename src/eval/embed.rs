//! Features of pictures and captions that a user brings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ndarray::Array2;
use rayon::prelude::*;
use tch::{Device, Tensor, no_grad};

use super::features::{normalise, rows};
use crate::data::loader::{self, Loaded};
use crate::data::preprocess::{Pixels, Preprocess};
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::model::{Clip, Pass};

/// Captions at a time.
const CAPTIONS: usize = 64;

/// Pictures that go through a tower together: 32 were slower, what lies between two layers leaves the caches.
const BATCH: usize = 16;

/// Hands batches of files with the unit features `[n, D]` of those that could be read to `take`, in order.
///
/// On a processor each of so many threads takes a batch from its files to its features: nobody waits for another in
/// every operation, and decoding is shared out with the rest. On another device they decode ahead of it.
/// No more than a batch a thread is in memory.
///
/// # Errors
/// The first of `take`; weights that give no numbers. What is wrong with a file stands in [`Loaded`].
pub fn each(
    clip: &Clip,
    preprocess: &Preprocess,
    paths: &[PathBuf],
    threads: usize,
    thumbnail: Option<usize>,
    mut take: impl FnMut(&[Loaded], Array2<f32>) -> Result<()>,
) -> Result<()> {
    if clip.device() != Device::Cpu {
        let options = loader::Options {
            batch: BATCH,
            threads,
            thumbnail,
        };
        return loader::load(paths, preprocess, options, |batch| {
            let features = readable(clip, &batch)?;
            take(&batch, features)
        });
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("tower {i}"))
        .start_handler(|_| tch::set_num_threads(1))
        .build()
        .map_err(|e| Error::Internal(format!("cannot start threads for the towers: {e}")))?;
    let handles = (0..threads).map(|_| clip.handle());
    let mut clips = handles.collect::<Result<Vec<_>>>()?;
    for round in paths.chunks(BATCH * threads.max(1)) {
        // The last ones are shared out evenly, too.
        let part = round.len().div_ceil(threads.max(1)).clamp(1, BATCH);
        let made: Vec<Result<(Vec<Loaded>, Array2<f32>)>> = pool.install(|| {
            let parts = clips.par_iter_mut().zip(round.par_chunks(part));
            let encode = |(clip, paths): (&mut Clip, &[PathBuf])| {
                let read = paths.iter();
                let batch: Vec<Loaded> = read
                    .map(|path| loader::one(path, preprocess, thumbnail))
                    .collect();
                let features = readable(clip, &batch)?;
                Ok((batch, features))
            };
            parts.map(encode).collect()
        });
        for made in made {
            let (batch, features) = made?;
            take(&batch, features)?;
        }
    }
    Ok(())
}

/// Unit features of those files that could be read.
fn readable(clip: &Clip, batch: &[Loaded]) -> Result<Array2<f32>> {
    let pixels = batch.iter().filter_map(|l| l.pixels.as_ref().ok());
    let pixels: Vec<&Pixels> = pixels.collect();
    if pixels.is_empty() {
        return Ok(Array2::zeros((0, 0)));
    }
    images(clip, &pixels)
}

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
        // Short captions need not be read to the end of the context.
        let tokens = tokenizer.encode_tight(batch)?.f_to_device(clip.device())?;
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
            "the features of a {what} are NaN or infinite\n  the model's weights have diverged or are damaged"
        )))
    }
}
