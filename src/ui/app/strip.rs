//! Which dials the control strip shows, and the way from one to the next.

use super::App;
use crate::control::Dial;
use crate::scenario::{Moment, WaitFor};

/// What the strip always shows.
const FIRST: [Dial; 4] = [Dial::Temperature, Dial::Bias, Dial::BatchSize, Dial::Loss];

impl App {
    /// The dials of the strip: all in the dense view; else the four that one begins with, those that the
    /// lesson names, those that some lane has turned, and the one in hand.
    pub fn strip(&self) -> Vec<Dial> {
        let shown = |dial: &Dial| {
            self.dense
                || FIRST.contains(dial)
                || self.dial == *dial
                || self.lesson_names(*dial)
                || self.is_turned(*dial)
        };
        Dial::ALL.into_iter().filter(shown).collect()
    }

    fn lesson_names(&self, dial: Dial) -> bool {
        let lesson = self.scenario.lesson.as_ref();
        let waits = |moment: &Moment| moment.wait_for == WaitFor::Turn(dial);
        lesson
            .is_some_and(|lesson| lesson.dials.contains(&dial) || lesson.moments.iter().any(waits))
    }

    /// Whether a lane's dial differs from where the scenario starts it.
    fn is_turned(&self, dial: Dial) -> bool {
        let train = &self.scenario.train;
        let augment = self.scenario.data.augment();
        self.scenario.lanes.iter().enumerate().any(|(i, lane)| {
            self.settings(i).is_some_and(|now| {
                let start = lane.start(train, augment, now.all_concepts);
                now.get(dial) != start.get(dial)
            })
        })
    }

    /// Takes hold of the next dial of the strip, or the one before; round and round.
    pub(super) fn next_dial(&mut self, forward: bool) {
        // Without the dial in hand the strip would lose it on the way.
        let strip = self.strip();
        let at = strip
            .iter()
            .position(|dial| *dial == self.dial)
            .unwrap_or(0);
        let next = if forward {
            at + 1
        } else {
            at + strip.len() - 1
        };
        self.hold(strip[next % strip.len()]);
    }
}
