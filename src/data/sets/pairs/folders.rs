//! Class folders: what a picture shows is what its folder is called.

use std::path::{Path, PathBuf};

use super::index::{Builder, Place};
use crate::error::{Error, Result};

const PICTURES: [&str; 9] = [
    "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "jfif",
];

/// Folders within a class's that are looked into.
const DEEPEST: usize = 16;

/// Adds the pictures of all folders in `root`, which are relative to the builder's folder. The number of folders.
///
/// # Errors
/// A folder that cannot be read.
pub fn classes(root: &Path, to: &mut Builder) -> Result<usize> {
    let real = root.canonicalize().map_err(Error::file("read", root))?;
    let mut folders = entries(root).map_err(Error::file("read", root))?;
    folders.retain(|path| path.is_dir() && !hidden(path));
    for folder in &folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let class = name.replace('_', " ");
        look_into(folder, &class, &real, 0, to);
    }
    Ok(folders.len())
}

fn look_into(folder: &Path, class: &str, root: &Path, depth: usize, to: &mut Builder) {
    let shown = folder.display().to_string();
    let inside = match folder.canonicalize() {
        Ok(real) => real.starts_with(root),
        Err(_) => false,
    };
    if !inside {
        return to.leave_out(&shown, "a link to a place outside the folder");
    }
    let entries = match entries(folder) {
        Ok(entries) => entries,
        Err(e) => return to.leave_out(&shown, &e.to_string()),
    };
    for path in entries {
        if path.is_dir() {
            // A link to a folder above would go on for ever.
            if path.is_symlink() || depth == DEEPEST {
                to.leave_out(&path.display().to_string(), "a nested folder, skipped");
            } else if !hidden(&path) {
                look_into(&path, class, root, depth + 1, to);
            }
        } else if is_picture(&path) && !hidden(&path) {
            add(&path, class, root, to);
        }
    }
}

fn add(path: &Path, class: &str, root: &Path, to: &mut Builder) {
    let shown = path.display().to_string();
    match path.canonicalize() {
        Err(_) => return to.leave_out(&shown, "no such file"),
        Ok(real) if !real.starts_with(root) => {
            return to.leave_out(&shown, "a link to a place outside the folder");
        }
        Ok(real) if !real.is_file() => return to.leave_out(&shown, "not a file"),
        Ok(_) => {}
    }
    let name = path
        .strip_prefix(to.folder())
        .unwrap_or(path)
        .to_str()
        .map(str::to_owned);
    match name {
        Some(name) => to.add(&Place::File(&name), &name, &[class.to_owned()]),
        None => to.leave_out(&shown, "its name is not UTF-8"),
    }
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort_unstable();
    Ok(paths)
}

fn hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| PICTURES.contains(&e.to_ascii_lowercase().as_str()))
}
