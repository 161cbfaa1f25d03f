//! [`RegimesReport`]: zero-shot, probe and fine-tuning in one table, and the weights between two of them.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Measure, TaskReport, all_about, both};
use crate::telemetry::share::Share;

/// Three ways to use a model for a task, and a mean of two of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegimesReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// What is predicted.
    pub property: String,
    /// Zero-shot, linear probe, fine-tuning.
    pub rows: Vec<Regime>,
    /// Weights between zero-shot (0) and fine-tuned (1): WiSE-FT (Wortsman et al. 2022).
    pub wise: Vec<Wise>,
}

/// A way to use a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regime {
    /// "zero-shot", "linear probe", "fine-tuned".
    pub name: String,
    /// In domain.
    pub in_domain: Share,
    /// Held out.
    pub transfer: Share,
    /// Learned numbers.
    pub parameters: u64,
}

/// A point between zero-shot and fine-tuned weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wise {
    /// 0 zero-shot, 1 fine-tuned.
    pub alpha: f64,
    /// In domain.
    pub in_domain: Share,
    /// Held out.
    pub transfer: Share,
}

impl TaskReport for RegimesReport {
    fn step(&self) -> u64 {
        self.step
    }

    fn subject(&self) -> Vec<&str> {
        vec![&self.property]
    }

    fn measures(&self) -> Vec<Measure> {
        let rows = self
            .rows
            .iter()
            .flat_map(|row| both(&row.name, &row.name, row.in_domain, row.transfer));
        let wise = self.wise.iter().flat_map(|wise| {
            let (name, label) = (
                format!("wise_{:.2}", wise.alpha),
                format!("WiSE-FT, alpha {}", wise.alpha),
            );
            both(&name, &label, wise.in_domain, wise.transfer)
        });
        all_about(&self.property, rows.chain(wise))
    }
}
