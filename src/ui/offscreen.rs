//! [`Offscreen`]: the real screen, drawn and encoded as ever, and thrown away: to measure what it costs.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::scenario::Scenario;
use crate::telemetry::Snapshot;

use super::app::App;
use super::theme::{Depth, Glyphs, Theme};
use super::view;

/// A screen that nobody sees.
pub struct Offscreen {
    app: App,
    theme: Theme,
    terminal: Terminal<CrosstermBackend<Count>>,
    written: Count,
}

/// Counts bytes and forgets them.
#[derive(Clone, Default)]
struct Count(Rc<Cell<u64>>);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Offscreen {
    /// In truecolor, with braille.
    pub fn new(scenario: Scenario, width: u16, height: u16) -> Self {
        let mut app = App::new(scenario, Vec::new());
        app.size = (width, height);
        let area = Rect::new(0, 0, width, height);
        let options = TerminalOptions {
            viewport: Viewport::Fixed(area),
        };
        let written = Count::default();
        let backend = CrosstermBackend::new(written.clone());
        Self {
            app,
            theme: Theme::new(Depth::True, Glyphs::Braille),
            // A fixed viewport asks the terminal nothing, and a counter writes always.
            terminal: Terminal::with_options(backend, options)
                .unwrap_or_else(|e| unreachable!("a screen in memory: {e}")),
            written,
        }
    }

    /// Draws a frame of these lanes; the number of bytes that a terminal would have got so far.
    pub fn draw(&mut self, lanes: Vec<Arc<Snapshot>>) -> u64 {
        self.app.observe(lanes);
        let (app, theme) = (&self.app, &self.theme);
        let drawn = self.terminal.draw(|frame| {
            view::render(frame, app, theme);
        });
        debug_assert!(drawn.is_ok());
        self.written.0.get()
    }
}
