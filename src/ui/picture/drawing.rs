//! A screen as a drawing: grounds, texts, and characters that are pictures in parts.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::color::rgb;
use crate::export::drawing::{CELL, Drawing, Rgb, Shape};

/// The colour under everything.
pub fn ground(screen: &Buffer) -> Rgb {
    match screen.content.first().map(|cell| cell.bg) {
        Some(color) if color != Color::Reset => rgb(color, [0, 0, 0]),
        _ => [0x11, 0x14, 0x1b],
    }
}

/// The screen as a drawing; where it has no colours, dark on paper.
pub fn drawing(screen: &Buffer) -> Drawing {
    let area = screen.area;
    let ground = ground(screen);
    let mut drawing = Drawing::new(
        f64::from(area.width) * CELL.0,
        f64::from(area.height) * CELL.1,
        ground,
    );
    for y in 0..area.height {
        backs(&mut drawing, screen, y, |_, back| back != ground);
        texts(&mut drawing, screen, y, |_| true);
    }
    drawing
}

/// What is new on the screen: the grounds of the cells that changed, then what stands in them.
pub fn changes(screen: &Buffer, before: &Buffer) -> [Vec<Shape>; 2] {
    let area = screen.area;
    let empty = || {
        Drawing::new(
            f64::from(area.width) * CELL.0,
            f64::from(area.height) * CELL.1,
            ground(screen),
        )
    };
    let (mut under, mut over) = (empty(), empty());
    for y in 0..area.height {
        let changed: Vec<bool> = (0..area.width)
            .map(|x| differs(screen, before, x, y) || (x > 0 && spills(screen, before, x - 1, y)))
            .collect();
        backs(&mut under, screen, y, |x, _| changed[usize::from(x)]);
        texts(&mut over, screen, y, |x| changed[usize::from(x)]);
    }
    [under.shapes, over.shapes]
}

fn differs(screen: &Buffer, before: &Buffer, x: u16, y: u16) -> bool {
    before.cell((x, y)) != screen.cell((x, y))
}

/// Whether a wide character came or went here: its right half is another cell's.
fn spills(screen: &Buffer, before: &Buffer, x: u16, y: u16) -> bool {
    let wide = |screen: &Buffer| {
        let cell = screen.cell((x, y));
        cell.is_some_and(|cell| cell.symbol().width() > 1)
    };
    differs(screen, before, x, y) && (wide(screen) || wide(before))
}

/// The colours of a cell: its text, its ground.
fn colors(cell: &Cell, ground: Rgb) -> (Rgb, Rgb) {
    let text = rgb(cell.fg, [0xd6, 0xdb, 0xe5]);
    let back = rgb(cell.bg, ground);
    let (mut text, back) = if cell.modifier.contains(Modifier::REVERSED) {
        (back, text)
    } else {
        (text, back)
    };
    if cell.modifier.contains(Modifier::DIM) {
        text = std::array::from_fn(|i| u8::midpoint(text[i], back[i]));
    }
    (text, back)
}

/// A row's grounds, where `paints` says so of a column and its colour; neighbours of one colour are one rectangle.
fn backs(drawing: &mut Drawing, screen: &Buffer, y: u16, paints: impl Fn(u16, Rgb) -> bool) {
    let ground = drawing.back;
    let mut x = 0;
    while x < screen.area.width {
        let (_, back) = colors(&screen[(x, y)], ground);
        let from = x;
        let painted = paints(x, back);
        while x < screen.area.width
            && colors(&screen[(x, y)], ground).1 == back
            && paints(x, back) == painted
        {
            x += 1;
        }
        if painted {
            let at = [
                f64::from(from) * CELL.0,
                f64::from(y) * CELL.1,
                f64::from(x - from) * CELL.0,
                CELL.1,
            ];
            drawing.rect(at, back);
        }
    }
}

/// A row's characters in the columns that are `drawn`: neighbours of one style are one text; what pictures are made of
/// is drawn.
fn texts(drawing: &mut Drawing, screen: &Buffer, y: u16, drawn: impl Fn(u16) -> bool) {
    let ground = drawing.back;
    let mut x = 0;
    let mut open: Option<(u16, Shape)> = None;
    while x < screen.area.width {
        let cell = &screen[(x, y)];
        let symbol = cell.symbol();
        let wide = symbol.width().max(1) as u16;
        if !drawn(x) {
            close(drawing, &mut open);
            x += wide;
            continue;
        }
        let corner = (f64::from(x) * CELL.0, f64::from(y) * CELL.1);
        let (color, _) = colors(cell, ground);
        let first = symbol.chars().next().unwrap_or(' ');
        let parts = parts(first);
        if symbol == " " && !underlined(cell) {
            // Between words; the end of a text is cut off again.
            if let Some((next, Shape::Text { text, .. })) = &mut open {
                text.push(' ');
                *next = x + 1;
            }
        } else if parts.is_empty() {
            extend(drawing, &mut open, x, corner, cell, color);
        } else {
            close(drawing, &mut open);
            for [px, py, w, h] in parts {
                let at = [
                    corner.0 + px * CELL.0,
                    corner.1 + py * CELL.1,
                    w * CELL.0,
                    h * CELL.1,
                ];
                drawing.rect(at, color);
            }
        }
        if underlined(cell) {
            let at = [corner.0, corner.1 + CELL.1 - 2.0, CELL.0, 1.0];
            drawing.rect(at, color);
        }
        x += wide;
    }
    close(drawing, &mut open);
}

/// Ends the open text, without the blanks at its end.
fn close(drawing: &mut Drawing, open: &mut Option<(u16, Shape)>) {
    if let Some((_, mut shape)) = open.take() {
        if let Shape::Text { text, .. } = &mut shape {
            text.truncate(text.trim_end_matches(' ').len());
        }
        drawing.shapes.push(shape);
    }
}

