//! The folder of a job, written.

use std::fs;
use std::path::{Path, PathBuf};

use super::job::Job;
use super::{flags, shards, words};
use crate::error::{Error, Result};
use crate::export::model_folder;
use crate::files::replace;

/// What is written into a job's folder.
const FILES: [&str; 3] = ["train.sh", "README.md", "train.py"];
const FOLDERS: [&str; 2] = ["model", "shards"];

/// Writes the jobs: a single one into the folder, several into a folder each, named like their lanes. Hears of the
/// pairs that are written. Returns the launch scripts.
///
/// # Errors
/// [`Error::Usage`] if the folder holds anything and `force` is not given, which replaces earlier jobs' files and
/// nothing else; files that cannot be written.
pub fn write(
    jobs: &mut [Job],
    out: &Path,
    force: bool,
    mut progress: impl FnMut(&str, u64),
) -> Result<Vec<PathBuf>> {
    let occupied = out.exists()
        && fs::read_dir(out)
            .map_err(Error::file("read", out))?
            .next()
            .is_some();
    if occupied && !force {
        return Err(Error::Usage(format!(
            "{} is not empty; choose another folder, or pass --force to replace the job in it",
            out.display()
        )));
    }
    let alone = jobs.len() == 1;
    let folders: Vec<PathBuf> = jobs
        .iter()
        .map(|job| {
            if alone {
                out.to_path_buf()
            } else {
                out.join(job.lane())
            }
        })
        .collect();
    for i in 0..jobs.len() {
        clear(&folders[i])?;
        let twin = (0..i).find(|&j| jobs[j].same_shards(&jobs[i]));
        let shards = twin.map(|j| folders[j].join("shards"));
        let lane = jobs[i].lane().to_owned();
        write_one(&mut jobs[i], &folders[i], shards.as_deref(), &mut |pairs| {
            progress(&lane, pairs);
        })?;
    }
    Ok(folders
        .iter()
        .map(|folder| folder.join("train.sh"))
        .collect())
}

/// Writes the job. `shards` is the folder of one that has the same.
fn write_one(
    job: &mut Job,
    folder: &Path,
    shards: Option<&Path>,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    // First, for it is the mark of a job's folder.
    replace(&folder.join("train.py"), words::TRAIN_PY)?;
    let model = folder.join("model");
    match &job.trained {
        Some(run) => copy_files(&model_folder(run, &job.spec.name), &model)?,
        None => job.trainer.save(&model)?,
    }
    let own = folder.join("shards");
    match shards {
        Some(same) => link_files(same, &own)?,
        None => shards::write(&job.prepared, job.request, job.layout, &own, progress)?,
    }
    let flags = flags::flags(job);
    replace(&folder.join("README.md"), words::readme(job, &flags))?;
    // Last, so that a folder with it is a whole one.
    let script = folder.join("train.sh");
    replace(&script, words::train_sh(job, &flags))?;
    make_executable(&script)
}

/// Makes the folder, without what an earlier job left there.
///
/// # Errors
/// [`Error::Usage`] if it holds something that only looks like a job's: a run has a folder of models, too.
fn clear(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let is_job = folder.join("train.py").is_file();
    for path in FOLDERS.map(|name| folder.join(name)) {
        if path.exists() && !is_job {
            return Err(Error::Usage(format!(
                "{} is not a job of clip-lab: it has {}\n  choose another folder",
                folder.display(),
                path.display()
            )));
        }
        if path.is_dir() {
            fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
        }
    }
    for path in FILES.map(|name| folder.join(name)) {
        if path.is_file() {
            fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}

/// Copies the files of a folder.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::file("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::file("read", from))? {
        let path = entry.map_err(Error::file("read", from))?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_file() {
            fs::copy(&path, to.join(name)).map_err(Error::file("copy", &path))?;
        }
    }
    Ok(())
}

/// The same files in another folder, without taking room twice where the file system can do that.
fn link_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::file("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::file("read", from))? {
        let path = entry.map_err(Error::file("read", from))?.path();
        let other = to.join(path.file_name().unwrap_or_default());
        if fs::hard_link(&path, &other).is_err() {
            fs::copy(&path, &other).map_err(Error::file("copy", &path))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(Error::file("write", path))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<()> {
    Ok(())
}
