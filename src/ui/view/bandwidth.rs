//! What frames cost on a slow line: the bytes that crossterm would send for a run that moves.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::telemetry::Snapshot;
use crate::ui::app::App;
use crate::ui::fixture;
use crate::ui::pace::Pace;
use crate::ui::theme::{Depth, Glyphs, Theme};

/// Counts what it is given.
struct Counter(Rc<Cell<u64>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A new batch: everything that a step can change, changed, the pictures too.
fn batch(step: u64) -> Vec<Arc<Snapshot>> {
    fixture::edited(step, |_, lane| {
        let mut pairs = lane.pairs.to_vec();
        pairs.rotate_left((step as usize / 3) % lane.pairs.len().max(1));
        lane.pairs = Arc::new(pairs);
    })
}

#[test]
fn low_bandwidth_keeps_to_four_frames_and_64_kilobytes_a_second() {
    crossterm::style::force_color_output(true);
    let count = Rc::new(Cell::new(0));
    let backend = CrosstermBackend::new(Counter(Rc::clone(&count)));
    let viewport = Viewport::Fixed(Rect::new(0, 0, 80, 24));
    let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
    let mut theme = Theme::new(Depth::True, Glyphs::Braille);
    theme.slow_down();
    assert_eq!(theme.levels, 16);
    let mut app = App::new(fixture::scenario(), Vec::new());
    app.size = (80, 24);
    for panel in crate::ui::panel::Panel::ALL {
        app.panel = panel;
        let (mut clock, mut frames, mut sent) = (Duration::ZERO, 0, Vec::new());
        while clock < Duration::from_secs(6) {
            app.observe(batch(300 + 5 * frames));
            let before = count.get();
            terminal
                .draw(|frame| drop(super::render(frame, &app, &theme)))
                .unwrap();
            frames += 1;
            // The first frame paints a whole screen.
            sent.push(count.get() - before);
            clock += Pace::SLOW.after(count.get() - before);
        }
        let total: u64 = sent.iter().sum();
        let seconds = clock.as_secs_f64();
        assert!(frames as f64 <= 4.0 * seconds, "{panel:?}: {frames} frames");
        assert!(
            total as f64 <= 64_000.0 * seconds,
            "{panel:?}: {total} bytes in {seconds} s"
        );
        // And it does so at four frames, not by making the user wait.
        let moving = &sent[1..];
        let mean = moving.iter().sum::<u64>() / moving.len() as u64;
        assert!(mean <= 16_000, "{panel:?}: {mean} bytes a frame");
        assert!(frames >= 20, "{panel:?}: only {frames} frames in 6 s");
        println!("{panel:?}: {mean} bytes a frame, first {}", sent[0]);
    }
}
