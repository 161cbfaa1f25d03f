//! The palette: everything that can be done or opened, as one list that typing narrows, the best match
//! first. It is made from the table of actions; what is chosen is done as its key would do it.

use super::action::{Action, Context, Entry, TABLE};
use super::app::Choice;
use crate::exercise::EXERCISES;

/// What a line of the palette leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Does this, in this place.
    Act(Action, Context),
    /// Opens the scenario of this name.
    Open(String),
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is called.
    pub name: String,
    /// A line about it.
    pub about: String,
    /// The keys that do the same; none for a scenario.
    pub keys: String,
    /// What it leads to.
    pub deed: Deed,
}

/// The lines that fit what was typed, best first. With nothing typed: what can be done here, then
/// everything else in the table's order, then the scenarios.
pub fn items(typed: &str, here: Context, choices: &[Choice]) -> Vec<Item> {
    let mut scored: Vec<_> = everything(here, choices)
        .into_iter()
        .filter_map(|item| Some((rank(&item, typed)?, item)))
        .collect();
    // Stable: equal matches stay in the order of the table.
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let steps = steps(typed).map(|n| Item {
        name: format!("step {n}"),
        about: format!("Make {n} steps in every lane, then pause."),
        keys: String::new(),
        deed: Deed::Act(Action::Step(n), Context::Main),
    });
    let rest = scored.into_iter().map(|(_, item)| item);
    steps.into_iter().chain(rest).collect()
}

/// A number of steps, typed as "step 50" or "50".
fn steps(typed: &str) -> Option<u64> {
    let number = typed.trim().strip_prefix("step").unwrap_or(typed).trim();
    let n = number.parse().ok()?;
    (1..=1_000_000).contains(&n).then_some(n)
}

fn everything(here: Context, choices: &[Choice]) -> Vec<Item> {
    let mut rows: Vec<&Entry> = TABLE.iter().filter(|row| row.context.is_place()).collect();
    rows.sort_by_key(|row| !(row.context == here && here != Context::Main));
    let mut items: Vec<Item> = Vec::new();
    for row in rows {
        // Opening the palette from the palette leads nowhere.
        if row.action == Action::Palette {
            continue;
        }
        let deed = Deed::Act(row.action.clone(), row.context);
        let known = items
            .iter_mut()
            .find(|item| matches!(&item.deed, Deed::Act(action, _) if *action == row.action));
        match known {
            // Done in several places, or by a key that works everywhere: one line, all its keys.
            Some(item) => {
                let known: Vec<String> = item.keys.split(' ').map(Into::into).collect();
                let keys = row.keys.iter().map(ToString::to_string);
                for key in keys.filter(|key| !known.contains(key)) {
                    item.keys = format!("{} {key}", item.keys).trim().into();
                }
            }
            None => items.push(Item {
                name: spoken(row),
                about: row.about.into(),
                keys: row.keys_text(),
                deed,
            }),
        }
    }
    let exercises = EXERCISES.iter().enumerate();
    let exercises = exercises.filter(|(_, exercise)| exercise.is_there());
    items.extend(exercises.map(|(place, exercise)| Item {
        name: format!("exercise {}: {}", place + 1, exercise.name),
        about: format!("{}.", exercise.title),
        keys: String::new(),
        deed: Deed::Act(Action::Exercise(place), Context::Main),
    }));
    items.extend(choices.iter().map(|choice| Item {
        name: format!("open {}", choice.name),
        about: choice.title.clone(),
        keys: String::new(),
        deed: Deed::Open(choice.name.clone()),
    }));
    items
}

/// The row's name; where it only names a thing, with what is done to it.
fn spoken(row: &Entry) -> String {
    match row.action {
        Action::Dial(_) => format!("dial: {}", row.name),
        Action::Panel(_) => format!("panel: {}", row.name),
        Action::Page(page) => format!("page: {}", page.name()),
        _ => row.name.into(),
    }
}

/// How well a line fits: by its name first, by its keys, or by words of what is said about it.
fn rank(item: &Item, typed: &str) -> Option<i32> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Some(0);
    }
    // Who types a whole name means it, and not a longer one that begins so.
    let mut total = if item.name.eq_ignore_ascii_case(typed) {
        1000
    } else {
        0
    };
    for word in typed.split_whitespace() {
        let by_name = fuzzy(word, &item.name).map(|score| score * 3);
        let by_key = item
            .keys
            .split(' ')
            .any(|key| key == word)
            .then_some(40 * word.chars().count() as i32);
        // Scattered letters are found in any sentence: here only whole pieces count.
        let by_about = item
            .about
            .to_lowercase()
            .contains(&word.to_lowercase())
            .then_some(4 * word.chars().count() as i32);
        total += [by_name, by_key, by_about].into_iter().flatten().max()?;
    }
    Some(total)
}

