//! The models in a run folder: `model/LANE/`, an OpenCLIP folder for each lane. Whoever looks for one asks here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::model::checkpoint;

/// Where the models of a run lie.
fn folder(run: &Path) -> PathBuf {
    run.join("model")
}

/// Where a lane's model lies in a run folder.
pub fn model_folder(run: &Path, lane: &str) -> PathBuf {
    folder(run).join(lane)
}

/// The lanes whose models a run has saved, by name.
///
/// # Errors
/// A folder that holds no models at all.
pub fn saved_models(run: &Path) -> Result<Vec<String>> {
    let all = folder(run);
    let mut lanes: Vec<String> = fs::read_dir(&all)
        .map_err(Error::file("read", &all))?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|lane| model_folder(run, lane).join(checkpoint::CONFIG).is_file())
        .collect();
    lanes.sort();
    Ok(lanes)
}

/// Removes the models of an earlier run.
pub(super) fn remove(run: &Path) -> Result<()> {
    let all = folder(run);
    if all.is_dir() {
        fs::remove_dir_all(&all).map_err(Error::file("remove", &all))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_models_are_folders_with_a_configuration() {
        let run = tempfile::tempdir().unwrap();
        assert!(
            saved_models(run.path())
                .unwrap_err()
                .to_string()
                .contains("model")
        );
        for lane in ["b", "a", "empty"] {
            fs::create_dir_all(model_folder(run.path(), lane)).unwrap();
        }
        for lane in ["b", "a"] {
            fs::write(
                model_folder(run.path(), lane).join(checkpoint::CONFIG),
                "{}",
            )
            .unwrap();
        }
        assert_eq!(saved_models(run.path()).unwrap(), ["a", "b"]);
        remove(run.path()).unwrap();
        assert!(!folder(run.path()).exists());
    }
}
