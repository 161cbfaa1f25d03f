//! [`TABLE`]: the rows with the user's keys laid over them.

use std::ops::Deref;
use std::slice::Iter;
use std::sync::OnceLock;

use crossterm::event::{KeyCode, KeyModifiers};

use super::context::Context;
use super::entry::Entry;
use super::key::Key;
use super::table::ROWS;

/// Every action, a row each. The rows are the program's, the keys the user's.
pub static TABLE: Table = Table;

/// The rows as they hold in this process.
#[derive(Clone, Copy, Debug)]
pub struct Table;

static BOUND: OnceLock<Vec<Entry>> = OnceLock::new();

impl Deref for Table {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        BOUND.get().unwrap_or(&ROWS)
    }
}

impl IntoIterator for Table {
    type Item = &'static Entry;
    type IntoIter = Iter<'static, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        BOUND.get().unwrap_or(&ROWS).iter()
    }
}

/// Gives rows of the table other keys, once in a process: before the screen opens.
pub fn bind(rows: Vec<(usize, Vec<Key>)>) {
    if rows.is_empty() {
        return;
    }
    let table = BOUND.get_or_init(|| {
        let mut table = ROWS.clone();
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

/// Why a key cannot be bound in a context, if it cannot: it is text there.
pub fn reserved(context: Context, key: Key) -> Option<&'static str> {
    let event = key.event();
    let KeyCode::Char(_) = event.code else {
        return None;
    };
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        return None;
    }
    (context.types() || context == Context::Always).then_some("characters are text where one types")
}
