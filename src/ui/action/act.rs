//! [`Action`]: everything that can be done with the screen, a line each.

use super::chart::ChartKey;
use super::turn::{Direction, Turn};
use crate::control::Dial;
use crate::ui::panel::{Page, Panel};

/// Makes the enum, and the list of what its table must hold.
macro_rules! actions {
    (
        keyed { $($(#[$about:meta])* $keyed:ident $(($of:ty) in $all:expr)?,)* }
        raw { $($(#[$event:meta])* $raw:ident($($what:ty),+),)* }
    ) => {
        /// What a key, a click or a paste asks of the screen.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Action {
            $($(#[$about])* $keyed $(($of))?,)*
            $($(#[$event])* $raw($($what),+),)*
        }

        impl Action {
            /// Every action that the table of keys holds.
            #[cfg(test)]
            pub fn keyed() -> Vec<Self> {
                [$(actions!(@each $keyed $($all)?)),*].concat()
            }
        }
    };
    (@each $keyed:ident) => {
        vec![Self::$keyed]
    };
    (@each $keyed:ident $all:expr) => {
        $all.map(Self::$keyed).to_vec()
    };
}

actions! {
    // What a key can be bound to: each stands in the table.
    keyed {
        /// Leave.
        Quit,
        /// Put the program to sleep, as the shell's Ctrl-Z.
        Suspend,
        /// Train or pause, all lanes.
        PlayPause,
        /// This many steps of all lanes, then a pause.
        Step(u64) in [1, 10],
        /// Start over with the same seed and the dials as they are set.
        Reset,
        /// Start over with the same seed and the scenario's dials.
        Defaults,
        /// Start over with the next seed and the dials as they are set.
        Reseed,
        /// Take back the last change by hand: a dial's, a reset, a branch.
        Undo,
        /// Make the change again that was set back.
        Redo,
        /// Take weights and dials back to before the last change by hand.
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
        /// Answer the question of the exercise.
        Answer,
        /// Begin the tour.
        Tour,
        /// Open the next stop of the tour.
        NextStop,
        /// Open the stop before.
        PreviousStop,
        /// Address the next lane, or all.
        NextLane,
        /// Take hold of a dial.
        Dial(Dial) in Dial::ALL,
        /// Take hold of the next dial of the strip.
        NextDial,
        /// Take hold of the one before.
        PreviousDial,
        /// Turn the dial: its direction, and whether far.
        Turn(Turn) in Turn::ALL,
        /// Type the dial's value.
        Enter,
        /// Learn the dial's value, or hold it.
        ToggleLearned,
        /// Turn to a page.
        Page(Page) in Page::SHOWN,
        /// Show all panels at once, or pages again.
        AllPanels,
        /// Look at a panel.
        Panel(Panel) in Panel::ALL,
        /// Go to the next panel of the page; the dials are one of them.
        NextPanel,
        /// Go to the one before.
        PreviousPanel,
        /// Show the panel alone, or all again.
        Zoom,
        /// Something with the chart at hand.
        Chart(ChartKey) in ChartKey::ALL,
        /// Look at the matrices of an earlier step, or of a later one.
        Scrub(bool) in [false, true],
        /// The difference of two lanes' matrices.
        Difference,
        /// What the matrix shows.
        Quantity,
        /// What the matrix's colours span.
        Range,
        /// Look closer at the matrix, or take in more of it.
        Lens(bool) in [true, false],
        /// Move the cursor.
        Cursor(Direction) in Direction::ALL,
        /// Move the cursor eight cells.
        FarCursor(Direction) in Direction::ALL,
        /// Search the captions on the screen.
        Search,
        /// Go to the next match.
        NextMatch,
        /// Go to the previous match.
        PreviousMatch,
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
        /// Go up by what is in sight.
        PageUp,
        /// Go down by what is in sight.
        PageDown,
        /// Go to the beginning.
        First,
        /// Go to the end.
        Last,
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
    }
    // What comes with a key's character or a place of the mouse.
    raw {
        /// Open an exercise, by its place.
        Exercise(usize),
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
}
