//! [`Input`]: one line of text being typed.

/// A line that is typed at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
}

impl Input {
    /// A line that begins with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a character; control characters are not text.
    pub fn insert(&mut self, c: char) {
        if !c.is_control() {
            self.text.push(c);
        }
    }

    /// Adds pasted text: its first line.
    pub fn paste(&mut self, text: &str) {
        text.trim()
            .lines()
            .take(1)
            .flat_map(str::chars)
            .for_each(|c| self.insert(c));
    }

    /// Rubs out a character.
    pub fn backspace(&mut self) {
        self.text.pop();
    }

    /// Rubs out a word and the blanks after it.
    pub fn delete_word(&mut self) {
        let kept = self.text.trim_end();
        let end = kept.rfind([' ', '/']).map_or(0, |at| at + 1);
        // A slash at the end is the end of its own word.
        let end = if end == kept.len() {
            kept.trim_end_matches('/')
                .rfind([' ', '/'])
                .map_or(0, |at| at + 1)
        } else {
            end
        };
        self.text.truncate(end);
    }

    /// Rubs out everything.
    pub fn clear(&mut self) {
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_path_parts_are_rubbed_out() {
        let mut input = Input::new("runs/first try.ron");
        input.delete_word();
        assert_eq!(input.text(), "runs/first ");
        input.delete_word();
        assert_eq!(input.text(), "runs/");
        input.delete_word();
        assert_eq!(input.text(), "");
        input.delete_word();
        assert_eq!(input.text(), "");
    }

    #[test]
    fn a_paste_gives_one_line_without_control_characters() {
        let mut input = Input::default();
        input.paste("  a\u{7}b.ron\nrm -rf\n");
        assert_eq!(input.text(), "ab.ron");
    }
}
