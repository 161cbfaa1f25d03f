//! The palette's choice: what is marked is done as its key would do it.

use super::{App, Effect, Focus, Overlay};
use crate::ui::action::{Action, Context};
use crate::ui::palette::{self, Deed, Item};
use crate::ui::panel::Panel;

impl App {
    /// The palette's lines for what was typed.
    pub fn found(&self, typed: &str) -> Vec<Item> {
        palette::items(typed, self.here(), &self.choices)
    }

    /// Does what the line says.
    pub(super) fn do_found(&mut self, row: usize) -> Vec<Effect> {
        let Some(Overlay::Palette { input, .. }) = &self.overlay else {
            return Vec::new();
        };
        let Some(item) = self.found(input.text()).into_iter().nth(row) else {
            self.complain("no match; Esc closes the palette");
            return Vec::new();
        };
        self.overlay = None;
        match item.deed {
            Deed::Open(name) => vec![Effect::Open(name)],
            Deed::Act(action, place) => {
                // As if one had gone there first.
                match place {
                    Context::Dials => {
                        self.desk.lay_down();
                        self.focus = Focus::Dials;
                    }
                    place if place == self.here() => {}
                    Context::Main
                    | Context::Tour
                    | Context::Matches
                    | Context::Always
                    // Evaluations may be asked for from anywhere.
                    | Context::Findings
                    | Context::Query => {}
                    place => {
                        if let Some(panel) =
                            Panel::ALL.into_iter().find(|p| p.row().inside == place)
                        {
                            drop(self.update(Action::Panel(panel)));
                        }
                    }
                }
                self.update(action)
            }
        }
    }
}
