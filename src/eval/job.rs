//! [`EvalJob`]: a part of an evaluation, done slice by slice. A slice takes about the time of a training step, so that
//! neither the screen nor the curve waits.

use super::store::Store;
use crate::error::Result;
use crate::telemetry::Report;

/// A part of an evaluation.
pub trait EvalJob {
    /// What it is called in measurements.
    fn name(&self) -> &'static str;

    /// Slices that it comes to.
    fn slices(&self, _store: &Store) -> usize {
        1
    }

    /// Does the next slice. What it leaves in the store is there for the jobs after it.
    fn advance(&mut self, store: &mut Store) -> Result<Slice>;
}

/// What a slice came to.
pub enum Slice {
    /// Work was done, and more is left.
    More,
    /// A thread of the job's own has not come to its end yet.
    Waiting,
    /// That was the last one.
    Done(Vec<Report>),
}
