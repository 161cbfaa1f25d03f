//! The log: what the lanes said, and what anything printed while the screen was up. Newest last.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, frame};

/// Draws the log, scrolled `back` lines from its end.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen, text: &str, back: usize) {
    let size = (
        area.width.saturating_sub(4).min(120),
        area.height.saturating_sub(2).min(40),
    );
    let inner = frame::popup(frame, area, screen, "log", size);
    let width = usize::from(inner.width).max(1);
    let lines: Vec<String> = text
        .lines()
        .flat_map(|line| frame::wrap(line, width))
        .collect();
    let rows = usize::from(inner.height.saturating_sub(1)).max(1);
    let end = lines.len().saturating_sub(rows);
    let first = screen
        .regions
        .read(lines.len(), rows, end.saturating_sub(back));
    let last = (first + rows).min(lines.len());
    frame::more(frame, inner, screen, first, lines.len());
    frame::find(screen, &lines);
    for (i, line) in lines[first..last].iter().enumerate() {
        let place = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let style = frame::read_style(screen, first + i, line);
        frame::put(frame, place, i as u16, &Line::styled(line.clone(), style));
    }
    let foot = crate::ui::terminal::log_place();
    let foot = frame::found(screen).unwrap_or_else(|| frame::cut(&foot, width, screen));
    frame::put(
        frame,
        inner,
        inner.height.saturating_sub(1),
        &Line::styled(foot, screen.theme.faint()),
    );
}
