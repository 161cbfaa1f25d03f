//! The card of the first start: what is on the screen, and where to begin.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Screen, frame};
use crate::scenario::tour::STOPS;
use crate::ui::panel::Panel;
use crate::ui::region::Target;

/// The widest and the narrowest card.
const WIDTHS: (u16, u16) = (64, 34);

const SEEN: &str = "Two small models learn to match images with their captions: one with CLIP's softmax loss, one \
     with SigLIP's sigmoid loss. You turn their dials while they learn.";

/// Draws the card beside the loss curve, which moves already; `learn` if the tour is marked.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen, learn: bool) {
    let theme = screen.theme;
    let room = room(area, screen);
    let width = WIDTHS.0.min(room.width);
    let text = frame::wrap(SEEN, usize::from(width).saturating_sub(4).max(8));
    let seen = text
        .into_iter()
        .map(|line| Line::styled(line, theme.text()));
    let mut lines: Vec<Line> = seen.chain([Line::default()]).collect();
    let head = lines.len() as u16;
    let tour = format!("a tour of {} short stops", STOPS.len());
    let explore = "turn the dials yourself".to_owned();
    for (name, about, marked) in [("Learn", tour, learn), ("Explore", explore, !learn)] {
        let sign = if marked {
            theme.glyph("▸ ", "> ")
        } else {
            "  "
        };
        let style = if marked {
            theme.selected(true)
        } else {
            theme.text().add_modifier(Modifier::BOLD)
        };
        lines.push(Line::from(vec![
            Span::styled(sign, theme.accent()),
            Span::styled(format!(" {name:8}"), style),
            Span::styled(format!(" {about}"), theme.muted()),
        ]));
    }
    let height = (lines.len() as u16 + 2).min(room.height);
    let place = Rect {
        x: room.x + (room.width - width) / 2,
        y: room.bottom() - height,
        width,
        height,
    };
    if width < 12 || height < 5 {
        return;
    }
    let foot = theme.glyph(
        " ↑↓ choose, Enter begins ",
        " up/down choose, Enter begins ",
    );
    // What lies below it stays where the mouse finds it: only the card itself takes clicks.
    let inner = frame::raised(frame, place, screen, "welcome to clip-lab", foot);
    // Where room is short the choices stay.
    let skip = lines.len().saturating_sub(usize::from(inner.height));
    for (i, line) in lines.iter().skip(skip).enumerate() {
        frame::put(frame, inner, i as u16, line);
    }
    for i in 0..2 {
        let row = Rect {
            y: inner.y + (head + i).saturating_sub(skip as u16),
            height: 1,
            ..inner
        };
        screen.regions.add(row, Target::Row(usize::from(i)));
    }
}

/// To the right of the loss curve, else below it, else anywhere.
fn room(area: Rect, screen: &Screen) -> Rect {
    let loss = screen
        .regions
        .iter()
        .find(|(_, t)| *t == Target::Panel(Panel::Loss));
    let Some((loss, _)) = loss else { return area };
    let right = Rect {
        x: loss.right().min(area.right()),
        width: area.right().saturating_sub(loss.right()),
        ..area
    };
    let below = Rect {
        y: loss.bottom().min(area.bottom()),
        height: area.bottom().saturating_sub(loss.bottom()),
        ..area
    };
    if right.width >= WIDTHS.1 {
        right
    } else if below.height >= 8 {
        below
    } else {
        area
    }
}