/// How well `word` fits `text` as a sequence of its letters: more where a letter begins a word or
/// follows the one before; less for what is skipped. `None` if a letter is missing.
fn fuzzy(word: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    // Each place where the first letter stands is a possible beginning.
    let starts = (0..text.len()).filter(|&i| word.first() == Some(&text[i]));
    starts.filter_map(|start| along(&word, &text, start)).max()
}

fn along(word: &[char], text: &[char], start: usize) -> Option<i32> {
    let begins = |i: usize| i == 0 || !text[i - 1].is_alphanumeric();
    let mut score = 0;
    let mut at = start;
    for (n, &letter) in word.iter().enumerate() {
        let found = (at..text.len()).find(|&i| text[i] == letter)?;
        score += match (n, found == at) {
            (0, _) => 4,
            (_, true) => 8,
            (_, false) => 2 - (found - at).min(4) as i32,
        };
        if begins(found) {
            score += 6;
        }
        at = found + 1;
    }
    // A word that is matched whole beats one that goes on.
    if at == text.len() || !text[at].is_alphanumeric() {
        score += 3;
    }
    (score > 0).then_some(score)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::control::Dial;

    fn choices() -> Vec<Choice> {
        vec![Choice {
            name: "tau-too-small".into(),
            title: "A temperature that is too small".into(),
            group: "Losses",
        }]
    }

    fn names(typed: &str) -> Vec<String> {
        let found = items(typed, Context::Dials, &choices());
        found.into_iter().map(|item| item.name).collect()
    }

    #[test]
    fn the_palette_holds_every_action_of_the_table_once_with_its_keys() {
        let all = items("", Context::Dials, &choices());
        for row in TABLE.iter().filter(|row| row.action != Action::Palette) {
            let shown = all
                .iter()
                .filter(|item| matches!(&item.deed, Deed::Act(action, _) if *action == row.action))
                .collect::<Vec<_>>();
            if TABLE
                .iter()
                .any(|other| other.action == row.action && other.context.is_place())
            {
                assert_eq!(shown.len(), 1, "{:?}", row.action);
                assert!(shown[0].about.ends_with('.'));
            } else {
                assert!(
                    shown.is_empty(),
                    "{:?} works in an overlay only",
                    row.action
                );
            }
        }
        let unique: HashSet<_> = all.iter().map(|item| &item.name).collect();
        let twice: Vec<_> = all.iter().map(|item| &item.name).collect();
        assert_eq!(
            unique.len(),
            twice.len(),
            "two lines read the same: {twice:?}"
        );
    }

    #[test]
    fn every_line_is_found_by_its_own_name_first() {
        for item in items("", Context::Dials, &choices()) {
            let found = names(&item.name);
            assert_eq!(found.first(), Some(&item.name), "{found:?}");
        }
    }

    #[test]
    fn letters_in_order_are_enough_and_the_best_match_leads() {
        assert_eq!(names("tts")[0], "open tau-too-small");
        assert_eq!(names("ckpt")[0], "checkpoint");
        assert_eq!(names("newseed")[0], "new seed");
        assert_eq!(names("dial temp")[0], "dial: temperature");
        assert_eq!(names("step 50")[0], "step 50");
        // By a word of what is said about it, and by its key.
        assert!(names("shuffled").contains(&"dial: shuffle_captions".to_string()));
        assert_eq!(names("ctrl-s").len(), names("Ctrl-s").len() - 1);
        assert_eq!(names("Ctrl-s")[0], "save");
        assert!(names("zzzz").is_empty());
    }

    #[test]
    fn what_can_be_done_here_comes_first() {
        let first = |here| items("", here, &[])[0].deed.clone();
        assert!(matches!(
            first(Context::Dials),
            Deed::Act(_, Context::Dials)
        ));
        assert!(matches!(
            first(Context::Matrix),
            Deed::Act(_, Context::Matrix)
        ));
    }

    #[test]
    fn every_dial_is_found_by_its_name() {
        for dial in Dial::ALL {
            let found = items("", Context::Main, &[]);
            let leads =
                |item: &Item| matches!(&item.deed, Deed::Act(Action::Dial(d), _) if *d == dial);
            assert_eq!(
                found.iter().filter(|item| leads(item)).count(),
                1,
                "{dial:?}"
            );
        }
    }
}
