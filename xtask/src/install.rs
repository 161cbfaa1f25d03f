//! `cargo xtask install`: the program onto the PATH, and libtorch where it outlives this clone.

use std::path::{Path, PathBuf};

use crate::args::Flavour;
use crate::cargo;
use crate::failure::{Failure, Result};
use crate::libtorch::{Libtorch, MARKER, Source, VERSION};
use crate::progress::size;

pub fn run(root: &Path, libtorch: &Libtorch) -> Result<()> {
    let lib = match libtorch.source {
        Source::Local => keep_copy(root, libtorch)?,
        // The user's own to keep.
        Source::User(_) | Source::Python => libtorch.lib.clone(),
    };
    let mut command = cargo::command(libtorch);
    command.args(["install", "--locked", "--force", "--path"]);
    command.arg(root).env("CLIP_LAB_RPATH", &lib);
    let status = command
        .status()
        .map_err(|error| Failure::io("cannot start cargo", &error))?;
    if !status.success() {
        return Err(Failure::new(
            format!("cargo install failed ({status})"),
            "Fix the errors above, then run the same command again.",
        ));
    }
    eprintln!(
        "\nclip-lab is installed; it looks for libtorch in {}",
        lib.display()
    );
    if cfg!(windows) {
        eprintln!("add that folder to the PATH: Windows looks for libraries there");
    }
    match libtorch.source {
        Source::Local => eprintln!(
            "you can delete this clone; to uninstall: cargo uninstall clip-lab, then delete that folder"
        ),
        Source::User(_) | Source::Python => eprintln!("keep that folder"),
    }
    Ok(())
}

/// Puts the libraries into the user's data folder, and returns where they are.
fn keep_copy(root: &Path, libtorch: &Libtorch) -> Result<PathBuf> {
    let Some(data) = data_folder(std::env::consts::OS, |name| std::env::var_os(name)) else {
        return Err(Failure::new(
            "no folder for your data: HOME is not set",
            "Set HOME, or XDG_DATA_HOME to a folder that may hold 500 MB.",
        ));
    };
    let name = format!("libtorch-{VERSION}-{}", libtorch.flavour().name());
    let place = data.join("clip-lab").join(name);
    if place.join(MARKER).exists() {
        return Ok(place.join("lib"));
    }
    let partial = place.with_extension(format!("partial-{}", std::process::id()));
    let result = copy_into(&partial, root, libtorch).and_then(|bytes| {
        let _ = std::fs::remove_dir_all(&place);
        std::fs::rename(&partial, &place)
            .map_err(|error| Failure::io(format!("cannot make {}", place.display()), &error))?;
        eprintln!(
            "libtorch's libraries ({}) kept in {}",
            size(bytes),
            place.display()
        );
        Ok(place.join("lib"))
    });
    let _ = std::fs::remove_dir_all(&partial);
    result
}

fn copy_into(partial: &Path, root: &Path, libtorch: &Libtorch) -> Result<u64> {
    let lib = partial.join("lib");
    let failed = |error: std::io::Error| {
        let doing = format!("cannot copy libtorch into {}", partial.display());
        let mut failure = Failure::io(doing, &error);
        if libtorch.flavour() == Flavour::Cuda {
            failure.remedy.push_str("\nThe set with CUDA takes 3.9 GB.");
        }
        failure
    };
    std::fs::create_dir_all(&lib).map_err(failed)?;
    let mut bytes = 0;
    for entry in std::fs::read_dir(&libtorch.lib).map_err(failed)? {
        let from = entry.map_err(failed)?.path();
        let Some(name) = from.file_name() else {
            continue;
        };
        bytes += place_file(&from, &lib.join(name)).map_err(failed)?;
    }
    let marker = root.join(crate::libtorch::FOLDER).join(MARKER);
    std::fs::copy(marker, partial.join(MARKER)).map_err(failed)?;
    Ok(bytes)
}

/// Links or copies one file and returns its size. A hard link costs nothing and stays when the
/// clone goes; it works within one disk.
fn place_file(from: &Path, to: &Path) -> std::io::Result<u64> {
    let found = from.symlink_metadata()?;
    if found.is_symlink() {
        #[cfg(unix)]
        std::os::unix::fs::symlink(std::fs::read_link(from)?, to)?;
        return Ok(0);
    }
    match std::fs::hard_link(from, to) {
        Ok(()) => Ok(found.len()),
        Err(_) => std::fs::copy(from, to),
    }
}

/// Where programs keep a user's data.
fn data_folder(os: &str, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let set = |name| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    match os {
        "macos" => Some(set("HOME")?.join("Library/Application Support")),
        "windows" => set("LOCALAPPDATA"),
        _ => set("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(set("HOME")?.join(".local/share"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_folder_follows_the_system() {
        let of = |os, pairs: &[(&str, &str)]| {
            data_folder(os, |name| {
                let found = pairs.iter().find(|(each, _)| *each == name);
                found.map(|(_, value)| value.into())
            })
        };
        let home = ("HOME", "/h");
        assert_eq!(of("linux", &[home]), Some("/h/.local/share".into()));
        assert_eq!(
            of("linux", &[home, ("XDG_DATA_HOME", "/d")]),
            Some("/d".into())
        );
        let relative = [home, ("XDG_DATA_HOME", "d")];
        assert_eq!(of("linux", &relative), Some("/h/.local/share".into()));
        assert_eq!(
            of("macos", &[home]),
            Some("/h/Library/Application Support".into())
        );
        assert_eq!(of("linux", &[]), None);
    }

    #[test]
    fn a_placed_file_outlives_its_origin() {
        let folder = std::env::temp_dir().join(format!("xtask-place-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (from, to) = (folder.join("from"), folder.join("to"));
        std::fs::write(&from, "libtorch").unwrap();
        assert_eq!(place_file(&from, &to).unwrap(), 8);
        std::fs::remove_file(&from).unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "libtorch");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
