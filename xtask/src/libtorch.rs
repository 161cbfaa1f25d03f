//! Where libtorch comes from: decides between the user's, Python's, an earlier set-up's and a fetch.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::args::Flavour;
use crate::failure::{Failure, Result};
use crate::fetch;
use crate::machine::{self, Gpu};

/// What tch 0.24 is written for.
pub const VERSION: &str = "2.11.0";

/// Names version and flavour ("2.11.0+cpu"). torch-sys reads it too; it is written last, so its
/// presence says that the rest is whole.
pub const MARKER: &str = "build-version";

/// In the repository's root; `.cargo/config.toml` points at it.
pub const FOLDER: &str = ".libtorch";

/// Prints the version and the library folder of the `PyTorch` that torch-sys would take.
const ASK_PYTORCH: &str = "\
import os, torch
print(torch.__version__.split('+')[0])
print(os.path.join(os.path.dirname(torch.__file__), 'lib'))
";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder that the user named in `LIBTORCH`.
    User(PathBuf),
    /// The `PyTorch` of a Python environment, by `LIBTORCH_USE_PYTORCH`.
    Python,
    /// `.libtorch`.
    Local,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Libtorch {
    pub source: Source,
    /// The folder that holds the libraries, absolute.
    pub lib: PathBuf,
}

impl Libtorch {
    pub fn flavour(&self) -> Flavour {
        let cuda = ["libtorch_cuda.so", "torch_cuda.dll"];
        if cuda.iter().any(|name| self.lib.join(name).exists()) {
            Flavour::Cuda
        } else {
            Flavour::Cpu
        }
    }

    fn describe(&self) -> String {
        let from = match &self.source {
            Source::User(_) => "that LIBTORCH names",
            Source::Python => "of Python's PyTorch (LIBTORCH_USE_PYTORCH is set)",
            Source::Local => "of this repository",
        };
        let flavour = self.flavour().name();
        format!(
            "libtorch {VERSION} ({flavour}) {from}: {}",
            self.lib.display()
        )
    }
}

/// Finds libtorch or fetches it.
pub fn set_up(root: &Path, wanted: Option<Flavour>) -> Result<Libtorch> {
    machine::need_compiler()?;
    let given = |name| std::env::var_os(name);
    let libtorch = match chosen(
        root,
        given("LIBTORCH"),
        given("LIBTORCH_USE_PYTORCH").is_some(),
    ) {
        Source::User(folder) => {
            if given("LIBTORCH_USE_PYTORCH").is_some() {
                eprintln!(
                    "note: LIBTORCH wins here; plain cargo takes LIBTORCH_USE_PYTORCH: unset one"
                );
            }
            of_user(&folder)?
        }
        Source::Python => of_python()?,
        Source::Local => local(root, wanted)?,
    };
    if wanted == Some(Flavour::Cuda) && libtorch.flavour() == Flavour::Cpu {
        return Err(Failure::new(
            format!("--cuda: {} has no CUDA libraries", libtorch.lib.display()),
            "Unset LIBTORCH and LIBTORCH_USE_PYTORCH so that the full set is fetched, or leave \
             --cuda out.",
        ));
    }
    eprintln!("{}", libtorch.describe());
    Ok(libtorch)
}

/// Which source the environment asks for. cargo itself sets LIBTORCH to `.libtorch` for what it
/// runs, by `.cargo/config.toml`: that one is not the user's.
fn chosen(root: &Path, libtorch: Option<OsString>, use_pytorch: bool) -> Source {
    if let Some(folder) = libtorch
        && !folder.is_empty()
        && Path::new(&folder) != root.join(FOLDER)
    {
        return Source::User(PathBuf::from(folder));
    }
    if use_pytorch {
        Source::Python
    } else {
        Source::Local
    }
}

