//! How a matrix's cells lie on the screen: grown or pooled by whole factors.

use crate::ui::region::MatrixMap;
use crate::ui::theme::Theme;

impl MatrixMap {
    /// The largest square map of so many cells a side that fits: cells grow by whole factors, or
    /// are pooled by whole factors.
    pub fn fit(side: usize, columns: u16, rows: u16, theme: &Theme) -> Self {
        let halves = theme.paints() && !theme.ascii();
        let (across, stacked) = if halves { (1, 2) } else { (2, 1) };
        let pixels = usize::from((columns / across).min(rows.saturating_mul(stacked))).max(1);
        let (pool, grow) = if side <= pixels {
            (1, pixels / side.max(1))
        } else {
            (factor(side, pixels), 1)
        };
        // A cell of more than 8 pixels shows nothing more.
        Self {
            side,
            each: 1,
            pool,
            grow: grow.min(8),
            across,
            stacked,
        }
    }

    /// The same for a matrix whose cells stand for so many pairs a side.
    #[must_use]
    pub const fn of(self, each: usize) -> Self {
        Self { each, ..self }
    }

    /// Pairs in the side of what is drawn as one.
    pub const fn factor(&self) -> usize {
        self.pool * self.each
    }

    /// Screen cells across and down.
    pub fn size(&self) -> (u16, u16) {
        let pixels = self.side.div_ceil(self.pool) * self.grow;
        (
            pixels as u16 * self.across,
            (pixels as u16).div_ceil(self.stacked),
        )
    }
}

/// The least factor that pools `side` to at most `most` cells; one that divides it, if there is one
/// near: a last block of fewer cells would look brighter than it is.
fn factor(side: usize, most: usize) -> usize {
    let least = side.div_ceil(most);
    (least..=least * 2)
        .find(|f| side.is_multiple_of(*f))
        .unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Glyphs};

    #[test]
    fn maps_grow_or_pool_by_whole_factors() {
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let fit = |side, w, h| MatrixMap::fit(side, w, h, &theme);
        assert_eq!(
            (fit(64, 40, 16).pool, fit(64, 40, 16).size()),
            (2, (32, 16))
        );
        assert_eq!((fit(8, 40, 16).grow, fit(8, 40, 16).size()), (4, (32, 16)));
        assert_eq!(fit(64, 200, 40).size(), (64, 32));
        assert_eq!(fit(64, 0, 0).size(), (1, 1));
        assert_eq!(fit(5, 7, 20).size(), (5, 3));
    }

    #[test]
    fn a_click_finds_the_cell_that_was_drawn_there() {
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let pooled = MatrixMap::fit(64, 40, 16, &theme);
        assert_eq!(pooled.cell_at(31, 15), (60, 62));
        // Of a batch of 128 that came pooled.
        assert_eq!(pooled.of(2).cell_at(31, 15), (120, 124));
        assert_eq!(pooled.of(2).factor(), 4);
        let grown = MatrixMap::fit(8, 40, 16, &theme);
        assert_eq!(grown.cell_at(4, 2), (1, 1));
        let text = MatrixMap::fit(8, 40, 16, &Theme::new(Depth::None, Glyphs::Ascii));
        assert_eq!(text.cell_at(2 * 2 * 3, 2 * 3), (3, 3));
    }
}
