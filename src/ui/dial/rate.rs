//! [`Rate`]: the learning rate that is in force, beside the peak that the dial sets.

use crate::quantity::{Value, short};
use crate::scenario::{RatePhase, Schedule, Train};
use crate::telemetry::Snapshot;

/// The learning rate of a lane's next step.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// In force.
    pub now: f64,
    /// Why it is that, as the end of a sentence: "the cosine falls to 0 at step 400".
    pub why: String,
}

impl Rate {
    /// That of the lane's next step; `None` before its dials are known.
    pub fn of(train: &Train, lane: &Snapshot) -> Option<Self> {
        let peak = lane.settings.as_ref()?.learning_rate;
        Some(Self::at(train, peak, lane.step + 1))
    }

    /// That of step `step`, the first being 1.
    pub fn at(train: &Train, peak: f64, step: u64) -> Self {
        let (steps, warmup) = (train.steps.get(), train.warmup);
        let why = match (train.rate_phase(step), train.schedule) {
            (RatePhase::WarmUp, _) => format!("step {step} of {warmup} of the warm-up"),
            (RatePhase::Scheduled, Schedule::Cosine) => {
                format!("the cosine falls to 0 at step {steps}")
            }
            (RatePhase::After, Schedule::Cosine) => {
                format!("a tenth of the peak, since the schedule ended at step {steps}")
            }
            (_, Schedule::Constant) => "the peak: the schedule is constant".into(),
        };
        let now = train.rate(peak, step);
        Self { now, why }
    }

    /// For the line about the dial in hand: "now 1.2e-3: the cosine falls to 0 at step 400".
    pub fn sentence(&self) -> String {
        format!("now {}: {}", self.short(), self.why)
    }

    /// In few characters.
    pub fn short(&self) -> String {
        if self.now > 0.0 && self.now < 0.01 {
            format!("{:.1e}", self.now).replace(".0e", "e")
        } else {
            short(Some(Value::Real(self.now)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_in_force_says_where_in_the_schedule_it_is() {
        let mut scenario = crate::ui::fixture::scenario();
        scenario.train.warmup = 20;
        let at = |train: &Train, step| Rate::at(train, 2e-3, step).sentence();
        let train = &mut scenario.train;
        for (step, said) in [
            (5, "now 5e-4: step 5 of 20 of the warm-up"),
            (760, "now 1e-3: the cosine falls to 0 at step 1500"),
            (1500, "now 0: the cosine falls to 0 at step 1500"),
            (
                1501,
                "now 2e-4: a tenth of the peak, since the schedule ended at step 1500",
            ),
        ] {
            assert_eq!(at(train, step), said);
        }
        train.schedule = Schedule::Constant;
        for step in [760, 99_999] {
            assert_eq!(
                at(train, step),
                "now 2e-3: the peak: the schedule is constant"
            );
        }
    }
}
