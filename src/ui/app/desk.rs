//! [`Desk`]: which exercise is done, whether its question is in hand, what its last answer was told.

use crate::exercise::{EXERCISES, Given, Progress, Verdict, Work};

/// The exercises and the one that is done.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// The exercise that is done.
    on: Option<usize>,
    /// The one whose scenario was asked for and is being opened.
    asked: Option<usize>,
    /// Whether keys go to its question, rather than to a dial or a panel.
    in_hand: bool,
    /// What the last answer was told.
    said: Option<Verdict>,
    /// How far each has come.
    progress: Progress,
}

impl Desk {
    /// The work on the exercise that is done.
    pub fn work(&self) -> Option<&Work> {
        self.on.map(|on| self.progress.of(on))
    }

    /// What the last answer was told.
    pub const fn said(&self) -> Option<&Verdict> {
        self.said.as_ref()
    }

    /// Whether keys go to a question.
    pub const fn in_hand(&self) -> bool {
        self.on.is_some() && self.in_hand
    }

    /// The work whose numbers are those on paper.
    pub fn on_paper(&self) -> Option<&Work> {
        self.work().filter(|work| work.exercise().on_paper)
    }

    /// A dial or a panel is taken in hand.
    pub(super) const fn lay_down(&mut self) {
        self.in_hand = false;
    }

    /// The question is taken in hand again; false if there is none, or it is in hand already.
    pub(super) const fn take_up(&mut self) -> bool {
        let taken = self.on.is_some() && !self.in_hand;
        self.in_hand = self.on.is_some();
        taken
    }

    /// Another scenario was opened: that of the exercise that was asked for, or one that ends it.
    pub(super) fn reopened(self) -> Self {
        let on = self.asked;
        Self {
            on,
            asked: None,
            in_hand: on.is_some(),
            said: None,
            progress: self.progress,
        }
    }

    /// This scenario is about to be opened.
    pub(super) fn note_opening(&mut self, name: &str) {
        let asked = self.asked.map(|asked| EXERCISES[asked].scenario);
        if asked != Some(name) {
            self.asked = None;
        }
    }

    /// This exercise is asked for; one that is done begins anew.
    pub(super) fn ask_for(&mut self, exercise: usize) {
        if self.progress.of(exercise).is_done() {
            self.progress.restart(exercise);
        }
        self.asked = Some(exercise);
    }

    /// Whether the scenario of an exercise is being opened.
    pub(super) const fn asks(&self) -> bool {
        self.asked.is_some()
    }

    /// The place of the exercise that is done.
    pub(super) const fn on(&self) -> Option<usize> {
        self.on
    }

    /// Has an answer judged.
    pub(super) fn judge(&mut self, typed: &str, given: &Given) {
        if let Some(on) = self.on {
            self.said = Some(self.progress.of_mut(on).answer(typed, given));
        }
    }

    /// Looks whether what a question asks for was done in the lab.
    pub(super) fn look(&mut self, given: &Given) {
        if let Some(on) = self.on
            && let Some(verdict) = self.progress.of_mut(on).observe(given)
        {
            self.said = Some(verdict);
        }
    }
}
