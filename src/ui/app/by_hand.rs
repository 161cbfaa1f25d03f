//! The hand calculator: what keys do to it, and how it is filled from a batch. It changes no lane.

use super::{App, Hand, Overlay, Slot};
use crate::exercise::Pairs;
use crate::loss::working::LARGEST;
use crate::ui::action::Direction;
use crate::ui::input::Input;

/// Pairs it begins with.
const FIRST: usize = 4;

/// To so many significant digits: what is shown is what is computed with.
fn rounded(x: f64, digits: usize) -> f64 {
    format!("{x:.digits$e}").parse().unwrap_or(x)
}

impl App {
    /// Fills the calculator from the batch when it is looked at for the first time.
    pub(super) fn begin_hand(&mut self) {
        if self.hand.begun {
            return;
        }
        // A batch that fits as a whole, else its beginning.
        let lane = self
            .hand_lane(1)
            .and_then(|lane| self.lanes[lane].rows.as_deref());
        if let Some(pairs) = lane.map(|rows| rows.pairs) {
            self.fill_hand(if pairs <= LARGEST { pairs } else { FIRST });
        }
    }

    /// The lane that the first `n` pairs are taken of.
    fn hand_lane(&self, n: usize) -> Option<usize> {
        let has = |lane: &usize| {
            let rows = self.lanes.get(*lane).and_then(|l| l.rows.as_deref());
            rows.is_some_and(|rows| rows.pairs >= n && rows.row(n - 1).is_some())
        };
        let first = self.target.unwrap_or(0);
        Some(first)
            .filter(has)
            .or_else(|| (0..self.lanes.len()).find(has))
    }

    pub(super) fn fill_hand(&mut self, n: usize) {
        let Some(lane) = self.hand_lane(n) else {
            self.complain(format!("no batch of {n} pairs is there yet"));
            return;
        };
        let settings = self.settings(lane);
        let snapshot = &self.lanes[lane];
        let Some(rows) = snapshot.rows.as_deref() else {
            return;
        };
        let cosines = (0..n).filter_map(|row| rows.row(row)).flat_map(|row| {
            row[..n]
                .iter()
                // Four decimals, as they are shown; what is no number is left out of the lesson.
                .map(|c| {
                    if c.is_finite() {
                        (f64::from(*c) * 1e4).round() / 1e4
                    } else {
                        0.0
                    }
                })
        });
        let hand = Hand {
            n,
            cosines: cosines.collect(),
            temperature: settings
                .as_ref()
                .map_or(0.07, |s| rounded(s.temperature, 3)),
            bias: settings.and_then(|s| s.bias).map(|b| rounded(b, 3)),
            slot: Slot::Cell(0, 0),
            scroll: 0,
            origin: if n < rows.pairs {
                format!(
                    "{n} of {}, {}, step {}",
                    rows.pairs, snapshot.lane, rows.step
                )
            } else {
                format!("{}, step {}", snapshot.lane, rows.step)
            },
            begun: true,
        };
        self.hand = hand;
    }

    /// Takes the matrix of an exercise.
    pub(super) fn fill_hand_with(&mut self, pairs: Pairs) {
        self.hand = Hand {
            n: pairs.n,
            cosines: pairs.cosines,
            temperature: pairs.temperature,
            bias: None,
            slot: Slot::Cell(0, 0),
            scroll: 0,
            origin: "given".into(),
            begun: true,
        };
    }

    /// Takes the first pairs of the batch as it is now.
    pub(super) fn take_batch(&mut self) {
        let n = self.hand.n;
        self.fill_hand(n);
        if self.message.is_none() {
            self.say(format!("took the first {n} pairs: {}", self.hand.origin));
        }
    }

    /// One pair more or fewer; a new pair is taken from nowhere: its own cosine is 1, all others 0.
    pub(super) fn resize_hand(&mut self, larger: bool) {
        let hand = &mut self.hand;
        let n = if larger {
            hand.n + 1
        } else {
            hand.n.saturating_sub(1)
        };
        if !(1..=LARGEST).contains(&n) {
            self.complain(format!("1 to {LARGEST} pairs fit on a page"));
            return;
        }
        let old = std::mem::take(&mut hand.cosines);
        let at = |row: usize, column: usize| {
            if row < hand.n && column < hand.n {
                old[row * hand.n + column]
            } else {
                f64::from(u8::from(row == column))
            }
        };
        hand.cosines = (0..n * n).map(|cell| at(cell / n, cell % n)).collect();
        hand.n = n;
        hand.begun = true;
        hand.origin = "edited".into();
        if let Slot::Cell(row, column) = hand.slot {
            hand.slot = Slot::Cell(row.min(n - 1), column.min(n - 1));
        }
    }

    pub(super) fn move_hand(&mut self, direction: Direction, by: usize) {
        self.hand.go(direction, by.max(1));
    }

    pub(super) fn scroll_hand(&mut self, down: bool) {
        let scroll = &mut self.hand.scroll;
        *scroll = if down {
            *scroll + 4
        } else {
            scroll.saturating_sub(4)
        };
    }

