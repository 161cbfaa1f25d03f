//! A screen as text, with escape sequences or without.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::color::rgb;
use crate::telemetry::Thumbnail;
use crate::ui::theme::Theme;
use crate::ui::view;

/// A small picture as lines of half blocks with escape sequences, each ended by one that resets; `None` where the theme
/// has no colours or no blocks.
pub fn halves(picture: &Thumbnail, theme: &Theme) -> Option<Vec<String>> {
    if !theme.paints() || theme.ascii() {
        return None;
    }
    let (width, height) = view::thumbnail::cells(picture.side as u16, theme);
    let area = Rect::new(0, 0, width, height);
    let mut screen = Buffer::empty(area);
    view::thumbnail::draw(&mut screen, area, picture, theme);
    Some(ansi(&screen).lines().map(str::to_owned).collect())
}

/// The screen as text alone.
pub fn plain(screen: &Buffer) -> String {
    let mut out = String::new();
    each_row(screen, |cell| {
        if let Some(cell) = cell {
            out.push_str(cell.symbol());
        } else {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
        }
    });
    out
}

/// The screen as text with escape sequences, for `cat`.
pub fn ansi(screen: &Buffer) -> String {
    let mut out = String::new();
    let mut last = None;
    each_row(screen, |cell| {
        let Some(cell) = cell else {
            out.push_str("\x1b[0m\n");
            last = None;
            return;
        };
        let look = (cell.fg, cell.bg, cell.modifier);
        if last != Some(look) {
            out.push_str("\x1b[0");
            for (modifier, code) in [
                (Modifier::BOLD, 1),
                (Modifier::DIM, 2),
                (Modifier::ITALIC, 3),
                (Modifier::UNDERLINED, 4),
                (Modifier::REVERSED, 7),
            ] {
                if cell.modifier.contains(modifier) {
                    let _ = write!(out, ";{code}");
                }
            }
            for (color, base) in [(cell.fg, 38), (cell.bg, 48)] {
                match color {
                    Color::Reset => {}
                    Color::Indexed(i) => drop(write!(out, ";{base};5;{i}")),
                    color => {
                        let [r, g, b] = rgb(color, [0; 3]);
                        let _ = write!(out, ";{base};2;{r};{g};{b}");
                    }
                }
            }
            out.push('m');
            last = Some(look);
        }
        out.push_str(cell.symbol());
    });
    out
}

/// Goes through the cells that begin a character, and says where a row ends.
fn each_row(screen: &Buffer, mut take: impl FnMut(Option<&Cell>)) {
    for y in 0..screen.area.height {
        let mut x = 0;
        while x < screen.area.width {
            let cell = &screen[(x, y)];
            take(Some(cell));
            x += cell.symbol().width().max(1) as u16;
        }
        take(None);
    }
}