fn of_user(folder: &Path) -> Result<Libtorch> {
    let named = format!("LIBTORCH is set to `{}`", folder.display());
    let remedy = format!(
        "Set LIBTORCH to a folder that holds lib/ and include/ of libtorch {VERSION}, or unset it \
         to have one fetched."
    );
    let folder = std::path::absolute(folder)
        .map_err(|error| Failure::io(format!("cannot find {}", folder.display()), &error))?;
    for part in ["lib", "include"] {
        let base = match std::env::var_os(format!("LIBTORCH_{}", part.to_uppercase())) {
            Some(other) => PathBuf::from(other),
            None => folder.clone(),
        };
        if !base.join(part).is_dir() {
            let missing = base.join(part);
            let what = format!(
                "{named}, but the folder `{}` does not exist",
                missing.display()
            );
            return Err(Failure::new(what, remedy));
        }
    }
    let lib = std::env::var_os("LIBTORCH_LIB").map_or_else(|| folder.clone(), PathBuf::from);
    match version_of(&folder) {
        Some(version) => same_version(&version, &format!("{named}, which holds"))?,
        None => eprintln!("note: {named}, whose version cannot be told; {VERSION} is needed"),
    }
    Ok(Libtorch {
        lib: lib.join("lib"),
        source: Source::User(folder),
    })
}

fn of_python() -> Result<Libtorch> {
    // The same name that torch-sys runs.
    let program = if cfg!(windows) {
        "python.exe"
    } else if std::env::var_os("VIRTUAL_ENV").is_some() {
        "python"
    } else {
        "python3"
    };
    let refused = |why: &str| {
        Failure::new(
            format!("LIBTORCH_USE_PYTORCH is set, but {why}"),
            format!(
                "Install it there: {program} -m pip install torch=={VERSION} setuptools\n\
                 Or unset LIBTORCH_USE_PYTORCH to have libtorch fetched."
            ),
        )
    };
    let output = Command::new(program)
        .args(["-c", ASK_PYTORCH])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| refused(&format!("`{program}` does not start: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let (true, Some(version), Some(lib)) = (output.status.success(), lines.next(), lines.next())
    else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().last().unwrap_or("it prints nothing");
        return Err(refused(&format!("`{program}` cannot import torch: {last}")));
    };
    same_version(version, "LIBTORCH_USE_PYTORCH is set, and Python has")?;
    Ok(Libtorch {
        source: Source::Python,
        lib: PathBuf::from(lib),
    })
}

fn same_version(version: &str, has: &str) -> Result<()> {
    if version == VERSION || std::env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_some() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{has} {version}; tch 0.24 needs {VERSION}"),
        format!("Provide {VERSION}, or unset the variable to have it fetched."),
    ))
}

/// The version of the libtorch in a folder, if its files tell.
fn version_of(folder: &Path) -> Option<String> {
    if let Ok(text) = std::fs::read_to_string(folder.join(MARKER)) {
        return Some(text.trim().split('+').next()?.to_owned());
    }
    let header = folder.join("include/torch/headeronly/version.h");
    version_in_header(&std::fs::read_to_string(header).ok()?)
}

fn version_in_header(text: &str) -> Option<String> {
    let number = |name: &str| {
        text.lines().find_map(|line| {
            let rest = line.strip_prefix("#define TORCH_VERSION_")?;
            rest.strip_prefix(name)?.trim().parse::<u32>().ok()
        })
    };
    let (major, minor, patch) = (number("MAJOR")?, number("MINOR")?, number("PATCH")?);
    Some(format!("{major}.{minor}.{patch}"))
}

fn local(root: &Path, wanted: Option<Flavour>) -> Result<Libtorch> {
    // The full set also serves who asks for the small one.
    let suits =
        |found: &Libtorch| wanted != Some(Flavour::Cuda) || found.flavour() == Flavour::Cuda;
    if let Some(found) = finished(root).filter(suits) {
        if wanted.is_none() && found.flavour() == Flavour::Cpu && cuda_can_run_here() {
            eprintln!(
                "note: there is an NVIDIA GPU; `cargo xtask setup --cuda` lets the lab use it"
            );
        }
        return Ok(found);
    }
    let _lock = fetch::lock(root)?;
    // Another process may have fetched it meanwhile.
    if let Some(found) = finished(root).filter(suits) {
        return Ok(found);
    }
    fetch::fetch(root, wanted.unwrap_or_else(flavour_of_machine))?;
    finished(root).ok_or_else(|| {
        Failure::new(
            format!("{FOLDER} vanished right after it was set up"),
            "Run the same command again.",
        )
    })
}

fn cuda_can_run_here() -> bool {
    cfg!(target_os = "linux") && machine::gpu() == Gpu::Usable
}

