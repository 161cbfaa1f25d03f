//! The palette's list: name, what it does, its keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::{Screen, frame, help};
use crate::ui::input::Input;
use crate::ui::region::Target;

/// Columns of the names.
const NAMES: usize = 24;

/// Draws the palette.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen, input: &Input, chosen: usize) {
    let items = screen.app.found(input.text());
    let height = area.height.saturating_sub(2).clamp(1, 26);
    let inner = frame::popup(frame, area, screen, "find and do", (92, height));
    let theme = screen.theme;
    let hint = if input.text().is_empty() {
        "  letters of an action, dial, panel or scenario"
    } else {
        ""
    };
    let prompt = Line::from(vec![
        Span::styled(theme.glyph("› ", "> "), theme.muted()),
        Span::styled(
            input.text().to_string(),
            theme.accent().add_modifier(Modifier::BOLD),
        ),
        Span::styled(theme.glyph("▏", "_"), theme.accent()),
        Span::styled(hint, theme.faint()),
    ]);
    frame::put(frame, inner, 0, &prompt);
    let list = Rect {
        y: inner.y + 1.min(inner.height),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    if items.is_empty() {
        let text = "no match";
        frame::put(frame, list, 0, &Line::styled(text, theme.faint()));
    }
    let rows = usize::from(list.height).max(1);
    let first = (chosen + 1).saturating_sub(rows);
    let lines = items.iter().enumerate().skip(first);
    for (i, item) in lines.take(usize::from(list.height)) {
        let place = Rect {
            y: list.y + (i - first) as u16,
            height: 1,
            ..list
        };
        let keys = if theme.ascii() {
            help::spelled(&item.keys)
        } else {
            item.keys.clone()
        };
        let room = usize::from(list.width).saturating_sub(NAMES + keys.width() + 3);
        let line = Line::from(vec![
            Span::styled(
                format!(" {:NAMES$}", frame::cut(&item.name, NAMES - 1, screen)),
                theme.text().add_modifier(Modifier::BOLD),
            ),
            Span::styled(frame::cut(&item.about, room, screen), theme.muted()),
        ]);
        frame::put(frame, place, 0, &line);
        let width = (keys.width() as u16 + 1).min(place.width);
        let right = Rect {
            x: place.right() - width,
            width,
            ..place
        };
        frame::put(frame, right, 0, &Line::styled(keys, theme.accent()));
        if i == chosen {
            frame.buffer_mut().set_style(place, theme.selected(true));
        }
        screen.regions.add(place, Target::Row(i));
    }
}
