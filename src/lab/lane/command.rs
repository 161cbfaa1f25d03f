//! [`Command`]: what a lane can be told.

use crate::control::Control;
use crate::telemetry::Query;

/// What a lane can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Change a dial, before the next step.
    Apply(Control),
    /// Change a dial once so many steps are done; at once if they are, or if the lane stands still.
    ApplyAt(u64, Control),
    /// Stop stepping; go on listening.
    Pause,
    /// Step until paused or done.
    Resume,
    /// So many steps, then pause.
    Step(u64),
    /// Start over with the same seed, or with another.
    Reset {
        /// A new seed; the same one if absent.
        seed: Option<u64>,
    },
    /// Go back to the state before the last change by hand.
    Rewind,
    /// Let a new lane of this name go on from the state before the last change by hand.
    Branch(String),
    /// Evaluate now.
    Evaluate,
    /// Evaluate now, with every task: prompts by the ten thousand, probes, languages.
    Examine,
    /// Look for what is nearest.
    Query(Query),
    /// Write the model into the run folder now.
    Checkpoint,
    /// From now on work out so much for whoever looks.
    Attend(Attention),
    /// Finish the current step and end the thread.
    Stop,
}

/// How much of a lane is looked at: what nobody sees is not worked out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Its curves.
    Curves,
    /// The batch, too: matrix, pairs, rows.
    #[default]
    Batch,
    /// How the batch lies in its space, too.
    Geometry,
    /// The batch and the loss landscape.
    Landscape,
}
