//! Faults of what a scenario claims will be seen, and of its lesson.

use super::check::Check;
use crate::scenario::suggest::did_you_mean;
use crate::scenario::{Comparison, Scenario, WaitFor};

impl Check<'_> {
    pub fn expectations(&mut self, scenario: &Scenario) {
        let steps = scenario.train.steps.get();
        for (i, expect) in scenario.expect.iter().enumerate() {
            let path = |field: &str| format!("expect.{i}.{field}");
            match (expect.by, expect.until) {
                (Some(_), Some(_)) => self.fault(
                    &path("until"),
                    "an expectation takes `by` or `until`, not both",
                    "`by`: at some step up to N; `until`: at every step up to N",
                    None,
                ),
                (None, None) => self.fault(
                    &format!("expect.{i}"),
                    "an expectation needs `by` or `until`",
                    "add one of them",
                    "for example `by: 50`: true at some step up to 50".to_string(),
                ),
                _ => {}
            }
            let field = if expect.by.is_some() { "by" } else { "until" };
            let horizon = expect.horizon();
            if expect.by.is_some() != expect.until.is_some() && !(1..=steps).contains(&horizon) {
                let message =
                    format!("this is decided at step {horizon}, but the run has {steps} steps");
                self.fault(&path(field), message, &format!("1 to {steps}"), None);
            }
            if let Comparison::Below(x) | Comparison::Above(x) = expect.is
                && !x.is_finite()
            {
                let message = format!("nothing compares with {x}");
                self.fault(&path("is"), message, "expected a number", None);
            }
            let by_hand = expect.by_hand.as_ref().and_then(|cue| cue.lane.as_deref());
            let named = [
                ("lane", expect.lane.as_deref()),
                ("is", expect.other()),
                ("by_hand.lane", by_hand),
            ];
            for (field, lane) in named {
                if let Some(lane) = lane
                    && scenario.lane(lane).is_none()
                {
                    self.unknown_lane(&path(field), lane, scenario);
                }
            }
            if expect.lane.is_some() && expect.lane.as_deref() == expect.other() {
                let message = "a lane cannot be compared with itself";
                self.fault(&path("is"), message, "name another lane", None);
            }
        }
    }

    fn unknown_lane(&mut self, path: &str, lane: &str, scenario: &Scenario) {
        let names: Vec<&str> = scenario.lanes.iter().map(|l| l.name.as_str()).collect();
        let help = did_you_mean(lane, names.iter().copied());
        let message = format!("no lane called `{lane}`");
        self.fault(path, message, &format!("lanes: {}", names.join(", ")), help);
    }

    pub fn lesson(&mut self, scenario: &Scenario) {
        let Some(lesson) = &scenario.lesson else {
            return;
        };
        self.says("lesson.prompt", &lesson.prompt, "a lesson needs a prompt");
        let steps = scenario.train.steps.get();
        let mut before = 0;
        for (i, moment) in lesson.moments.iter().enumerate() {
            let path = |field: &str| format!("lesson.moments.{i}.{field}");
            self.says(&path("prompt"), &moment.prompt, "a moment needs a prompt");
            if !(before + 1..=steps).contains(&moment.at) {
                let message = format!("this moment is at step {}", moment.at);
                let label = format!(
                    "{} to {steps}: each moment is later than the one before",
                    before + 1
                );
                self.fault(&path("at"), message, &label, None);
            }
            before = before.max(moment.at);
            if let WaitFor::Turn(dial) = moment.wait_for
                && lesson.lock.contains(&dial)
            {
                let message = format!(
                    "this moment waits for {}, which the lesson locks",
                    dial.name()
                );
                self.fault(
                    &path("wait_for"),
                    message,
                    "remove the dial from `lock`",
                    None,
                );
            }
            if let Some(lane) = &moment.lane
                && scenario.lane(lane).is_none()
            {
                self.unknown_lane(&path("lane"), lane, scenario);
            }
        }
    }

    fn says(&mut self, path: &str, text: &str, message: &str) {
        if text.trim().is_empty() {
            self.fault(path, message, "the text is empty", None);
        }
    }
}
