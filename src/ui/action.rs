//! The one table of actions: it dispatches keys, and the help and the footer are made from it. To
//! add an action, add a variant, a row, and an arm in `App::update`.

mod bound;
mod chart;
mod key;
pub mod key_name;
mod table;

pub use bound::{TABLE, bind, reserved};
pub use chart::ChartKey;
pub use key::Key;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::panel::Panel;
use crate::control::Dial;

/// What a key, a click or a paste asks of the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Leave.
    Quit,
    /// Put the program to sleep, as the shell's Ctrl-Z.
    Suspend,
    /// Train or pause, all lanes.
    PlayPause,
    /// One step of all lanes, or as many as were typed before.
    Step,
    /// Start over with the same seed.
    Reset,
    /// Start over with the next seed.
    Reseed,
    /// Set back the last change by hand.
    Undo,
    /// Make the change again that was set back.
    Redo,
    /// Take the weights back to before the last change by hand.
    Rewind,
    /// Let a new lane go on from before the last change by hand.
    Branch,
    /// Give one lane's last change to all others.
    ApplyToAll,
    /// More time from step to step.
    Slower,
    /// Less time from step to step.
    Faster,
    /// Evaluate now.
    Evaluate,
    /// Evaluate every task now.
    Examine,
    /// Look for what is nearest to a caption.
    Ask,
    /// Look for the names nearest to the chosen picture.
    AskPicture,
    /// Write checkpoints now.
    Checkpoint,
    /// Choose a scenario.
    Open,
    /// Save the present state as a scenario.
    Save,
    /// Show the help.
    Help,
    /// Find an action, a dial, a panel or a scenario by its name.
    Palette,
    /// Explain what is in hand, or stop explaining.
    Explain,
    /// Open the next stop of the tour.
    NextStop,
    /// Open the stop before.
    PreviousStop,
    /// Address the next lane, or all.
    NextLane,
    /// Address the one before.
    PreviousLane,
    /// Take hold of a dial.
    Dial(Dial),
    /// Take hold of the data's dials; of the next one, if one is held.
    DataDial,
    /// Turn the dial: its direction, and whether far.
    Turn(Turn),
    /// Type the dial's value.
    Enter,
    /// Learn the dial's value, or hold it.
    ToggleLearned,
    /// Look at a panel.
    Panel(Panel),
    /// Show the panel alone, or all again.
    Zoom,
    /// Something with the chart at hand.
    Chart(ChartKey),
    /// Look at the matrices of an earlier step, or of a later one.
    Scrub(bool),
    /// The difference of two lanes' matrices.
    Difference,
    /// What the matrix shows.
    Quantity,
    /// What the matrix's colours span.
    Range,
    /// Move the matrix's cursor.
    Cursor(Direction),
    /// Put the cursor on the pair that fares worst.
    WorstPair,
    /// Set tau and b to the landscape's cursor.
    SetPlace,
    /// Work out the first pairs of the batch.
    TakeBatch,
    /// One pair fewer on paper.
    FewerPairs,
    /// One pair more on paper.
    MorePairs,
    /// Let go: of the overlay, the zoom, the panel.
    Back,
    /// Agree to what the overlay offers.
    Accept,
    /// Go up a list.
    Up,
    /// Go down a list.
    Down,
    /// Rub out a character.
    Backspace,
    /// Rub out a word.
    DeleteWord,
    /// Rub out everything.
    ClearLine,
    /// Change the colours.
    Theme,
    /// Hand the mouse to the terminal, or take it back.
    Mouse,
    /// Copy a command that repeats this run.
    Copy,
    /// Write everything into a folder.
    Export,
    /// Show what was said and printed.
    Log,
    /// Load the scenario's file anew.
    Reload,
    /// A digit before an action that can be repeated.
    Digit(u8),
    /// A character for the text at hand.
    Insert(char),
    /// Text that was pasted.
    Paste(String),
    /// The mouse pressed this cell.
    Click(u16, u16),
    /// The mouse moved to this cell.
    Hover(u16, u16),
    /// The wheel turned over this cell: up, or down.
    Wheel(u16, u16, bool),
}

/// A way to turn a dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A little down.
    Down,
    /// A little up.
    Up,
    /// Far down.
    FarDown,
    /// Far up.
    FarUp,
}

/// A way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the caption before.
    Left,
    /// To the caption after.
    Right,
    /// To the picture before.
    Up,
    /// To the picture after.
    Down,
}

/// Where the keys of a row apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, whatever is open.
    Always,
    /// Wherever no overlay is open.
    Main,
    /// While a dial is held.
    Dials,
    /// While the matrix is looked at.
    Matrix,
    /// While another panel is looked at.
    Charts,
    /// While the loss landscape is looked at.
    Landscape,
    /// While the hand calculator is looked at.
    Hand,
    /// While what an evaluation found is looked at.
    Findings,
    /// While one looks for what is nearest.
    Query,
    /// In the help.
    Help,
    /// In the list of scenarios.
    Open,
    /// While a line is typed: a value, a file's name.
    Line,
    /// While a notice is shown.
    Notice,
    /// While the log is read.
    Log,
    /// In the palette.
    Palette,
}