fn underlined(cell: &Cell) -> bool {
    cell.modifier.contains(Modifier::UNDERLINED)
}

/// Adds a character to the open text, or begins another. `end` is where the open one stops.
fn extend(
    drawing: &mut Drawing,
    open: &mut Option<(u16, Shape)>,
    x: u16,
    at: (f64, f64),
    cell: &Cell,
    ink: Rgb,
) {
    let symbol = cell.symbol();
    let end = x + symbol.width().max(1) as u16;
    let (thick, slanted) = (
        cell.modifier.contains(Modifier::BOLD),
        cell.modifier.contains(Modifier::ITALIC),
    );
    if let Some((
        next,
        Shape::Text {
            text,
            color,
            bold,
            italic,
            ..
        },
    )) = open
        && *next == x
        && (*color, *bold, *italic) == (ink, thick, slanted)
    {
        text.push_str(symbol);
        *next = end;
        return;
    }
    close(drawing, open);
    *open = Some((
        end,
        Shape::Text {
            at,
            text: symbol.to_string(),
            color: ink,
            bold: thick,
            italic: slanted,
        },
    ));
}

/// A way from the middle of a cell to its edge.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
    Left,
    Right,
}

impl Way {
    /// Its line, as a part of the cell: as broad across as it is high along.
    const fn part(self) -> [f64; 4] {
        const ACROSS: f64 = 0.15;
        const ALONG: f64 = 0.075;
        let (left, top) = (0.5 - ACROSS / 2.0, 0.5 - ALONG / 2.0);
        match self {
            Self::Up => [left, 0.0, ACROSS, 0.5],
            Self::Down => [left, 0.5, ACROSS, 0.5],
            Self::Left => [0.0, top, 0.5 + ACROSS / 2.0, ALONG],
            Self::Right => [left, top, 0.5 + ACROSS / 2.0, ALONG],
        }
    }
}

/// Where the lines of a frame's character lead; `None` for others.
fn line(c: char) -> Option<impl Iterator<Item = Way>> {
    use Way::{Down, Left, Right, Up};
    let ways: &[Way] = match c {
        '─' => &[Left, Right],
        '│' => &[Up, Down],
        '╭' | '┌' => &[Down, Right],
        '╮' | '┐' => &[Down, Left],
        '╰' | '└' => &[Up, Right],
        '╯' | '┘' => &[Up, Left],
        '├' => &[Up, Down, Right],
        '┤' => &[Up, Down, Left],
        '┬' => &[Down, Left, Right],
        '┴' => &[Up, Left, Right],
        '┼' => &[Up, Down, Left, Right],
        _ => return None,
    };
    Some(ways.iter().copied())
}

/// Where dots 1 to 8 of a braille cell lie: column, row.
const DOTS: [(u32, u32); 8] = [
    (0, 0),
    (0, 1),
    (0, 2),
    (1, 0),
    (1, 1),
    (1, 2),
    (0, 3),
    (1, 3),
];

/// The filled parts (left, top, width, height in parts of a cell) of a character that is a picture:
/// braille, blocks, halves and quarters, and the lines of frames, which must meet whatever the font.
fn parts(c: char) -> Vec<[f64; 4]> {
    if let Some(ways) = line(c) {
        return ways.map(Way::part).collect();
    }
    match c {
        '\u{2801}'..='\u{28ff}' => {
            let bits = u32::from(c) - 0x2800;
            let set = DOTS
                .iter()
                .enumerate()
                .filter(|(i, _)| (bits >> i) & 1 == 1);
            set.map(|(_, &(column, row))| {
                [
                    0.15 + 0.5 * f64::from(column),
                    0.065 + 0.25 * f64::from(row),
                    0.2,
                    0.12,
                ]
            })
            .collect()
        }
        '█' => vec![[0.0, 0.0, 1.0, 1.0]],
        '▀' => vec![[0.0, 0.0, 1.0, 0.5]],
        '▌' => vec![[0.0, 0.0, 0.5, 1.0]],
        '▐' => vec![[0.5, 0.0, 0.5, 1.0]],
        '▁'..='▇' => {
            let share = f64::from(u32::from(c) - u32::from('▁') + 1) / 8.0;
            vec![[0.0, 1.0 - share, 1.0, share]]
        }
        '▉'..='▏' => {
            let share = f64::from(u32::from('▏') - u32::from(c) + 1) / 8.0;
            vec![[0.0, 0.0, share, 1.0]]
        }
        // The signs of lanes: a disc and a diamond must not look the same.
        '●' => vec![
            [0.3, 0.31, 0.4, 0.4],
            [0.2, 0.35, 0.6, 0.32],
            [0.1, 0.41, 0.8, 0.2],
        ],
        '◆' => (0..5)
            .map(|i| {
                let half = 0.1 * f64::from(i + 1);
                let tall = 0.05 * f64::from(5 - i);
                [0.5 - half, 0.51 - tall, 2.0 * half, 2.0 * tall]
            })
            .collect(),
        '■' => vec![[0.15, 0.32, 0.7, 0.36]],
        // Shades, as so many dots.
        '░' | '▒' | '▓' => {
            let every = match c {
                '░' => 4,
                '▒' => 2,
                _ => 1,
            };
            let mut dots = Vec::new();
            for row in 0..8 {
                for column in 0..4 {
                    if (row * 2 + column) % every == 0 && (every > 1 || (row + column) % 4 != 0) {
                        let (x, y) = (f64::from(column) / 4.0, f64::from(row) / 8.0);
                        dots.push([x, y, 0.2, 0.1]);
                    }
                }
            }
            dots
        }
        _ => Vec::new(),
    }
}
