//! What a path of a scenario names: a table, shards or folders, and who reads them.

use std::path::{Path, PathBuf};

use super::damage::shown;
use super::index::Builder;
use super::{braces, folders, table, webdataset};
use crate::error::{Error, Result};
use crate::scenario::{Pairs, PairsFormat};

/// What a path is.
///
/// # Errors
/// A path that does not say, which the rules of the scenario refuse.
pub fn format_of(spec: &Pairs, path: &str) -> Result<PairsFormat> {
    spec.format_of(path)
        .ok_or_else(|| Error::Internal(format!("{}: unknown format", shown(path))))
}

/// Where the paths of pictures start.
pub fn base(spec: &Pairs, root: &Path, path: &str, format: PairsFormat) -> PathBuf {
    let path = root.join(path);
    match (&spec.images, format) {
        (_, PairsFormat::Folders | PairsFormat::WebDataset) => path,
        (Some(images), _) => root.join(images),
        (None, _) => path.parent().map_or_else(PathBuf::new, Path::to_path_buf),
    }
}

/// Adds everything that `path` names; what was taken for what.
///
/// # Errors
/// A file or folder that cannot be read, or has no such columns.
pub fn add(
    spec: &Pairs,
    root: &Path,
    path: &str,
    format: PairsFormat,
    to: &mut Builder,
) -> Result<String> {
    let whole = root.join(path);
    match format {
        PairsFormat::Csv => table::csv(&whole, spec, false, to),
        PairsFormat::Tsv => table::csv(&whole, spec, true, to),
        PairsFormat::Jsonl => table::jsonl(&whole, spec, to),
        PairsFormat::Folders => match folders::classes(&whole, to)? {
            1 => Ok("1 folder".into()),
            n => Ok(format!("{n} folders")),
        },
        PairsFormat::WebDataset => {
            let shards = if whole.is_dir() {
                braces::files("*.tar", &whole)?
            } else {
                braces::files(path, root)?
            };
            for shard in &shards {
                webdataset::shard(shard, spec, to);
            }
            match shards.len() {
                1 => Ok("1 shard".into()),
                n => Ok(format!("{n} shards")),
            }
        }
    }
}