impl Context {
    /// All contexts, in the order in which the help shows them.
    pub const ALL: [Self; 15] = [
        Self::Main,
        Self::Dials,
        Self::Charts,
        Self::Matrix,
        Self::Landscape,
        Self::Hand,
        Self::Findings,
        Self::Query,
        Self::Open,
        Self::Line,
        Self::Help,
        Self::Notice,
        Self::Log,
        Self::Palette,
        Self::Always,
    ];

    /// The heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Always => "Everywhere",
            Self::Main => "Run and look",
            Self::Dials => "While a dial is held",
            Self::Matrix => "While the matrix or the gradient is looked at",
            Self::Charts => "While a chart is looked at",
            Self::Landscape => "While the loss landscape is looked at",
            Self::Hand => "While one calculates by hand",
            Self::Findings => "While an evaluation is looked at",
            Self::Query => "While one looks for pictures and names",
            Self::Help => "In this help",
            Self::Open => "In the list of scenarios",
            Self::Line => "While typing",
            Self::Notice => "In a notice",
            Self::Log => "In the log",
            Self::Palette => "In the palette",
        }
    }

    /// The contexts whose keys work while this one is the innermost, this one first.
    pub const fn chain(self) -> &'static [Self] {
        match self {
            Self::Always => &[Self::Always],
            Self::Main => &[Self::Main, Self::Always],
            Self::Dials => &[Self::Dials, Self::Main, Self::Always],
            Self::Matrix => &[Self::Matrix, Self::Main, Self::Always],
            Self::Charts => &[Self::Charts, Self::Main, Self::Always],
            Self::Landscape => &[Self::Landscape, Self::Main, Self::Always],
            Self::Hand => &[Self::Hand, Self::Main, Self::Always],
            Self::Findings => &[Self::Findings, Self::Main, Self::Always],
            Self::Query => &[Self::Query, Self::Main, Self::Always],
            Self::Help => &[Self::Help, Self::Always],
            Self::Open => &[Self::Open, Self::Always],
            Self::Line => &[Self::Line, Self::Always],
            Self::Notice => &[Self::Notice, Self::Always],
            Self::Log => &[Self::Log, Self::Always],
            Self::Palette => &[Self::Palette, Self::Always],
        }
    }

    /// Whether characters without a row are text here.
    const fn types(self) -> bool {
        matches!(self, Self::Help | Self::Open | Self::Line | Self::Palette)
    }

    /// Whether it is a place on the screen rather than something above it: what can be done in a place
    /// can be found in the palette.
    pub const fn is_place(self) -> bool {
        match self {
            Self::Always
            | Self::Main
            | Self::Dials
            | Self::Matrix
            | Self::Charts
            | Self::Landscape
            | Self::Hand
            | Self::Findings
            | Self::Query => true,
            Self::Help | Self::Open | Self::Line | Self::Notice | Self::Log | Self::Palette => {
                false
            }
        }
    }
}

/// A row of the table.
#[derive(Clone)]
pub struct Entry {
    /// What is done.
    pub action: Action,
    /// What it is called.
    pub name: &'static str,
    /// The keys that do it; the first is the one that is shown.
    pub keys: &'static [Key],
    /// One line about it.
    pub about: &'static str,
    /// Where its keys apply.
    pub context: Context,
    /// Its word in the footer, and how late it gives way when there is no room.
    pub footer: Option<(&'static str, u8)>,
}

impl Entry {
    /// The keys, as the help shows them.
    pub fn keys_text(&self) -> String {
        self.keys
            .iter()
            .map(Key::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What the key does in this context.
pub fn lookup(context: Context, event: KeyEvent) -> Option<Action> {
    let key = Key::from(event);
    for &scope in context.chain() {
        let entry = TABLE
            .iter()
            .find(|entry| entry.context == scope && entry.keys.contains(&key));
        if let Some(entry) = entry {
            return Some(entry.action.clone());
        }
    }
    let plain = !event
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER);
    match event.code {
        KeyCode::Char(c) if plain && context.types() => Some(Action::Insert(c)),
        // A number is begun by its first character.
        KeyCode::Char(c @ ('-' | '.')) if plain && context == Context::Hand => {
            Some(Action::Insert(c))
        }
        KeyCode::Char(c) if plain => c.to_digit(10).map(|d| Action::Digit(d as u8)),
        _ => None,
    }
}

/// The key that does it, as it is shown.
pub fn key_of(action: &Action) -> String {
    let key = entry(action).and_then(|row| row.keys.first());
    key.map(ToString::to_string).unwrap_or_default()
}

/// The row of an action.
pub fn entry(action: &Action) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.action == *action)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    /// Whether an action must stand in the table. A new variant does not compile until it is sorted
    /// in here.
    fn needs_a_key(action: &Action) -> bool {
        use Action as A;
        match action {
            A::Insert(_)
            | A::Paste(_)
            | A::Click(..)
            | A::Hover(..)
            | A::Wheel(..)
            | A::Digit(_) => false,
            // These share the key of `DataDial`.
            A::Dial(dial) => !dial.is_of_data(),
            A::Quit
            | A::Suspend
            | A::PlayPause
            | A::Step
            | A::Reset
            | A::Reseed
            | A::Undo
            | A::Redo
            | A::Rewind
            | A::Branch
            | A::ApplyToAll
            | A::Slower
            | A::Faster
            | A::Evaluate
            | A::Examine
            | A::Ask
            | A::AskPicture
            | A::Checkpoint
            | A::Open
            | A::Save
            | A::Help
            | A::Palette
            | A::Explain
            | A::NextStop
            | A::PreviousStop
            | A::NextLane
            | A::PreviousLane
            | A::DataDial
            | A::Turn(_)
            | A::Enter
            | A::ToggleLearned
            | A::Panel(_)
            | A::Zoom
            | A::Chart(_)
            | A::Scrub(_)
            | A::Difference
            | A::Quantity
            | A::Range
            | A::Cursor(_)
            | A::WorstPair
            | A::SetPlace
            | A::TakeBatch
            | A::FewerPairs
            | A::MorePairs
            | A::Back
            | A::Accept
            | A::Up
            | A::Down
            | A::Backspace
            | A::DeleteWord
            | A::ClearLine
            | A::Theme
            | A::Mouse
            | A::Copy
            | A::Export
            | A::Log
            | A::Reload => true,
        }
    }

