//! [`Command`]: what a lane can be told.

use crate::control::{Change, Control};
use crate::telemetry::Query;

/// What a lane can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Change a dial, before the next step: a change of its own, which the lane gives the next number.
    Apply(Control),
    /// The same once so many steps are done; at once if they are, or if the lane stands still.
    ApplyAt(u64, Control),
    /// Make a change that has a number, once so many steps are done. Its state is remembered.
    ChangeAt(u64, Change),
    /// Set back what the change of this number set, once so many steps are done; the weights stay.
    TakeBackAt(u64, Change),
    /// Stop stepping; go on listening.
    Pause,
    /// Step until paused or done.
    Resume,
    /// So many steps, then pause.
    Step(u64),
    /// Start over.
    Reset(Reset),
    /// Go back to the state before the last change by hand.
    Rewind,
    /// Go back to the state before the change of this number. If that is not in memory any more, set these controls
    /// instead.
    GoBack(Change),
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

/// How a lane starts over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reset {
    /// A new seed; the same one if absent.
    pub seed: Option<u64>,
    /// With which dials.
    pub dials: Dials,
    /// By this number one can go back to before it.
    pub number: Option<u64>,
}

/// The dials of a lane that starts over.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Dials {
    /// The scenario's, but for what was set by hand.
    #[default]
    Kept,
    /// The scenario's, but for these.
    These(Vec<Control>),
    /// The scenario's.
    Scenario,
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
