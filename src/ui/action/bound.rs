//! [`TABLE`]: the rows with the user's keys laid over them.

use std::ops::Deref;
use std::slice::Iter;
use std::sync::OnceLock;

use crossterm::event::{KeyCode, KeyModifiers};

use super::table::ROWS;
use super::{Context, Entry, Key};

/// Every action, a row each. The rows are the program's, the keys the user's.
pub static TABLE: Table = Table;

/// The rows as they hold in this process.
#[derive(Clone, Copy, Debug)]
pub struct Table;

static BOUND: OnceLock<Vec<Entry>> = OnceLock::new();

impl Deref for Table {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        BOUND.get().map_or(ROWS, Vec::as_slice)
    }
}

impl IntoIterator for Table {
    type Item = &'static Entry;
    type IntoIter = Iter<'static, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        BOUND.get().map_or(ROWS, Vec::as_slice).iter()
    }
}

/// Gives rows of the table other keys, once in a process: before the screen opens.
pub fn bind(rows: Vec<(usize, Vec<Key>)>) {
    if rows.is_empty() {
        return;
    }
    let table = BOUND.get_or_init(|| {
        let mut table = ROWS.to_vec();
        for (row, keys) in rows {
            if let Some(entry) = table.get_mut(row) {
                // The table lives as long as the process.
                entry.keys = Vec::leak(keys);
            }
        }
        table
    });
    debug_assert!(!table.is_empty(), "the table has rows");
}

impl Entry {
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

/// Why a key cannot be bound in a context, if it cannot: it is text there, or a count.
pub fn reserved(context: Context, key: Key) -> Option<&'static str> {
    let event = key.event();
    let KeyCode::Char(c) = event.code else {
        return None;
    };
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        return None;
    }
    if context.types() || context == Context::Always {
        return Some("characters are text where one types");
    }
    c.is_ascii_digit()
        .then_some("digits are counts: 5s makes five steps")
}
