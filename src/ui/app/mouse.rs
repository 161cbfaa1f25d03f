//! The mouse: what it meets does what its key does.

use super::{App, Effect, Overlay};
use crate::ui::action::Action;
use crate::ui::panel::Panel;
use crate::ui::region::Target;

impl App {
    pub(super) fn click(&mut self, x: u16, y: u16) -> Vec<Effect> {
        let Some((area, target)) = self
            .regions
            .at(x, y)
            .map(|(area, target)| (area, target.clone()))
        else {
            return Vec::new();
        };
        // A click beside the welcome's choices explores.
        if self.welcomes() && !matches!(target, Target::Row(_)) {
            self.overlay = None;
        }
        match target {
            Target::Act(action) => return self.update(action),
            Target::Row(row) => {
                if let Some(Overlay::Welcome { learn }) = &mut self.overlay {
                    *learn = row == 0;
                    return self.accept();
                }
                if let Some(Overlay::Open { input, .. }) = &self.overlay {
                    let typed = input.text().trim().to_string();
                    return self.accept_open(&typed, row);
                }
                return self.do_found(row);
            }
            Target::Panel(panel) => self.look_at(panel),
            Target::Dial(dial, lane) => {
                self.hold(dial);
                self.target = lane;
            }
            Target::Lane(lane) => self.target = lane,
            Target::Chart(map) => {
                self.look_at(map.panel);
                self.aim_at(x, y, true);
            }
            Target::Matrix(map) => {
                self.look_at(Panel::Matrix);
                self.cursor = map.cell_at(x - area.x, y - area.y);
            }
            Target::Cells(map) => {
                self.look_at(Panel::Matrix);
                self.cursor = map.cell_at(x - area.x, y - area.y);
            }
        }
        Vec::new()
    }

    pub(super) fn wheel(&mut self, x: u16, y: u16, up: bool) -> Vec<Effect> {
        if self.overlay.is_some() {
            self.edit_overlay(if up { Action::Up } else { Action::Down });
            return Vec::new();
        }
        let on_card = |(_, target): &(_, &Target)| **target == Target::Act(Action::Explain);
        if self.reads_card() && self.regions.at(x, y).as_ref().is_some_and(on_card) {
            self.scroll_card(&if up { Action::Up } else { Action::Down });
            return Vec::new();
        }
        let panel = match self.regions.at(x, y).map(|(_, target)| target) {
            Some(Target::Chart(map)) => map.panel,
            Some(Target::Panel(panel)) => *panel,
            // The wheel turns no dial.
            _ => return Vec::new(),
        };
        match panel {
            Panel::Hand => self.scroll_hand(!up),
            Panel::Languages => self.scroll_languages(!up),
            Panel::Loss | Panel::Traces | Panel::Retrieval => {
                let last = self.newest();
                self.charts.of_mut(panel.row().chart).pan(!up, last);
            }
            _ => {}
        }
        Vec::new()
    }
}
