//! [`Applied`]: a control that took effect, as it stands in the records.

use serde::{Deserialize, Serialize};

use super::Control;
use crate::quantity::Value;

/// A control that took effect, as it stands in the records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Steps completed when it took effect.
    pub step: u64,
    /// The control.
    pub control: Control,
    /// The value before; `None` where there was none (a lane without bias).
    pub old: Option<Value>,
    /// The value after; `None` where there is none any more.
    pub new: Option<Value>,
    /// Whether the scenario's script did it, and not a hand.
    pub scripted: bool,
}

impl Applied {
    /// Whether the change is part of the state that was remembered at `step`. Changes at that very step came after it,
    /// but for the script's at the beginning, which are made with the trainer.
    pub const fn precedes(&self, step: u64) -> bool {
        self.step < step || (step == 0 && self.scripted)
    }
}
