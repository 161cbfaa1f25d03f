//! Which device computes, and what there is to choose from: the one place that asks libtorch.

use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use tch::{Cuda, Device};

use crate::error::{Error, Result};

/// Which device the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA if libtorch reports one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The first CUDA device, or an error.
    Cuda,
}

/// What libtorch says about itself and this machine.
#[derive(Clone, Debug)]
// Each is an answer of its own.
#[allow(clippy::struct_excessive_bools)]
pub struct LibtorchReport {
    /// Its version, if it can be found beside it.
    pub version: Option<String>,
    /// The library that is loaded, where the system tells.
    pub library: Option<PathBuf>,
    /// Whether the library is built with CUDA.
    pub cuda_build: bool,
    /// CUDA devices that it sees.
    pub cuda_devices: i64,
    /// Whether cuDNN is there.
    pub cudnn: bool,
    /// Whether the CPU's matrix products go through oneDNN.
    pub onednn: bool,
    /// Whether the CPU's matrix products can go through MKL.
    pub mkl: bool,
    /// Whether an operation is spread over threads by `OpenMP`.
    pub openmp: bool,
    /// Threads within one operation.
    pub threads: i32,
    /// Threads between operations.
    pub interop_threads: i32,
}

/// The device for `choice`.
///
/// # Errors
/// [`Error::Usage`] if CUDA was asked for and there is none.
pub fn resolve(choice: DeviceChoice) -> Result<Device> {
    match choice {
        DeviceChoice::Auto | DeviceChoice::Cuda if has_cuda() => Ok(Device::Cuda(0)),
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Cuda => Err(Error::Usage(format!(
            "--device cuda: no CUDA device: {}\n  use --device cpu or auto",
            no_cuda(&libtorch_report())
        ))),
    }
}

/// The device as it is shown: "CPU", "CUDA 0".
pub fn name(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("CUDA {index}"),
        Device::Cpu => "CPU".into(),
        other => format!("{other:?}"),
    }
}

/// Which device `auto` takes, and why.
pub fn automatic(report: &LibtorchReport) -> (&'static str, String) {
    if has_cuda() {
        (
            "CUDA 0",
            format!("libtorch sees {} CUDA device(s)", report.cuda_devices),
        )
    } else {
        ("CPU", no_cuda(report))
    }
}

/// What libtorch says about itself and this machine.
pub fn libtorch_report() -> LibtorchReport {
    let library = loaded_library();
    LibtorchReport {
        version: library.as_deref().and_then(version_beside),
        cuda_build: library
            .as_deref()
            .and_then(Path::parent)
            .is_some_and(has_cuda_library),
        library,
        cuda_devices: Cuda::device_count(),
        cudnn: Cuda::cudnn_is_available(),
        onednn: tch::utils::has_mkldnn(),
        mkl: tch::utils::has_mkl(),
        openmp: tch::utils::has_openmp(),
        threads: tch::get_num_threads(),
        interop_threads: tch::get_num_interop_threads(),
    }
}

fn has_cuda() -> bool {
    Cuda::is_available() && Cuda::device_count() > 0
}

fn no_cuda(report: &LibtorchReport) -> String {
    if report.cuda_build {
        "libtorch has CUDA but finds no usable GPU or driver".into()
    } else {
        "this libtorch has no CUDA; `cargo xtask setup --cuda` fetches one that has".into()
    }
}

/// libtorch's CPU library as this process has it mapped.
fn loaded_library() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let path = maps.lines().find_map(|line| {
        let path = &line[line.find('/')?..];
        path.rsplit('/')
            .next()?
            .starts_with("libtorch_cpu.")
            .then_some(path)
    })?;
    Some(PathBuf::from(path))
}

fn has_cuda_library(folder: &Path) -> bool {
    folder.join("libtorch_cuda.so").exists()
}

/// The version that the files around the library state: the C++ package says it in a header or in
/// `build-version`, the Python package in `version.py`.
fn version_beside(library: &Path) -> Option<String> {
    let root = library.parent()?.parent()?;
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let quoted = |text: String, after: &str, quote: char| {
        let rest = &text[text.find(after)? + after.len()..];
        rest.split(quote).nth(1).map(str::to_string)
    };
    read("version.py")
        .and_then(|text| quoted(text, "__version__ =", '\''))
        .or_else(|| read("build-version").map(|text| text.trim().to_string()))
        .or_else(|| {
            let header = read("include/torch/headeronly/version.h")?;
            quoted(header, "#define TORCH_VERSION ", '"')
        })
        .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
}

/// Lets the calling thread's operations use so many threads.
pub fn use_threads(threads: usize) {
    tch::set_num_threads(threads as i32);
}

/// Threads for each of so many lanes: cores, or as many as `OMP_NUM_THREADS` allows, shared out among the lanes: more threads than cores
/// would only wait for each other.
pub fn threads_per_lane(lanes: usize) -> usize {
    let wanted = std::env::var("OMP_NUM_THREADS").ok();
    let wanted = wanted
        .and_then(|n| n.trim().parse().ok())
        .filter(|n| *n > 0);
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let cores = wanted.unwrap_or(cores);
    (cores / lanes.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaded_library_is_found_with_its_version() {
        let report = libtorch_report();
        assert!(report.threads >= 1);
        if cfg!(target_os = "linux") {
            assert!(report.library.is_some_and(|path| path.exists()));
        }
    }

    #[test]
    fn versions_are_read_from_what_lies_beside_the_library() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("lib/libtorch_cpu.so");
        assert_eq!(version_beside(&library), None);
        let header = folder.path().join("include/torch/headeronly");
        std::fs::create_dir_all(&header).unwrap();
        let text = "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION \\\n  \"2.11.0\"\n";
        std::fs::write(header.join("version.h"), text).unwrap();
        assert_eq!(version_beside(&library).as_deref(), Some("2.11.0"));
        std::fs::write(folder.path().join("build-version"), "2.11.1\n").unwrap();
        assert_eq!(version_beside(&library).as_deref(), Some("2.11.1"));
        std::fs::write(
            folder.path().join("version.py"),
            "__version__ = '2.11.0+cu130'\n",
        )
        .unwrap();
        assert_eq!(version_beside(&library).as_deref(), Some("2.11.0+cu130"));
    }

    #[test]
    fn asking_for_cuda_in_vain_says_what_to_do() {
        assert_eq!(resolve(DeviceChoice::Cpu).unwrap(), Device::Cpu);
        if !has_cuda() {
            assert_eq!(resolve(DeviceChoice::Auto).unwrap(), Device::Cpu);
            let error = resolve(DeviceChoice::Cuda).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains("use --device cpu"));
        }
    }
}
