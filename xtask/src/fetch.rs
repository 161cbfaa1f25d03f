//! Fetching libtorch into `.libtorch`: everything happens in a folder beside it, whose last step
//! is a rename, so that what is there is whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::args::Flavour;
use crate::failure::{Failure, Result};
use crate::libtorch::{FOLDER, MARKER, VERSION, has_essentials};
use crate::pip;
use crate::progress::{Progress, size};
use crate::python::Python;

/// What a fetch costs, in bytes.
struct Cost {
    download: u64,
    /// At the worst moment, wheels and unpacked files together.
    disk: u64,
    kept: u64,
}

fn cost(flavour: Flavour) -> Cost {
    let (download, disk, kept) = match flavour {
        Flavour::Cuda => (2_510, 5_500, 3_900),
        Flavour::Cpu if cfg!(target_os = "linux") => (545, 1_200, 500),
        Flavour::Cpu => (120, 600, 400),
    };
    let mega = 1_000_000;
    Cost {
        download: download * mega,
        disk: disk * mega,
        kept: kept * mega,
    }
}

/// Keeps a second set-up of the same clone out until dropped; the system lets go of it when this
/// process ends in whatever way.
pub fn lock(root: &Path) -> Result<File> {
    let path = root.join(format!("{FOLDER}.lock"));
    let file = File::create(&path)
        .map_err(|error| Failure::io(format!("cannot write {}", path.display()), &error))?;
    // Any other error is that of a file system without locks: go on without.
    if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        eprintln!("waiting for another `cargo xtask` that sets libtorch up");
        file.lock()
            .map_err(|error| Failure::io("cannot wait for the lock", &error))?;
    }
    Ok(file)
}

/// Fetches libtorch into `.libtorch`. The caller holds the lock.
pub fn fetch(root: &Path, flavour: Flavour) -> Result<()> {
    if flavour == Flavour::Cuda && !cfg!(target_os = "linux") {
        return Err(Failure::new(
            "libtorch with CUDA can be fetched on Linux only",
            "Leave --cuda out, or set LIBTORCH to a libtorch 2.11.0 with CUDA.",
        ));
    }
    remove_leftovers(root);
    let python = Python::find(root)?;
    let cost = cost(flavour);
    if python.free < cost.disk {
        return Err(Failure::new(
            format!(
                "not enough space in {}: {} free, {} needed to unpack ({} stay)",
                root.display(),
                size(python.free),
                size(cost.disk),
                size(cost.kept)
            ),
            "Free some, then run the same command again; or clone onto a larger disk; or set \
             LIBTORCH to a folder that holds libtorch 2.11.0.",
        ));
    }
    eprintln!(
        "fetching libtorch {VERSION} ({}) with pip: about {} to download, {} kept in {FOLDER}",
        flavour.name(),
        size(cost.download),
        size(cost.kept)
    );
    let partial = root.join(format!("{FOLDER}.partial-{}", std::process::id()));
    let result = fill(&python, &partial, flavour).and_then(|()| put_in_place(&partial, root));
    // After a failure nothing of it is of use; after success only the emptied folder is left.
    let _ = std::fs::remove_dir_all(&partial);
    result
}

