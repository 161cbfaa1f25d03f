//! [`App`]: all that the screen knows, and what each action does to it. Pure: it gets snapshots and
//! actions, and answers with effects for the loop to carry out.

mod changes;
mod charts;
mod cursor;
mod dials;
mod findings;
mod hand;
mod landscape;
mod lesson;
mod mouse;
mod overlay;
mod palette;
mod past;
mod run;
mod share;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;

use crate::lab::Command;
use crate::scenario::Scenario;
use crate::telemetry::{LaneStatus, Snapshot};

use super::action::{self, Action, Context};
use super::chart::Charts;
use super::marks::{self, Mark};
use super::panel::Panel;
use super::region::Regions;
use crate::control::Dial;

pub use crate::quantity::short;
use changes::Changes;
pub use cursor::{Quantity, Range};
pub use dials::Pending;
pub use findings::Chosen;
pub use hand::{Hand, Slot};
pub use lesson::Course;
pub use overlay::{Overlay, Saved};
pub use past::{Past, Shown};

/// The smallest screen that shows anything.
pub const SMALLEST: (u16, u16) = (60, 20);

/// Something for the loop to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell a lane, or all of them.
    Send {
        /// The lane; all if absent.
        lane: Option<usize>,
        /// What.
        command: Command,
    },
    /// Load this scenario (a bundled name or a path) and open a lab on it.
    Open(String),
    /// Save the recorded scenario there.
    Save {
        /// The file.
        path: String,
        /// Whether a file that is there may be replaced.
        replace: bool,
    },
    /// Let a new lane go on from before this lane's last change.
    Branch(usize),
    /// Least time from step to step.
    SlowDown(Duration),
    /// The next theme.
    Theme,
    /// Whether the mouse is the lab's.
    Mouse(bool),
    /// Copy and show the command that repeats this run.
    Copy,
    /// Write everything into a folder.
    Export,
    /// Show the log.
    Log,
    /// Put the process to sleep.
    Suspend,
    /// Leave.
    Quit,
}

/// What the keys apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The dial.
    Dials,
    /// The panel.
    Panel,
}

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Done,
    /// A lane has something to say.
    News,
    /// Something could not be done.
    Trouble,
}

/// A scenario that can be chosen by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
}

/// The state of the screen.
#[derive(Clone, Debug)]
pub struct App {
    /// The scenario of the lab.
    pub scenario: Scenario,
    /// The latest snapshot of each lane.
    pub lanes: Vec<Arc<Snapshot>>,
    /// The numbered changes.
    pub marks: Vec<Mark>,
    /// Scenarios to choose from.
    pub choices: Vec<Choice>,
    /// What the keys apply to.
    pub focus: Focus,
    /// The dial in hand.
    pub dial: Dial,
    /// The dial of the data that was held last: the one that stands on the strip.
    pub data_dial: Dial,
    /// The panel that is looked at, or was last.
    pub panel: Panel,
    /// Whether it is shown alone.
    pub zoomed: bool,
    /// The lane that dials apply to; all if absent.
    pub target: Option<usize>,
    /// How charts are looked at.
    pub charts: Charts,
    /// The matrices that were seen, and which of them are looked at.
    pub past: Past,
    /// What the matrix shows.
    pub quantity: Quantity,
    /// What its colours span.
    pub range: Range,
    /// The matrix's cursor: picture, caption.
    pub cursor: (usize, usize),
    /// The landscape's cursor, once it was moved: tau and b.
    pub place: Option<(f64, f64)>,
    /// The hand calculator.
    pub hand: Hand,
    /// What of the findings is looked at.
    pub chosen: Chosen,
    /// What lies above the screen.
    pub overlay: Option<Overlay>,
    /// The latest thing to say.
    pub message: Option<(Tone, String)>,
    /// A number typed before an action.
    pub count: Option<u64>,
    /// Controls sent and not yet seen to take effect.
    pub pending: Vec<Pending>,
    /// Where things lie on the screen; the view writes it.
    pub regions: Regions,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// Whether clicks and the wheel are the lab's.
    pub mouse: bool,
    /// The open scenario's file; a bundled one has none.
    pub file: Option<String>,
    /// What was said, for the log.
    pub said: Vec<String>,
    /// Beats of the clock, for what moves by itself.
    pub beat: u64,
    /// What was changed by hand.
    changes: Changes,
    /// How slow, among the gaps between steps.
    speed: usize,
    /// What is taught, and how far that has come.
    pub course: Course,
    /// Whether lanes were told to train, until their snapshots agree.
    intent: Option<bool>,
}

