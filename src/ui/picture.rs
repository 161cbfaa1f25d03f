//! A screen as a picture, as text with escape sequences, or as text alone.

mod color;
mod drawing;
mod film;
mod text;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::app::App;
use super::region::Regions;
use super::theme::Theme;
use super::view;

pub use drawing::drawing;
pub use film::Reel;
pub use text::{ansi, halves, plain};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::drawing::Shape;
    use crate::telemetry::Thumbnail;
    use crate::ui::fixture;
    use crate::ui::theme::{Depth, Glyphs, Palette};

    fn app() -> App {
        fixture::app(640)
    }

    #[test]
    fn the_screen_becomes_a_picture_with_its_words_and_colours() {
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
    fn a_light_theme_gives_a_light_picture() {
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

    #[test]
    fn the_lines_of_a_frame_meet() {
        let mut screen = Buffer::empty(ratatui::layout::Rect::new(0, 0, 3, 2));
        for (y, line) in ["╭─╮", "│ │"].into_iter().enumerate() {
            screen.set_string(0, y as u16, line, ratatui::style::Style::new());
        }
        let drawing = drawing(&screen);
        let covers = |x: f64, y: f64| {
            drawing.shapes.iter().any(|shape| match shape {
                Shape::Rect { at, .. } => {
                    (at[0]..=at[0] + at[2]).contains(&x) && (at[1]..=at[1] + at[3]).contains(&y)
                }
                _ => false,
            })
        };
        assert!((5..=25).all(|x| covers(f64::from(x), 10.0)), "the top");
        assert!((10..=40).all(|y| covers(5.0, f64::from(y))), "the left");
        assert!(!covers(15.0, 30.0) && !covers(5.0, 5.0));
    }
}
