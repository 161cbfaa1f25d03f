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
    use crate::scenario::load;

    #[test]
    fn every_stop_of_the_tour_has_a_lesson_and_says_what_will_be_seen() {
        for name in STOPS {
            let scenario = load(name).unwrap_or_else(|e| panic!("{e}"));
            let lesson = scenario
                .lesson
                .unwrap_or_else(|| panic!("{name}: no lesson"));
            assert!(lesson.prompt.len() > 40, "{name}: {}", lesson.prompt);
            assert!(!scenario.expect.is_empty(), "{name} claims nothing");
        }
    }
}
