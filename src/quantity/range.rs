//! Numbers with a range. Each is a newtype read through `try_from`, so that a scenario with a value
//! outside it is refused at that value, by the parser, with the position at hand.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::Quantity;
use super::value::Value;

/// A value outside the range of its type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what} must be {} to {}, got {}", number(*low), number(*high), number(*got))]
pub struct OutOfRange {
    what: &'static str,
    low: f64,
    high: f64,
    got: f64,
}

/// A number as people write it: `0.001`, `1e12`.
pub(crate) fn number(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && size.is_finite() && !(1e-4..1e9).contains(&size) {
        format!("{x:e}")
    } else {
        x.to_string()
    }
}

macro_rules! real {
    ($(#[$doc:meta])* $name:ident, $what:literal, $low:literal ..= $high:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// Least value allowed.
            pub const MIN: f64 = $low;
            /// Largest value allowed.
            pub const MAX: f64 = $high;

            /// The value if it is finite and within the range.
            pub fn new(value: f64) -> Result<Self, OutOfRange> {
                if value.is_finite() && (Self::MIN..=Self::MAX).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err(OutOfRange { what: $what, low: Self::MIN, high: Self::MAX, got: value })
                }
            }

            /// The plain number.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;
            fn try_from(value: f64) -> Result<Self, OutOfRange> {
                Self::new(value)
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> f64 {
                value.0
            }
        }

        impl Quantity for $name {
            type Plain = f64;

            const BOUNDS: Option<(f64, f64)> = Some((Self::MIN, Self::MAX));

            fn plain(self) -> f64 {
                self.0
            }

            fn record(plain: f64) -> Value {
                Value::Real(plain)
            }

            fn from_value(value: Value) -> Option<Result<Self, String>> {
                let number = match value {
                    Value::Real(x) => x,
                    // Written without a fraction, a quantity reads as a count.
                    Value::Whole(n) => n as f64,
                    _ => return None,
                };
                Some(Self::new(number).map_err(|e| e.to_string()))
            }

            fn parse(name: &str, text: &str) -> Result<Self, String> {
                let number = text
                    .parse()
                    .map_err(|_| format!("{name} must be a number, got `{text}`"))?;
                Self::new(number).map_err(|e| e.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! whole {
    ($(#[$doc:meta])* $name:ident, $what:literal, $low:literal ..= $high:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl $name {
            /// Least value allowed.
            pub const MIN: u64 = $low;
            /// Largest value allowed.
            pub const MAX: u64 = $high;

            /// The value if it is within the range.
            pub fn new(value: u64) -> Result<Self, OutOfRange> {
                if (Self::MIN..=Self::MAX).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err(OutOfRange {
                        what: $what,
                        low: Self::MIN as f64,
                        high: Self::MAX as f64,
                        got: value as f64,
                    })
                }
            }

            /// The plain number.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The plain number, as an index or a length.
            pub const fn size(self) -> usize {
                self.0 as usize
            }

            /// The plain number, as libtorch wants dimensions.
            pub const fn dim(self) -> i64 {
                self.0 as i64
            }
        }

        impl TryFrom<u64> for $name {
            type Error = OutOfRange;
            fn try_from(value: u64) -> Result<Self, OutOfRange> {
                Self::new(value)
            }
        }

        impl From<$name> for u64 {
            fn from(value: $name) -> u64 {
                value.0
            }
        }

        impl Quantity for $name {
            type Plain = u64;

            const BOUNDS: Option<(f64, f64)> = Some((Self::MIN as f64, Self::MAX as f64));

            fn plain(self) -> u64 {
                self.0
            }

            fn record(plain: u64) -> Value {
                Value::Whole(plain)
            }

            fn from_value(value: Value) -> Option<Result<Self, String>> {
                match value {
                    Value::Whole(n) => Some(Self::new(n).map_err(|e| e.to_string())),
                    _ => None,
                }
            }

            fn parse(name: &str, text: &str) -> Result<Self, String> {
                let number = text
                    .parse()
                    .map_err(|_| format!("{name} must be a whole number, got `{text}`"))?;
                Self::new(number).map_err(|e| e.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

real!(
    /// tau, by which cosines are divided. CLIP starts at 0.07, SigLIP at 0.1.
    Temperature, "a temperature", 0.001 ..= 100.0
);
real!(
    /// b, added to every logit. SigLIP starts at -10.
    Bias, "a bias", -1000.0 ..= 1000.0
);
real!(
    /// Peak learning rate of the schedule.
    LearningRate, "a learning rate", 0.0 ..= 10.0
);
real!(
    /// Decoupled weight decay.
    WeightDecay, "a weight decay", 0.0 ..= 10.0
);
real!(
    /// A share or a probability.
    Fraction, "a fraction", 0.0 ..= 1.0
);
real!(
    /// Exponent of Zipf's law: 0 is even, 1 is about what words and photographs on the web have.
    Zipf, "an imbalance", 0.0 ..= 3.0
);
real!(
    /// Adam's betas: below one, or nothing is ever learned.
    Beta, "a beta", 0.0 ..= 0.999_999
);
real!(
    /// A number above zero: Adam's epsilon, the norm at which gradients are clipped, a weight.
    Positive, "this number", 1e-12 ..= 1e12
);
real!(
    /// Upper clamp of the logit scale, exp(logit_scale). CLIP and OpenCLIP use 100.
    LogitScale, "a logit scale", 1.0 ..= 10_000.0
);
impl Fraction {
    /// No share at all.
    pub const ZERO: Self = Self(0.0);
}

impl Zipf {
    /// Every concept as often as any other.
    pub const ZERO: Self = Self(0.0);
}

whole!(
    /// Pairs in a batch.
    BatchSize, "a batch size", 1 ..= 32_768
);
whole!(
    /// A number of concepts: with one alone every caption would be right.
    Concepts, "a number of concepts", 2 ..= 1_000_000
);
whole!(
    /// Pairs that are drawn from at a time.
    ShuffleBuffer, "a shuffle buffer", 1 ..= 100_000_000
);
whole!(
    /// A number of optimizer steps.
    Steps, "a number of steps", 1 ..= 100_000_000
);
whole!(
    /// A width, depth, length or size within a tower.
    Size, "a size", 1 ..= 8_192
);
whole!(
    /// Side of the square picture that the image tower sees, in pixels.
    ImageSize, "an image size", 16 ..= 512
);
whole!(
    /// Entries of the tokenizer.
    VocabSize, "a vocabulary size", 300 ..= 262_144
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_outside_is_refused_with_the_range() {
        let message = Temperature::new(0.0).unwrap_err().to_string();
        assert_eq!(message, "a temperature must be 0.001 to 100, got 0");
        assert!(Temperature::new(f64::NAN).is_err());
        assert!(Bias::new(f64::INFINITY).is_err());
        assert!(BatchSize::new(0).is_err());
        assert_eq!(BatchSize::new(128).unwrap().size(), 128);
    }
}
