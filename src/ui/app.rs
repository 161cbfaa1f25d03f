//! [`App`]: all that the screen knows, and what each action does to it. Pure: it gets snapshots and
//! actions, and answers with effects for the loop to carry out.

mod by_hand;
mod card;
mod changes;
mod charts;
mod chosen;
mod course;
mod cursor;
mod desk;
mod dials;
mod exercise;
mod find;
mod findings;
mod focus;
mod hand;
mod here;
mod landscape;
mod lesson;
mod limits;
mod moments;
mod mouse;
mod observe;
mod overlay;
mod pages;
mod palette;
mod past;
mod pending;
mod run;
mod scrub;
mod search;
mod shades;
mod share;
mod state;
mod strip;
mod typing;
mod undo;
mod words;

#[cfg(test)]
mod tests;

use crossterm::event::KeyEvent;

use super::action::{self, Action, Context};
use crate::lab::Command;
use changes::Restart;

pub use crate::quantity::short;
pub use chosen::Chosen;
pub use course::Course;
pub use desk::Desk;
pub use focus::Focus;
pub use hand::{Hand, Slot};
pub use moments::LessonStage;
pub use overlay::{Overlay, Saved};
pub use past::{Past, Shown};
pub use pending::Pending;
pub use shades::{Quantity, Range};
pub use state::{App, Choice, Effect, SMALLEST, Tone};
pub use words::Find;