/// Removes what interrupted set-ups left behind.
fn remove_leftovers(root: &Path) {
    let prefix = format!("{FOLDER}.partial-");
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            eprintln!(
                "removing the remains of an interrupted set-up: {}",
                entry.path().display()
            );
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn fill(python: &Python, partial: &Path, flavour: Flavour) -> Result<()> {
    let target = partial.join("libtorch");
    let torch = pip::download(python, partial, &[format!("torch=={VERSION}")])?;
    let mut more = Vec::new();
    for wheel in &torch {
        more.extend(requirements(python, wheel, flavour)?);
        unpack(python, wheel, &target, flavour)?;
    }
    if !more.is_empty() {
        for wheel in pip::download(python, partial, &more)? {
            unpack(python, &wheel, &target, flavour)?;
        }
    }
    link_names(&target)?;
    if !has_essentials(&target) {
        return Err(Failure::new(
            "the wheel that pip fetched lacks parts of libtorch",
            "See which index pip uses (python3 -m pip config list), or set LIBTORCH to a folder \
             that holds libtorch 2.11.0.",
        ));
    }
    let marker = target.join(MARKER);
    std::fs::write(&marker, format!("{VERSION}+{}\n", flavour.name()))
        .map_err(|error| Failure::io(format!("cannot write {}", marker.display()), &error))
}

/// What else the libraries in a torch wheel need, as pip names it.
fn requirements(python: &Python, wheel: &Path, flavour: Flavour) -> Result<Vec<String>> {
    let mut command = python.helper("requirements");
    let mut child = python.start(command.arg(wheel).arg(flavour.name()))?;
    let mut text = String::new();
    let read = child
        .stdout
        .take()
        .map_or(Ok(0), |mut stdout| stdout.read_to_string(&mut text));
    let status = pip::wait(child)?;
    if read.is_err() || !status.success() {
        return Err(broken(wheel, "cannot read its description"));
    }
    Ok(text.lines().map(str::to_owned).collect())
}

/// Unpacks what is needed of a wheel, then deletes the wheel.
fn unpack(python: &Python, wheel: &Path, target: &Path, flavour: Flavour) -> Result<()> {
    let mut command = python.helper("unpack");
    let mut child = python.start(command.arg(wheel).arg(target).arg(flavour.name()))?;
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    let short = name.split('-').take(2).collect::<Vec<_>>().join(" ");
    let mut progress = Progress::new(format!("unpacking {short}"));
    let mut total = 0;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout)
            .lines()
            .map_while(std::result::Result::ok)
        {
            if let Some((done, all)) = progress_of(&line) {
                total = all;
                progress.at(done, all);
            }
        }
    }
    let mut complaint = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        let _ = stderr.read_to_string(&mut complaint);
    }
    if !pip::wait(child)?.success() {
        progress.clear();
        return Err(broken(
            wheel,
            complaint.lines().last().unwrap_or("it failed"),
        ));
    }
    if total > 0 {
        progress.finish(total);
    } else {
        progress.clear();
    }
    std::fs::remove_file(wheel)
        .map_err(|error| Failure::io(format!("cannot delete {}", wheel.display()), &error))
}

fn progress_of(line: &str) -> Option<(u64, u64)> {
    let (done, total) = line.strip_prefix("progress ")?.split_once(' ')?;
    Some((done.parse().ok()?, total.parse().ok()?))
}

fn broken(wheel: &Path, why: &str) -> Failure {
    let remedy = if why.contains("No space left") || why.contains("quota") {
        "Free some disk space, then run the same command again."
    } else {
        "Run the same command again; it starts from the beginning."
    };
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    Failure::new(format!("cannot unpack {name}: {why}"), remedy)
}

