//! Lessons and the tour: what is hidden, what is locked, what has been seen, and where the tour goes
//! next.

use std::sync::Arc;

use super::{App, Effect, LessonStage, Overlay, Tone};
use crate::control::Dial;
use crate::scenario::Panel;
use crate::scenario::expect::Standing;
use crate::scenario::tour::STOPS;
use crate::telemetry::Snapshot;

impl App {
    /// Shows this stop's lesson as part of the tour.
    pub fn begin_tour(&mut self, stop: usize) {
        self.course.stop = Some(stop.min(STOPS.len() - 1));
    }

    /// Whether the lesson leaves this panel out.
    pub fn hides(&self, panel: Panel) -> bool {
        let lesson = self.scenario.lesson.as_ref();
        lesson.is_some_and(|lesson| lesson.hide.contains(&panel))
    }

    /// Whether the lesson leaves this dial alone.
    pub fn locks(&self, dial: Dial) -> bool {
        let lesson = self.scenario.lesson.as_ref();
        lesson.is_some_and(|lesson| lesson.lock.contains(&dial))
    }

    /// The claims of the scenario, each with how it stands.
    pub fn claims(&self) -> Vec<(String, Standing)> {
        let standings = self.course.watch.standings();
        standings
            .map(|(expect, standing)| (expect.to_string(), standing))
            .collect()
    }

    /// Takes what is new, and says what has been seen by it.
    pub(super) fn watch_claims(&mut self, lanes: &[Arc<Snapshot>]) {
        let standing = |app: &Self| -> Vec<Standing> {
            app.course.watch.standings().map(|(_, s)| s).collect()
        };
        let before = standing(self);
        let was_over = self.lesson_stage() == Some(LessonStage::End);
        for (i, lane) in lanes.iter().enumerate() {
            self.course.watch.observe(i, lane);
        }
        let after = standing(self);
        let fresh = |which: fn(&Standing) -> bool| {
            let mut pairs = after.iter().zip(&before);
            pairs.position(|(now, then)| now != then && which(now))
        };
        let text = |app: &Self, i: usize| app.claims().swap_remove(i).0;
        // A run that comes back has seen what it saw.
        let other_run = |(new, old): (&Arc<Snapshot>, &Arc<Snapshot>)| new.resets != old.resets;
        let back = lanes.iter().zip(&self.lanes).any(other_run);
        if let Some(seen) = fresh(|standing| matches!(standing, Standing::Seen(_))) {
            let text = text(self, seen);
            if !back {
                self.message = Some((Tone::Done, format!("seen: {text}")));
            }
        } else if let Some(missed) = fresh(|standing| *standing == Standing::Missed) {
            let again = if self.scenario.expect[missed].by_hand.is_some() {
                "press U to rewind, then try again"
            } else {
                "r resets the run"
            };
            let text = text(self, missed);
            self.message = Some((Tone::Trouble, format!("not seen yet: {text}; {again}")));
        }
        self.tell_end(was_over, lanes);
    }

    /// Says that the stop is done, once it is.
    fn tell_end(&mut self, was_over: bool, lanes: &[std::sync::Arc<Snapshot>]) {
        // The lanes as they are now say whether a moment is still to come.
        let old = std::mem::replace(&mut self.lanes, lanes.to_vec());
        let over = self.lesson_stage() == Some(LessonStage::End);
        self.lanes = old;
        if !over || was_over {
            return;
        }
        let next = match self.course.stop {
            Some(stop) if stop + 1 < STOPS.len() => "this stop is done: N goes to the next",
            Some(_) => "this was the last stop: N goes to the exercises",
            None => return,
        };
        let text = match &self.message {
            Some((Tone::Done, seen)) if seen.starts_with("seen: ") => format!("{seen}; {next}"),
            _ => next.into(),
        };
        self.message = Some((Tone::Done, text));
    }

    /// Goes to another stop of the tour.
    pub(super) fn go_to_stop(&mut self, forward: bool) -> Vec<Effect> {
        let stop = match (self.course.stop, forward) {
            (Some(stop), true) if stop + 1 < STOPS.len() => stop + 1,
            (Some(stop), false) if stop > 0 => stop - 1,
            // After the tour the exercises.
            (Some(_), true) => return self.open_exercise(0),
            (Some(_), false) => {
                self.complain("this is the first stop: N goes to the next");
                return Vec::new();
            }
            (None, _) => {
                self.complain("not in the tour: type `:` and \"tour\" to start it");
                return Vec::new();
            }
        };
        self.open_stop(stop)
    }

    /// Opens a stop of the tour.
    pub(super) fn open_stop(&mut self, stop: usize) -> Vec<Effect> {
        self.course.asked = Some(stop);
        vec![Effect::Open(STOPS[stop].into())]
    }

    /// Asks a newcomer where to begin.
    pub fn welcome(&mut self) {
        self.overlay = Some(Overlay::Welcome { learn: true });
    }

    /// Whether a newcomer is being asked.
    pub const fn welcomes(&self) -> bool {
        matches!(self.overlay, Some(Overlay::Welcome { .. }))
    }

    /// Whether the tour goes on, with keys of its own.
    pub const fn in_tour(&self) -> bool {
        self.course.stop.is_some()
    }

    /// Takes back what a lesson does not allow of what an action did; `tour` if it was one of the tour's.
    pub(super) fn obey_lesson(
        &mut self,
        tour: bool,
        panel: Panel,
        effects: Vec<Effect>,
    ) -> Vec<Effect> {
        if !tour {
            // Another scenario, opened by its name, ends the tour.
            let asked = self.course.asked.map(|stop| STOPS[stop]);
            let leaves =
                |e: &Effect| matches!(e, Effect::Open(name) if Some(name.as_str()) != asked);
            if effects.iter().any(leaves) {
                self.course.asked = None;
            }
        }
        if self.scenario.lesson.is_none() {
            return effects;
        }
        if self.hides(self.panel) {
            self.complain("this lesson hides that panel");
            self.panel = if self.hides(panel) {
                Panel::Loss
            } else {
                panel
            };
            self.page = self.panel.row().page;
        }
        if matches!(self.overlay, Some(Overlay::Value { .. })) && self.locks(self.dial) {
            self.overlay = None;
            self.refuse(self.dial.name());
        }
        effects
    }

    pub(super) fn refuse(&mut self, what: &str) {
        self.complain(format!(
            "{what} is locked in this lesson: the text above says what to turn"
        ));
    }
}
