//! Prints the screen with a made-up run, as text with escape sequences: for looking at the design
//! without training. `cargo run --example mock_screen -- WIDTH HEIGHT [STATE] [COLOR] [GLYPHS] [KEYS...]`

// The fixture speaks of `crate::telemetry` and its neighbours.
use clip_lab::{control, scenario, telemetry, ui};

#[path = "../src/ui/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use std::fmt::Write;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier, Style};

use telemetry::LaneStatus;
use ui::app::{App, Choice};
use ui::theme::{Depth, Glyphs, Theme};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let arg = |i: usize, default: &str| args.get(i).cloned().unwrap_or_else(|| default.into());
    let size = |i, default| arg(i, default).parse().expect("a number of cells");
    let (width, height) = (size(0, "120"), size(1, "40"));
    let depth = Depth::detect(arg(3, "truecolor").parse().expect("a colour depth"), |_| {
        None
    });
    let glyphs = Glyphs::detect(arg(4, "braille").parse().expect("a glyph tier"), |_| None);
    let theme = Theme::new(depth, glyphs);
    let choice = |(name, _): &(&str, &str)| Choice {
        name: (*name).into(),
        title: format!("About {name}"),
    };
    let choices = scenario::BUNDLED.iter().map(choice).collect();
    let mut app = App::new(fixture::scenario(), choices);
    app.size = (width, height);
    app.observe(lanes(&arg(2, "running")));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    for key in args.iter().skip(5) {
        app.key(parse(key));
    }
    terminal
        .draw(|frame| {
            ui::view::render(frame, &app, &theme);
        })
        .expect("drawn");
    print!("{}", ansi(terminal.backend().buffer()));
}

fn lanes(state: &str) -> Vec<std::sync::Arc<telemetry::Snapshot>> {
    match state {
        "starting" => fixture::starting(),
        "paused" => fixture::edited(640, |_, lane| lane.status = LaneStatus::Paused),
        "diverged" => fixture::edited(640, |i, lane| {
            if i == 0 {
                lane.status = LaneStatus::Diverged(641);
                lane.loss.push(641, f64::NAN);
            }
        }),
        "failed" => fixture::edited(640, |_, lane| {
            lane.status = LaneStatus::Failed("out of memory".into());
        }),
        "four" => {
            let mut lanes = fixture::running(640);
            lanes.extend(fixture::running(640));
            lanes
        }
        "one" => fixture::running(640)[..1].to_vec(),
        _ => fixture::running(640),
    }
}

fn parse(text: &str) -> KeyEvent {
    let code = match text {
        "Enter" => KeyCode::Enter,
        "Tab" => KeyCode::Tab,
        "Esc" => KeyCode::Esc,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Space" => KeyCode::Char(' '),
        _ => KeyCode::Char(text.chars().next().unwrap_or(' ')),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn ansi(buffer: &ratatui::buffer::Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut last = None;
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let cell = &buffer[(x, y)];
            if last != Some(cell.style()) {
                let _ = write!(out, "\x1b[0{}m", codes(cell.style()));
                last = Some(cell.style());
            }
            out.push_str(cell.symbol());
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        out.push_str("\x1b[0m\n");
    }
    out
}

fn codes(style: Style) -> String {
    let mut text = String::new();
    let modifiers = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ];
    for (modifier, code) in modifiers {
        if style.add_modifier.contains(modifier) {
            let _ = write!(text, ";{code}");
        }
    }
    for (color, base) in [(style.fg, 30), (style.bg, 40)] {
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
        let _ = match color {
            Some(Color::Rgb(r, g, b)) => write!(text, ";{};2;{r};{g};{b}", base + 8),
            Some(Color::Indexed(i)) => write!(text, ";{};5;{i}", base + 8),
            Some(color) => match named.iter().position(|c| *c == color) {
                Some(i) if i < 8 => write!(text, ";{}", base + i),
                Some(i) => write!(text, ";{}", base + 52 + i),
                None => Ok(()),
            },
            None => Ok(()),
        };
    }
    text
}
