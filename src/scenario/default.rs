//! Defaults that several parts of a scenario share.

use std::fmt;

use crate::quantity::Size;

/// What is on unless a scenario says otherwise.
pub const fn yes() -> bool {
    true
}

/// A default of a type with a range.
pub fn constant<T, E: fmt::Debug>(value: Result<T, E>) -> T {
    value.expect("a default lies within its own range")
}

/// One of it.
pub fn one() -> Size {
    constant(Size::new(1))
}

/// Whether it is the default of [`one`].
// serde hands it over by reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_one(size: &Size) -> bool {
    size.get() == 1
}

/// English captions.
pub fn languages() -> Vec<(String, f64)> {
    vec![("en".into(), 1.0)]
}
