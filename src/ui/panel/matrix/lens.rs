//! The lens: a window of single pairs around the cursor, each row and column named; closest with the number in each
//! cell.

use std::ops::Range;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::telemetry::Pair;
use crate::ui::app::Quantity;
use crate::ui::lens::Lens;
use crate::ui::region::{CellMap, MatrixMap, Target};
use crate::ui::theme::{Scale, Theme};
use crate::ui::view::heat::Grid;
use crate::ui::view::heat::span::ColorSpan;
use crate::ui::view::{Screen, frame};

/// The width from which the whole batch stands beside the window, and how wide it is.
const ROOMY: u16 = 50;
const OVERVIEW: u16 = 16;

/// Which pairs are in sight, and how they lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Images in sight.
    pub rows: Range<usize>,
    /// Captions in sight.
    pub columns: Range<usize>,
    /// Screen cells across and down a pair.
    cell: (u16, u16),
    /// Columns of the images' names.
    label: u16,
    /// Rows of the captions' names.
    head: u16,
    /// Columns of the whole batch beside it, and of the gap before it.
    beside: u16,
    numbers: bool,
}

impl Window {
    /// As many pairs around the cursor as fit; `None` where there is room for none.
    pub fn new(
        screen: &Screen,
        lens: Lens,
        (width, height): (u16, u16),
        pairs: usize,
    ) -> Option<Self> {
        let numbers = lens == Lens::Numbers;
        let roomy = if numbers { ROOMY + 40 } else { ROOMY };
        let beside = if width >= roomy { OVERVIEW + 2 } else { 0 };
        let width = width - beside;
        let (cell, label, head) = match (numbers, width >= 34 && height >= 12) {
            (true, true) => ((8, 2), (width * 2 / 5).clamp(8, 28), 3),
            (true, false) => ((7, 1), (width / 3).clamp(4, 16), 1),
            (false, _) => ((2, 1), (width / 3).clamp(4, 22), 1),
        };
        let count = |room: u16, each: u16| usize::from(room / each).min(pairs);
        let across = count(width.checked_sub(label)?, cell.0);
        let down = count(height.checked_sub(head)?, cell.1);
        if across == 0 || down == 0 {
            return None;
        }
        let around = |at: usize, count: usize| {
            let from = at.saturating_sub(count / 2).min(pairs - count);
            from..from + count
        };
        let (row, column) = screen.app.cursor;
        Some(Self {
            rows: around(row, down),
            columns: around(column, across),
            cell,
            label,
            head,
            beside,
            numbers,
        })
    }

    /// Screen cells across and down, without what stands beside it.
    pub fn size(&self) -> (u16, u16) {
        (
            self.label + self.columns.len() as u16 * self.cell.0,
            self.head + self.rows.len() as u16 * self.cell.1,
        )
    }

    /// Where the whole batch lies.
    pub fn overview(&self, place: Rect) -> Option<Rect> {
        (self.beside > 0).then(|| Rect {
            x: place.right().saturating_sub(OVERVIEW),
            y: place.y + self.head,
            width: OVERVIEW.min(place.width),
            height: place.height.saturating_sub(self.head).min(OVERVIEW),
        })
    }

    /// The screen cell of a pair in sight.
    fn cell_of(&self, place: Rect, row: usize, column: usize) -> Rect {
        Rect {
            x: place.x + self.label + (column - self.columns.start) as u16 * self.cell.0,
            y: place.y + self.head + (row - self.rows.start) as u16 * self.cell.1,
            width: self.cell.0,
            height: self.cell.1,
        }
        .intersection(place)
    }
}

/// Draws the names and the cells, with the cursor.
pub fn draw(
    frame: &mut Frame,
    place: Rect,
    screen: &mut Screen,
    (window, grid, pairs): (&Window, &Grid, &[Pair]),
    (span, scale): (ColorSpan, Scale),
) {
    names(frame, place, screen, window, pairs);
    heads(frame, place, screen, window, pairs);
    let cells = Rect {
        x: place.x + window.label,
        y: place.y + window.head,
        width: window.columns.len() as u16 * window.cell.0,
        height: window.rows.len() as u16 * window.cell.1,
    }
    .intersection(place);
    let map = CellMap {
        first: (window.rows.start, window.columns.start),
        cell: window.cell,
    };
    screen.regions.add(cells, Target::Cells(map));
    for row in window.rows.clone() {
        for column in window.columns.clone() {
            let at = window.cell_of(place, row, column);
            let marked = screen.app.cursor_shown() && screen.app.cursor == (row, column);
            let value = grid.at(row, column);
            let cell = Cell {
                share: value.map(|value| span.share(value)),
                text: value
                    .filter(|_| window.numbers)
                    .map(|value| figure(screen.app.quantity, value)),
                marked,
            };
            cell.paint(frame.buffer_mut(), at, screen.theme, scale);
        }
    }
}

