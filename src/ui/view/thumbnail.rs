//! A picture in cells: two pixels in a cell, or a ramp of characters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::telemetry::Thumbnail;
use crate::ui::theme::Theme;

/// Cells across and down that a picture of so many pixels a side takes.
pub fn cells(side: u16, theme: &Theme) -> (u16, u16) {
    if halves(theme) {
        (side, side / 2)
    } else {
        (side * 2, side)
    }
}

/// Whether a cell holds two pixels.
fn halves(theme: &Theme) -> bool {
    theme.paints() && !theme.ascii()
}

/// Draws a picture into the area.
pub fn draw(buf: &mut Buffer, area: Rect, picture: &Thumbnail, theme: &Theme) {
    let area = area.intersection(buf.area);
    if picture.side == 0 || area.is_empty() {
        return;
    }
    let halves = halves(theme);
    let (across, down) = if halves {
        (area.width, area.height * 2)
    } else {
        (area.width / 2, area.height)
    };
    let pixel = |x: u16, y: u16| mean(picture, (x, across.max(1)), (y, down.max(1)));
    for y in 0..area.height {
        for x in 0..area.width {
            let cell = &mut buf[(area.x + x, area.y + y)];
            if halves {
                cell.set_symbol("▀")
                    .set_fg(theme.color(pixel(x, y * 2)))
                    .set_bg(theme.color(pixel(x, y * 2 + 1)));
            } else if x / 2 < across {
                let rgb = pixel(x / 2, y);
                if theme.paints() {
                    cell.set_symbol(" ").set_bg(theme.color(rgb));
                } else {
                    let [r, g, b] = rgb.map(f64::from);
                    cell.set_char(theme.ramp(1.0 - (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255.0));
                }
            }
        }
    }
}

/// The mean colour of the part of a picture that a pixel `(x of width, y of height)` covers.
fn mean(picture: &Thumbnail, x: (u16, u16), y: (u16, u16)) -> [u8; 3] {
    let side = picture.side;
    let range = |(at, of): (u16, u16)| {
        let from = usize::from(at) * side / usize::from(of);
        let to = (usize::from(at + 1) * side / usize::from(of)).max(from + 1);
        from.min(side - 1)..to.min(side)
    };
    let (mut sum, mut n) = ([0_u32; 3], 0);
    for row in range(y) {
        for column in range(x) {
            let Some(rgb) = picture.rgb.get(row * side + column) else {
                continue;
            };
            n += 1;
            for (total, &value) in sum.iter_mut().zip(rgb) {
                *total += u32::from(value);
            }
        }
    }
    sum.map(|total| (total / n.max(1)) as u8)
}
