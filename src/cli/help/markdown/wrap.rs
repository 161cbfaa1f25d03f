//! Text in lines of a width.

use unicode_width::UnicodeWidthChar as _;

/// From here on text stands out. It takes no room.
pub const BOLD: char = '\u{1}';
/// From here on it does not.
pub const PLAIN: char = '\u{2}';

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.chars()
        .filter(|c| ![BOLD, PLAIN].contains(c))
        .map(|c| c.width().unwrap_or(0))
        .sum()
}

/// Where lines begin and end.
pub struct Wrap {
    /// Before the first line.
    pub first: String,
    /// Before the others.
    pub rest: String,
    /// Columns, with what stands before.
    pub width: usize,
}

impl Wrap {
    /// The text in lines. A word that is wider than a line has one of its own.
    pub fn lines(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = self.first.clone();
        let mut begun = false;
        for part in text.split('\n') {
            for word in part.split(' ').filter(|word| !word.is_empty()) {
                if begun && width(&line) + 1 + width(word) > self.width {
                    lines.push(std::mem::replace(&mut line, self.rest.clone()));
                    begun = false;
                }
                if begun {
                    line.push(' ');
                }
                line.push_str(word);
                begun = true;
            }
            lines.push(std::mem::replace(&mut line, self.rest.clone()));
            begun = false;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_word_stands_alone_and_marks_take_no_room() {
        let wrap = Wrap {
            first: "- ".into(),
            rest: "  ".into(),
            width: 8,
        };
        let text = format!("an {BOLD}extraordinarily{PLAIN} {BOLD}long{PLAIN} one");
        let lines = wrap.lines(&text);
        let widths: Vec<_> = lines.iter().map(|line| width(line)).collect();
        assert_eq!(widths, [4, 17, 6, 5], "{lines:?}");
        assert_eq!(width("漢a"), 3);
    }
}
