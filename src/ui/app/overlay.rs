//! What lies above the screen: help, the list of scenarios, lines to type, notices.

use crate::ui::action::Context;
use crate::ui::input::Input;

/// What lies above the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// A newcomer's choice.
    Welcome {
        /// Whether the tour is marked; else the lab.
        learn: bool,
    },
    /// All keys.
    Help {
        /// Words that rows must contain.
        filter: Input,
        /// Whether these words are being typed.
        typing: bool,
        /// Rows scrolled by.
        scroll: usize,
    },
    /// What to search for in captions.
    Search {
        /// What was typed.
        input: Input,
    },
    /// Scenarios to choose from.
    Open {
        /// A filter, or a path.
        input: Input,
        /// Which of the matching ones is marked.
        chosen: usize,
    },
    /// Where to save.
    Save {
        /// The file.
        input: Input,
        /// Whether the user was told that the file is there.
        replace: bool,
    },
    /// A dial's value.
    Value {
        /// What was typed.
        input: Input,
    },
    /// A caption to look for.
    Ask {
        /// What was typed.
        input: Input,
    },
    /// The answer to an exercise's question.
    Answer {
        /// What was typed.
        input: Input,
    },
    /// A number of the hand calculator.
    Cell {
        /// What was typed.
        input: Input,
    },
    /// Everything that can be done or opened, by name.
    Palette {
        /// Letters of the name.
        input: Input,
        /// Which of the matching lines is marked.
        chosen: usize,
    },
    /// Something to read.
    Notice {
        /// Its heading.
        title: String,
        /// Its lines.
        text: String,
        /// Lines scrolled by.
        scroll: usize,
    },
    /// What was said and printed.
    Log {
        /// Its lines.
        text: String,
        /// Lines scrolled back from the end.
        back: usize,
    },
}

impl Overlay {
    pub(super) fn help() -> Self {
        Self::Help {
            filter: Input::default(),
            typing: false,
            scroll: 0,
        }
    }

    pub(super) fn search() -> Self {
        Self::Search {
            input: Input::default(),
        }
    }

    pub(super) fn palette() -> Self {
        Self::Palette {
            input: Input::default(),
            chosen: 0,
        }
    }

    pub(super) fn open() -> Self {
        Self::Open {
            input: Input::default(),
            chosen: 0,
        }
    }

    pub(super) fn value() -> Self {
        Self::Value {
            input: Input::default(),
        }
    }

    pub(super) fn ask() -> Self {
        Self::Ask {
            input: Input::default(),
        }
    }

    pub(super) fn save(title: &str) -> Self {
        let words = title
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        let name = words
            .take(4)
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
            .join("-");
        Self::Save {
            input: Input::new(format!("my-{name}.ron")),
            replace: false,
        }
    }

    pub(super) const fn context(&self) -> Context {
        match self {
            Self::Welcome { .. } => Context::Welcome,
            Self::Open { .. } => Context::Open,
            Self::Help { typing: true, .. }
            | Self::Search { .. }
            | Self::Save { .. }
            | Self::Value { .. }
            | Self::Cell { .. }
            | Self::Answer { .. }
            | Self::Ask { .. } => Context::Line,
            Self::Help { .. } => Context::Help,
            Self::Palette { .. } => Context::Palette,
            Self::Notice { .. } => Context::Reading,
            Self::Log { .. } => Context::Log,
        }
    }

    pub(super) fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Help { filter: input, .. }
            | Self::Open { input, .. }
            | Self::Palette { input, .. }
            | Self::Save { input, .. }
            | Self::Value { input }
            | Self::Cell { input }
            | Self::Search { input }
            | Self::Answer { input }
            | Self::Ask { input } => Some(input),
            Self::Welcome { .. } | Self::Notice { .. } | Self::Log { .. } => None,
        }
    }
}

/// What came of saving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Written there.
    Done(String),
    /// A file is there, and nobody agreed to lose it.
    Exists(String),
    /// Not written; why.
    Failed(String),
}
