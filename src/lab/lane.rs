//! [`Lane`]: a trainer on its own thread, driven by commands, observed through snapshots.

use crate::control::Control;

/// What a lane can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Change a dial, before the next step.
    Apply(Control),
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
    /// Evaluate now.
    Evaluate,
    /// Write the run folder's checkpoint now.
    Checkpoint,
    /// Finish the current step and end the thread.
    Stop,
}

/// A lane's handle.
pub struct Lane;
