//! [`Change`]: what a hand does at once, and [`Applied`]: a control that took effect, as it stands in the records.

use serde::{Deserialize, Serialize};

use super::Control;
use crate::quantity::Value;

/// One change by hand to one lane: the controls of one key press. Its number is larger than those of all changes
/// before it; a change that is made again has the number that it had.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// By this it is taken back, and the state before it is found.
    pub number: u64,
    /// What it sets.
    pub controls: Vec<Control>,
}

/// Who set a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    /// The scenario's script.
    Script,
    /// The change of this number, by hand. The state before it was remembered.
    Hand(u64),
    /// Undo: it took the change of this number back, and the weights stayed.
    Undo(u64),
    /// A reset: it keeps what had been set by hand.
    Reset,
}

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
    /// Who set it.
    pub by: By,
}

impl Applied {
    /// Whether the scenario's script did it, and not a hand.
    pub fn scripted(&self) -> bool {
        self.by == By::Script
    }
}

/// The last value of each control, in the order in which these were set last.
pub fn last_of_each(controls: impl IntoIterator<Item = Control>) -> Vec<Control> {
    let mut last: Vec<Control> = Vec::new();
    for control in controls {
        last.retain(|known| known.name() != control.name());
        last.push(control);
    }
    last
}
