//! The training of a lane as a job for `OpenCLIP`'s own trainer, `open_clip_train.main` (3.3.0):
//!
//! ```text
//! train.sh     launches it: torchrun, and the flags that mean this lane
//! train.py     `open_clip_train.main` as it is, with what has no flag: order, schedule, a tower, DDP on CPUs
//! model/       `--model local-dir:model`: sizes, first weights, tokenizer
//! shards/      the lab's own pairs, as the lane sees them, as WebDataset shards
//! README.md    what corresponds and what differs
//! ```
//!
//! What `OpenCLIP` cannot express is refused by name (`limits`), never left out in silence.

mod flags;
mod limits;
mod shards;
mod words;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::model_folder;
use crate::control::{Quality, Settings};
use crate::data::{Prepared, Request};
use crate::error::{Error, Result};
use crate::files::replace;
use crate::model::checkpoint;
use crate::scenario::LaneSpec;
use crate::train::{DeviceChoice, Trainer};
use shards::Layout;

/// Shards larger than this are only written if somebody has said how many pairs there shall be.
const MOST: f64 = 4.0 * (1_u64 << 30) as f64;

/// What is written into a job's folder.
const FILES: [&str; 3] = ["train.sh", "README.md", "train.py"];
const FOLDERS: [&str; 2] = ["model", "shards"];

/// How the job shares its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// Processes of torchrun.
    pub processes: usize,
    /// Parts of each process's share of a batch (`--accum-freq`).
    pub accumulate: usize,
}

impl World {
    /// Pairs that a process encodes at a time, of a batch of so many.
    const fn part(self, batch: u64) -> u64 {
        batch / (self.processes * self.accumulate) as u64
    }
}

/// A lane that `OpenCLIP` can train.
pub struct Job {
    prepared: Arc<Prepared>,
    spec: LaneSpec,
    settings: Settings,
    world: World,
    trainer: Trainer,
    /// A run whose trained weights it starts from, instead of new ones.
    trained: Option<PathBuf>,
    request: Request,
    layout: Layout,
    epochs: u64,
    /// Bytes of all shards, about.
    bytes: f64,
}

/// Plans the jobs of some lanes. Of `pairs` the job gets at least so many and sees them in several epochs;
/// without, as many as the run sees. `trained` is a run folder whose trained weights are where it starts from.
///
/// # Errors
/// [`Error::Usage`] that names everything that `OpenCLIP` cannot express, in all lanes.
pub fn plan(
    prepared: &Arc<Prepared>,
    lanes: &[&LaneSpec],
    world: World,
    pairs: Option<u64>,
    trained: Option<&Path>,
) -> Result<Vec<Job>> {
    let scenario = prepared.scenario();
    let mut refused = limits::of_scenario(scenario);
    let mut jobs = Vec::new();
    for &spec in lanes {
        let trainer = Trainer::new(prepared, spec, scenario.train.seed, DeviceChoice::Cpu, 1)?;
        let settings = trainer.settings();
        let own = limits::of_lane(&scenario.cues(&spec.name), spec, &settings, world);
        refused.extend(own.iter().map(|why| format!("lane `{}`: {why}", spec.name)));
        if own.is_empty() {
            jobs.push((spec, trainer, settings));
        }
    }
    if !refused.is_empty() {
        let list = refused.join("\n  ");
        return Err(Error::Usage(format!(
            "OpenCLIP's trainer cannot express this:\n  {list}"
        )));
    }
    let job = |(spec, trainer, settings): (&LaneSpec, Trainer, Settings)| {
        Job::new(prepared, spec, trainer, settings, world, pairs, trained)
    };
    jobs.into_iter().map(job).collect()
}

