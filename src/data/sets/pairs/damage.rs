//! [`Tally`]: what could not be used, counted, the first few by name.
//!
//! Names come from files that anybody may have written: what would move a terminal's cursor is taken out of them.

use std::fmt::Write as _;

/// So many are named.
const NAMED: usize = 5;

/// Longest name that is shown, characters.
const LONGEST: usize = 120;

/// What could not be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    count: u64,
    named: Vec<String>,
}

impl Tally {
    /// Counts one: what it is called, and why.
    pub fn add(&mut self, name: &str, why: &str) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("{} ({})", shown(name), shown(why)));
        }
    }

    /// Counts one that is worth more than others: it is named first.
    pub fn first(&mut self, name: &str, why: &str) {
        self.count += 1;
        self.named
            .insert(0, format!("{} ({})", shown(name), shown(why)));
        self.named.truncate(NAMED);
    }

    /// "2 left out: a.jpg (no such file), b.jpg (no caption)"; `None` if there are none.
    pub fn text(&self, what: &str) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let mut text = format!("{} {what}: {}", self.count, self.named.join(", "));
        let more = self.count - self.named.len() as u64;
        if more > 0 {
            let _ = write!(text, ", and {more} more");
        }
        Some(text)
    }
}

/// A text from outside, fit for a line on a terminal.
pub fn shown(text: &str) -> String {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(LONGEST).map(plain).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('\u{2026}');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_are_named_and_the_rest_counted() {
        let mut tally = Tally::default();
        assert_eq!(tally.text("left out"), None);
        for i in 0..7 {
            tally.add(&format!("{i}.jpg"), "no caption");
        }
        let text = tally.text("left out").unwrap();
        assert!(
            text.starts_with("7 left out: 0.jpg (no caption), "),
            "{text}"
        );
        assert!(text.ends_with("4.jpg (no caption), and 2 more"), "{text}");
    }

    #[test]
    fn names_cannot_steer_the_terminal() {
        assert_eq!(shown("a\u{1b}[2J\nb"), "a\u{fffd}[2J\u{fffd}b");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), LONGEST + 1);
    }
}
