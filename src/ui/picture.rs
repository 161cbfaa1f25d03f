//! A screen as a picture, as text with escape sequences, or as text alone.

use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::app::App;
use super::region::Regions;
use super::theme::Theme;
use super::view;
use crate::export::drawing::{CELL, Drawing, Rgb, Shape};
use crate::telemetry::Thumbnail;

/// The screen as it would be drawn now.
pub fn buffer(app: &App, theme: &Theme) -> Buffer {
    drawn(app, theme).0
}

/// The screen as it would be drawn now, and what lies where.
pub fn drawn(app: &App, theme: &Theme) -> (Buffer, Regions) {
    let (width, height) = app.size;
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width.max(1), height.max(1)));
    // A test terminal cannot fail: its error is the type without a value.
    let mut regions = Regions::default();
    let Ok(_) = terminal.draw(|frame| regions = view::render(frame, app, theme));
    (terminal.backend().buffer().clone(), regions)
}

/// The screen as a drawing; where it has no colours, dark on paper.
pub fn drawing(screen: &Buffer) -> Drawing {
    let area = screen.area;
    let ground: Rgb = match screen.content.first().map(|cell| cell.bg) {
        Some(color) if color != Color::Reset => rgb(color, [0, 0, 0]),
        _ => [0x11, 0x14, 0x1b],
    };
    let mut drawing = Drawing::new(
        f64::from(area.width) * CELL.0,
        f64::from(area.height) * CELL.1,
        ground,
    );
    for y in 0..area.height {
        backs(&mut drawing, screen, y, ground);
        texts(&mut drawing, screen, y, ground);
    }
    drawing
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

/// A row's grounds; neighbours of one colour are one rectangle.
fn backs(drawing: &mut Drawing, screen: &Buffer, y: u16, ground: Rgb) {
    let mut x = 0;
    while x < screen.area.width {
        let (_, back) = colors(&screen[(x, y)], ground);
        let from = x;
        while x < screen.area.width && colors(&screen[(x, y)], ground).1 == back {
            x += 1;
        }
        if back != ground {
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

/// A row's characters: neighbours of one style are one text; what pictures are made of is drawn.
fn texts(drawing: &mut Drawing, screen: &Buffer, y: u16, ground: Rgb) {
    let mut x = 0;
    let mut open: Option<(u16, Shape)> = None;
    while x < screen.area.width {
        let cell = &screen[(x, y)];
        let symbol = cell.symbol();
        let wide = symbol.width().max(1) as u16;
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
/// braille, blocks, halves and quarters.
fn parts(c: char) -> Vec<[f64; 4]> {
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

/// The colour in numbers; `default` for the terminal's own.
fn rgb(color: Color, default: Rgb) -> Rgb {
    const SIXTEEN: [Rgb; 16] = [
        [0, 0, 0],
        [205, 49, 49],
        [13, 188, 121],
        [200, 180, 30],
        [36, 114, 200],
        [188, 63, 188],
        [17, 168, 205],
        [200, 200, 200],
        [120, 120, 120],
        [241, 76, 76],
        [35, 209, 139],
        [245, 245, 67],
        [59, 142, 234],
        [214, 112, 214],
        [41, 184, 219],
        [240, 240, 240],
    ];
    let named = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match color {
        Color::Reset => default,
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(i @ 0..=15) => SIXTEEN[usize::from(i)],
        Color::Indexed(i @ 16..=231) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let i = i - 16;
            [level(i / 36), level(i / 6 % 6), level(i % 6)]
        }
        Color::Indexed(i) => [8 + 10 * (i - 232); 3],
        named_color => named
            .iter()
            .position(|name| *name == named_color)
            .map_or(default, |i| SIXTEEN[i]),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crate::ui::theme::{Depth, Glyphs, Palette};

    fn app() -> App {
        fixture::app(640)
    }

    #[test]
    fn req24_the_screen_becomes_a_picture_with_its_words_and_colours() {
        for depth in [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None] {
            let theme = Theme::new(depth, Glyphs::Braille);
            let drawing = drawing(&buffer(&app(), &theme));
            assert_eq!((drawing.width, drawing.height), (1200.0, 800.0));
            let svg = drawing.svg();
            assert!(svg.contains("Softmax and sigmoid"), "{depth:?}");
            let png = image::load_from_memory(&drawing.png().unwrap()).unwrap();
            assert_eq!((png.width(), png.height()), (1200, 800));
        }
    }

    #[test]
    fn req24_a_light_theme_gives_a_light_picture() {
        let theme = Theme::new(Depth::True, Glyphs::Braille).with(Palette::Light);
        let drawing = drawing(&buffer(&app(), &theme));
        assert!(drawing.back.iter().all(|&c| c > 200));
    }

    #[test]
    fn a_small_picture_is_half_as_many_lines_of_half_blocks() {
        let picture = Thumbnail {
            side: 4,
            rgb: (0..16).map(|i| [i * 10, 2, 3]).collect(),
        };
        let lines = halves(&picture, &Theme::new(Depth::True, Glyphs::Braille)).unwrap();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("\x1b[0;38;2;0;2;3;48;2;40;2;3m▀"),
            "{:?}",
            lines[0]
        );
        assert!(lines.iter().all(|line| line.ends_with("\x1b[0m")));
        assert_eq!(
            halves(&picture, &Theme::new(Depth::None, Glyphs::Braille)),
            None
        );
        assert_eq!(
            halves(&picture, &Theme::new(Depth::True, Glyphs::Ascii)),
            None
        );
    }

    #[test]
    fn wide_characters_take_their_two_cells() {
        let mut screen = Buffer::empty(ratatui::layout::Rect::new(0, 0, 6, 1));
        screen.set_string(0, 0, "漢a", ratatui::style::Style::new());
        assert_eq!(plain(&screen), "漢a\n");
        let drawing = drawing(&screen);
        let Shape::Text { text, .. } = &drawing.shapes[0] else {
            panic!("a text")
        };
        assert_eq!(text, "漢a");
        assert!(ansi(&screen).contains("漢a"));
    }
}
