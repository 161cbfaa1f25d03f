//! [`Find`]: words to be found in what is read.

use crate::ui::input::Input;

/// What is to be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Find {
    /// The words; none if nothing is looked for.
    pub input: Option<Input>,
    /// Whether they are being typed.
    pub typing: bool,
    /// The line that was gone to last.
    pub line: Option<usize>,
}

impl Find {
    /// Whether a line holds the words.
    pub fn is_in(&self, line: &str) -> bool {
        let words = self.input.as_ref().map_or("", Input::text);
        !words.is_empty() && line.to_lowercase().contains(&words.to_lowercase())
    }
}
