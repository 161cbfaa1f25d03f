//! The tour: bundled scenarios in an order that builds up, each with a lesson and with claims that show
//! when its point has been seen.

/// The stops, by the names of bundled scenarios.
pub const STOPS: &[&str] = &[
    "first-look",
    "stuck-at-ln-n",
    "why-a-scale",
    "rising-scale",
    "tau-too-small",
    "bias-zero",
    "batch-of-two",
    "false-negatives",
    "rate-too-high",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Moment, WaitFor, load};

    #[test]
    fn every_stop_of_the_tour_has_a_lesson_and_says_what_will_be_seen() {
        for name in STOPS {
            let scenario = load(name).unwrap_or_else(|e| panic!("{e}"));
            let lesson = scenario
                .lesson
                .unwrap_or_else(|| panic!("{name}: no lesson"));
            assert!(lesson.prompt.len() > 40, "{name}: {}", lesson.prompt);
            assert!(!scenario.expect.is_empty(), "{name} claims nothing");
            assert!(!lesson.moments.is_empty(), "{name} waits for nobody");
            assert!(lesson.end.len() > 40, "{name} does not say what was seen");
            for moment in &lesson.moments {
                assert!(!moment.look.is_empty(), "{name} at step {}", moment.at);
            }
            // What is claimed of a change by hand is what a moment asks for, then and there.
            for cue in scenario.expect.iter().filter_map(|e| e.by_hand.as_ref()) {
                let asks = |moment: &Moment| {
                    moment.at == cue.at
                        && moment.lane == cue.lane
                        && moment.wait_for == WaitFor::Turn(cue.set.dial())
                };
                assert!(lesson.moments.iter().any(asks), "{name}: {cue:?}");
            }
        }
    }
}
