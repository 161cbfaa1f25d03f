//! Pictures of the user's own in classes of the user's own.

use std::path::{Path, PathBuf};

use super::pictures::each;
use crate::data::loader::Loaded;
use crate::error::{Error, Result};
use crate::eval::Templates;
use crate::eval::classify::{Classifier, Score, check_names};
use crate::model::checkpoint::Checkpoint;

/// The classes that a file names: a name a line; `#` begins a remark.
///
/// # Errors
/// A file that cannot be read; what [`check_names`] refuses.
pub fn names_in(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    let lines = text.lines().map(str::trim);
    let names: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    check_names(&names).map_err(|fault| Error::Usage(format!("{}: {fault}", path.display())))?;
    Ok(names)
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
