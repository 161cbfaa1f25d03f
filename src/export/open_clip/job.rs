//! [`Job`]: a lane that `OpenCLIP` can train, planned and not yet written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::phrase::{count, size};
use super::shards::{self, Layout};
use crate::control::{Quality, Settings};
use crate::data::{Prepared, Request};
use crate::error::{Error, Result};
use crate::export::model_folder;
use crate::model::checkpoint;
use crate::scenario::LaneSpec;
use crate::train::Trainer;

/// Shards larger than this are only written if somebody has said how many pairs there shall be.
const MOST: f64 = 4.0 * (1_u64 << 30) as f64;

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
    pub(super) const fn part(self, batch: u64) -> u64 {
        batch / (self.processes * self.accumulate) as u64
    }
}

/// A lane that `OpenCLIP` can train.
pub struct Job {
    pub(super) prepared: Arc<Prepared>,
    pub(super) spec: LaneSpec,
    pub(super) settings: Settings,
    pub(super) world: World,
    pub(super) trainer: Trainer,
    /// A run whose trained weights it starts from, instead of new ones.
    pub(super) trained: Option<PathBuf>,
    pub(super) request: Request,
    pub(super) layout: Layout,
    pub(super) epochs: u64,
    /// Bytes of all shards, about.
    pub(super) bytes: f64,
}

impl Job {
    /// Plans the job of one lane; see [`plan`](super::plan).
    pub(super) fn new(
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
                "lane `{}` has {} pairs, about {} of shards: choose a number with --pairs N\n  \
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
                    "lane `{}` has no trained weights: no file {}",
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
            count(self.pairs(), "pair", "pairs"),
            count(self.layout.shards(), "shard", "shards"),
            size(self.bytes)
        )
    }

    /// Whether its shards are those of the other one.
    pub(super) fn same_shards(&self, other: &Self) -> bool {
        (self.request, self.layout) == (other.request, other.layout)
    }
}

/// Steps of an epoch: the fewest that divide all of them and have so many pairs.
pub(super) fn epoch(steps: u64, batch: u64, pairs: Option<u64>) -> u64 {
    let least = pairs.map_or(steps, |pairs| pairs.div_ceil(batch).max(1));
    let divides = |&n: &u64| steps.is_multiple_of(n);
    (least.min(steps)..=steps).find(divides).unwrap_or(steps)
}
