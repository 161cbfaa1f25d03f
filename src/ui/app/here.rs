//! Where the user is: which keys apply, which chart they change, and what lanes are to work out for it.

use super::{App, Focus, Overlay, SMALLEST};
use crate::lab::Attention;
use crate::ui::action::Context;
use crate::ui::chart::Chart;
use crate::ui::panel::{Page, Panel};

impl App {
    /// The innermost context.
    pub fn context(&self) -> Context {
        let overlay = self.overlay.as_ref();
        if overlay.is_some() && self.find.typing {
            return Context::Line;
        }
        overlay.map_or_else(|| self.here(), Overlay::context)
    }

    /// Where the keys apply, whatever lies above the screen.
    pub const fn here(&self) -> Context {
        if self.desk.in_hand() {
            return Context::Exercise;
        }
        match self.focus {
            Focus::Dials => Context::Dials,
            Focus::Panel => self.panel.row().inside,
        }
    }

    /// How much of the lanes is looked at: for the panel in hand, or for one beside it on the first page.
    pub fn attention(&self) -> Attention {
        let needs = self.panel.row().needs;
        if self.dense || self.page != Page::Train || needs > Attention::Batch {
            return needs;
        }
        let others = self.in_sight();
        let others = others.into_iter().map(|panel| panel.row().needs);
        others.max().unwrap_or(needs)
    }

    /// The chart that keys apply to.
    pub const fn chart(&self) -> Chart {
        self.panel.row().chart
    }

    /// Whether the screen is too small to show anything.
    pub const fn too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// Whether the cursor on the matrix is shown: on the first page always, with the pair under it.
    pub fn cursor_shown(&self) -> bool {
        self.here() == Context::Matrix
            || (!self.dense && self.page == Page::Train && self.in_sight().contains(&Panel::Matrix))
    }
}
