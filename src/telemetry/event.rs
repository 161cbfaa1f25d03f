//! [`Event`]: what happened in a lane and belongs in the records.

use serde::{Deserialize, Serialize};

use super::StepReport;
use super::report::{EvalReport, Report};
use crate::control::Applied;

/// Something that happened in a lane and belongs in the records.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The lane is ready for its first step.
    Started(Started),
    /// A step was made.
    Step(StepReport),
    /// A task of an evaluation is complete.
    Eval(Report),
    /// A control took effect.
    Control(Applied),
    /// The lane started over; earlier records are of another run.
    Reset(Restarted),
    /// The lane went back to an earlier state: what was recorded between is of a path that was left.
    Rewind {
        /// Steps completed when it was told to.
        from: u64,
        /// Steps completed in the state that it went back to.
        to: u64,
        /// The number of the change by hand that this state is before; a reset is one, too.
        change: u64,
    },
    /// A lane of this name went its own way from the state before the last change by hand.
    Branch(String),
    /// The lane will not step on.
    Finished(Finished),
}

/// What a lane began with: all that is needed to do the same again, beside the scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// Its seed.
    pub seed: u64,
    /// Threads for each of libtorch's operations: another number may round differently.
    pub threads: usize,
    /// Where it computes: "CPU, 1 thread".
    pub device: String,
    /// The lane that it branched off, if it did.
    pub parent: Option<String>,
    /// Steps completed.
    pub step: u64,
}

/// How a lane started over. What was set by hand and is kept follows as changes before the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarted {
    /// The seed of its weights and batches.
    pub seed: u64,
    /// By this number one can go back to the run before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
}

/// How a lane ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Steps completed.
    pub step: u64,
    /// Why.
    pub reason: Reason,
    /// The evaluation on held-out pictures with the highest R@1, picture to name.
    pub best: Option<EvalReport>,
    /// Pairs per second of training time.
    pub pairs_per_second: f64,
    /// Training time.
    pub seconds: f64,
    /// Time spent on evaluations.
    pub evaluation_seconds: f64,
}

/// Why a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// All steps were made.
    Completed,
    /// It was told to stop.
    Stopped,
    /// One of the scenario's stop rules was met.
    Rule,
    /// The loss or a gradient was not a number.
    Diverged,
}