/// Gives the libraries the names that linkers ask for.
fn link_names(target: &Path) -> Result<()> {
    // Without CUDA, libtorch_cpu is all that libtorch would pull in. And where only clang is
    // installed, there is no libgomp.so but the one that came along.
    for (name, file) in [
        ("libtorch.so", "libtorch_cpu.so"),
        ("libgomp.so", "libgomp.so.1"),
    ] {
        let link = target.join("lib").join(name);
        if link.exists() || !target.join("lib").join(file).exists() {
            continue;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(file, &link)
            .map_err(|error| Failure::io(format!("cannot link {}", link.display()), &error))?;
    }
    Ok(())
}

/// Replaces `.libtorch` by what is in `partial`.
fn put_in_place(partial: &Path, root: &Path) -> Result<()> {
    let place = root.join(FOLDER);
    let rename = |from: &Path, to: &Path| {
        std::fs::rename(from, to).map_err(|error| {
            Failure::io(
                format!("cannot move {} to {}", from.display(), to.display()),
                &error,
            )
        })
    };
    if place.symlink_metadata().is_ok() {
        // Another flavour, or not whole; it goes with the folder that it is moved into.
        rename(&place, &partial.join("replaced"))?;
    }
    rename(&PathBuf::from(partial).join("libtorch"), &place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn the_new_replaces_the_old_whole() {
        let root = scratch("replace");
        let partial = root.join(".libtorch.partial-1");
        std::fs::create_dir_all(partial.join("libtorch")).unwrap();
        std::fs::write(partial.join("libtorch/new"), "").unwrap();
        std::fs::create_dir_all(root.join(FOLDER)).unwrap();
        std::fs::write(root.join(FOLDER).join("old"), "").unwrap();
        put_in_place(&partial, &root).unwrap();
        assert!(root.join(FOLDER).join("new").exists());
        assert!(!root.join(FOLDER).join("old").exists());
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn leftovers_go_and_the_rest_stays() {
        let root = scratch("leftovers");
        for name in [".libtorch.partial-7", ".libtorch", "src"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        remove_leftovers(&root);
        assert!(!root.join(".libtorch.partial-7").exists());
        assert!(root.join(".libtorch").exists() && root.join("src").exists());
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_held_lock_keeps_others_out() {
        let root = scratch("lock");
        let held = lock(&root).unwrap();
        let other = File::create(root.join(".libtorch.lock")).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        assert!(other.try_lock().is_ok());
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn the_helpers_progress_is_read() {
        assert_eq!(progress_of("progress 4 10"), Some((4, 10)));
        assert_eq!(progress_of("progress 4"), None);
    }

    /// A wheel with empty files of the given names, made by Python's own zipfile.
    fn wheel(folder: &Path, names: &[&str], metadata: &str) -> PathBuf {
        let path = folder.join("torch-2.11.0-none.whl");
        let script = "import sys, zipfile\n\
            with zipfile.ZipFile(sys.argv[1], 'w') as z:\n\
            \x20   z.writestr('torch-2.11.0.dist-info/METADATA', sys.argv[2])\n\
            \x20   for name in sys.argv[3:]: z.writestr(name, 'x')\n";
        let made = std::process::Command::new(crate::python::candidates()[0])
            .args(["-c", script])
            .arg(&path)
            .arg(metadata)
            .args(names)
            .status();
        assert!(made.unwrap().success());
        path
    }

    fn unpacked(flavour: Flavour) -> Option<(Vec<String>, Vec<String>)> {
        let root = scratch(&format!("unpack-{}", flavour.name()));
        // Without Python nothing is fetched, so there is nothing to test either.
        let python = Python::find(&root).ok()?;
        let names = [
            "torch/include/torch/torch.h",
            "torch/lib/libtorch.so",
            "torch/lib/libtorch_cpu.so",
            "torch/lib/libgomp.so.1",
            "torch/lib/libtorch_cuda.so",
            "torch/lib/libtorch_nvshmem.so",
            "torch/lib/libtorch_python.so",
            "torch/lib/libshm.so",
            "torch/lib/libshm/err.h",
            "torch/__init__.py",
            "nvidia/cu13/lib/libcudart.so.13",
            "nvidia/cudnn/lib/libcudnn.so.9",
        ];
        let metadata = "Requires-Dist: sympy>=1.13\n\
            Requires-Dist: cuda-toolkit[cudart,cupti,nvrtc]==13.0.2; platform_system == \"Linux\"\n\
            Requires-Dist: nvidia-cudnn-cu13==9.19.0.56; platform_system == \"Linux\"\n";
        let wheel = wheel(&root, &names, metadata);
        let more = requirements(&python, &wheel, flavour).unwrap();
        let target = root.join("libtorch");
        unpack(&python, &wheel, &target, flavour).unwrap();
        assert!(!wheel.exists(), "the wheel is deleted");
        assert!(target.join("include/torch/torch.h").exists());
        let entries = std::fs::read_dir(target.join("lib")).unwrap();
        let mut files: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        std::fs::remove_dir_all(&root).unwrap();
        Some((files, more))
    }

    #[test]
    fn the_small_set_is_what_the_cpu_needs() {
        let Some((files, more)) = unpacked(Flavour::Cpu) else {
            return;
        };
        assert_eq!(
            files,
            ["libcudart.so.13", "libgomp.so.1", "libtorch_cpu.so"]
        );
        assert_eq!(more, ["cuda-toolkit[cudart,cupti]==13.0.2"]);
    }

    #[test]
    fn the_full_set_leaves_out_only_what_python_alone_uses() {
        let Some((files, more)) = unpacked(Flavour::Cuda) else {
            return;
        };
        let all = [
            "libcudart.so.13",
            "libcudnn.so.9",
            "libgomp.so.1",
            "libtorch.so",
            "libtorch_cpu.so",
            "libtorch_cuda.so",
            "libtorch_nvshmem.so",
        ];
        assert_eq!(files, all);
        let toolkit = "cuda-toolkit[cudart,cupti,nvrtc]==13.0.2";
        assert_eq!(more, [toolkit, "nvidia-cudnn-cu13==9.19.0.56"]);
    }
}
