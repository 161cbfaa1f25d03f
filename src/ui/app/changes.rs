//! [`Changes`]: what was changed by hand, to undo and to redo.

use crate::control::Control;

/// One change by hand: the same control in one or more lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Lane, what sets it back, what set it.
    pub(super) parts: Vec<(usize, Control, Control)>,
}

/// Changes to undo and to redo, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub(super) done: Vec<Change>,
    pub(super) undone: Vec<Change>,
    /// Whether the next turn of the dial goes on with the last change.
    pub(super) turning: bool,
}
