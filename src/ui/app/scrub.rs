//! Which matrices are shown: the latest, those of an earlier step, or the difference of two lanes'.

use std::sync::Arc;

use super::{App, Shown};
use crate::ui::history::History;

/// Looks back within which lanes are expected to have one in common.
const LATELY: usize = 8;

impl App {
    /// What to show of a lane.
    pub fn shown(&self, lane: usize) -> Option<Shown> {
        if let Some(step) = self.past.step {
            return self.past.lanes.get(lane)?.at(step).map(Shown::from);
        }
        // Who has the matrix in hand compares: all lanes show the same batch then.
        if self.cursor_shown()
            && let Some(step) = self.step_of_all()
        {
            return self.past.lanes.get(lane)?.exactly(step).map(Shown::from);
        }
        let now = self.lanes.get(lane)?;
        Some(Shown {
            matrix: Arc::clone(now.matrix.as_ref()?),
            rows: now.rows.clone(),
            pairs: Arc::clone(&now.pairs),
            settings: self.settings(lane),
        })
    }

    /// The latest step that all lanes have shown lately.
    fn step_of_all(&self) -> Option<u64> {
        let lanes = &self.past.lanes;
        let steps = lanes.first().filter(|_| lanes.len() > 1)?.steps();
        let mut lately = steps.into_iter().rev().take(LATELY);
        lately.find(|&step| lanes.iter().all(|lane| lane.exactly(step).is_some()))
    }

    /// What a lane has shown of this very step, if it has and it is still known.
    pub fn shown_of(&self, lane: usize, step: u64) -> Option<Shown> {
        let of_step = |shown: &Shown| shown.matrix.step == step;
        self.shown(lane).filter(of_step).or_else(|| {
            let seen = self.past.lanes.get(lane)?.at(step)?;
            Some(Shown::from(seen)).filter(of_step)
        })
    }

    /// The two lanes whose difference is shown: the second minus the first.
    pub fn compared(&self) -> Option<(usize, usize)> {
        let second = self.target.filter(|&lane| lane > 0).unwrap_or(1);
        (self.past.difference && second < self.lanes.len()).then_some((0, second))
    }

    /// Both lanes' matrices of the latest step that both have shown: only the same batch compares.
    pub fn common(&self, first: usize, second: usize) -> Option<(Shown, Shown)> {
        let (a, b) = (self.past.lanes.get(first)?, self.past.lanes.get(second)?);
        let most = self.past.step.unwrap_or(u64::MAX);
        let steps = b.steps();
        let steps = steps.into_iter().rev().filter(|step| *step <= most);
        steps
            .filter_map(|step| Some((a.exactly(step)?, b.exactly(step)?)))
            .map(|(a, b)| (Shown::from(a), Shown::from(b)))
            .find(|(a, b)| a.matrix.side == b.matrix.side)
    }

    /// Takes note of what the lanes show now.
    pub(super) fn note_matrices(&mut self) {
        self.past
            .lanes
            .resize_with(self.lanes.len(), History::default);
        for (history, lane) in self.past.lanes.iter_mut().zip(&self.lanes) {
            history.note(lane);
        }
        if self.past.lanes.iter().all(|h| h.steps().is_empty()) {
            self.past.step = None;
        }
    }

    /// Looks at an earlier step's matrices, or a later one's; past the last one, at the latest again.
    pub(super) fn scrub(&mut self, later: bool) {
        let mut steps: Vec<_> = self.past.lanes.iter().flat_map(History::steps).collect();
        steps.sort_unstable();
        steps.dedup();
        let newest = steps.len().saturating_sub(1);
        let now = self
            .past
            .step
            .map_or(newest, |step| steps.partition_point(|s| *s < step));
        let to = if later {
            now.saturating_add(1)
        } else {
            now.saturating_sub(1)
        };
        if steps.len() < 2 {
            self.complain("no earlier matrices yet");
        } else if to >= newest {
            self.past.step = None;
            self.say("the latest matrices again");
        } else {
            self.past.step = Some(steps[to]);
        }
    }

