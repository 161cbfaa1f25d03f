//! [`Pending`]: what was sent to a lane and is not there yet.

use crate::control::Control;

/// A control that was sent and has not been seen to take effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// The lane.
    pub lane: usize,
    /// The control.
    pub control: Control,
    /// Changes that the lane had recorded when it was sent.
    pub(super) recorded: usize,
    /// Steps that it had made.
    pub(super) step: u64,
}
