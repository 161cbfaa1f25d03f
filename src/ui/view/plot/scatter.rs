//! [`Scatter`]: two kinds of points on a plane, joined in pairs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use crate::ui::theme::Theme;

/// Points around the origin, the i-th of both kinds a pair.
pub struct Scatter<'a> {
    /// The first of each pair.
    pub first: &'a [[f32; 2]],
    /// The second of each pair.
    pub second: &'a [[f32; 2]],
    /// How far the plane reaches from the origin, either way.
    pub reach: f64,
    /// Colours of the two kinds.
    pub styles: [Style; 2],
    /// Colour of the lines between.
    pub joined: Style,
}

impl Scatter<'_> {
    /// Draws the points, alike in both directions: a circle stays round.
    pub fn render(&self, buf: &mut Buffer, area: Rect, theme: &Theme) {
        if area.width < 4 || area.height < 2 {
            return;
        }
        let mut canvas = Canvas::new(area.width, area.height, theme.glyphs);
        let (across, down) = canvas.size();
        // A cell is twice as high as wide.
        let (wide, high) = (f64::from(area.width), f64::from(area.height) * 2.0);
        let unit = wide.min(high) / 2.0 / self.reach;
        let dot = |p: &[f32; 2]| {
            let x = (wide / 2.0 + f64::from(p[0]) * unit) / wide * (across as f64 - 1.0);
            let y = (high / 2.0 - f64::from(p[1]) * unit) / high * (down as f64 - 1.0);
            (x.round() as i64, y.round() as i64)
        };
        for (a, b) in self.first.iter().zip(self.second) {
            canvas.line(dot(a), dot(b), self.joined, 1);
        }
        for (layer, (points, style)) in
            [(self.second, self.styles[1]), (self.first, self.styles[0])]
                .into_iter()
                .enumerate()
        {
            for point in points {
                let at = dot(point);
                // Two dots across: one alone is hardly seen.
                canvas.line(at, (at.0 + 1, at.1), style, layer as u8 + 2);
            }
        }
        canvas.paint(buf, area);
        if !theme.paints() {
            self.sign(buf, area, dot, (across, down));
        }
    }

    /// Letters instead of dots, where colour does not tell the kinds apart.
    fn sign(
        &self,
        buf: &mut Buffer,
        area: Rect,
        dot: impl Fn(&[f32; 2]) -> (i64, i64),
        (across, down): (usize, usize),
    ) {
        let cell = |p: &[f32; 2]| {
            let (x, y) = dot(p);
            let column = x * i64::from(area.width) / across.max(1) as i64;
            let row = y * i64::from(area.height) / down.max(1) as i64;
            let inside = (0..i64::from(area.width)).contains(&column)
                && (0..i64::from(area.height)).contains(&row);
            inside.then(|| (area.x + column as u16, area.y + row as u16))
        };
        for (points, sign) in [(self.second, "+"), (self.first, "o")] {
            for at in points.iter().filter_map(cell) {
                buf[at].set_symbol(sign);
            }
        }
    }
}
