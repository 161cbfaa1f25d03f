//! Things to read: what went wrong, or that the terminal is too small.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use super::{Screen, frame};
use crate::ui::app::SMALLEST;

/// Draws a notice above the screen. Lines with carets below them are kept as they are, so that carets stay under
/// what they point at, and cut where they are too wide; others are wrapped.
pub fn render(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    title: &str,
    text: &str,
    scroll: usize,
) {
    let lines = fitted(text, usize::from(area.width.saturating_sub(4)).max(8));
    let widest = lines
        .iter()
        .map(|line| line.width())
        .max()
        .unwrap_or(0)
        .max(title.width() + 2)
        .max(24);
    let size = (
        widest.min(usize::from(area.width)) as u16 + 4,
        lines.len() as u16 + 4,
    );
    let inner = frame::popup(frame, area, screen, title, size);
    let rows = usize::from(inner.height.saturating_sub(2));
    let scroll = screen.regions.read(lines.len(), rows, scroll);
    for (i, line) in lines.iter().skip(scroll).take(rows).enumerate() {
        let text = frame::cut(line, usize::from(inner.width), screen);
        let style = frame::read_style(screen, scroll + i, line);
        frame::put(frame, inner, i as u16, &Line::styled(text, style));
    }
    frame::find(screen, &lines);
    frame::more(frame, inner, screen, scroll, lines.len());
    let foot = frame::found(screen).unwrap_or_else(|| "Esc closes this".into());
    let foot = Line::styled(foot, screen.theme.faint());
    frame::put(frame, inner, inner.height.saturating_sub(1), &foot);
}

/// The lines of a text: those that are too wide are wrapped, unless the next one points at a place in them.
fn fitted(text: &str, width: usize) -> Vec<String> {
    let lines: Vec<_> = text.lines().collect();
    let mut fitted = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let pointed_at = lines.get(i + 1).is_some_and(|next| next.contains('^'));
        if line.width() <= width || pointed_at {
            fitted.push((*line).to_string());
        } else {
            fitted.extend(frame::wrap(line, width));
        }
    }
    fitted
}

/// Says what size is needed.
pub fn too_small(frame: &mut Frame, area: Rect, screen: &Screen) {
    let (width, height) = SMALLEST;
    let x = screen.theme.glyph("×", "x");
    let texts = [
        (
            format!("clip-lab needs {width} {x} {height}"),
            screen.theme.accent(),
        ),
        (
            format!("this is {} {x} {}", area.width, area.height),
            screen.theme.muted(),
        ),
        ("q quits".into(), screen.theme.muted()),
    ];
    let top = area.height.saturating_sub(texts.len() as u16) / 2;
    for (i, (text, style)) in texts.into_iter().enumerate() {
        let line =
            Line::styled(frame::cut(&text, usize::from(area.width), screen), style).centered();
        frame::put(frame, area, top + i as u16, &line);
    }
}
