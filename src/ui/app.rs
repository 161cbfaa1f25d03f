//! [`App`]: all that the screen knows, and what each action does to it. Pure: it gets snapshots and
//! actions, and answers with effects for the loop to carry out.

mod by_hand;
mod changes;
mod charts;
mod chosen;
mod course;
mod cursor;
mod dials;
mod findings;
mod hand;
mod here;
mod landscape;
mod lesson;
mod mouse;
mod observe;
mod overlay;
mod palette;
mod past;
mod pending;
mod run;
mod scrub;
mod shades;
mod share;
mod state;
mod typing;
mod undo;

#[cfg(test)]
mod tests;

use crossterm::event::KeyEvent;

use super::action::{self, Action, Context};
use super::panel::Panel;
use crate::lab::Command;

pub use crate::quantity::short;
pub use chosen::Chosen;
pub use course::Course;
pub use hand::{Hand, Slot};
pub use overlay::{Overlay, Saved};
pub use past::{Past, Shown};
pub use pending::Pending;
pub use shades::{Quantity, Range};
pub use state::{App, Choice, Effect, Focus, SMALLEST, Tone};

impl App {
    /// What a key does.
    pub fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.course.welcome = false;
        let action = if self.too_small() {
            // Nothing is to be changed that cannot be seen.
            action::lookup(Context::Main, key)
                .filter(|action| matches!(action, Action::Quit | Action::Suspend))
        } else {
            action::lookup(self.context(), key)
        };
        action.map_or_else(Vec::new, |action| self.update(action))
    }

    /// What an action does, as far as the lesson allows it.
    pub fn update(&mut self, action: Action) -> Vec<Effect> {
        let panel = self.panel;
        let tour = matches!(action, Action::NextStop | Action::PreviousStop);
        let effects = self.act(action);
        self.obey_lesson(tour, panel, effects)
    }

    // One arm for each action, which is to stay readable as a table.
    #[allow(clippy::too_many_lines)]
    fn act(&mut self, action: Action) -> Vec<Effect> {
        let action = match (self.context(), action) {
            (Context::Hand, Action::Digit(digit)) => Action::Insert((b'0' + digit % 10) as char),
            (_, action) => action,
        };
        if !matches!(
            action,
            Action::Digit(_) | Action::Wheel(..) | Action::Hover(..)
        ) {
            self.message = None;
        }
        let count = if matches!(action, Action::Digit(_) | Action::Hover(..)) {
            None
        } else {
            self.count.take()
        };
        if !matches!(action, Action::Turn(_) | Action::Digit(_)) {
            self.end_turning();
        }
        match action {
            Action::Undo | Action::Redo | Action::Rewind | Action::Branch | Action::ApplyToAll => {
                return self.reconsider(&action);
            }
            Action::Slower => return self.set_speed(false),
            Action::Faster => return self.set_speed(true),
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Theme => return vec![Effect::Theme],
            Action::Mouse => return self.switch_mouse(),
            Action::Copy => return vec![Effect::Copy],
            Action::Export => return vec![Effect::Export],
            Action::Log => return vec![Effect::Log],
            Action::Reload => return self.reload(),
            Action::PlayPause => return self.play_pause(),
            Action::Step => return self.step(count.unwrap_or(1)),
            Action::Reset => return self.reset(false),
            Action::Reseed => return self.reset(true),
            Action::Evaluate => {
                return self.tell_all(
                    Command::Evaluate,
                    "evaluating every lane after its present step",
                );
            }
            Action::Examine => {
                return self.tell_all(
                    Command::Examine,
                    "evaluating every task: it takes a while, training goes on",
                );
            }
            Action::Ask => self.begin_asking(),
            Action::AskPicture => return self.ask_picture(),
            Action::Checkpoint => {
                return self.tell_all(Command::Checkpoint, "asked every lane for a checkpoint");
            }
            Action::Turn(turn) => return self.turn(turn, self.target),
            Action::ToggleLearned => return self.toggle_learned(),
            Action::NextStop => return self.go_to_stop(true),
            Action::PreviousStop => return self.go_to_stop(false),
            Action::Explain => self.course.explaining = !self.course.explaining,
            Action::Accept => return self.accept(),
            Action::Click(x, y) => return self.click(x, y),
            Action::Wheel(x, y, up) => return self.wheel(x, y, up),
            Action::Digit(digit) => {
                let count = self.count.unwrap_or(0) * 10 + u64::from(digit);
                self.count = Some(count.min(1_000_000));
            }
            Action::NextLane => self.address(1),
            Action::PreviousLane => self.address(self.lanes.len()),
            Action::Dial(dial) => self.hold(dial),
            Action::DataDial => self.hold_of_data(),
            Action::Panel(panel) => {
                self.focus = Focus::Panel;
                self.panel = panel;
                if panel == Panel::Hand {
                    self.begin_hand();
                }
            }
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Chart(key) => self.chart_key(key, count.unwrap_or(1)),
            Action::Hover(x, y) => self.aim_at(x, y, false),
            Action::Scrub(later) => self.scrub(later, count.unwrap_or(1) as usize),
            Action::Difference => self.toggle_difference(),
            Action::Quantity => self.quantity = self.quantity.next(),
            Action::Range => self.range = self.range.next(),
            Action::Cursor(direction) => {
                let by = count.unwrap_or(1) as usize;
                match self.context() {
                    Context::Landscape => self.move_place(direction, by),
                    Context::Hand => self.move_hand(direction, by),
                    Context::Findings | Context::Query => self.choose_finding(direction, by),
                    _ => self.move_cursor(direction, by),
                }
            }
            Action::SetPlace => return self.set_place(),
            Action::TakeBatch => self.take_batch(),
            Action::FewerPairs => self.resize_hand(false),
            Action::MorePairs => self.resize_hand(true),
            Action::Enter if self.context() == Context::Hand => self.begin_cell(""),
            Action::Insert(c) if self.context() == Context::Hand => self.begin_cell(&c.to_string()),
            Action::Up | Action::Down if self.context() == Context::Hand => {
                self.scroll_hand(action == Action::Down);
            }
            Action::WorstPair => self.find_worst(),
            Action::Back => self.back(),
            Action::Open => self.overlay = Some(Overlay::open()),
            Action::Save => self.overlay = Some(Overlay::save(&self.scenario.title)),
            Action::Help => self.overlay = Some(Overlay::help()),
            Action::Palette => self.overlay = Some(Overlay::palette()),
            Action::Enter => self.begin_value(),
            Action::Up
            | Action::Down
            | Action::Backspace
            | Action::DeleteWord
            | Action::ClearLine
            | Action::Insert(_)
            | Action::Paste(_) => {
                self.edit_overlay(action);
            }
        }
        Vec::new()
    }

    /// Passes the address on: all lanes, the first, the second, ..., all lanes.
    fn address(&mut self, by: usize) {
        let n = self.lanes.len() + 1;
        let now = self.target.map_or(0, |i| i + 1);
        self.target = ((now + by) % n).checked_sub(1);
    }

    fn back(&mut self) {
        if self.overlay.take().is_some() {
        } else if self.course.explaining {
            self.course.explaining = false;
        } else if self.cursor_shown() && self.past.step.is_some() {
            self.past.step = None;
        } else if self.zoomed {
            self.zoomed = false;
        } else {
            self.focus = Focus::Dials;
        }
    }
}
