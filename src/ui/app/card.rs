//! The card that explains what is in hand: how far it is scrolled.

use super::App;
use super::typing::scrolled;
use crate::ui::action::Action;

impl App {
    /// Whether the card is open, with nothing above it.
    pub(super) fn reads_card(&self) -> bool {
        self.course.explaining && self.overlay.is_none()
    }

    /// Lines that the card is scrolled by.
    pub fn card_scroll(&self) -> usize {
        let here = (self.focus, self.dial, self.panel);
        let read = self
            .course
            .read
            .filter(|read| (read.0, read.1, read.2) == here);
        read.map_or(0, |read| read.3)
    }

    /// Scrolls the card.
    pub(super) fn scroll_card(&mut self, action: &Action) {
        let (page, last) = (self.regions.scroll_rows, self.regions.scroll_end);
        let now = self.card_scroll().min(last);
        let to = scrolled(action, now, page.max(1), last);
        self.course.read = Some((self.focus, self.dial, self.panel, to));
    }
}
