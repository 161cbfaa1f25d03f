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
mod folder;
mod job;
mod limits;
mod phrase;
mod shards;
mod words;

use std::path::Path;
use std::sync::Arc;

use crate::control::Settings;
use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::scenario::LaneSpec;
use crate::train::{DeviceChoice, Trainer};
pub use folder::write;
pub use job::{Job, World};

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

#[cfg(test)]
mod tests;