impl App {
    /// What a key does.
    pub fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let action = if self.too_small() {
            // Nothing is to be changed that cannot be seen.
            action::lookup(Context::Main, false, key)
                .filter(|action| matches!(action, Action::Quit | Action::Suspend))
        } else {
            let tour = self.in_tour();
            let card = Some(Context::Card).filter(|_| self.reads_card());
            let own = card
                .and_then(|card| action::lookup(card, tour, key))
                .or_else(|| action::lookup(self.context(), tour, key));
            // Who presses another key than the welcome's own explores; who leaves is asked again.
            let other = || action::lookup(self.here(), tour, key);
            match own.is_none().then(other) {
                Some(action) if self.welcomes() => {
                    if action != Some(Action::Quit) {
                        self.overlay = None;
                    }
                    action
                }
                _ => own,
            }
        };
        action.map_or_else(Vec::new, |action| self.update(action))
    }

    /// What an action does, as far as the lesson allows it.
    pub fn update(&mut self, action: Action) -> Vec<Effect> {
        let panel = self.panel;
        let tour = matches!(action, Action::NextStop | Action::PreviousStop);
        let (stage, explaining) = (self.lesson_stage(), self.course.explaining);
        self.leave_question(&action);
        let effects = self.act(action);
        if self.overlay.is_none() {
            // What closes takes its search along.
            self.find = Find::default();
        }
        self.note_opening(&effects);
        let effects = self.obey_lesson(tour, panel, effects);
        self.go_on_after(stage, explaining, effects)
    }

    // One arm for each action, which is to stay readable as a table.
    #[allow(clippy::too_many_lines)]
    fn act(&mut self, action: Action) -> Vec<Effect> {
        if !matches!(action, Action::Wheel(..) | Action::Hover(..)) {
            self.message = None;
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
            Action::Log if matches!(self.overlay, Some(Overlay::Log { .. })) => self.overlay = None,
            Action::Log => return vec![Effect::Log],
            Action::Reload => return self.reload(),
            Action::PlayPause => return self.play_pause(),
            Action::Step(count) => return self.step(count),
            Action::Reset => return self.restart(Restart::Reset),
            Action::Defaults => return self.restart(Restart::Defaults),
            Action::Reseed => return self.restart_with_the_next_seed(),
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
            Action::Tour => return self.open_stop(0),
            Action::NextStop => return self.go_to_stop(true),
            Action::PreviousStop => return self.go_to_stop(false),
            Action::Answer => return self.begin_answer(),
            Action::Exercise(exercise) => return self.open_exercise(exercise),
            Action::Explain => self.course.explaining = !self.course.explaining,
            Action::Accept => return self.accept(),
            Action::Click(x, y) => return self.click(x, y),
            Action::Wheel(x, y, up) => return self.wheel(x, y, up),
            Action::NextLane => self.address_next(),
            Action::Dial(dial) => self.hold(dial),
            Action::NextDial => self.next_dial(true),
            Action::PreviousDial => self.next_dial(false),
            Action::Page(page) => self.turn_to(page),
            Action::AllPanels => self.toggle_dense(),
            Action::Panel(panel) => self.look_at(panel),
            Action::NextPanel => self.next_panel(true),
            Action::PreviousPanel => self.next_panel(false),
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Chart(key) => self.chart_key(key),
            Action::Hover(x, y) => self.aim_at(x, y, false),
            Action::Scrub(later) => self.scrub(later),
            Action::Difference => self.toggle_difference(),
            Action::Quantity => self.quantity = self.quantity.next(),
            Action::Range => self.range = self.range.next(),
            Action::Cursor(direction) => match self.context() {
                Context::Landscape => self.move_place(direction, 1),
                Context::Hand => self.move_hand(direction, 1),
                Context::Findings | Context::Query => self.choose_finding(direction, 1),
                _ => self.move_cursor(direction, 1),
            },
            Action::Lens(closer) => self.look_closer(closer),
            Action::FarCursor(direction) => self.move_cursor(direction, 8),
            Action::SetPlace => return self.set_place(),
            Action::TakeBatch => self.take_batch(),
            Action::FewerPairs => self.resize_hand(false),
            Action::MorePairs => self.resize_hand(true),
            Action::Enter if self.context() == Context::Hand => self.begin_cell(""),
            Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
                if self.reads_card() =>
            {
                self.scroll_card(&action);
            }
            Action::PageUp | Action::PageDown if self.context() == Context::Hand => {
                self.scroll_hand(action == Action::PageDown);
            }
            Action::First | Action::Last if self.overlay.is_none() => {
                self.go_to_pair(action == Action::Last);
            }
            Action::Search if self.overlay.is_some() => self.begin_find(),
            Action::NextMatch if self.overlay.is_some() => self.next_found(true),
            Action::PreviousMatch if self.overlay.is_some() => self.next_found(false),
            Action::Search => self.begin_search(),
            Action::NextMatch => self.next_match(true),
            Action::PreviousMatch => self.next_match(false),
            Action::WorstPair => self.find_worst(),
            Action::Back => self.back(),
            Action::Open => self.overlay = Some(Overlay::open()),
            Action::Save => self.overlay = Some(Overlay::save(&self.scenario.title)),
            Action::Help if matches!(self.overlay, Some(Overlay::Help { .. })) => {
                self.overlay = None;
            }
            Action::Help => self.overlay = Some(Overlay::help()),
            Action::Palette => self.overlay = Some(Overlay::palette()),
            Action::Enter => self.begin_value(),
            Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
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
    fn address_next(&mut self) {
        let n = self.lanes.len() + 1;
        let now = self.target.map_or(0, |i| i + 1);
        self.target = ((now + 1) % n).checked_sub(1);
        let who = self.target_name();
        self.say(if self.lanes.len() > 1 {
            format!("dials turn {who}")
        } else {
            "there is only one lane".into()
        });
    }

    /// Leaves what was entered last: one thing each time.
    fn back(&mut self) {
        if self.leave_find() || self.leave_filter() || self.overlay.take().is_some() {
        } else if self.course.explaining {
            self.course.explaining = false;
        } else if self.charts.crosshair.is_some() {
            self.charts.crosshair = None;
        } else if self.search.is_some() {
            self.search = None;
        } else if self.cursor_shown() && self.past.step.is_some() {
            self.past.step = None;
        } else if self.zoomed {
            self.zoomed = false;
        } else if !self.desk.take_up() {
            self.focus = Focus::Dials;
            self.panel = self.left_panel();
        }
    }
}
