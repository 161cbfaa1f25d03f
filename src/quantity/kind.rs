//! [`Quantity`]: how each type that a dial can hold is typed, recorded and bounded. Types with a range implement it where
//! they are made, in `range`.

use super::name::{Locked, Loss};
use super::value::Value;

/// A type that a dial can hold.
pub trait Quantity: Copy + 'static {
    /// The plain number or choice, as settings hold it: training may move it out of the range.
    type Plain: Copy + PartialEq;

    /// Least and largest number, if it is one.
    const BOUNDS: Option<(f64, f64)> = None;

    /// All choices, if there are few.
    const CHOICES: &[Self] = &[];

    /// The plain number or choice.
    fn plain(self) -> Self::Plain;

    /// What is recorded of it.
    fn record(plain: Self::Plain) -> Value;

    /// Takes a recorded value back; `None` if it is a value of another kind.
    ///
    /// # Errors
    /// A sentence that says what the range is.
    fn from_value(value: Value) -> Option<Result<Self, String>>;

    /// Reads what was typed for the dial called `name`.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    fn parse(name: &str, text: &str) -> Result<Self, String>;

    /// What may be typed: "0 to 1".
    fn range() -> String {
        Self::BOUNDS.map_or_else(String::new, |(low, high)| format!("{low} to {high}"))
    }
}

macro_rules! choices {
    ($($name:ident),+) => {$(
        impl Quantity for $name {
            type Plain = Self;

            const CHOICES: &[Self] = &Self::ALL;

            fn plain(self) -> Self {
                self
            }

            fn record(plain: Self) -> Value {
                Value::$name(plain)
            }

            fn from_value(value: Value) -> Option<Result<Self, String>> {
                match value {
                    Value::$name(choice) => Some(Ok(choice)),
                    _ => None,
                }
            }

            fn parse(_: &str, text: &str) -> Result<Self, String> {
                text.parse()
            }

            fn range() -> String {
                Self::words()
            }
        }
    )+};
}

choices!(Loss, Locked);

impl Quantity for bool {
    type Plain = Self;

    const CHOICES: &[Self] = &[false, true];

    fn plain(self) -> Self {
        self
    }

    fn record(plain: Self) -> Value {
        Value::Bool(plain)
    }

    fn from_value(value: Value) -> Option<Result<Self, String>> {
        match value {
            Value::Bool(on) => Some(Ok(on)),
            _ => None,
        }
    }

    fn parse(name: &str, text: &str) -> Result<Self, String> {
        match text {
            "true" | "on" | "yes" => Ok(true),
            "false" | "off" | "no" => Ok(false),
            _ => Err(format!("{name} must be true or false, got `{text}`")),
        }
    }

    fn range() -> String {
        "on or off".into()
    }
}
