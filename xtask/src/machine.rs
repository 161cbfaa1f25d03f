//! What the machine has: a C++ compiler, a GPU, rustfmt and clippy. Each lack comes with its remedy.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};

/// The first NVIDIA driver that runs CUDA 13 programs, which libtorch 2.11.0 is.
const CUDA_13_DRIVER: u32 = 580;

/// Whether a program starts and says its version.
fn starts(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Makes sure that torch-sys will find a C++ compiler, as its build script looks for one.
pub fn need_compiler() -> Result<()> {
    if cfg!(windows) {
        return Ok(()); // Found through the registry, not through the PATH.
    }
    if let Some(named) = std::env::var_os("CXX").filter(|name| !name.is_empty()) {
        // May be a launcher and a compiler, "ccache g++".
        let named = named.to_string_lossy().into_owned();
        return match named.split_whitespace().next() {
            Some(program) if starts(program) => Ok(()),
            _ => Err(Failure::new(
                format!("CXX is set to `{named}`, which does not start"),
                "Set CXX to a C++ compiler, or unset it to use `c++`.",
            )),
        };
    }
    if starts("c++") {
        return Ok(());
    }
    match ["g++", "clang++"].into_iter().find(|name| starts(name)) {
        Some(other) => Err(Failure::new(
            format!("no C++ compiler named `c++`, but `{other}` is there"),
            format!("Name it for this and later cargo commands: export CXX={other}"),
        )),
        None => Err(Failure::new(
            "no C++ compiler was found (`c++`, `g++`, `clang++`)",
            "Install one, then run the same command again:\n\
             Debian, Ubuntu: sudo apt install g++\n\
             Fedora:         sudo dnf install gcc-c++\n\
             Arch:           sudo pacman -S gcc\n\
             macOS:          xcode-select --install",
        )),
    }
}

/// What is known of an NVIDIA GPU on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpu {
    None,
    /// There is one, and its driver runs CUDA 13.
    Usable,
    /// There is one, but its driver, of this major version, is too old for CUDA 13.
    OldDriver(u32),
}

pub fn gpu() -> Gpu {
    let asked = Command::new("nvidia-smi")
        .args(["--query-gpu=driver_version", "--format=csv,noheader"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    if let Ok(output) = asked
        && output.status.success()
    {
        return judge_driver(&String::from_utf8_lossy(&output.stdout));
    }
    // In a container the program may lack where the driver does not.
    let listed = std::fs::read_dir("/proc/driver/nvidia/gpus");
    if listed.is_ok_and(|mut entries| entries.next().is_some())
        && Path::new("/dev/nvidia0").exists()
    {
        return Gpu::Usable;
    }
    Gpu::None
}

/// Reads what nvidia-smi says of the driver, a line for each GPU.
fn judge_driver(text: &str) -> Gpu {
    let first = text.lines().next().unwrap_or_default().trim();
    match first.split('.').next().and_then(|part| part.parse().ok()) {
        None => Gpu::None,
        Some(major) if major >= CUDA_13_DRIVER => Gpu::Usable,
        Some(major) => Gpu::OldDriver(major),
    }
}

/// Makes sure that a cargo subcommand that rustup installs as a component is there.
pub fn need_component(cargo: &Path, subcommand: &str, component: &str) -> Result<()> {
    let there = Command::new(cargo)
        .args([subcommand, "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if there {
        return Ok(());
    }
    Err(Failure::new(
        format!("`cargo {subcommand}` is not installed"),
        format!("Install it: rustup component add {component}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_are_judged_by_their_major_version() {
        assert_eq!(judge_driver("580.65.06\n580.65.06\n"), Gpu::Usable);
        assert_eq!(judge_driver("570.124.06\n"), Gpu::OldDriver(570));
        assert_eq!(judge_driver("No devices were found\n"), Gpu::None);
        assert_eq!(judge_driver(""), Gpu::None);
    }
}
