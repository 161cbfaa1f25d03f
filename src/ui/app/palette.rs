//! The palette's choice: what is marked is done as its key would do it.

use super::{App, Effect, Focus, Overlay};
use crate::ui::action::{Action, Context};
use crate::ui::palette::{self, Deed, Item};
use crate::ui::panel::Panel;

impl App {
    /// Where the keys apply, whatever lies above the screen.
    pub fn here(&self) -> Context {
        match (self.focus, self.panel) {
            (Focus::Dials, _) => Context::Dials,
            (Focus::Panel, Panel::Matrix | Panel::Gradient) => Context::Matrix,
            (Focus::Panel, Panel::Landscape) => Context::Landscape,
            (Focus::Panel, Panel::Hand) => Context::Hand,
            (
                Focus::Panel,
                Panel::ZeroShot | Panel::Transfer | Panel::Languages | Panel::Geometry,
            ) => Context::Findings,
            (Focus::Panel, Panel::Query) => Context::Query,
            (Focus::Panel, _) => Context::Charts,
        }
    }

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
            self.complain("nothing has these letters: Esc closes the palette");
            return Vec::new();
        };
        self.overlay = None;
        match item.deed {
            Deed::Open(name) => vec![Effect::Open(name)],
            Deed::Act(action, place) => {
                // As if one had gone there first.
                match place {
                    Context::Dials => self.focus = Focus::Dials,
                    place if place == self.here() => {}
                    Context::Charts => drop(self.update(Action::Panel(Panel::Loss))),
                    Context::Matrix => drop(self.update(Action::Panel(Panel::Matrix))),
                    Context::Landscape => drop(self.update(Action::Panel(Panel::Landscape))),
                    Context::Hand => drop(self.update(Action::Panel(Panel::Hand))),
                    _ => {}
                }
                self.update(action)
            }
        }
    }
}