impl Job {
    fn new(
        prepared: &Arc<Prepared>,
        spec: &LaneSpec,
        trainer: Trainer,
        settings: Settings,
        world: World,
        pairs: Option<u64>,
        trained: Option<&Path>,
    ) -> Result<Self> {
        let scenario = prepared.scenario();
        let batch = settings.batch_size;
        let steps = epoch(scenario.train.steps.get(), batch, pairs);
        let request = Request {
            seed: scenario.train.seed,
            step: 0,
            batch_size: batch as usize,
            image_size: prepared.image_size(),
            augment: settings.augment,
            quality: Quality::from(&settings),
        };
        let layout = Layout {
            steps,
            batch: batch as usize,
            ranks: world.processes,
        };
        let bytes = shards::bytes_of_a_pair(prepared, &request)? * (steps * batch) as f64;
        if bytes > MOST && pairs.is_none() {
            return Err(Error::Usage(format!(
                "lane `{}` sees {} pairs, shards of about {}: say how many there shall be, --pairs N\n  \
                 (--pairs {} writes all of them)",
                spec.name,
                steps * batch,
                size(bytes),
                steps * batch
            )));
        }
        if let Some(run) = trained {
            let weights = model_folder(run, &spec.name).join(checkpoint::WEIGHTS);
            if !weights.is_file() {
                return Err(Error::Usage(format!(
                    "lane `{}` has no trained weights: there is no {}",
                    spec.name,
                    weights.display()
                )));
            }
        }
        Ok(Self {
            epochs: scenario.train.steps.get() / steps,
            prepared: Arc::clone(prepared),
            spec: spec.clone(),
            settings,
            world,
            trainer,
            trained: trained.map(Path::to_path_buf),
            request,
            layout,
            bytes,
        })
    }

    /// The lane's name.
    pub fn lane(&self) -> &str {
        &self.spec.name
    }

    /// Pairs in its shards.
    pub const fn pairs(&self) -> u64 {
        self.layout.pairs()
    }

    /// "12800 pairs in 4 shards, about 49 MiB", and how often they are seen.
    pub fn size(&self) -> String {
        let seen = match self.epochs {
            1 => String::new(),
            n => format!(", seen in {n} epochs"),
        };
        format!(
            "{} in {}, about {}{seen}",
            words::count(self.pairs(), "pair", "pairs"),
            words::count(self.layout.shards(), "shard", "shards"),
            size(self.bytes)
        )
    }

    /// Whether its shards are those of the other one.
    fn same_shards(&self, other: &Self) -> bool {
        (self.request, self.layout) == (other.request, other.layout)
    }

    /// Writes the job. `shards` is the folder of one that has the same.
    fn write(
        &mut self,
        folder: &Path,
        shards: Option<&Path>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<()> {
        // First, for it is the mark of a job's folder.
        replace(&folder.join("train.py"), words::TRAIN_PY)?;
        let model = folder.join("model");
        match &self.trained {
            Some(run) => copy_files(&model_folder(run, &self.spec.name), &model)?,
            None => self.trainer.save(&model)?,
        }
        let own = folder.join("shards");
        match shards {
            Some(same) => link_files(same, &own)?,
            None => shards::write(&self.prepared, self.request, self.layout, &own, progress)?,
        }
        let flags = flags::flags(self);
        replace(&folder.join("README.md"), words::readme(self, &flags))?;
        // Last, so that a folder with it is a whole one.
        let script = folder.join("train.sh");
        replace(&script, words::train_sh(self, &flags))?;
        make_executable(&script)
    }
}

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
        jobs[i].write(&folders[i], shards.as_deref(), &mut |pairs| {
            progress(&lane, pairs);
        })?;
    }
    Ok(folders
        .iter()
        .map(|folder| folder.join("train.sh"))
        .collect())
}

/// Steps of an epoch: the fewest that divide all of them and have so many pairs.
fn epoch(steps: u64, batch: u64, pairs: Option<u64>) -> u64 {
    let least = pairs.map_or(steps, |pairs| pairs.div_ceil(batch).max(1));
    let divides = |&n: &u64| steps.is_multiple_of(n);
    (least.min(steps)..=steps).find(divides).unwrap_or(steps)
}

/// Bytes as people say them.
fn size(bytes: f64) -> String {
    let mib = bytes / f64::from(1 << 20);
    if mib < 1024.0 {
        format!("{:.0} MiB", mib.max(1.0))
    } else {
        format!("{:.1} GiB", mib / 1024.0)
    }
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
                "{} is no job of this program, and has {}\n  choose another folder",
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

#[cfg(test)]
mod tests;