    fn every_action() -> Vec<Action> {
        use Action as A;
        let mut all = vec![
            A::Quit,
            A::Suspend,
            A::PlayPause,
            A::Step,
            A::Reset,
            A::Reseed,
            A::Undo,
            A::Redo,
            A::Rewind,
            A::Branch,
            A::ApplyToAll,
            A::Slower,
            A::Faster,
            A::Evaluate,
            A::Examine,
            A::Ask,
            A::AskPicture,
            A::Checkpoint,
            A::Open,
            A::Save,
            A::Help,
            A::Palette,
            A::Explain,
            A::NextStop,
            A::PreviousStop,
            A::NextLane,
            A::PreviousLane,
            A::DataDial,
            A::Enter,
            A::ToggleLearned,
            A::Zoom,
            A::Scrub(false),
            A::Scrub(true),
            A::Difference,
            A::Quantity,
            A::Range,
            A::WorstPair,
            A::SetPlace,
            A::TakeBatch,
            A::FewerPairs,
            A::MorePairs,
            A::Back,
            A::Accept,
            A::Up,
            A::Down,
            A::Backspace,
            A::DeleteWord,
            A::ClearLine,
            A::Theme,
            A::Mouse,
            A::Copy,
            A::Export,
            A::Log,
            A::Reload,
            A::Digit(1),
            A::Insert('x'),
            A::Paste(String::new()),
            A::Click(0, 0),
            A::Hover(0, 0),
            A::Wheel(0, 0, true),
        ];
        all.extend(Dial::ALL.map(A::Dial));
        all.extend(Panel::ALL.map(A::Panel));
        all.extend(ChartKey::ALL.map(A::Chart));
        all.extend([Turn::Down, Turn::Up, Turn::FarDown, Turn::FarUp].map(A::Turn));
        all.extend(
            [
                Direction::Left,
                Direction::Right,
                Direction::Up,
                Direction::Down,
            ]
            .map(A::Cursor),
        );
        all
    }

    #[test]
    fn every_action_has_a_key_and_a_line() {
        for action in every_action().iter().filter(|a| needs_a_key(a)) {
            let row = entry(action).unwrap_or_else(|| panic!("{action:?} has no row"));
            assert!(!row.keys.is_empty(), "{action:?} has no key");
            assert!(
                row.about.ends_with('.') && row.about.len() > 10,
                "{action:?}: say what it does"
            );
            assert!(!row.name.is_empty());
        }
        assert!(TABLE.iter().all(|row| needs_a_key(&row.action)));
    }

    #[test]
    fn no_key_means_two_things_at_once() {
        for context in Context::ALL {
            let mut seen: HashMap<Key, &str> = HashMap::new();
            for row in TABLE
                .iter()
                .filter(|row| context.chain().contains(&row.context))
            {
                for key in row.keys {
                    let other = seen.insert(*key, row.name);
                    assert_eq!(other, None, "{key} is also {} in {context:?}", row.name);
                }
            }
        }
    }

    #[test]
    fn every_row_is_reachable() {
        for row in TABLE {
            for key in row.keys {
                assert_eq!(
                    lookup(row.context, key.event()).as_ref(),
                    Some(&row.action),
                    "{key} {}",
                    row.name
                );
            }
        }
        let shown: HashSet<_> = Context::ALL.iter().copied().collect();
        assert!(TABLE.iter().all(|row| shown.contains(&row.context)));
    }

    #[test]
    fn letters_are_text_where_one_types_and_digits_count_elsewhere() {
        let press = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        assert_eq!(lookup(Context::Line, press('q')), Some(Action::Insert('q')));
        assert_eq!(lookup(Context::Dials, press('q')), Some(Action::Quit));
        assert_eq!(lookup(Context::Dials, press('5')), Some(Action::Digit(5)));
        assert_eq!(lookup(Context::Dials, press('~')), None);
    }
}
