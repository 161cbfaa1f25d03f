//! [`Share`]: so many of so many, with its interval.

use serde::{Deserialize, Serialize};

/// The normal distribution's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "ShareFields", from = "ShareFields")]
pub struct Share {
    /// Those for which it holds.
    pub hits: u64,
    /// All.
    pub of: u64,
}

/// A share as it is recorded, with its interval.
#[derive(Serialize, Deserialize)]
struct ShareFields {
    share: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    hits: u64,
    of: u64,
}

impl From<Share> for ShareFields {
    fn from(share: Share) -> Self {
        let some = |x: f64| Some(x).filter(|x| x.is_finite());
        let (low, high) = share.interval();
        Self {
            share: some(share.value()),
            low: some(low),
            high: some(high),
            hits: share.hits,
            of: share.of,
        }
    }
}

impl From<ShareFields> for Share {
    fn from(fields: ShareFields) -> Self {
        Self {
            hits: fields.hits,
            of: fields.of,
        }
    }
}

impl Share {
    /// The share of `true`.
    pub fn of(answers: impl IntoIterator<Item = bool>) -> Self {
        answers
            .into_iter()
            .fold(Self::default(), |share, hit| Self {
                hits: share.hits + u64::from(hit),
                of: share.of + 1,
            })
    }

    /// 0 to 1; not a number if there is nothing.
    pub fn value(self) -> f64 {
        self.hits as f64 / self.of as f64
    }

    /// Wilson's 95 % interval (1927): it holds near 0 and 1 and for few trials, where the normal one does not.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (f64::NAN, f64::NAN);
        }
        let (n, p) = (self.of as f64, self.value());
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }
}