/// A pair's cell.
struct Cell {
    share: Option<f64>,
    text: Option<String>,
    marked: bool,
}

impl Cell {
    fn paint(&self, buf: &mut Buffer, at: Rect, theme: &Theme, scale: Scale) {
        let style = match self.share {
            Some(share) if theme.paints() && share.is_finite() => {
                let rgb = theme.shade(scale, share);
                Style::new().bg(theme.color(rgb)).fg(theme.color(ink(rgb)))
            }
            Some(share) if theme.paints() && !share.is_nan() => theme.text(),
            Some(_) if theme.paints() => theme.bad(),
            Some(_) => theme.text(),
            None => theme.faint(),
        };
        for y in at.top()..at.bottom() {
            for x in at.left()..at.right() {
                let symbol = match self.share {
                    None => theme.glyph("·", ".").chars().next().unwrap_or(' '),
                    Some(share) if !theme.paints() => {
                        // A column stays free, so that numbers and cells keep apart.
                        let last = self.text.is_some() && x + 1 == at.right();
                        let letters = theme.letters(scale, share);
                        if last {
                            ' '
                        } else {
                            letters[usize::from((x - at.left()) % 2)]
                        }
                    }
                    Some(share) if !share.is_finite() => '?',
                    Some(_) => ' ',
                };
                buf[(x, y)].set_char(symbol).set_style(style);
            }
        }
        if let Some(text) = &self.text {
            let text = format!(" {text} ");
            let room = at.width.saturating_sub(1);
            let x = at.x + room.saturating_sub(text.chars().count() as u16) / 2;
            buf.set_stringn(x, at.y, text, usize::from(room), style);
        }
        if self.marked {
            mark(buf, at, theme);
        }
    }
}

/// The cursor: brackets around the cell; reversed where there is no colour.
fn mark(buf: &mut Buffer, at: Rect, theme: &Theme) {
    if at.is_empty() {
        return;
    }
    for y in at.top()..at.bottom() {
        if !theme.paints() {
            for x in at.left()..at.right() {
                buf[(x, y)].set_style(Style::new().add_modifier(Modifier::REVERSED));
            }
            continue;
        }
        let ring = Style::new()
            .fg(theme.color([0x30, 0xff, 0xd0]))
            .bg(theme.color([0, 0, 0]))
            .add_modifier(Modifier::BOLD);
        buf[(at.left(), y)].set_char('[').set_style(ring);
        buf[(at.right() - 1, y)].set_char(']').set_style(ring);
    }
}

/// Black or white, whichever is read better on a colour.
fn ink([r, g, b]: [u8; 3]) -> [u8; 3] {
    let bright = 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
    if bright > 110.0 { [0; 3] } else { [255; 3] }
}

/// A value in at most six characters.
fn figure(quantity: Quantity, value: f64) -> String {
    let tiny = |least: f64| value != 0.0 && value.abs() < least;
    match quantity {
        _ if !value.is_finite() => "?".into(),
        Quantity::Logit => format!("{value:.1}"),
        Quantity::Probability if tiny(0.005) => format!("{value:.0e}"),
        Quantity::Cosine | Quantity::Probability => format!("{value:.2}"),
        Quantity::Gradient if tiny(0.0005) => format!("{value:.0e}"),
        Quantity::Gradient => format!("{value:.3}"),
    }
}

