//! The one table of actions: it dispatches keys, and the help and the footer are made from it. To
//! add an action, add a line in `act`, a row in `table`, and an arm in `App::update`.

mod act;
mod bound;
mod chart;
mod context;
mod entry;
mod key;
pub mod key_name;
mod table;
mod turn;

pub use act::Action;
pub use bound::{TABLE, bind, reserved};
pub use chart::ChartKey;
pub use context::Context;
pub use entry::Entry;
pub use key::Key;
pub use turn::{Direction, Turn};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

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

    #[test]
    fn every_action_has_a_key_and_a_line() {
        // A dial needs no key of its own: the palette knows them all.
        let dial = |action: &Action| matches!(action, Action::Dial(_));
        let keyed = Action::keyed();
        for action in keyed.iter().filter(|action| !dial(action)) {
            let row = entry(action).unwrap_or_else(|| panic!("{action:?} has no row"));
            assert!(!row.keys.is_empty(), "{action:?} has no key");
            assert!(
                row.about.ends_with('.') && row.about.len() > 10,
                "{action:?}: say what it does"
            );
            assert!(!row.name.is_empty());
        }
        assert!(TABLE.iter().all(|row| keyed.contains(&row.action)));
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
