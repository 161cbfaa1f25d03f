//! Faults of lanes and of the script: names, clamps, moments.

use super::check::Check;
use crate::scenario::suggest::did_you_mean;
use crate::scenario::{LaneSpec, Scenario};

/// Lanes that fit side by side.
pub const MOST_LANES: usize = 8;

impl Check<'_> {
    pub fn train(&mut self, scenario: &Scenario) {
        let (warmup, steps) = (scenario.train.warmup, scenario.train.steps);
        if warmup >= steps.get() {
            let message = format!("the warm-up takes {warmup} of {steps} steps");
            self.fault("train.warmup", message, "must be less than steps", None);
        }
    }

    pub fn lanes(&mut self, lanes: &[LaneSpec]) {
        if lanes.is_empty() {
            let help = "for example `lanes: [(name: \"a\", loss: InfoNce, temperature: 0.07)]`"
                .to_string();
            self.fault("lanes", "no lanes", "name at least one", help);
        }
        if lanes.len() > MOST_LANES {
            let message = format!("too many lanes: {}", lanes.len());
            self.fault(
                &format!("lanes.{MOST_LANES}"),
                message,
                &format!("at most {MOST_LANES}"),
                None,
            );
        }
        for (i, lane) in lanes.iter().enumerate() {
            let path = format!("lanes.{i}.name");
            if let Err(label) = fit_for_a_name(&lane.name) {
                self.fault(
                    &path,
                    format!("invalid lane name `{}`", lane.name),
                    label,
                    None,
                );
            } else if lanes[..i]
                .iter()
                .any(|earlier| earlier.name.eq_ignore_ascii_case(&lane.name))
            {
                let message = format!("two lanes are called `{}`", lane.name);
                self.fault(&path, message, "names must differ in more than case", None);
            }
            self.clamp(i, lane);
        }
    }

    /// A learned tau that its own clamp would move at the first step.
    fn clamp(&mut self, index: usize, lane: &LaneSpec) {
        let scale = 1.0 / lane.temperature.get();
        let most = lane.max_logit_scale.get();
        let message = format!(
            "a temperature of {} is a logit scale of {scale:.4}",
            lane.temperature
        );
        let path = format!("lanes.{index}.temperature");
        if lane.learn_temperature && scale > most * (1.0 + 1e-9) {
            let help = format!(
                "raise `max_logit_scale`, or the temperature to {}",
                1.0 / most
            );
            self.fault(
                &path,
                message,
                &format!("it would be clamped to {most} at once"),
                help,
            );
        } else if lane.learn_temperature && scale < 1.0 - 1e-9 {
            let help = "hold it there with `learn_temperature: false`".to_string();
            self.fault(
                &path,
                message,
                "a learned one would be clamped to 1 at once",
                help,
            );
        }
    }

    pub fn script(&mut self, scenario: &Scenario) {
        let steps = scenario.train.steps.get();
        for (i, cue) in scenario.script.iter().enumerate() {
            if cue.at > steps && !scenario.train.then.is_continue() {
                let message = format!(
                    "this entry is at step {}, but the lanes pause at step {steps}",
                    cue.at
                );
                self.fault(
                    &format!("script.{i}.at"),
                    message,
                    &format!("0 to {steps}"),
                    "`then: Continue` in `train` lets them go on".to_string(),
                );
            }
            let meant = scenario
                .lanes
                .iter()
                .filter(|lane| cue.lane.as_ref().is_none_or(|name| *name == lane.name));
            for lane in meant {
                if let Err(message) = cue.set.fits_clamp(lane.max_logit_scale.get()) {
                    let label = format!("lane `{}` cannot take it", lane.name);
                    self.fault(&format!("script.{i}.set"), message, &label, None);
                    break;
                }
            }
            if let Some(lane) = &cue.lane
                && scenario.lane(lane).is_none()
            {
                let names: Vec<&str> = scenario
                    .lanes
                    .iter()
                    .map(|lane| lane.name.as_str())
                    .collect();
                let help = did_you_mean(lane, names.iter().copied());
                let label = format!("lanes: {}", names.join(", "));
                self.fault(
                    &format!("script.{i}.lane"),
                    format!("no lane called `{lane}`"),
                    &label,
                    help,
                );
            }
        }
    }
}

/// Lanes name folders and `--set LANE.KEY`: plain characters only.
fn fit_for_a_name(name: &str) -> Result<(), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() {
        Err("a name is needed")
    } else if name.len() > 40 {
        Err("at most 40 characters")
    } else if !name.chars().all(plain) {
        Err("allowed: letters, digits, `-`, `_` and `.`")
    } else if name.starts_with('.') || name.ends_with('.') {
        Err("a dot cannot come first or last")
    } else {
        Ok(())
    }
}