/// Images' numbers and names, left of their rows.
fn names(frame: &mut Frame, place: Rect, screen: &Screen, window: &Window, pairs: &[Pair]) {
    let theme = screen.theme;
    let digits = window.rows.end.max(10).to_string().len();
    let room = usize::from(window.label).saturating_sub(digits + 2);
    for row in window.rows.clone() {
        let at = window.cell_of(place, row, window.columns.start);
        let chosen = screen.app.cursor_shown() && screen.app.cursor.0 == row;
        let style = if chosen {
            theme.accent()
        } else {
            theme.muted()
        };
        let name = pairs.get(row).map_or("", |pair| pair.name.as_str());
        let lines = clipped(name, room, usize::from(at.height), screen);
        for (k, line) in lines.iter().enumerate() {
            let number = if k == 0 {
                format!("{:>digits$}", row + 1)
            } else {
                " ".repeat(digits)
            };
            let label = Rect {
                x: place.x,
                y: at.y + k as u16,
                width: window.label.min(place.width),
                height: 1,
            };
            let text = format!("{number} {line}");
            frame::put(
                frame,
                label.intersection(place),
                0,
                &Line::styled(text, style),
            );
        }
    }
}

/// Captions' numbers, and where there is room their words, above their columns.
fn heads(frame: &mut Frame, place: Rect, screen: &Screen, window: &Window, pairs: &[Pair]) {
    let theme = screen.theme;
    let (chosen, shown) = (screen.app.cursor.1, screen.app.cursor_shown());
    let buf = frame.buffer_mut();
    // The cursor's number comes first; of the others as many as keep apart.
    let order = std::iter::once(chosen)
        .filter(|column| shown && window.columns.contains(column))
        .chain(window.columns.clone());
    let mut taken: Vec<Range<u16>> = Vec::new();
    for column in order {
        let at = window.cell_of(place, window.rows.start, column);
        let number = (column + 1).to_string();
        let end = at.right().min(place.right());
        let from = end.saturating_sub(number.len() as u16 + u16::from(window.cell.0 > 2));
        let span = from..from + number.len() as u16;
        let free = |other: &Range<u16>| span.end < other.start || other.end < span.start;
        let style = if shown && column == chosen {
            theme.accent()
        } else {
            theme.faint()
        };
        if from >= place.x + window.label.saturating_sub(1) && taken.iter().all(free) {
            buf.set_string(from, place.y, &number, style);
            taken.push(span);
        }
        let Some(pair) = pairs.get(column).filter(|_| window.head > 1) else {
            continue;
        };
        let room = usize::from(window.cell.0.saturating_sub(1));
        let lines = clipped(&pair.caption, room, usize::from(window.head - 1), screen);
        for (k, line) in lines.iter().enumerate() {
            buf.set_stringn(at.x, place.y + 1 + k as u16, line, room, style);
        }
    }
}

/// The text in at most so many lines, the last with an ellipsis if words are missing.
fn clipped(text: &str, width: usize, rows: usize, screen: &Screen) -> Vec<String> {
    let mut lines = frame::wrap(text, width.max(1));
    if rows == 1 {
        return vec![frame::cut(text, width, screen)];
    }
    if lines.len() > rows {
        let rest = lines.split_off(rows.saturating_sub(1)).join(" ");
        lines.push(frame::cut(&rest, width, screen));
    }
    lines
}

/// Marks the part of the whole batch that the window shows.
pub fn frame_window(
    frame: &mut Frame,
    place: Rect,
    screen: &Screen,
    window: &Window,
    map: MatrixMap,
) {
    let theme = screen.theme;
    let factor = map.factor().max(1);
    let pixel = |pair: usize| (pair / factor * map.grow) as u16;
    let end = |range: &Range<usize>| pixel(range.end - 1) + map.grow as u16;
    let (left, right) = (
        place.x + pixel(window.columns.start) * map.across,
        place.x + end(&window.columns) * map.across,
    );
    let (top, bottom) = (
        place.y + pixel(window.rows.start) / map.stacked,
        place.y + end(&window.rows).div_ceil(map.stacked),
    );
    let (right, bottom) = (right.min(place.right()), bottom.min(place.bottom()));
    let buf = frame.buffer_mut();
    for y in top..bottom {
        for x in left..right {
            let edge = x == left || x + 1 == right || y == top || y + 1 == bottom;
            if !edge {
                continue;
            }
            let cell = &mut buf[(x, y)];
            if theme.paints() {
                let sign = if x == left || x + 1 == right {
                    theme.glyph("│", "|")
                } else {
                    theme.glyph("─", "-")
                };
                cell.set_symbol(sign)
                    .set_fg(theme.color([0x30, 0xff, 0xd0]));
            } else {
                cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
            }
        }
    }
}
