//! Records of a run: the [`Sink`] trait, JSON lines, CSV, TensorBoard's events, plots, and the run folder that
//! holds them; and the same training as a job for another trainer.

pub mod bundle;
mod csv;
pub mod drawing;
mod gathered;
mod jsonl;
pub mod open_clip;
pub mod plots;
mod run_dir;
mod tensorboard;
mod whole;

pub use csv::Csv;
pub use jsonl::{Jsonl, json_line};
pub use run_dir::{RunDir, model_folder, replace};

use crate::error::Result;
use crate::telemetry::Event;

/// Where a lane's events go. Lossless: what was recorded is whole, and stays.
pub trait Sink: Send {
    /// Records one event of the lane.
    fn record(&mut self, lane: &str, event: &Event) -> Result<()>;
}

/// Forgets everything: a lab without a run folder.
impl Sink for () {
    fn record(&mut self, _: &str, _: &Event) -> Result<()> {
        Ok(())
    }
}
