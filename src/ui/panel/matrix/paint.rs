//! A matrix's pixels, its cursor, and the legend of its scale.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::ui::region::MatrixMap;
use crate::ui::theme::{Scale, Theme};
use crate::ui::view::Screen;
use crate::ui::view::heat::span::ColorSpan;
use crate::ui::view::plot::number_text;

/// Fills the area with pixels, whose shares of the scale `share` tells.
pub fn paint(
    buf: &mut Buffer,
    area: Rect,
    theme: &Theme,
    (map, scale): (MatrixMap, Scale),
    share: impl Fn(usize, usize) -> Option<f64>,
) {
    let style = |share: f64| {
        if share.is_finite() {
            theme.color(theme.shade(scale, share))
        } else {
            theme.bad().fg.unwrap_or_default()
        }
    };
    for y in 0..area.height {
        for x in 0..area.width {
            let cell = &mut buf[(area.x + x, area.y + y)];
            let column = usize::from(x / map.across);
            let top = share(column, usize::from(y * map.stacked));
            if !theme.paints() {
                let Some(value) = top else { continue };
                cell.set_char(theme.letters(scale, value)[usize::from(x % map.across % 2)])
                    .set_style(theme.text());
            } else if map.stacked == 2 {
                let bottom = share(column, usize::from(y * 2 + 1));
                let Some(top) = top else { continue };
                cell.set_symbol("▀").set_fg(style(top));
                if let Some(bottom) = bottom {
                    cell.set_bg(style(bottom));
                }
            } else if let Some(top) = top {
                cell.set_symbol(" ").set_bg(style(top));
            }
        }
    }
}

/// Marks the cursor's cell, and its row and column at the edges.
pub fn cursor(buf: &mut Buffer, area: Rect, screen: &Screen, map: MatrixMap) {
    let each = map.each.max(1);
    let (row, column) = (screen.app.cursor.0 / each, screen.app.cursor.1 / each);
    if row >= map.side || column >= map.side {
        return;
    }
    let first = |at: usize| at / map.pool * map.grow;
    let x = area.x + first(column) as u16 * map.across;
    let y = area.y + first(row) as u16 / map.stacked;
    if x >= area.right() || y >= area.bottom() {
        return;
    }
    let theme = screen.theme;
    let cell = &mut buf[(x, y)];
    if theme.paints() {
        let ring = theme.color([0x30, 0xff, 0xd0]);
        let lower = map.stacked == 2 && first(row) % 2 == 1;
        if map.stacked == 1 {
            cell.set_symbol("+").set_fg(ring);
        } else if lower {
            cell.set_bg(ring);
        } else {
            cell.set_fg(ring);
        }
        if map.grow >= 2 {
            // Large enough for a whole cell: a sign instead of half of it.
            cell.set_symbol("◉").set_fg(ring);
        }
    } else {
        cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
    }
}

/// Columns of the scale that no name may take.
const SHORTEST: usize = 6;

/// The scale's ends and all between them, and the first of its names that there is room for.
pub fn legend(
    buf: &mut Buffer,
    line: Rect,
    screen: &Screen,
    (span, scale): (ColorSpan, Scale),
    names: &[String],
) {
    let theme = screen.theme;
    // Ends are round to a twentieth of what lies between them, or less.
    let gap = 10_f64.powf(((span.high - span.low) / 20.0).log10().floor());
    let (low, high) = (number_text(span.low, gap), number_text(span.high, gap));
    let used = low.len() + high.len() + 2;
    let room = usize::from(line.width).saturating_sub(used);
    let mut names = names.iter().map(|name| format!(" {name}"));
    let name = names.find(|name| room >= name.len() + SHORTEST);
    let name = name.unwrap_or_default();
    let bar = (room - name.len()).min(32) as u16;
    let total = used as u16 + bar + name.len() as u16;
    let mut x = line.x + line.width.saturating_sub(total) / 2;
    if usize::from(line.width) < used {
        return;
    }
    buf.set_string(x, line.y, &low, theme.muted());
    x += low.len() as u16 + 1;
    for i in 0..bar {
        let share = f64::from(i) / f64::from(bar.max(2) - 1);
        let cell = &mut buf[(x + i, line.y)];
        if theme.paints() {
            cell.set_symbol(theme.glyph("▄", " "))
                .set_fg(theme.color(theme.shade(scale, share)));
            if theme.ascii() {
                cell.set_bg(theme.color(theme.shade(scale, share)));
            }
        } else {
            let pair = (bar.max(2) / 2 - 1).max(1);
            let share = if scale == Scale::Rising {
                share
            } else {
                f64::from(i / 2) / f64::from(pair)
            };
            cell.set_char(theme.letters(scale, share)[usize::from(i % 2)]);
        }
    }
    x += bar + 1;
    buf.set_string(x, line.y, &high, theme.muted());
    buf.set_string(x + high.len() as u16, line.y, name, theme.faint());
}
