//! [`Canvas`]: dots finer than a cell, in layers: a higher layer covers what lies below it, so that
//! a smoothed curve stays legible on top of what was measured.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::{braille::BRAILLE, pixel::OCTANTS};

use crate::ui::theme::Glyphs;

#[derive(Clone, Copy, Default)]
struct Cell {
    dots: u8,
    layer: u8,
    style: Style,
}

/// The cell without what was written in it, on its own background: what lay there must not shine
/// through what replaces it.
pub fn anew(cell: &mut ratatui::buffer::Cell) -> &mut ratatui::buffer::Cell {
    let back = cell.bg;
    cell.reset();
    cell.set_bg(back)
}

/// A grid of dots.
pub struct Canvas {
    columns: usize,
    cells: Vec<Cell>,
    glyphs: Glyphs,
    width: usize,
    height: usize,
}

impl Canvas {
    /// An empty canvas of so many screen cells.
    pub fn new(columns: u16, rows: u16, glyphs: Glyphs) -> Self {
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        let (across, down) = glyphs.dots();
        Self {
            columns,
            cells: vec![Cell::default(); columns * rows],
            glyphs,
            width: columns * across,
            height: rows * down,
        }
    }

    /// Dots across and down.
    pub const fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn dot(&mut self, x: i64, y: i64, style: Style, layer: u8) {
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        let (across, down) = self.glyphs.dots();
        let cell = &mut self.cells[y / down * self.columns + x / across];
        if layer < cell.layer && cell.dots != 0 {
            return;
        }
        if layer > cell.layer {
            cell.dots = 0;
        }
        cell.dots |= 1 << (y % down * across + x % across);
        cell.layer = layer;
        cell.style = style;
    }

    /// A line between two dots, both included.
    pub fn line(&mut self, from: (i64, i64), to: (i64, i64), style: Style, layer: u8) {
        walk(from, to, |x, y| self.dot(x, y, style, layer));
    }

    /// A line of dashes, which keep their places when it grows.
    pub fn dashed_line(&mut self, from: (i64, i64), to: (i64, i64), style: Style, layer: u8) {
        let (across, down) = self.glyphs.dots();
        let steep = (to.1 - from.1).abs() > (to.0 - from.0).abs() * 2;
        walk(from, to, |x, y| {
            let along = if steep {
                y / down as i64
            } else {
                x / across as i64
            };
            if along.rem_euclid(3) != 2 {
                self.dot(x, y, style, layer);
            }
        });
    }

    /// A line twice as thick, where dots are fine. What makes it thick takes no cell from a curve
    /// beside it.
    pub fn thick_line(&mut self, from: (i64, i64), to: (i64, i64), style: Style, layer: u8) {
        self.line(from, to, style, layer);
        if self.glyphs.dots() == (2, 4) {
            walk((from.0, from.1 + 1), (to.0, to.1 + 1), |x, y| {
                if self
                    .cell(x, y)
                    .is_some_and(|c| c.dots == 0 || c.layer < layer || c.style == style)
                {
                    self.dot(x, y, style, layer);
                }
            });
        }
    }

    fn cell(&self, x: i64, y: i64) -> Option<Cell> {
        let inside = (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y);
        let (across, down) = self.glyphs.dots();
        inside.then(|| self.cells[y as usize / down * self.columns + x as usize / across])
    }

    /// Writes the dots into the cells that have any.
    pub fn paint(&self, buf: &mut Buffer, area: Rect) {
        for (i, cell) in self
            .cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell.dots != 0)
        {
            let at = (
                area.x + (i % self.columns) as u16,
                area.y + (i / self.columns) as u16,
            );
            let symbol = match self.glyphs {
                Glyphs::Octant => OCTANTS[usize::from(cell.dots)],
                Glyphs::Braille => BRAILLE[usize::from(cell.dots)],
                Glyphs::Half => [' ', '▀', '▄', '█'][usize::from(cell.dots & 3)],
                Glyphs::Ascii => '*',
            };
            anew(&mut buf[at]).set_char(symbol).set_style(cell.style);
        }
    }
}

/// Every dot of a line, after Bresenham.
fn walk(from: (i64, i64), to: (i64, i64), mut visit: impl FnMut(i64, i64)) {
    let (mut x, mut y) = from;
    let (dx, dy) = ((to.0 - x).abs(), -(to.1 - y).abs());
    let (sx, sy) = ((to.0 - x).signum(), (to.1 - y).signum());
    let mut error = dx + dy;
    loop {
        visit(x, y);
        if (x, y) == to {
            return;
        }
        let twice = 2 * error;
        if twice >= dy {
            error += dy;
            x += sx;
        }
        if twice <= dx {
            error += dx;
            y += sy;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(canvas: &Canvas, columns: u16, rows: u16) -> Vec<String> {
        let area = Rect::new(0, 0, columns, rows);
        let mut buf = Buffer::empty(area);
        canvas.paint(&mut buf, area);
        (0..rows)
            .map(|y| (0..columns).map(|x| buf[(x, y)].symbol()).collect())
            .collect()
    }

    #[test]
    fn a_diagonal_in_every_tier() {
        let draw = |glyphs| {
            let mut canvas = Canvas::new(2, 1, glyphs);
            let (w, h) = canvas.size();
            canvas.line((0, 0), (w as i64 - 1, h as i64 - 1), Style::new(), 1);
            text(&canvas, 2, 1)[0].clone()
        };
        assert_eq!(draw(Glyphs::Braille), "⠑⢄");
        assert_eq!(draw(Glyphs::Half), "▀▄");
        assert_eq!(draw(Glyphs::Ascii), "**");
        assert_eq!(draw(Glyphs::Octant).chars().count(), 2);
    }

    #[test]
    fn a_higher_layer_covers_a_lower_one_in_any_order() {
        let mut canvas = Canvas::new(1, 1, Glyphs::Braille);
        canvas.line((0, 0), (0, 3), Style::new(), 1);
        canvas.line((1, 0), (1, 0), Style::new(), 2);
        canvas.line((0, 3), (1, 3), Style::new(), 1);
        assert_eq!(text(&canvas, 1, 1)[0], "⠈");
    }

    #[test]
    fn lines_that_leave_the_canvas_are_cut() {
        let mut canvas = Canvas::new(2, 2, Glyphs::Half);
        canvas.line((-50, -50), (90, 90), Style::new(), 1);
        canvas.line((0, 0), (0, -5), Style::new(), 1);
    }
}
