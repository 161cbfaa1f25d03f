//! [`Entry`]: a row of the table of actions.

use super::act::Action;
use super::context::Context;
use super::key::Key;

/// A row of the table.
#[derive(Clone)]
pub struct Entry {
    /// What is done.
    pub action: Action,
    /// What it is called.
    pub name: &'static str,
    /// The keys that do it; the first is the one that is shown. Without one it is found by `:`.
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

    /// The row's name in the file of keys: where it applies, and what it is called.
    pub fn id(&self) -> String {
        let mut id = format!("{:?}.", self.context).to_lowercase();
        for word in self
            .name
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            if !id.ends_with('.') {
                id.push('-');
            }
            id.push_str(&word.to_lowercase());
        }
        id
    }
}
