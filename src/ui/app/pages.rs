//! Pages: which panels are shown together, which of them is in hand, and what Tab goes through.

use super::{App, Focus};
use crate::ui::panel::{Page, Panel};

/// What the first page shows besides the loss curve, unless a lesson names its panels.
const FIRST: [Panel; 2] = [Panel::Retrieval, Panel::Matrix];

impl App {
    /// The panels of the page that is shown, without what the lesson hides; all of them in the dense view.
    pub fn in_sight(&self) -> Vec<Panel> {
        let shown = |panel: &Panel| !self.hides(*panel);
        if self.dense {
            return Panel::ALL.into_iter().filter(shown).collect();
        }
        if self.page != Page::Train {
            return self.page.panels().filter(shown).collect();
        }
        let lesson = self.scenario.lesson.as_ref();
        let named = lesson.map_or(&[][..], |lesson| &lesson.show);
        let others = if named.is_empty() { &FIRST[..] } else { named };
        let mut panels = vec![Panel::Loss];
        panels.extend(others.iter().copied().filter(shown));
        // A panel that was asked for by its name is a guest.
        if !panels.contains(&self.panel) && self.panel.row().page == Page::Train {
            panels.push(self.panel);
        }
        panels
    }

    /// Turns to a page: the panel that was in hand there is in hand again; on the first page, the dial.
    pub(super) fn turn_to(&mut self, page: Page) {
        let empty = page.panels().all(|panel| self.hides(panel));
        if empty {
            self.complain(format!("this lesson hides the page {}", page.name()));
            return;
        }
        self.dense = false;
        self.zoomed = false;
        self.page = page;
        let first = self.in_sight().first().copied();
        let last = self.recent.get(&page).copied();
        let panel = last.filter(|panel| !self.hides(*panel)).or(first);
        match panel {
            Some(panel) if page != Page::Train => self.look_at(panel),
            _ => {
                self.panel = Panel::Loss;
                self.focus = Focus::Dials;
            }
        }
    }

    /// Shows a page with this panel, or all panels.
    pub fn show_page(&mut self, page: Page, panel: Panel, dense: bool) {
        if panel.row().page == page {
            self.recent.insert(page, panel);
        }
        self.turn_to(page);
        self.dense = dense;
    }

    /// All panels at once, or the pages again.
    pub(super) fn toggle_dense(&mut self) {
        self.dense = !self.dense;
        self.zoomed = false;
        self.page = self.panel.row().page;
        self.say(if self.dense {
            "all panels; 0 shows pages again"
        } else {
            "pages; 0 shows all panels"
        });
    }

    /// Takes a panel in hand, on its page.
    pub(super) fn look_at(&mut self, panel: Panel) {
        self.focus = Focus::Panel;
        self.panel = panel;
        self.page = panel.row().page;
        self.recent.insert(self.page, panel);
        if panel == Panel::Hand {
            self.begin_hand();
        }
    }

    /// Goes to the next panel in sight, or the one before; the dials come before the first.
    pub(super) fn next_panel(&mut self, forward: bool) {
        let panels = self.in_sight();
        let stops = panels.len() + 1;
        let now = match self.focus {
            Focus::Dials => 0,
            Focus::Panel => panels
                .iter()
                .position(|p| *p == self.panel)
                .map_or(0, |at| at + 1),
        };
        let next = if forward { now + 1 } else { now + stops - 1 } % stops;
        match next.checked_sub(1) {
            Some(at) => self.look_at(panels[at]),
            None => self.focus = Focus::Dials,
        }
    }

    /// The panel that stays when none is in hand: a guest of the first page goes.
    pub(super) fn left_panel(&self) -> Panel {
        let named = self.scenario.lesson.as_ref().map_or(&[][..], |l| &l.show);
        let guest = !self.dense
            && self.page == Page::Train
            && self.panel != Panel::Loss
            && !FIRST.contains(&self.panel)
            && !named.contains(&self.panel);
        if guest { Panel::Loss } else { self.panel }
    }
}
