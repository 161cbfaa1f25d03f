//! [`Focus`]: what the keys apply to.

/// What the keys apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The dial.
    Dials,
    /// The panel.
    Panel,
}
