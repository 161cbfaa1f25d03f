//! The terminal's colours in numbers.

use ratatui::style::Color;

use crate::export::drawing::Rgb;

/// The colour in numbers; `default` for the terminal's own.
pub fn rgb(color: Color, default: Rgb) -> Rgb {
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
