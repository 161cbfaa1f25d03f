//! The query panel: the pictures nearest to a caption, or the names nearest to a picture, by the model as it is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::telemetry::{Hit, Query, QueryReport};
use crate::ui::app::App;
use crate::ui::explain::{Card, number};
use crate::ui::panel::Panel;
use crate::ui::view::findings::{note, places};
use crate::ui::view::{Screen, frame, thumbnail};

/// The least width in which a lane's answer is worth drawing.
const NARROW: u16 = 40;

/// Draws the panel: as many lanes as fit, the addressed one among them.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let queries = app
        .lanes
        .iter()
        .filter_map(|lane| lane.findings.first::<QueryReport>());
    let step = queries.map(|query| query.step).max();
    let note = note(screen, step);
    let inner = frame::panel(frame, area, screen, Panel::Query, "nearest", note);
    if step.is_none() {
        frame::promise(frame, inner, screen, Panel::Query);
        return;
    }
    for (place, lane) in places(screen, inner, NARROW) {
        if let Some(report) = app.lanes[lane].findings.first() {
            column(frame, place, screen, lane, report);
        }
    }
}

fn column(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize, report: &QueryReport) {
    let theme = screen.theme;
    let [sign, name] = frame::lane_name(screen, lane);
    let asked = match (&report.query, &report.name) {
        (Query::Caption(caption), _) => format!("  \"{caption}\""),
        (Query::Picture(_), name) => format!("  a picture of {}", name.as_deref().unwrap_or("?")),
    };
    let asked = frame::cut(&asked, usize::from(area.width / 2), screen);
    let of = format!("  of {}", report.candidates);
    let head = vec![
        sign,
        name,
        Span::styled(asked, theme.accent()),
        Span::styled(of, theme.faint()),
    ];
    frame::put(frame, area, 0, &head.into());
    let below = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    if report.picture.is_some() {
        names(frame, below, screen, report);
    } else {
        pictures(frame, below, screen, report);
    }
}

/// Pictures in rows, each with its name and scores below.
fn pictures(frame: &mut Frame, area: Rect, screen: &Screen, report: &QueryReport) {
    let (width, height) = thumbnail::cells(side(area), screen.theme);
    let columns = (area.width / (width + 2).max(18)).max(1);
    let stride = area.width / columns;
    let rows = area.height / (height + 2);
    let room = usize::from(stride.saturating_sub(1));
    let fit = usize::from(columns * rows.max(1));
    for (i, hit) in report.hits.iter().take(fit).enumerate() {
        let (column, row) = (i as u16 % columns, i as u16 / columns);
        let place = Rect {
            x: area.x + column * stride,
            y: area.y + row * (height + 2),
            width: stride,
            height: height + 2,
        }
        .intersection(area);
        if let Some(picture) = &hit.picture {
            let at = Rect {
                width,
                height,
                ..place
            };
            thumbnail::draw(
                frame.buffer_mut(),
                at.intersection(area),
                picture,
                screen.theme,
            );
        }
        let chosen = screen.app.chosen.hit == i;
        let style = if chosen {
            screen.theme.accent().add_modifier(Modifier::BOLD)
        } else {
            screen.theme.text()
        };
        let mark = if chosen {
            screen.theme.glyph("▸", ">")
        } else {
            ""
        };
        let name = frame::cut(&format!("{mark}{}", hit.name), room, screen);
        frame::put(frame, place, height, &Line::styled(name, style));
        let scores = frame::cut(&scores(hit), room, screen);
        frame::put(
            frame,
            place,
            height + 1,
            &Line::styled(scores, screen.theme.muted()),
        );
    }
}

/// The picture, and beside it the names.
fn names(frame: &mut Frame, area: Rect, screen: &Screen, report: &QueryReport) {
    let (width, height) = thumbnail::cells(side(area), screen.theme);
    if let Some(picture) = &report.picture {
        let at = Rect {
            width,
            height,
            ..area
        };
        thumbnail::draw(
            frame.buffer_mut(),
            at.intersection(area),
            picture,
            screen.theme,
        );
    }
    let beside = Rect {
        x: area.x + width + 2,
        width: area.width.saturating_sub(width + 2),
        ..area
    };
    let room = usize::from(beside.width);
    for (i, hit) in report
        .hits
        .iter()
        .take(usize::from(beside.height))
        .enumerate()
    {
        let own = report.name.as_ref() == Some(&hit.name);
        let style = if own {
            screen.theme.good()
        } else {
            screen.theme.text()
        };
        let numbers = scores(hit);
        let name = frame::cut(&hit.name, room.saturating_sub(numbers.len() + 1), screen);
        let gap = room.saturating_sub(name.chars().count() + numbers.len());
        let line = vec![
            Span::styled(name, style),
            frame::blanks(gap),
            Span::styled(numbers, screen.theme.muted()),
        ];
        frame::put(frame, beside, i as u16, &line.into());
    }
}

/// Pixels a side of the pictures that suit the room.
fn side(area: Rect) -> u16 {
    match area.height {
        0..=9 => 8,
        10..=17 => 12,
        18..=25 => 16,
        _ => 20,
    }
}

/// Cosine, softmax over all candidates, and the sigmoid where there is one.
fn scores(hit: &Hit) -> String {
    match hit.sigmoid {
        Some(p) => format!("{:.2}  s {p:.2}", hit.cosine),
        None => format!("{:.2}  p {:.2}", hit.cosine, hit.softmax),
    }
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("nearest")
        .formula("held-out images (or names) in order of their cosine with the query; p = softmax, s = sigmoid")
        .lanes(app, |seen| {
            let query = seen.lane.findings.first::<QueryReport>();
            query.and_then(|q| q.hits.first()).map_or_else(
                || "nothing asked yet: / types a caption".into(),
                |hit| format!("nearest: {}, cosine {}", hit.name, number(hit.cosine)),
            )
        })
        .note("The answer belongs to the weights at that step. Ask again to see what training has changed.")
}
