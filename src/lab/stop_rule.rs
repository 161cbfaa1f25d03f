//! [`StopRule`]: watches a lane's loss for what its scenario says should end the run.

use crate::scenario::Stop;

/// Weight of the latest loss in the running mean that a plateau is judged by.
const WEIGHT: f64 = 0.05;

/// The rules of a scenario with what has been seen so far. Each speaks once.
#[derive(Clone, Debug)]
pub(super) struct StopRule {
    rules: Stop,
    mean: Option<f64>,
    /// The least mean, and its step.
    best: (u64, f64),
    spoken: bool,
}

impl StopRule {
    pub const fn new(rules: Stop) -> Self {
        Self {
            rules,
            mean: None,
            best: (0, f64::INFINITY),
            spoken: false,
        }
    }

    /// Takes a step's loss; says which rule it meets, if one.
    pub fn observe(&mut self, step: u64, loss: f64) -> Option<String> {
        if self.spoken || !loss.is_finite() {
            return None;
        }
        let mean = self.mean.map_or(loss, |mean| mean + WEIGHT * (loss - mean));
        self.mean = Some(mean);
        let plateau = self.rules.plateau;
        if mean < self.best.1 - plateau.map_or(0.0, |p| p.by.get()) {
            self.best = (step, mean);
        }
        let said = if self
            .rules
            .loss_below
            .is_some_and(|least| loss < least.get())
        {
            Some(format!("stop rule at step {step}: the loss is {loss:.4}"))
        } else {
            plateau
                .filter(|p| step >= self.best.0 + p.steps.get())
                .map(|p| {
                    format!(
                        "stop rule at step {step}: no improvement by {} within {} steps",
                        p.by, p.steps
                    )
                })
        };
        self.spoken = said.is_some();
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Positive, Steps};
    use crate::scenario::Plateau;

    #[test]
    fn a_loss_below_its_rule_stops_once() {
        let mut rule = StopRule::new(Stop {
            loss_below: Positive::new(1.0).ok(),
            plateau: None,
        });
        assert_eq!(rule.observe(1, 1.5), None);
        assert_eq!(rule.observe(2, f64::NAN), None);
        assert!(rule.observe(3, 0.9).unwrap().contains("step 3"));
        assert_eq!(rule.observe(4, 0.8), None);
    }

    #[test]
    fn a_plateau_stops_and_a_slope_does_not() {
        let plateau = Plateau {
            steps: Steps::new(50).unwrap(),
            by: Positive::new(0.01).unwrap(),
        };
        let rules = Stop {
            loss_below: None,
            plateau: Some(plateau),
        };
        let mut rule = StopRule::new(rules);
        assert!((1..=1000).all(|step| rule.observe(step, 10.0 - step as f64 * 0.005).is_none()));
        let stopped = (1001..=1200).find(|&step| rule.observe(step, 5.0).is_some());
        assert!(stopped.is_some_and(|step| step > 1050), "{stopped:?}");
    }
}
