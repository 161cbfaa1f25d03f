//! Exercises on the screen: how one comes to them, where their numbers are from, and how answers are given.

use super::{App, Effect, Overlay};
use crate::exercise::{EXERCISES, Exercise, Given, Pairs, Work};
use crate::scenario::Scenario;
use crate::ui::action::Action;
use crate::ui::input::Input;
use crate::ui::panel::Panel;

impl App {
    /// The exercise that is done.
    pub fn exercise(&self) -> Option<&'static Exercise> {
        self.desk.work().map(Work::exercise)
    }

    /// Does this exercise in the scenario that is open.
    pub fn begin_exercise(&mut self, exercise: usize) {
        self.desk.ask_for(exercise);
        self.desk = std::mem::take(&mut self.desk).reopened();
        self.lay_out_exercise();
    }

    /// Opens the scenario of an exercise; one that is done begins anew.
    pub(super) fn open_exercise(&mut self, exercise: usize) -> Vec<Effect> {
        self.desk.ask_for(exercise);
        vec![Effect::Open(EXERCISES[exercise].scenario.into())]
    }

    /// Shows what the exercise is about.
    pub(super) fn lay_out_exercise(&mut self) {
        let Some(exercise) = self.exercise() else {
            return;
        };
        if exercise.on_paper {
            self.fill_hand_with(Pairs::default());
            self.look_at(Panel::Hand);
            self.zoomed = true;
        }
        self.desk.take_up();
    }

    /// The scenario as it is to be opened: the lesson of an exercise's would get in its way.
    pub fn as_asked(&self, mut scenario: Scenario) -> Scenario {
        if self.desk.asks() {
            scenario.lesson = None;
        }
        scenario
    }

    /// A scenario that an action opens ends the exercise that was asked for, unless it is the exercise's.
    pub(super) fn note_opening(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Open(name) = effect {
                self.desk.note_opening(name);
            }
        }
    }

    /// Lays the question down for what an action takes in hand.
    pub(super) fn leave_question(&mut self, action: &Action) {
        if matches!(
            action,
            Action::Dial(_)
                | Action::NextDial
                | Action::PreviousDial
                | Action::Panel(_)
                | Action::NextPanel
                | Action::PreviousPanel
                | Action::Page(_)
                | Action::Click(..)
        ) {
            self.desk.lay_down();
        }
    }

    /// The numbers that its questions are about.
    pub fn given(&self) -> Given {
        let pairs = Pairs {
            n: self.hand.n,
            cosines: self.hand.cosines.clone(),
            temperature: self.hand.temperature,
        };
        let own = self.scenario.zero_shot.as_ref().map(|task| {
            let names = task.classes.iter().map(|class| class.name.as_str());
            names.collect::<Vec<_>>().join(" or ")
        });
        Given::new(pairs, &self.lanes, own.as_deref())
    }

    /// Opens the line in which an answer is typed; after the last question the next exercise.
    pub(super) fn begin_answer(&mut self) -> Vec<Effect> {
        self.desk.take_up();
        let Some(work) = self.desk.work() else {
            return Vec::new();
        };
        if work.is_done() {
            return if let Some(next) = self.next_exercise() {
                self.open_exercise(next)
            } else {
                self.say("that was the last exercise: o opens any scenario");
                Vec::new()
            };
        }
        self.overlay = Some(Overlay::Answer {
            input: Input::default(),
        });
        Vec::new()
    }

    /// The next exercise that can be done.
    pub fn next_exercise(&self) -> Option<usize> {
        let on = self.desk.on()?;
        (on + 1..EXERCISES.len()).find(|next| EXERCISES[*next].is_there())
    }

    /// Has an answer judged.
    pub(super) fn give_answer(&mut self, typed: &str) {
        if typed.trim().is_empty() {
            self.complain("type an answer, or ? for a hint");
            return;
        }
        let given = self.given();
        self.desk.judge(typed, &given);
        self.overlay = None;
    }

    /// Looks whether what a question asks for was done in the lab.
    pub(super) fn watch_exercise(&mut self) {
        if self.desk.on().is_some() {
            let given = self.given();
            self.desk.look(&given);
        }
    }
}
