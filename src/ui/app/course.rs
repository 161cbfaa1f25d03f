//! [`Course`]: what the screen teaches.

use crate::control::Dial;
use crate::scenario::Scenario;
use crate::scenario::expect::Watch;
use crate::ui::panel::Panel;

/// What the screen teaches, and how far it has come.
#[derive(Clone, Debug)]
pub struct Course {
    /// What the scenario claims will be seen.
    pub watch: Watch,
    /// Whether the card that explains what is in hand is open.
    pub explaining: bool,
    /// Lines that the card is scrolled by, and what it explained then: another card begins at its beginning.
    pub(super) read: Option<(Option<Panel>, Dial, usize)>,
    /// Whether the lab was opened without naming a scenario.
    pub bare: bool,
    /// The stop of the tour that is shown; none outside the tour.
    pub stop: Option<usize>,
    /// The step of the moment that the learner has answered, or left by going on.
    pub(super) answered: Option<u64>,
    /// The stop that was asked for and is being opened.
    pub(super) asked: Option<usize>,
}

impl Course {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            watch: watch(scenario),
            explaining: false,
            read: None,
            bare: false,
            stop: None,
            answered: None,
            asked: None,
        }
    }

    /// The same course on another scenario.
    pub(super) fn reopened(self, scenario: &Scenario) -> Self {
        Self {
            watch: watch(scenario),
            explaining: self.explaining,
            bare: self.bare,
            stop: self.asked,
            ..Self::new(scenario)
        }
    }
}

fn watch(scenario: &Scenario) -> Watch {
    let lanes = scenario.lanes.iter().map(|lane| lane.name.clone());
    Watch::new(&scenario.expect, lanes)
}
