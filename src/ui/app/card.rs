//! The card that explains what is in hand: how far it is scrolled.

use super::typing::scrolled;
use super::{App, Focus};
use crate::control::Dial;
use crate::ui::action::Action;
use crate::ui::panel::Panel;

impl App {
    /// Whether the card is open, with nothing above it.
    pub(super) fn reads_card(&self) -> bool {
        self.course.explaining && self.overlay.is_none()
    }

    /// What the card explains: the panel in hand, else the dial.
    fn explained(&self) -> (Option<Panel>, Dial) {
        let panel = Some(self.panel).filter(|_| self.focus == Focus::Panel);
        (panel, self.dial)
    }

    /// Lines that the card is scrolled by.
    pub fn card_scroll(&self) -> usize {
        let read = self.course.read;
        let here = read.filter(|read| (read.0, read.1) == self.explained());
        here.map_or(0, |read| read.2)
    }

    /// Scrolls the card.
    pub(super) fn scroll_card(&mut self, action: &Action) {
        let (page, last) = (self.regions.scroll_rows, self.regions.scroll_end);
        let now = self.card_scroll().min(last);
        let to = scrolled(action, now, page.max(1), last);
        let (panel, dial) = self.explained();
        self.course.read = Some((panel, dial, to));
    }
}