fn flavour_of_machine() -> Flavour {
    if !cfg!(target_os = "linux") {
        return Flavour::Cpu;
    }
    match machine::gpu() {
        Gpu::Usable => {
            eprintln!(
                "an NVIDIA GPU is present: taking libtorch with CUDA (--cpu for the small set)"
            );
            Flavour::Cuda
        }
        Gpu::OldDriver(major) => {
            eprintln!(
                "an NVIDIA GPU is present, but its driver ({major}) is too old for CUDA 13, which \
                 needs 580: taking the CPU set; renew the driver, then `cargo xtask setup --cuda`"
            );
            Flavour::Cpu
        }
        Gpu::None => Flavour::Cpu,
    }
}

/// `.libtorch`, if a set-up finished it and nothing was taken out since.
fn finished(root: &Path) -> Option<Libtorch> {
    let folder = root.join(FOLDER);
    let marker = std::fs::read_to_string(folder.join(MARKER)).ok()?;
    (marker.trim().split('+').next() == Some(VERSION) && has_essentials(&folder)).then(|| {
        Libtorch {
            source: Source::Local,
            lib: folder.join("lib"),
        }
    })
}

/// Whether a folder holds what compiling and linking cannot do without.
pub fn has_essentials(folder: &Path) -> bool {
    let (prefix, suffix) = (
        std::env::consts::DLL_PREFIX,
        if cfg!(windows) {
            ".lib"
        } else {
            std::env::consts::DLL_SUFFIX
        },
    );
    let library = |name: &str| folder.join(format!("lib/{prefix}{name}{suffix}")).exists();
    let headers = folder.join("include/torch/csrc/api/include/torch/torch.h");
    ["torch", "torch_cpu", "c10"].into_iter().all(library) && headers.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_libtorch_wins_and_cargos_own_is_not_the_users() {
        let root = Path::new("/clone");
        let of = |folder: &str, use_pytorch| chosen(root, Some(folder.into()), use_pytorch);
        let user = Source::User(PathBuf::from("/opt/libtorch"));
        assert_eq!(of("/opt/libtorch", false), user);
        assert_eq!(of("/opt/libtorch", true), user);
        assert_eq!(of("/clone/.libtorch", false), Source::Local);
        assert_eq!(of("/clone/.libtorch", true), Source::Python);
        assert_eq!(of("", false), Source::Local);
        assert_eq!(chosen(root, None, false), Source::Local);
    }

    #[test]
    fn the_version_is_read_from_the_header() {
        let text = "#define TORCH_VERSION_MAJOR 2\n\n#define TORCH_VERSION_MINOR 11\n\
                    #define TORCH_VERSION_PATCH 0\n#define TORCH_VERSION \\\n";
        assert_eq!(version_in_header(text).as_deref(), Some("2.11.0"));
        assert_eq!(version_in_header("#define TORCH_VERSION_MAJOR 2\n"), None);
    }

    #[test]
    fn an_unfinished_folder_is_not_taken() {
        let root = std::env::temp_dir().join(format!("xtask-finished-{}", std::process::id()));
        let folder = root.join(FOLDER);
        let headers = folder.join("include/torch/csrc/api/include/torch");
        std::fs::create_dir_all(&headers).unwrap();
        std::fs::create_dir_all(folder.join("lib")).unwrap();
        std::fs::write(headers.join("torch.h"), "").unwrap();
        let end = if cfg!(windows) {
            ".lib"
        } else {
            std::env::consts::DLL_SUFFIX
        };
        for name in ["torch", "torch_cpu", "c10"] {
            let file = format!("lib/{}{name}{end}", std::env::consts::DLL_PREFIX);
            std::fs::write(folder.join(file), "").unwrap();
        }
        assert_eq!(finished(&root), None, "no marker");
        std::fs::write(folder.join(MARKER), "2.10.0+cpu\n").unwrap();
        assert_eq!(finished(&root), None, "another version");
        std::fs::write(folder.join(MARKER), "2.11.0+cpu\n").unwrap();
        assert_eq!(finished(&root).unwrap().flavour(), Flavour::Cpu);
        std::fs::remove_file(headers.join("torch.h")).unwrap();
        assert_eq!(finished(&root), None, "headers gone");
        std::fs::remove_dir_all(&root).unwrap();
    }
}
