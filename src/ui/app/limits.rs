//! What a typed value breaks: every limit at once, so that one who mends one does not run into the next.

use super::App;
use crate::control::{Control, Dial};
use crate::scenario::MOST_CHOSEN;
use crate::train;

impl App {
    /// The control that was typed for the dial in hand.
    ///
    /// # Errors
    /// All limits that it breaks, in one sentence.
    pub(super) fn typed(&self, text: &str) -> Result<Control, String> {
        let parsed = Control::parse(self.dial.name(), text);
        let number = text.trim().parse::<f64>().ok();
        let mut broken: Vec<String> = Vec::new();
        if let Err(reason) = &parsed {
            broken.push(reason.clone());
            if number.is_none() && self.dial.bounds().is_some() {
                let lane = self.target.unwrap_or(0);
                let allowed = self.dial.allowed(self.settings(lane).as_ref());
                broken.push(format!("allowed: {allowed}"));
            }
        }
        if let Some(number) = number {
            for lane in self.addressed(self.target) {
                for limit in self.broken_by(lane, number) {
                    if !broken.contains(&limit) {
                        broken.push(limit);
                    }
                }
            }
        }
        match parsed {
            Ok(control) if broken.is_empty() => Ok(control),
            _ => Err(broken.join("; ")),
        }
    }

    /// Limits of a lane that this number for the dial in hand breaks.
    fn broken_by(&self, lane: usize, number: f64) -> Vec<String> {
        let mut broken = Vec::new();
        let Some(snapshot) = self.lanes.get(lane) else {
            return broken;
        };
        let name = &snapshot.lane;
        match (self.dial, &snapshot.settings) {
            (Dial::Temperature, Some(settings)) => {
                let least = 1.0 / settings.max_logit_scale;
                if number < least * (1.0 - 1e-9) {
                    broken.push(format!(
                        "{name} clamps tau at {} or more, by max_logit_scale {}",
                        crate::quantity::Value::Real(least),
                        settings.max_logit_scale
                    ));
                }
            }
            (Dial::Concepts, Some(settings)) if number > settings.all_concepts as f64 => {
                let all = settings.all_concepts;
                broken.push(format!("the data has {all} concepts: 2 to {all}, or all"));
            }
            (Dial::BatchSize, _) => {
                let spec = self.scenario.lanes.get(lane);
                let chooses = spec.is_some_and(|spec| !spec.negatives.is_all());
                if chooses && number > MOST_CHOSEN as f64 {
                    broken.push(format!(
                        "{name} leaves negatives out, which takes at most {MOST_CHOSEN} pairs"
                    ));
                }
                let on_cpu = snapshot.device.starts_with("CPU");
                let most = on_cpu
                    .then(|| train::most_pairs(&self.scenario.model))
                    .flatten();
                if let Some(most) = most.filter(|most| number > *most as f64) {
                    broken.push(format!("free memory holds about {most} pairs"));
                }
            }
            _ => {}
        }
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Fraction;
    use crate::scenario::Negatives;
    use crate::ui::fixture;

    fn refused(app: &mut App, dial: Dial, text: &str) -> String {
        app.dial = dial;
        app.typed(text).unwrap_err()
    }

    #[test]
    fn a_value_is_told_all_limits_that_it_breaks() {
        let mut app = fixture::app(300);
        app.scenario.lanes[1].negatives = Negatives::Hardest(Fraction::new(0.5).unwrap());
        let batch = refused(&mut app, Dial::BatchSize, "2000000000");
        for part in [
            "1 to 32768",
            "sigmoid leaves negatives out",
            "free memory holds about",
        ] {
            assert!(batch.contains(part), "{part}: {batch}");
        }
        let tau = refused(&mut app, Dial::Temperature, "0.0001");
        for part in [
            "0.001 to 100",
            "softmax clamps tau at 0.01",
            "sigmoid clamps tau at 0.01",
        ] {
            assert!(tau.contains(part), "{part}: {tau}");
        }
        let rate = refused(&mut app, Dial::LearningRate, "0.002ss");
        assert!(
            rate.contains("0.002ss") && rate.contains("allowed: 0 to 10"),
            "{rate}"
        );
        let concepts = refused(&mut app, Dial::Concepts, "5000");
        assert_eq!(concepts, "the data has 847 concepts: 2 to 847, or all");
        app.target = Some(0);
        let alone = refused(&mut app, Dial::BatchSize, "2000000000");
        assert!(!alone.contains("sigmoid"), "{alone}");
        assert!(app.typed("64").is_ok());
    }
}
