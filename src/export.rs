//! Records of a run: the [`Sink`] trait, JSON lines, CSV, and the run folder that holds both.

pub mod bundle;
mod csv;
pub mod drawing;
mod jsonl;
pub mod plots;
mod run_dir;

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
