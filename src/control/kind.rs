//! [`Kind`]: how each type that a dial can hold is typed, recorded and bounded.

use super::Value;
use crate::quantity::{
    BatchSize, Bias, Concepts, Fraction, LearningRate, Locked, Loss, Temperature, WeightDecay, Zipf,
};

/// A type that a dial can hold.
pub trait Kind: Copy + 'static {
    /// What settings hold: a plain number where training moves it or everything reckons with it.
    type Plain: Copy + PartialEq;

    /// The plain number.
    fn plain(self) -> Self::Plain;

    /// What is recorded of it.
    fn record(plain: Self::Plain) -> Value;

    /// Takes a recorded value back.
    ///
    /// # Errors
    /// A sentence that says what does not fit; an empty one if it is a value of another kind.
    fn from_value(value: Value) -> Result<Self, String>;

    /// Reads what was typed for the dial called `name`.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    fn parse(name: &str, text: &str) -> Result<Self, String>;

    /// Least and largest number, if it is one.
    const BOUNDS: Option<(f64, f64)> = None;

    /// All choices, if there are few.
    const CHOICES: &[Self] = &[];

    /// What may be typed: "0 to 1".
    fn range() -> String {
        Self::BOUNDS.map_or_else(String::new, |(low, high)| format!("{low} to {high}"))
    }
}

macro_rules! reals {
    ($($name:ident => $plain:ty, $of:expr, $number:expr;)+) => {$(
        impl Kind for $name {
            type Plain = $plain;

            const BOUNDS: Option<(f64, f64)> = Some((Self::MIN, Self::MAX));

            fn plain(self) -> $plain {
                let of: fn(Self) -> $plain = $of;
                of(self)
            }

            fn record(plain: $plain) -> Value {
                let number: fn($plain) -> f64 = $number;
                Value::Real(number(plain))
            }

            fn from_value(value: Value) -> Result<Self, String> {
                match value {
                    Value::Real(x) => Self::new(x).map_err(|e| e.to_string()),
                    // Written without a fraction, a quantity reads as a count.
                    Value::Whole(n) => Self::new(n as f64).map_err(|e| e.to_string()),
                    _ => Err(String::new()),
                }
            }

            fn parse(name: &str, text: &str) -> Result<Self, String> {
                let number = text
                    .parse::<f64>()
                    .map_err(|_| format!("{name} wants a number, not `{text}`"))?;
                Self::new(number).map_err(|e| e.to_string())
            }
        }
    )+};
}

macro_rules! wholes {
    ($($name:ident => $plain:ty, $of:expr, $number:expr;)+) => {$(
        impl Kind for $name {
            type Plain = $plain;

            const BOUNDS: Option<(f64, f64)> = Some((Self::MIN as f64, Self::MAX as f64));

            fn plain(self) -> $plain {
                let of: fn(Self) -> $plain = $of;
                of(self)
            }

            fn record(plain: $plain) -> Value {
                let number: fn($plain) -> u64 = $number;
                Value::Whole(number(plain))
            }

            fn from_value(value: Value) -> Result<Self, String> {
                match value {
                    Value::Whole(n) => Self::new(n).map_err(|e| e.to_string()),
                    _ => Err(String::new()),
                }
            }

            fn parse(name: &str, text: &str) -> Result<Self, String> {
                let number = text
                    .parse::<u64>()
                    .map_err(|_| format!("{name} wants a whole number, not `{text}`"))?;
                Self::new(number).map_err(|e| e.to_string())
            }
        }
    )+};
}

reals! {
    Temperature => f64, Self::get, |x| x;
    Bias => f64, Self::get, |x| x;
    LearningRate => f64, Self::get, |x| x;
    WeightDecay => f64, Self::get, |x| x;
    Fraction => Self, |x| x, Self::get;
    Zipf => Self, |x| x, Self::get;
}

wholes! {
    BatchSize => u64, Self::get, |n| n;
    Concepts => Self, |n| n, Self::get;
}

macro_rules! choices {
    ($($name:ident),+) => {$(
        impl Kind for $name {
            type Plain = Self;

            const CHOICES: &[Self] = &Self::ALL;

            fn plain(self) -> Self {
                self
            }

            fn record(plain: Self) -> Value {
                Value::$name(plain)
            }

            fn from_value(value: Value) -> Result<Self, String> {
                match value {
                    Value::$name(choice) => Ok(choice),
                    _ => Err(String::new()),
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

impl Kind for bool {
    type Plain = Self;

    const CHOICES: &[Self] = &[false, true];

    fn plain(self) -> Self {
        self
    }

    fn record(plain: Self) -> Value {
        Value::Bool(plain)
    }

    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Bool(on) => Ok(on),
            _ => Err(String::new()),
        }
    }

    fn parse(name: &str, text: &str) -> Result<Self, String> {
        match text {
            "true" | "on" | "yes" => Ok(true),
            "false" | "off" | "no" => Ok(false),
            _ => Err(format!("{name} wants true or false, not `{text}`")),
        }
    }

    fn range() -> String {
        "on or off".into()
    }
}
