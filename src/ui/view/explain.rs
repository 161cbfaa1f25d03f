//! Cards that lie beside what they speak of: the explanation of what is in hand. They take no keys, so that a dial can be turned while its numbers change in the card.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Screen, frame};
use crate::ui::action::Action;
use crate::ui::app::Focus;
use crate::ui::explain::{self, Kind};
use crate::ui::panel::Panel;
use crate::ui::region::Target;

/// The widest card.
const WIDTH: u16 = 96;

/// Draws the card that explains what is in hand.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let card = explain::card(screen.app);
    let avoid = match screen.app.focus {
        Focus::Dials => Panel::Loss,
        Focus::Panel => screen.app.panel,
    };
    let theme = screen.theme;
    let mut lines = Vec::new();
    let width = usize::from(WIDTH.min(area.width)).saturating_sub(4);
    for line in card.lines {
        let (sign, style): (Vec<Span>, Style) = match line.kind {
            Kind::Formula => (Vec::new(), theme.accent()),
            Kind::Note => (Vec::new(), theme.muted()),
            Kind::Lane(lane) => (frame::lane_name(screen, lane).to_vec(), theme.text()),
        };
        let indent: usize = sign.iter().map(Span::width).sum();
        let indent = if indent == 0 {
            0
        } else {
            (indent + 1).min(width / 3)
        };
        let text = if theme.ascii() {
            ascii(&line.said())
        } else {
            line.said()
        };
        let mut sign = Some(sign);
        for piece in frame::wrap(&text, width.saturating_sub(indent).max(8)) {
            let mut spans = sign.take().unwrap_or_default();
            let used: usize = spans.iter().map(Span::width).sum();
            spans.push(frame::blanks(indent.saturating_sub(used)));
            spans.push(Span::styled(piece, style));
            lines.push(Line::from(spans));
        }
    }
    let foot = " i closes, other keys go on ";
    show(frame, area, screen, &card.title, foot, &lines, avoid);
}

/// A card clear of what `avoid` shows, where there is room; where there is little it scrolls, and says so.
fn show(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    title: &str,
    foot: &'static str,
    lines: &[Line<'static>],
    avoid: Panel,
) {
    let shown = screen
        .regions
        .iter()
        .find(|(_, target)| *target == Target::Panel(avoid))
        .map(|(place, _)| *place);
    let height = lines.len() as u16 + 2;
    let width = WIDTH.min(area.width);
    let place = beside(area, shown, (width, height));
    if place.height < 3 || place.width < 12 {
        return;
    }
    let inner = frame::raised(frame, place, screen, title, foot);
    let rows = usize::from(inner.height);
    let from = screen
        .regions
        .read(lines.len(), rows, screen.app.card_scroll());
    for (i, line) in lines.iter().skip(from).take(rows).enumerate() {
        frame::put(frame, inner, i as u16, line);
    }
    frame::more(frame, inner, screen, from, lines.len());
    screen.regions.add(place, Target::Act(Action::Explain));
}

/// A place of this size beside `shown`: on the side that has the most of it. The area's lower part if
/// nothing is shown or it leaves no room.
fn beside(area: Rect, shown: Option<Rect>, (width, height): (u16, u16)) -> Rect {
    let below = |from: u16| Rect {
        y: from,
        height: area.bottom().saturating_sub(from),
        ..area
    };
    let fit = |room: Rect| {
        let (width, height) = (width.min(room.width), height.min(room.height));
        Rect {
            x: room.x + (room.width - width) / 2,
            y: room.bottom() - height,
            width,
            height,
        }
    };
    let whole = fit(area);
    let Some(shown) = shown else { return whole };
    let above = Rect {
        height: shown.y.saturating_sub(area.y),
        ..area
    };
    let left = Rect {
        width: shown.x.saturating_sub(area.x),
        ..area
    };
    let right = Rect {
        x: shown.right().min(area.right()),
        width: area.right().saturating_sub(shown.right()),
        ..area
    };
    // A card that is narrower than it wants to be would be longer, too.
    let enough = |room: &Rect| room.width >= width && room.height >= height.min(8);
    let below = below(shown.bottom().min(area.bottom()));
    // Of places that are equally high the last is taken: below what is shown.
    [left, right, above, below]
        .into_iter()
        .filter(enough)
        .map(fit)
        .max_by_key(|place| place.height)
        .unwrap_or(whole)
}

/// Signs beyond ASCII that names may bring along.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii() { c } else { '?' })
        .collect()
}
