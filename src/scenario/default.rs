//! Defaults that several parts of a scenario share.

use std::fmt;

/// What is on unless a scenario says otherwise.
pub const fn yes() -> bool {
    true
}

/// A default of a type with a range.
pub fn constant<T, E: fmt::Debug>(value: Result<T, E>) -> T {
    value.expect("a default lies within its own range")
}

/// English captions.
pub fn languages() -> Vec<(String, f64)> {
    vec![("en".into(), 1.0)]
}