    /// Opens the line in which the number in hand is typed, with what was typed already.
    pub(super) fn begin_cell(&mut self, typed: &str) {
        self.overlay = Some(Overlay::Cell {
            input: Input::new(typed),
        });
    }

    pub(super) fn set_cell(&mut self, text: &str) {
        match self.hand.set(text.trim()) {
            Ok(()) => {
                self.overlay = None;
                self.message = None;
            }
            Err(reason) => self.complain(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::ui::action::Action;
    use crate::ui::app::Effect;
    use crate::ui::fixture;
    use crate::ui::panel::Panel;

    fn app() -> App {
        fixture::app(300)
    }

    fn type_keys(app: &mut App, keys: &str) -> Vec<Effect> {
        keys.chars()
            .flat_map(|c| {
                let code = match c {
                    '\n' => KeyCode::Enter,
                    '^' => KeyCode::Up,
                    '>' => KeyCode::Right,
                    '/' => KeyCode::Down,
                    c => KeyCode::Char(c),
                };
                app.key(KeyEvent::from(code))
            })
            .collect()
    }

    #[test]
    fn hand_begins_with_the_first_pairs_of_the_batch_and_the_lane_s_dials() {
        let mut app = app();
        app.target = Some(1);
        app.update(Action::Panel(Panel::Hand));
        let lane = &app.lanes[1];
        let rows = lane.rows.as_deref().unwrap();
        assert_eq!((app.panel, app.hand.n), (Panel::Hand, 4));
        for (i, cosine) in app.hand.cosines.iter().enumerate() {
            let real = f64::from(rows.row(i / 4).unwrap()[i % 4]);
            assert!((cosine - real).abs() <= 5.1e-5);
        }
        assert_eq!((app.hand.temperature, app.hand.bias), (0.0782, Some(-8.37)));
    }

    #[test]
    fn hand_numbers_are_typed_and_no_lane_hears_of_them() {
        let mut app = app();
        app.update(Action::Panel(Panel::Hand));
        assert!(type_keys(&mut app, ">/\n-0.25\n").is_empty());
        assert_eq!(app.hand.cosines[5], -0.25);
        assert_eq!(app.hand.origin, "edited");
        assert!(type_keys(&mut app, "\n.5\n").is_empty());
        assert_eq!(app.hand.cosines[5], 0.5);
        // Up to the dials: b, then tau.
        type_keys(&mut app, "^^\nnone\n");
        assert_eq!((app.hand.slot, app.hand.bias), (Slot::Bias, None));
        app.key(KeyEvent::from(KeyCode::Left));
        type_keys(&mut app, "\n0.1\n");
        assert_eq!(app.hand.temperature, 0.1);
        assert!(app.pending.is_empty());
    }

    #[test]
    fn hand_refuses_what_is_no_cosine_and_keeps_the_old_number() {
        let mut app = app();
        app.update(Action::Panel(Panel::Hand));
        let before = app.hand.clone();
        for (typed, reason) in [
            ("1.5", "must be -1 to 1"),
            ("x", "must be a number"),
            ("nan", "must be"),
        ] {
            type_keys(&mut app, "\n");
            app.update(Action::Paste(typed.into()));
            type_keys(&mut app, "\n");
            let said = app.message.clone().unwrap().1;
            assert!(said.contains(reason), "{typed}: {said}");
            app.key(KeyEvent::from(KeyCode::Esc));
        }
        assert_eq!(app.hand, before);
        type_keys(&mut app, "^\n0\n");
        assert!(app.overlay.is_some(), "a temperature of 0 is refused");
    }

    #[test]
    fn hand_grows_and_shrinks_between_one_pair_and_eight() {
        let mut app = app();
        app.update(Action::Panel(Panel::Hand));
        let corner = app.hand.cosines[0];
        type_keys(&mut app, "))))))))");
        assert_eq!((app.hand.n, app.hand.cosines.len()), (8, 64));
        assert_eq!((app.hand.cosines[0], app.hand.cosines[63]), (corner, 1.0));
        type_keys(&mut app, "((((((((((");
        assert_eq!((app.hand.n, app.hand.cosines.len()), (1, 1));
        type_keys(&mut app, "F");
        assert_eq!(app.hand.n, 1);
        type_keys(&mut app, "))))F");
        assert_eq!((app.hand.n, app.hand.cosines.len()), (5, 25));
    }

    #[test]
    fn hand_without_a_batch_has_two_pairs_made_up() {
        let mut app = App::new(fixture::scenario(), Vec::new());
        app.size = (120, 40);
        app.update(Action::Panel(Panel::Hand));
        assert_eq!(app.hand.cosines, [0.9, 0.1, 0.2, 0.8]);
        type_keys(&mut app, "F");
        assert!(app.message.clone().unwrap().1.contains("no batch"));
        app.observe(fixture::running(3));
        app.update(Action::Panel(Panel::Hand));
        assert_eq!(app.hand.n, 4, "filled once there is something");
    }
}
