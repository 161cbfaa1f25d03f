//! What lies above the screen: help, the list of scenarios, lines to type, notices.

use super::{App, Choice, Effect};
use crate::ui::action::{Action, Context};
use crate::ui::input::Input;

/// What lies above the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// All keys.
    Help {
        /// Words that rows must contain.
        filter: Input,
        /// Rows scrolled by.
        scroll: usize,
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
            scroll: 0,
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
            Self::Help { .. } => Context::Help,
            Self::Open { .. } => Context::Open,
            Self::Save { .. } | Self::Value { .. } | Self::Cell { .. } | Self::Ask { .. } => {
                Context::Line
            }
            Self::Palette { .. } => Context::Palette,
            Self::Notice { .. } => Context::Notice,
            Self::Log { .. } => Context::Log,
        }
    }

    fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Help { filter: input, .. }
            | Self::Open { input, .. }
            | Self::Palette { input, .. }
            | Self::Save { input, .. }
            | Self::Value { input }
            | Self::Cell { input }
            | Self::Ask { input } => Some(input),
            Self::Notice { .. } | Self::Log { .. } => None,
        }
    }
}

impl App {
    /// Scenarios whose name or title contains what was typed.
    pub fn matching(&self, typed: &str) -> Vec<&Choice> {
        let words: Vec<_> = typed.split_whitespace().map(str::to_lowercase).collect();
        let fits = |choice: &&Choice| {
            let text = format!("{} {}", choice.name, choice.title).to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        self.choices.iter().filter(fits).collect()
    }

    /// Shows something to read.
    pub fn notify(&mut self, title: impl Into<String>, text: impl Into<String>) {
        self.overlay = Some(Overlay::Notice {
            title: title.into(),
            text: text.into(),
        });
    }

    /// What came of saving: the file is written, or is there already, or cannot be written.
    pub fn saved(&mut self, outcome: Saved) {
        match (outcome, &mut self.overlay) {
            (Saved::Done(path), _) => {
                self.overlay = None;
                self.say(format!("saved to {path}"));
            }
            (Saved::Exists(path), Some(Overlay::Save { replace, .. })) => {
                *replace = true;
                self.complain(format!("{path} exists: Enter again replaces it"));
            }
            (Saved::Exists(path), _) => self.complain(format!("{path} exists")),
            (Saved::Failed(reason), _) => self.complain(reason.lines().next().unwrap_or_default()),
        }
    }

    pub(super) fn accept(&mut self) -> Vec<Effect> {
        match self.overlay.clone() {
            Some(Overlay::Open { input, chosen }) => self.accept_open(input.text().trim(), chosen),
            Some(Overlay::Palette { chosen, .. }) => self.do_found(chosen),
            Some(Overlay::Save { input, replace }) => {
                let path = input.text().trim().to_string();
                if path.is_empty() {
                    self.complain("type the file's name");
                    return Vec::new();
                }
                vec![Effect::Save { path, replace }]
            }
            Some(Overlay::Value { input }) => self.set_value(input.text()),
            Some(Overlay::Ask { input }) => self.ask(input.text()),
            Some(Overlay::Cell { input }) => {
                self.set_cell(input.text());
                Vec::new()
            }
            Some(Overlay::Help { .. } | Overlay::Notice { .. } | Overlay::Log { .. }) | None => {
                Vec::new()
            }
        }
    }

    pub(super) fn accept_open(&mut self, typed: &str, chosen: usize) -> Vec<Effect> {
        let is_path = typed.contains(['/', '\\']) || typed.to_lowercase().ends_with(".ron");
        let name = self
            .matching(typed)
            .get(chosen)
            .map(|choice| choice.name.clone());
        match name {
            Some(name) if !is_path => vec![Effect::Open(name)],
            _ if typed.is_empty() => {
                self.complain("type a scenario's path");
                Vec::new()
            }
            _ => vec![Effect::Open(typed.to_string())],
        }
    }

    pub(super) fn edit_overlay(&mut self, action: Action) {
        let matches = match &self.overlay {
            Some(Overlay::Open { input, .. }) => self.matching(input.text()).len(),
            Some(Overlay::Palette { input, .. }) => self.found(input.text()).len(),
            _ => 0,
        };
        let Some(overlay) = &mut self.overlay else {
            return;
        };
        match (&action, &mut *overlay) {
            (Action::Up, Overlay::Help { scroll, .. }) => *scroll = scroll.saturating_sub(3),
            (Action::Down, Overlay::Help { scroll, .. }) => *scroll += 3,
            (Action::Up, Overlay::Log { text, back }) => {
                *back = (*back + 3).min(text.lines().count());
            }
            (Action::Down, Overlay::Log { back, .. }) => *back = back.saturating_sub(3),
            (Action::Up, Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. }) => {
                *chosen = chosen.saturating_sub(1);
            }
            (Action::Down, Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. }) => {
                *chosen = (*chosen + 1).min(matches.saturating_sub(1));
            }
            (Action::Up | Action::Down, _) => {}
            _ => {
                let Some(input) = overlay.input() else { return };
                match action {
                    Action::Backspace => input.backspace(),
                    Action::DeleteWord => input.delete_word(),
                    Action::ClearLine => input.clear(),
                    Action::Insert(c) => input.insert(c),
                    Action::Paste(text) => input.paste(&text),
                    _ => {}
                }
                match overlay {
                    Overlay::Help { scroll, .. } => *scroll = 0,
                    Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. } => *chosen = 0,
                    Overlay::Save { replace, .. } => *replace = false,
                    Overlay::Value { .. }
                    | Overlay::Cell { .. }
                    | Overlay::Ask { .. }
                    | Overlay::Notice { .. }
                    | Overlay::Log { .. } => {}
                }
            }
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
