//! Starting cargo with libtorch in its environment, just as plain cargo would see it, so that
//! nothing is built twice.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::libtorch::{Libtorch, Source};

/// What cargo set for this program alone.
const OWN: [&str; 6] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
];

pub fn program() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

pub fn command(libtorch: &Libtorch) -> Command {
    let mut command = Command::new(program());
    prepare(&mut command, libtorch);
    command
}

/// Sets the environment of a child that builds or runs the lab.
pub fn prepare(command: &mut Command, libtorch: &Libtorch) {
    for (name, _) in std::env::vars_os() {
        if OWN
            .iter()
            .any(|own| name.to_string_lossy().starts_with(own))
        {
            command.env_remove(name);
        }
    }
    match &libtorch.source {
        Source::User(folder) => {
            command.env("LIBTORCH", folder);
            command.env_remove("LIBTORCH_USE_PYTORCH");
        }
        // `.cargo/config.toml` sets LIBTORCH again; torch-sys looks at LIBTORCH_USE_PYTORCH first.
        Source::Python | Source::Local => {
            command.env_remove("LIBTORCH");
        }
    }
    if cfg!(windows) {
        // Windows has no rpath: libraries are looked for along the PATH.
        command.env("PATH", with_first(&libtorch.lib, std::env::var_os("PATH")));
    }
}

fn with_first(folder: &Path, path: Option<OsString>) -> OsString {
    let old = path.unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&old));
    std::env::join_paths(folders).unwrap_or(old)
}

/// Becomes the lab: the terminal, the signals and the exit code are its own.
pub fn run_lab(root: &Path, libtorch: &Libtorch, rest: &[OsString]) -> Result<u8> {
    let mut command = command(libtorch);
    command.args(["run", "--release", "--bin", "clip-lab", "--manifest-path"]);
    command.arg(root.join("Cargo.toml")).arg("--").args(rest);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        Err(Failure::io("cannot start cargo", &error))
    }
    #[cfg(not(unix))]
    {
        let status = command
            .status()
            .map_err(|error| Failure::io("cannot start cargo", &error))?;
        Ok(status.code().map_or(1, |code| code as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "unchanged", "removed", or the value.
    fn value(command: &Command, name: &str) -> String {
        match command.get_envs().find(|(each, _)| *each == name) {
            None => "unchanged".to_owned(),
            Some((_, None)) => "removed".to_owned(),
            Some((_, Some(value))) => value.to_string_lossy().into_owned(),
        }
    }

    fn of(source: Source) -> Command {
        let mut command = Command::new("x");
        let lib = PathBuf::from("/l/lib");
        prepare(&mut command, &Libtorch { source, lib });
        command
    }

    #[test]
    fn the_users_folder_is_passed_on_and_else_nothing_is_set() {
        let command = of(Source::User(PathBuf::from("/l")));
        assert_eq!(value(&command, "LIBTORCH"), "/l");
        assert_eq!(value(&command, "LIBTORCH_USE_PYTORCH"), "removed");
        for source in [Source::Local, Source::Python] {
            let command = of(source);
            assert_eq!(value(&command, "LIBTORCH"), "removed");
            assert_eq!(value(&command, "LIBTORCH_USE_PYTORCH"), "unchanged");
        }
    }
}