    pub(super) fn toggle_difference(&mut self) {
        if self.lanes.len() < 2 {
            self.complain("a difference needs two lanes");
            return;
        }
        self.past.difference = !self.past.difference;
        let Some((first, second)) = self.compared() else {
            self.say("each lane's own matrix again");
            return;
        };
        let (first, second) = (&self.lanes[first].lane, &self.lanes[second].lane);
        self.say(format!(
            "{second} minus {first}, of the latest batch that both have shown"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crossterm::event::{KeyCode, KeyEvent};

    fn press(app: &mut App, keys: &str) {
        for c in keys.chars() {
            app.key(KeyEvent::from(KeyCode::Char(c)));
        }
    }

    fn app(steps: &[u64]) -> App {
        let mut app = App::new(fixture::scenario(), Vec::new());
        app.size = (120, 40);
        for &step in steps {
            app.observe(fixture::running(step));
        }
        app
    }

    #[test]
    fn with_the_matrix_in_hand_all_lanes_show_one_batch() {
        let mut app = app(&[10, 20]);
        app.dense = true;
        // The first lane goes ahead.
        let behind = fixture::running(20).swap_remove(1);
        app.observe(vec![fixture::running(30).swap_remove(0), behind]);
        let steps = |app: &App| [0, 1].map(|lane| app.shown(lane).unwrap().matrix.step);
        assert_eq!(steps(&app), [30, 20]);
        press(&mut app, "m");
        assert_eq!(steps(&app), [20, 20]);
        app.observe(fixture::running(30));
        assert_eq!(steps(&app), [30, 30]);
        // With nothing in common each shows its own.
        let mut app = self::app(&[10]);
        app.past.lanes[1] = History::default();
        app.observe(vec![
            fixture::running(30).swap_remove(0),
            fixture::running(20).swap_remove(1),
        ]);
        press(&mut app, "m");
        assert_eq!(steps(&app), [30, 20]);
    }

    #[test]
    fn brackets_scrub_while_training_goes_on() {
        let mut app = app(&[10, 20, 30, 40]);
        press(&mut app, "m[[");
        assert_eq!(app.shown(0).unwrap().matrix.step, 20);
        app.observe(fixture::running(50));
        assert_eq!(app.shown(1).unwrap().matrix.step, 20, "it stays");
        press(&mut app, "]");
        assert_eq!(app.shown(0).unwrap().matrix.step, 30);
        app.key(KeyEvent::from(KeyCode::Esc));
        assert_eq!(app.shown(0).unwrap().matrix.step, 50, "live again");
        assert!(app.cursor_shown(), "Esc let go of the past only");
        press(&mut app, "[[[[[[[[[");
        assert_eq!(app.shown(0).unwrap().matrix.step, 10);
        press(&mut app, "]]]]]]]]]");
        assert_eq!(app.past.step, None);
        app.observe(fixture::running(3));
        press(&mut app, "[");
        assert!(app.message.unwrap().1.contains("no earlier matrices"));
    }

    #[test]
    fn a_difference_is_of_the_same_step() {
        let mut app = app(&[10, 20]);
        // The second lane is ahead: 20 is the latest step that both have shown.
        app.observe(vec![
            Arc::new(fixture::lane(crate::quantity::Loss::InfoNce, 30)),
            Arc::new(fixture::lane(crate::quantity::Loss::SigLip, 31)),
        ]);
        press(&mut app, "mD");
        assert_eq!(app.compared(), Some((0, 1)));
        let (a, b) = app.common(0, 1).unwrap();
        assert_eq!((a.matrix.step, b.matrix.step), (20, 20));
        press(&mut app, "[[[");
        assert_eq!(app.common(0, 1).unwrap().0.matrix.step, 10);
        press(&mut app, "D");
        assert_eq!(app.compared(), None);
    }

    #[test]
    fn a_difference_takes_two_lanes() {
        let mut app = app(&[10]);
        app.observe(fixture::running(10)[..1].to_vec());
        press(&mut app, "mD");
        assert!(!app.past.difference && app.message.is_some());
    }
}
