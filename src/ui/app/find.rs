//! Finding words in what is read: the log, a notice. The view says in which lines they stand.

use super::{App, Find, Overlay};
use crate::ui::action::Action;
use crate::ui::input::Input;

impl App {
    /// Begins to type: the help's filter, or what is to be found.
    pub(super) fn begin_find(&mut self) {
        if matches!(self.overlay, Some(Overlay::Help { .. })) {
            self.begin_filter();
            return;
        }
        self.find = Find {
            input: Some(Input::default()),
            typing: true,
            line: None,
        };
    }

    /// Ends the typing and goes to the first line that holds the words.
    pub(super) fn accept_find(&mut self) {
        self.find.typing = false;
        self.next_found(true);
    }

    /// Stops looking for anything.
    pub(super) fn leave_find(&mut self) -> bool {
        std::mem::take(&mut self.find).input.is_some()
    }

    /// Changes the words that are being typed; whether they are.
    pub(super) fn edit_find(&mut self, action: &Action) -> bool {
        let Some(input) = self.find.input.as_mut().filter(|_| self.find.typing) else {
            return false;
        };
        match action {
            Action::Backspace => input.backspace(),
            Action::DeleteWord => input.delete_word(),
            Action::ClearLine => input.clear(),
            Action::Insert(c) => input.insert(*c),
            Action::Paste(text) => input.paste(text),
            _ => {}
        }
        true
    }

    /// Goes to the next line that holds the words, or the previous one; round and round.
    pub(super) fn next_found(&mut self, forward: bool) {
        let found = &self.regions.found;
        let now = self.find.line;
        let next = if forward {
            let after = found.iter().find(|line| now.is_none_or(|now| **line > now));
            after.or_else(|| found.first())
        } else {
            let before = found
                .iter()
                .rfind(|line| now.is_some_and(|now| **line < now));
            before.or_else(|| found.last())
        };
        let Some(&line) = next else { return };
        self.find.line = Some(line);
        let last = self.regions.scroll_end;
        match &mut self.overlay {
            Some(Overlay::Notice { scroll, .. }) => *scroll = line.min(last),
            Some(Overlay::Log { back, .. }) => *back = last.saturating_sub(line),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::ui::fixture;
    use crate::ui::theme::{Depth, Glyphs, Theme};

    /// Presses a key and draws, as the loop does: the view says what is where.
    fn tap(app: &mut App, code: KeyCode) {
        app.key(KeyEvent::from(code));
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        terminal
            .draw(|frame| app.regions = crate::ui::view::render(frame, app, &theme))
            .unwrap();
    }

    fn type_keys(app: &mut App, keys: &str) {
        for c in keys.chars() {
            tap(
                app,
                match c {
                    '\n' => KeyCode::Enter,
                    c => KeyCode::Char(c),
                },
            );
        }
    }

    #[test]
    fn words_in_the_log_are_found_one_after_the_other_and_round() {
        let mut app = fixture::app(300);
        app.size = (80, 24);
        let line = |i| format!("line {i}{}\n", if i % 40 == 7 { " needle" } else { "" });
        app.show_log(&(0..100).map(line).collect::<String>());
        type_keys(&mut app, "/Needle\n");
        let place = |app: &App| app.find.line.unwrap();
        let first = place(&app);
        type_keys(&mut app, "n");
        assert_eq!(place(&app), first + 40);
        type_keys(&mut app, "n");
        assert_eq!(place(&app), first + 80);
        type_keys(&mut app, "n");
        assert_eq!(place(&app), first, "round");
        type_keys(&mut app, "N");
        assert_eq!(place(&app), first + 80);
        // Esc leaves the search, then the log.
        tap(&mut app, KeyCode::Esc);
        assert!(app.find == Find::default() && app.overlay.is_some());
        tap(&mut app, KeyCode::Esc);
        assert_eq!(app.overlay, None);
    }

    #[test]
    fn what_closes_takes_its_search_along() {
        let mut app = fixture::app(300);
        app.size = (80, 24);
        app.notify("title", "one\ntwo");
        type_keys(&mut app, "/q");
        assert!(app.overlay.is_some(), "a letter is text");
        type_keys(&mut app, "\nqq");
        assert_eq!(
            (app.overlay.clone(), app.find.clone()),
            (None, Find::default())
        );
    }
}
