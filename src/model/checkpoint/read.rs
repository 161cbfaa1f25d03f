//! Reading a model folder: the configuration says what tensors there must be, the headers of the files what there is;
//! only when these agree is anything allocated.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tch::{Device, Kind, Tensor};

use super::describe::{Description, describe};
use super::keys::{ignored, place};
use super::layout::Layout;
use super::tensors::TensorFiles;
use crate::data::preprocess::Preprocess;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::model::Clip;
use crate::model::weights::Source;
use crate::scenario::tower::Architecture;

/// A published model, ready to use.
#[derive(Debug)]
pub struct Checkpoint {
    /// The model.
    pub clip: Clip,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// How it sees pictures.
    pub preprocess: Preprocess,
    /// The layout that it came in.
    pub layout: Layout,
    /// The files of its weights.
    pub weights: Vec<PathBuf>,
}

/// All of a folder but its weights.
pub struct Look {
    /// What the model is.
    pub architecture: Architecture,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// How it sees pictures.
    pub preprocess: Preprocess,
    /// The layout that it comes in.
    pub layout: Layout,
}

/// Reads a folder of any layout, but for its weights.
///
/// # Errors
///
/// See [`open`].
pub fn look(dir: impl AsRef<Path>) -> Result<Look> {
    let dir = dir.as_ref();
    let description = describe(dir)?;
    Ok(Look {
        tokenizer: description.tokenizer(dir)?,
        preprocess: description.preprocess,
        architecture: description.architecture,
        layout: description.layout,
    })
}

/// Reads a folder of any layout. One that has `OpenCLIP`'s configuration and `transformers`' is read as
/// `OpenCLIP`'s.
///
/// # Errors
///
/// [`Error::Data`] names every tensor that is missing, unknown, of another shape or of a type that weights do not
/// have; or what this lab's towers do not have.
pub fn open(dir: impl AsRef<Path>, device: Device) -> Result<Checkpoint> {
    let dir = dir.as_ref();
    let description = describe(dir)?;
    let tokenizer = description.tokenizer(dir)?;
    let (clip, weights) = fill(dir, &description, device)?;
    Ok(Checkpoint {
        clip,
        tokenizer,
        preprocess: description.preprocess,
        layout: description.layout,
        weights,
    })
}

/// The model alone of a folder, without a tokenizer.
///
/// # Errors
/// See [`open`].
pub fn load(dir: impl AsRef<Path>, device: Device) -> Result<Clip> {
    let dir = dir.as_ref();
    Ok(fill(dir, &describe(dir)?, device)?.0)
}

/// The model of a folder, and the files of its weights.
fn fill(dir: &Path, description: &Description, device: Device) -> Result<(Clip, Vec<PathBuf>)> {
    let files = TensorFiles::open(dir, description.names)?;
    agree(&files, description)?;
    let build = |source| -> Result<Clip> {
        let architecture = &description.architecture;
        let mut clip = Clip::build(architecture, source, device, Kind::Float)?;
        if description.bias {
            clip.set_logit_bias(0.0, true)?;
        }
        Ok(clip)
    };
    let clip = build(Source::Zero)?;
    for entry in clip.weights().entries() {
        let place = place(description.layout, &entry.name);
        let theirs = place.names.iter().map(|name| files.read(name));
        let theirs: Vec<Tensor> = theirs.collect::<Result<_>>()?;
        let ours = place.take(&theirs, &entry.tensor.size())?;
        tch::no_grad(|| entry.tensor.shallow_clone().f_copy_(&ours))?;
    }
    Ok((clip, files.files().to_vec()))
}

/// Whether the files hold what the configuration asks for; says all that is wrong.
fn agree(files: &TensorFiles, description: &Description) -> Result<()> {
    let mut outline = Clip::build(
        &description.architecture,
        Source::Outline,
        Device::Cpu,
        Kind::Float,
    )?;
    if description.bias {
        outline.set_logit_bias(0.0, true)?;
    }
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for entry in outline.weights().entries() {
        let place = place(description.layout, &entry.name);
        let ours = entry.tensor.size();
        for name in &place.names {
            if !used.insert(name.clone()) {
                // The other thirds of it.
                continue;
            }
            match files.shape(name) {
                None => faults.push(format!("{name}: missing")),
                Some(theirs) if !place.fits(theirs, &ours) => {
                    let want = place.shape(&ours);
                    faults.push(format!(
                        "{name}: expected the shape {want:?}, got {theirs:?}"
                    ));
                }
                Some(_) => {
                    if let Some(kind) = files.odd_type(name) {
                        faults.push(format!("{name}: unsupported dtype {kind}"));
                    }
                }
            }
        }
    }
    let extra = files
        .names()
        .filter(|name| !used.contains(*name) && !ignored(description.layout, name));
    faults.extend(extra.map(|name| format!("{name}: this model has no such tensor")));
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort();
    let paths: Vec<String> = files
        .files()
        .iter()
        .map(|p| p.display().to_string())
        .collect();
    Err(Error::Data(format!(
        "{}: the weights do not match {}\n  {}",
        paths.join(", "),
        description.path.display(),
        faults.join("\n  ")
    )))
}
