//! Keys as a person writes them: `Space`, `Ctrl-s`, `Enter`, `F1`, `t`.

use crossterm::event::{KeyCode, KeyModifiers};

use super::key::Key;

/// Names of the keys that are no characters.
const NAMES: &[(&str, KeyCode)] = &[
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
];

/// Reads a key's name.
///
/// # Errors
/// A sentence that says what a key looks like.
pub fn parse(text: &str) -> Result<Key, String> {
    let known = |text: &str| {
        NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, code)| *code)
    };
    let mut characters = text.chars();
    if let (Some(c), None) = (characters.next(), characters.next())
        && !c.is_control()
        && c != ' '
    {
        return Ok(Key::char(c));
    }
    if let Some(code) = known(text) {
        return Ok(Key::of(code));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(code) = lower.strip_prefix("shift-").and_then(known)
        && code != KeyCode::Char(' ')
    {
        return Ok(Key::shift(code));
    }
    if let Some(rest) = lower.strip_prefix("ctrl-") {
        let mut characters = rest.chars();
        if let (Some(c), None) = (characters.next(), characters.next())
            && c.is_ascii_graphic()
        {
            return Ok(Key::ctrl(c));
        }
    }
    if let Some(number) = lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok())
        && (1..=12).contains(&number)
    {
        return Ok(Key::of(KeyCode::F(number)));
    }
    let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
    Err(format!(
        "unknown key `{text}`: expected a character, Ctrl- and a letter, F1 to F12, Shift- and an arrow, or {}",
        names.join(", ")
    ))
}

/// The name that [`parse`] reads back.
pub fn name(key: &Key) -> String {
    let shown = key.to_string();
    let event = key.event();
    let shift = if event.modifiers.contains(KeyModifiers::SHIFT) {
        "Shift-"
    } else {
        ""
    };
    NAMES
        .iter()
        .find(|(_, known)| *known == event.code)
        .map_or(shown, |(name, _)| format!("{shift}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::TABLE;

    #[test]
    fn every_key_of_the_table_has_a_name_that_reads_back() {
        for row in TABLE {
            for key in row.keys {
                assert_eq!(parse(&name(key)).as_ref(), Ok(key), "{}", name(key));
            }
        }
    }

    #[test]
    fn names_are_forgiving_and_mistakes_say_what_is_wanted() {
        assert_eq!(parse("ctrl-S"), parse("Ctrl-s"));
        assert_eq!(parse("space"), Ok(Key::char(' ')));
        assert_ne!(parse("R"), parse("r"));
        for wrong in ["", " ", "Ctrl-", "Hyper-x", "F13", "tt"] {
            let said = parse(wrong).unwrap_err();
            assert!(said.contains("Ctrl- and a letter"), "{said}");
        }
    }
}
