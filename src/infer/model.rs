//! [`open`]: a saved model, ready to be used.

use std::path::Path;

use crate::error::{Error, Result};
use crate::export::{model_folder, saved_models};
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
            "{} is a run folder, not a model folder\n  name one of its models: {}",
            folder.display(),
            models.join(", ")
        )),
    })?;
    model.clip = precision::cast(&model.clip, precision)?;
    Ok(model)
}

/// The model folders of a run, if it is one.
fn models(run: &Path) -> Vec<String> {
    let lanes = saved_models(run).unwrap_or_default();
    lanes
        .iter()
        .map(|lane| model_folder(run, lane).display().to_string())
        .collect()
}
