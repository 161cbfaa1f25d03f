//! [`App`]: all that the screen knows, and what it asks of the loop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::changes::Changes;
use super::chosen::Chosen;
use super::course::Course;
use super::desk::Desk;
use super::focus::Focus;
use super::hand::Hand;
use super::overlay::Overlay;
use super::past::Past;
use super::pending::Pending;
use super::shades::{Quantity, Range};
use super::words::Find;
use crate::control::{Control, Dial};
use crate::lab::Command;
use crate::scenario::Scenario;
use crate::telemetry::Snapshot;
use crate::ui::chart::Charts;
use crate::ui::lens::Lens;
use crate::ui::marks::Mark;
use crate::ui::panel::{Page, Panel};
use crate::ui::region::Regions;

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
    /// Make this change in these lanes, before the same step of all.
    Change {
        /// By this it is taken back.
        number: u64,
        /// What is set in which lane.
        parts: Vec<(usize, Control)>,
    },
    /// Set back what this change set; weights stay.
    TakeBack {
        /// Its number.
        number: u64,
        /// What is set in which lane.
        parts: Vec<(usize, Control)>,
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
    /// The last lane pauses, out of sight.
    Hide,
    /// Bring back the lane that was hidden last.
    Show,
    /// Let hidden lanes end.
    EndHidden,
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
    /// The heading that it stands below.
    pub group: &'static str,
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
    /// The dial of the data that was held last: the one that the strip shows.
    pub data_dial: Dial,
    /// The page that is shown.
    pub page: Page,
    /// Whether all panels are shown at once instead.
    pub dense: bool,
    /// The panel that was in hand last on each page.
    pub(super) recent: HashMap<Page, Panel>,
    /// What is searched for in captions.
    pub search: Option<String>,
    /// What is to be found in what is read.
    pub find: Find,
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
    /// How close it is looked at; what suits its size if absent.
    pub lens: Option<Lens>,
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
    /// Whole seconds since the lanes were last heard of.
    pub(super) silence: u64,
    /// What was changed by hand.
    pub(super) changes: Changes,
    /// How slow, among the gaps between steps.
    pub(super) speed: usize,
    /// What is taught, and how far that has come.
    pub course: Course,
    /// The exercises.
    pub desk: Desk,
    /// Whether lanes were told to train, until their snapshots agree.
    pub(super) intent: Option<bool>,
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
            page: Page::Train,
            dense: false,
            recent: HashMap::new(),
            search: None,
            find: Find::default(),
            panel: Panel::Loss,
            zoomed: false,
            target: None,
            charts: Charts::default(),
            past: Past::default(),
            quantity: Quantity::Cosine,
            range: Range::Own,
            lens: None,
            cursor: (0, 0),
            place: None,
            hand: Hand::default(),
            chosen: Chosen::default(),
            overlay: None,
            message: None,
            pending: Vec::new(),
            regions: Regions::default(),
            size: (0, 0),
            mouse: true,
            file: None,
            said: Vec::new(),
            beat: 0,
            silence: 0,
            changes: Changes::default(),
            speed: 0,
            course: Course::new(&scenario),
            desk: Desk::default(),
            intent: None,
            scenario,
        }
    }

    /// The same screen for another scenario: how one looks stays, what was looked at goes.
    pub fn reopen(&mut self, scenario: Scenario) {
        let fresh = Self::new(scenario, std::mem::take(&mut self.choices));
        let course = self.course.clone().reopened(&fresh.scenario);
        let desk = std::mem::take(&mut self.desk).reopened();
        *self = Self {
            charts: self.charts.for_another(),
            quantity: self.quantity,
            range: self.range,
            dense: self.dense,
            lens: self.lens,
            size: self.size,
            mouse: self.mouse,
            said: std::mem::take(&mut self.said),
            course,
            desk,
            ..fresh
        };
        self.lay_out_exercise();
        self.say(format!("opened: {}", self.scenario.title));
    }

    /// A lane has branched off: the scenario has it from now on.
    pub fn branched(&mut self, scenario: Scenario) {
        if let Some(lane) = scenario.lanes.last() {
            self.say(format!(
                "{}: a branch from before the last change",
                lane.name
            ));
            self.target = Some(scenario.lanes.len() - 1);
        }
        self.scenario = scenario;
    }

    /// Says that something was done.
    pub fn say(&mut self, text: impl Into<String>) {
        self.message = Some((Tone::Done, text.into()));
    }

    /// Says that something could not be done.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.message = Some((Tone::Trouble, text.into()));
    }
}
