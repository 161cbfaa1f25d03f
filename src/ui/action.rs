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

/// What the key does in this context, in the tour or outside it.
pub fn lookup(context: Context, tour: bool, event: KeyEvent) -> Option<Action> {
    let key = Key::from(event);
    // Shift with a key that has no row with it is the key alone.
    for key in [key, key.unshifted()] {
        for &scope in context.chain(tour) {
            let entry = TABLE
                .iter()
                .find(|entry| entry.context == scope && entry.keys.contains(&key));
            if let Some(entry) = entry {
                return Some(entry.action.clone());
            }
        }
    }
    let plain = !event
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER);
    match event.code {
        KeyCode::Char(c) if plain && context.types() => Some(Action::Insert(c)),
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

    /// Done once an hour: found by `:`, without a key.
    const WITHOUT_A_KEY: [Action; 9] = [
        Action::Defaults,
        Action::Reseed,
        Action::Branch,
        Action::Ask,
        Action::Chart(ChartKey::Ghost),
        Action::Evaluate,
        Action::Checkpoint,
        Action::Theme,
        Action::Tour,
    ];

    #[test]
    fn every_action_has_a_line_and_a_key_or_is_known_to_have_none() {
        // The palette finds dials and panels by their names.
        let named = |action: &Action| matches!(action, Action::Dial(_) | Action::Panel(_));
        let keyed = Action::keyed();
        for action in &keyed {
            let row = entry(action).unwrap_or_else(|| panic!("{action:?} has no row"));
            let without = WITHOUT_A_KEY.contains(action);
            assert_eq!(
                row.keys.is_empty() && !named(action),
                without,
                "{action:?}: {:?}",
                row.keys_text()
            );
            assert!(
                row.context.is_place() || !row.keys.is_empty(),
                "{action:?} cannot be reached"
            );
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
        for (context, tour) in everywhere() {
            let mut seen: HashMap<Key, &str> = HashMap::new();
            for row in TABLE
                .iter()
                .filter(|row| context.chain(tour).contains(&row.context))
            {
                for key in row.keys {
                    let other = seen.insert(*key, row.name);
                    assert_eq!(other, None, "{key} is also {} in {context:?}", row.name);
                }
            }
        }
    }

    fn everywhere() -> impl Iterator<Item = (Context, bool)> {
        let each = |context| [false, true].map(|tour| (context, tour));
        Context::ALL.into_iter().flat_map(each)
    }

    #[test]
    fn every_row_is_reachable() {
        for row in TABLE {
            for key in row.keys {
                let tour = row.context == Context::Tour;
                assert_eq!(
                    lookup(row.context, tour, key.event()).as_ref(),
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
    fn letters_are_text_where_one_types_and_digits_are_pages_elsewhere() {
        use crate::ui::panel::Page;
        let press = |context, c| lookup(context, false, KeyEvent::from(KeyCode::Char(c)));
        assert_eq!(press(Context::Line, 'q'), Some(Action::Insert('q')));
        assert_eq!(press(Context::Line, '2'), Some(Action::Insert('2')));
        assert_eq!(press(Context::Dials, 'q'), Some(Action::Quit));
        for here in [Context::Dials, Context::Hand, Context::Matrix] {
            assert_eq!(press(here, '2'), Some(Action::Page(Page::Loss)));
            assert_eq!(press(here, '0'), Some(Action::AllPanels));
        }
        assert_eq!(press(Context::Dials, '~'), None);
    }

    #[test]
    fn tour_keys_are_keys_of_the_tour_alone() {
        let press = |tour, c| lookup(Context::Dials, tour, KeyEvent::from(KeyCode::Char(c)));
        assert_eq!(press(true, 'N'), Some(Action::NextStop));
        assert_eq!(press(true, 'P'), Some(Action::PreviousStop));
        assert_eq!(press(false, 'N'), Some(Action::PreviousMatch));
        assert_eq!(press(false, 'P'), None);
    }

    #[test]
    fn shift_with_an_arrow_goes_far_where_that_has_a_row_and_else_as_the_arrow_does() {
        let press =
            |context, code| lookup(context, false, KeyEvent::new(code, KeyModifiers::SHIFT));
        assert_eq!(
            press(Context::Dials, KeyCode::Left),
            Some(Action::Turn(Turn::FarDown))
        );
        assert_eq!(press(Context::Dials, KeyCode::Down), Some(Action::NextDial));
    }
}
