//! Pictures and captions of the user's own through a saved model: classes, or features.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis, concatenate};

use crate::data::loader::Loaded;
use crate::error::{Error, Result};
use crate::eval::classify::{Classifier, Score};
use crate::eval::{Templates, embed};
use crate::model::checkpoint::{self, Checkpoint};
use crate::scenario::Precision;
use crate::train::{DeviceChoice, device, precision};

/// Reads a model folder for use.
///
/// # Errors
/// What [`checkpoint::open`] refuses; a run folder, with the names of its models.
pub fn open(folder: &Path, choice: DeviceChoice, precision: Precision) -> Result<Checkpoint> {
    let device = device::resolve(choice)?;
    device::use_threads(device::threads_per_lane(1));
    let mut model = checkpoint::open(folder, device).map_err(|fault| match models(folder) {
        models if models.is_empty() => fault,
        models => Error::Usage(format!(
            "{} is the folder of a run, not of a model\n  name one of its models: {}",
            folder.display(),
            models.join(", ")
        )),
    })?;
    model.clip = precision::cast(&model.clip, precision)?;
    Ok(model)
}

/// The model folders of a run, if it is one.
fn models(run: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(run.join("model")).into_iter().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join(checkpoint::CONFIG).is_file())
        .map(|path| path.display().to_string())
        .collect();
    names.sort();
    names
}

/// A classifier of these classes; `progress` hears how many prompts have been read.
///
/// # Errors
/// Classes that cannot be told apart.
pub fn classifier(
    model: &Checkpoint,
    names: Vec<String>,
    templates: &Templates,
    progress: impl FnMut(usize),
) -> Result<Classifier> {
    Classifier::new(&model.clip, &model.tokenizer, names, templates, progress)
}

/// Hands every picture to `heard`, in order, with its scores in all classes; none for a file that cannot be read.
/// Pictures come as batches are done, and no more than a few batches are in memory.
///
/// # Errors
/// What `heard` returns; weights that give no numbers.
pub fn classify(
    model: &Checkpoint,
    classifier: &Classifier,
    paths: &[PathBuf],
    thumbnail: Option<usize>,
    mut heard: impl FnMut(&Loaded, &[Score]) -> Result<()>,
) -> Result<()> {
    each(model, paths, thumbnail, |batch, features| {
        let mut rows = features.rows().into_iter();
        for loaded in batch {
            let row = loaded.pixels.is_ok().then(|| rows.next()).flatten();
            let scores = row.map(|row| classifier.scores(row)).unwrap_or_default();
            heard(loaded, &scores)?;
        }
        Ok(())
    })
}

/// Unit features `[N, D]` of the pictures that can be read; `heard` hears of every one, in order.
///
/// # Errors
/// As for [`classify`].
pub fn embed_images(
    model: &Checkpoint,
    paths: &[PathBuf],
    mut heard: impl FnMut(&Loaded),
) -> Result<Array2<f32>> {
    let mut parts = Vec::new();
    each(model, paths, None, |batch, features| {
        batch.iter().for_each(&mut heard);
        if features.nrows() > 0 {
            parts.push(features);
        }
        Ok(())
    })?;
    if parts.is_empty() {
        return Ok(Array2::zeros((0, 0)));
    }
    let views: Vec<_> = parts.iter().map(Array2::view).collect();
    concatenate(Axis(0), &views)
        .map_err(|e| Error::Internal(format!("features of several sizes: {e}")))
}

/// Unit features `[N, D]` of captions; `progress` hears how many are done.
///
/// # Errors
/// Weights that give no numbers.
pub fn embed_texts(
    model: &Checkpoint,
    captions: &[String],
    progress: impl FnMut(usize),
) -> Result<Array2<f32>> {
    embed::texts(&model.clip, &model.tokenizer, captions, progress)
}

/// Batches with the features of those that could be read.
fn each(
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
