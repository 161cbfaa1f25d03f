//! What is typed and chosen in what lies above the screen.

use super::{App, Choice, Effect, Overlay, Saved, Slot};
use crate::ui::action::Action;
use crate::ui::dial::begins_number;

impl App {
    /// Scenarios whose name or title contains what was typed.
    pub fn matching(&self, typed: &str) -> Vec<&Choice> {
        let words: Vec<_> = typed.split_whitespace().map(str::to_lowercase).collect();
        let fits = |choice: &&Choice| {
            let text = format!("{} {}", choice.name, choice.title).to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        self.choices.iter().filter(fits).collect()
    }

    /// Shows something to read.
    pub fn notify(&mut self, title: impl Into<String>, text: impl Into<String>) {
        self.overlay = Some(Overlay::Notice {
            title: title.into(),
            text: text.into(),
            scroll: 0,
        });
    }

    /// What came of saving: the file is written, or is there already, or cannot be written.
    pub fn saved(&mut self, outcome: Saved) {
        match (outcome, &mut self.overlay) {
            (Saved::Done(path), _) => {
                self.overlay = None;
                self.say(format!("saved to {path}"));
            }
            (Saved::Exists(path), Some(Overlay::Save { replace, .. })) => {
                *replace = true;
                self.complain(format!(
                    "{path} already exists: press Enter again to replace it"
                ));
            }
            (Saved::Exists(path), _) => self.complain(format!("{path} exists")),
            (Saved::Failed(reason), _) => self.complain(reason.lines().next().unwrap_or_default()),
        }
    }

    pub(super) fn accept(&mut self) -> Vec<Effect> {
        match self.overlay.clone() {
            Some(Overlay::Open { input, chosen }) => self.accept_open(input.text().trim(), chosen),
            Some(Overlay::Palette { chosen, .. }) => self.do_found(chosen),
            Some(Overlay::Save { input, replace }) => {
                let path = input.text().trim().to_string();
                if path.is_empty() {
                    self.complain("type the file's name");
                    return Vec::new();
                }
                vec![Effect::Save { path, replace }]
            }
            Some(Overlay::Value { input }) => self.set_value(input.text()),
            Some(Overlay::Ask { input }) => self.ask(input.text()),
            Some(Overlay::Answer { input }) => {
                self.give_answer(input.text());
                Vec::new()
            }
            Some(Overlay::Cell { input }) => {
                self.set_cell(input.text());
                Vec::new()
            }
            Some(Overlay::Welcome { learn }) => {
                self.overlay = None;
                if learn { self.open_stop(0) } else { Vec::new() }
            }
            Some(Overlay::Search { input }) => {
                self.accept_search(input.text());
                Vec::new()
            }
            Some(Overlay::Help { .. }) => {
                self.end_filter();
                Vec::new()
            }
            Some(Overlay::Notice { .. } | Overlay::Log { .. }) => {
                self.accept_find();
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    pub(super) fn accept_open(&mut self, typed: &str, chosen: usize) -> Vec<Effect> {
        let is_path = typed.contains(['/', '\\']) || typed.to_lowercase().ends_with(".ron");
        let name = self
            .matching(typed)
            .get(chosen)
            .map(|choice| choice.name.clone());
        match name {
            Some(name) if !is_path => vec![Effect::Open(name)],
            _ if typed.is_empty() => {
                self.complain("type a scenario's path");
                Vec::new()
            }
            _ => vec![Effect::Open(typed.to_string())],
        }
    }

    /// Begins to type the words that the help's rows must hold.
    pub(super) fn begin_filter(&mut self) {
        if let Some(Overlay::Help { typing, .. }) = &mut self.overlay {
            *typing = true;
        }
    }

    /// Ends the typing; the filter stays.
    pub(super) fn end_filter(&mut self) {
        if let Some(Overlay::Help { typing, .. }) = &mut self.overlay {
            *typing = false;
        }
    }

    /// Leaves the help's filter, if there is one.
    pub(super) fn leave_filter(&mut self) -> bool {
        match &mut self.overlay {
            Some(Overlay::Help {
                filter,
                typing,
                scroll,
            }) if *typing || !filter.text().is_empty() => {
                filter.clear();
                *typing = false;
                *scroll = 0;
                true
            }
            _ => false,
        }
    }

    pub(super) fn edit_overlay(&mut self, action: Action) {
        if self.edit_find(&action) {
            return;
        }
        let matches = match &self.overlay {
            Some(Overlay::Open { input, .. }) => self.matching(input.text()).len(),
            Some(Overlay::Palette { input, .. }) => self.found(input.text()).len(),
            _ => 0,
        };
        let page = self.regions.scroll_rows.max(1);
        let (dial, bias_cell) = (self.dial, self.hand.slot == Slot::Bias);
        let Some(overlay) = &mut self.overlay else {
            return;
        };
        match (&action, &mut *overlay) {
            (
                _,
                Overlay::Help {
                    scroll,
                    typing: false,
                    ..
                }
                | Overlay::Notice { scroll, .. },
            ) => {
                *scroll = scrolled(&action, *scroll, page, self.regions.scroll_end);
            }
            (_, Overlay::Log { back, .. }) => {
                // Counted from its end, where what is new appears.
                let last = self.regions.scroll_end;
                let now = last.saturating_sub(*back);
                *back = last - scrolled(&action, now, page, last);
            }
            (
                Action::Up | Action::Down | Action::PageUp | Action::PageDown,
                Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. },
            ) => *chosen = scrolled(&action, *chosen, 8, matches.saturating_sub(1)),
            (Action::Up | Action::Down, Overlay::Welcome { learn }) => *learn = !*learn,
            (Action::Up | Action::Down, _) => {}
            _ => {
                let (value, cell) = (
                    matches!(overlay, Overlay::Value { .. }),
                    matches!(overlay, Overlay::Cell { .. }),
                );
                let Some(input) = overlay.input() else { return };
                let (before, typed) = (input.clone(), matches!(action, Action::Insert(_)));
                match action {
                    Action::Backspace => input.backspace(),
                    Action::DeleteWord => input.delete_word(),
                    Action::ClearLine => input.clear(),
                    Action::Insert(c) => input.insert(c),
                    Action::Paste(text) => input.paste(&text),
                    _ => {}
                }
                if value && typed && !dial.may_begin(input.text()) {
                    *input = before;
                    let allowed = dial.allowed(self.settings(self.target.unwrap_or(0)).as_ref());
                    self.complain(format!("{}: {allowed}", dial.name()));
                    return;
                }
                let none = bias_cell && "none".starts_with(input.text());
                if cell && typed && !begins_number(input.text()) && !none {
                    *input = before;
                    self.complain("type a number, such as -0.25 or 1e-3");
                    return;
                }
                match overlay {
                    Overlay::Help { scroll, .. } => *scroll = 0,
                    Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. } => *chosen = 0,
                    Overlay::Save { replace, .. } => *replace = false,
                    Overlay::Value { .. }
                    | Overlay::Cell { .. }
                    | Overlay::Search { .. }
                    | Overlay::Answer { .. }
                    | Overlay::Welcome { .. }
                    | Overlay::Ask { .. }
                    | Overlay::Notice { .. }
                    | Overlay::Log { .. } => {}
                }
            }
        }
    }
}

/// Where one is after a key that scrolls.
pub(super) fn scrolled(action: &Action, now: usize, page: usize, last: usize) -> usize {
    match action {
        Action::Up => now.saturating_sub(1),
        Action::Down => (now + 1).min(last),
        Action::PageUp => now.saturating_sub(page),
        Action::PageDown => (now + page).min(last),
        Action::First => 0,
        Action::Last => last,
        _ => now,
    }
}
