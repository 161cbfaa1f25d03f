//! Faults of sense: values that are each within their range and yet do not fit together.
//!
//! All are found at once. Each check names the path of the value to blame and nothing else about
//! the file.

pub(super) mod check;
mod lanes;
mod learn;
mod model;
mod zero_shot;

use super::Scenario;
use super::outline::Outline;
use super::report::Fault;
use check::Check;

pub use lanes::MOST_LANES;
pub use zero_shot::MOST_CHOSEN;

/// Everything in the scenario that does not fit together, each at its place in the file.
pub(super) fn faults(scenario: &Scenario, outline: &Outline) -> Vec<Fault> {
    let mut check = Check {
        outline,
        faults: Vec::new(),
    };
    scenario.data.check(&mut check);
    // The sizes of a checkpoint are its own, and are checked when it is read.
    if scenario.checkpoint.is_none() {
        check.model(scenario);
    }
    check.size(scenario);
    check.train(scenario);
    check.lanes(&scenario.lanes);
    check.script(scenario);
    check.expectations(scenario);
    check.lesson(scenario);
    check.zero_shot(scenario);
    for (i, lane) in scenario.lanes.iter().enumerate() {
        let batch = lane.batch_size.unwrap_or(scenario.train.batch_size);
        check.negatives(i, lane, batch.get());
    }
    check.faults
}
