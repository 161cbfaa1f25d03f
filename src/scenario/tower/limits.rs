//! What bounds single sizes: of a checkpoint, which may state any number, and of the words of a scenario.

use std::fmt::Debug;

use crate::quantity::Size;

/// No dimension of a checkpoint may be larger: 2^20, four times the largest vocabulary there is. With it, the
/// size of no tensor overflows.
const MOST: i64 = 1 << 20;

/// No tower may have more blocks.
pub const MOST_LAYERS: i64 = 512;

/// An error if a size cannot be computed with.
pub fn within(what: &str, value: i64) -> Result<(), String> {
    if (1..=MOST).contains(&value) {
        Ok(())
    } else {
        Err(format!("{what} must be 1 to {MOST}, got {value}"))
    }
}

/// The number of a scenario's type that comes nearest.
pub fn nearest<T, E: Debug>(
    least: u64,
    most: u64,
    value: i64,
    new: impl Fn(u64) -> Result<T, E>,
) -> T {
    new((value.max(0) as u64).clamp(least, most)).expect("it lies within its own range")
}

/// The scenario's size that comes nearest.
pub fn size(value: i64) -> Size {
    nearest(Size::MIN, Size::MAX, value, Size::new)
}