impl App {
    /// A screen for this scenario.
    pub fn new(scenario: Scenario, choices: Vec<Choice>) -> Self {
        let lanes = scenario.lanes.iter();
        let lanes = lanes
            .map(|lane| Arc::new(Snapshot::starting(&lane.name, scenario.train.steps.get())))
            .collect();
        Self {
            lanes,
            marks: Vec::new(),
            choices,
            focus: Focus::Dials,
            dial: Dial::Temperature,
            data_dial: Dial::ShuffleCaptions,
            panel: Panel::Loss,
            zoomed: false,
            target: None,
            charts: Charts::default(),
            past: Past::default(),
            quantity: Quantity::Cosine,
            range: Range::Own,
            cursor: (0, 0),
            place: None,
            hand: Hand::default(),
            chosen: Chosen::default(),
            overlay: None,
            message: None,
            count: None,
            pending: Vec::new(),
            regions: Regions::default(),
            size: (0, 0),
            mouse: true,
            file: None,
            said: Vec::new(),
            beat: 0,
            changes: Changes::default(),
            speed: 0,
            course: Course::new(&scenario),
            intent: None,
            scenario,
        }
    }

    /// The same screen for another scenario: how one looks stays, what was looked at goes.
    pub fn reopen(&mut self, scenario: Scenario) {
        let fresh = Self::new(scenario, std::mem::take(&mut self.choices));
        let course = self.course.clone().reopened(&fresh.scenario);
        *self = Self {
            charts: self.charts.for_another(),
            quantity: self.quantity,
            range: self.range,
            size: self.size,
            mouse: self.mouse,
            said: std::mem::take(&mut self.said),
            course,
            ..fresh
        };
        self.say(format!("opened: {}", self.scenario.title));
    }

    /// A lane has branched off: the scenario has it from now on.
    pub fn branched(&mut self, scenario: Scenario) {
        if let Some(lane) = scenario.lanes.last() {
            self.say(format!(
                "{}: goes on from before the last change",
                lane.name
            ));
            self.target = Some(scenario.lanes.len() - 1);
        }
        self.scenario = scenario;
    }

    /// Takes the lanes' latest snapshots.
    pub fn observe(&mut self, lanes: Vec<Arc<Snapshot>>) {
        if lanes.is_empty() {
            return;
        }
        for (i, lane) in lanes.iter().enumerate() {
            let before = self.lanes.get(i).cloned();
            let news = lane.message.as_ref().filter(|m| {
                before
                    .as_ref()
                    .is_none_or(|b| b.message.as_ref() != Some(m))
            });
            if let Some(text) = news {
                let text = format!("{}: {text}", lane.lane);
                self.note(text.clone());
                self.message = Some((Tone::News, text));
            }
            let told = self.message.clone();
            self.tell_status(lane, before.as_deref());
            if let Some((_, text)) = self.message.clone().filter(|_| self.message != told) {
                self.note(text);
            }
        }
        self.watch_claims(&lanes);
        if lanes
            .iter()
            .zip(&self.lanes)
            .any(|(new, old)| new.applied.len() != old.applied.len())
            || self.marks.is_empty()
            || lanes.iter().all(|lane| lane.applied.is_empty())
        {
            self.marks = marks::collect(&lanes);
        }
        self.lanes = lanes;
        self.note_matrices();
        self.target = self.target.filter(|&i| i < self.lanes.len());
        self.settle_pending();
        self.settle_intent();
    }

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

    /// The innermost context.
    pub fn context(&self) -> Context {
        let overlay = self.overlay.as_ref();
        overlay.map_or_else(|| self.here(), Overlay::context)
    }

    /// Whether the screen is too small to show anything.
    pub fn too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// Whether the cursor on the matrix is shown.
    pub fn cursor_shown(&self) -> bool {
        self.focus == Focus::Panel && matches!(self.panel, Panel::Matrix | Panel::Gradient)
    }

    /// Says that something was done.
    pub fn say(&mut self, text: impl Into<String>) {
        self.message = Some((Tone::Done, text.into()));
    }

    /// Says that something could not be done.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.message = Some((Tone::Trouble, text.into()));
    }

    /// Whether something moves by itself, so that the screen must be drawn without news.
    pub fn animated(&self) -> bool {
        self.lanes
            .iter()
            .any(|lane| lane.status == LaneStatus::Starting)
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
