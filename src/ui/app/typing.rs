//! What is typed and chosen in what lies above the screen.

use super::{App, Choice, Effect, Overlay, Saved};
use crate::ui::action::Action;

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
                self.complain(format!("{path} exists: Enter again replaces it"));
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
            Some(Overlay::Cell { input }) => {
                self.set_cell(input.text());
                Vec::new()
            }
            Some(Overlay::Help { .. } | Overlay::Notice { .. } | Overlay::Log { .. }) | None => {
                Vec::new()
            }
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

    pub(super) fn edit_overlay(&mut self, action: Action) {
        let matches = match &self.overlay {
            Some(Overlay::Open { input, .. }) => self.matching(input.text()).len(),
            Some(Overlay::Palette { input, .. }) => self.found(input.text()).len(),
            _ => 0,
        };
        let Some(overlay) = &mut self.overlay else {
            return;
        };
        match (&action, &mut *overlay) {
            (Action::Up, Overlay::Help { scroll, .. }) => *scroll = scroll.saturating_sub(3),
            (Action::Down, Overlay::Help { scroll, .. }) => *scroll += 3,
            (Action::Up, Overlay::Log { text, back }) => {
                *back = (*back + 3).min(text.lines().count());
            }
            (Action::Down, Overlay::Log { back, .. }) => *back = back.saturating_sub(3),
            (Action::Up, Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. }) => {
                *chosen = chosen.saturating_sub(1);
            }
            (Action::Down, Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. }) => {
                *chosen = (*chosen + 1).min(matches.saturating_sub(1));
            }
            (Action::Up | Action::Down, _) => {}
            _ => {
                let Some(input) = overlay.input() else { return };
                match action {
                    Action::Backspace => input.backspace(),
                    Action::DeleteWord => input.delete_word(),
                    Action::ClearLine => input.clear(),
                    Action::Insert(c) => input.insert(c),
                    Action::Paste(text) => input.paste(&text),
                    _ => {}
                }
                match overlay {
                    Overlay::Help { scroll, .. } => *scroll = 0,
                    Overlay::Open { chosen, .. } | Overlay::Palette { chosen, .. } => *chosen = 0,
                    Overlay::Save { replace, .. } => *replace = false,
                    Overlay::Value { .. }
                    | Overlay::Cell { .. }
                    | Overlay::Ask { .. }
                    | Overlay::Notice { .. }
                    | Overlay::Log { .. } => {}
                }
            }
        }
    }
}
