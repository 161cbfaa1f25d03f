//! [`Value`]: what a dial was or became, as it is recorded and shown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{Locked, Loss};

/// What a control was or became, as it is recorded and shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A switch.
    Bool(bool),
    /// A count.
    Whole(u64),
    /// A quantity.
    Real(f64),
    /// A loss.
    Loss(Loss),
    /// A tower that is held.
    Locked(Locked),
}

/// A value in a few characters; "none" where there is none.
pub fn short(value: Option<Value>) -> String {
    value.map_or_else(|| "none".into(), |value| value.to_string())
}

/// A share as every text for people gives it: in per cent, to one decimal, without the sign. Records keep
/// fractions.
pub fn percent(share: f64) -> String {
    if share.is_finite() {
        format!("{:.1}", share * 100.0)
    } else {
        "-".into()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("on"),
            Self::Bool(false) => f.write_str("off"),
            Self::Whole(n) => n.fmt(f),
            Self::Real(x) if *x != 0.0 && (x.abs() < 1e-3 || x.abs() >= 1e5) => {
                write!(f, "{x:.2e}")
            }
            Self::Real(x) => {
                let text = format!("{x:.4}");
                f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
            }
            Self::Loss(loss) => loss.fmt(f),
            Self::Locked(tower) => tower.fmt(f),
        }
    }
}
