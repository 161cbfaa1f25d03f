//! What lies under the matrix's cursor: the picture of its row, the caption of its column, and what
//! every lane makes of the two.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Screen, frame, heat, thumbnail};
use crate::scenario::Loss;
use crate::telemetry::{Pair, Snapshot};

/// Rows that an item takes besides its picture: its label and its words.
const WORDS: u16 = 2;

/// Draws both items side by side and the numbers below them.
pub fn render(frame: &mut Frame, area: Rect, screen: &Screen, lane: &Snapshot) {
    let rows = (screen.app.lanes.len() as u16 + 1).min(area.height / 2);
    let (row, column) = screen.app.cursor;
    let items = Rect {
        width: area.width / 2,
        height: area.height - rows,
        ..area
    };
    let pooled = lane.matrix.as_ref().is_some_and(|m| m.pool > 1);
    let mut used = 0;
    for (what, at, x) in [
        ("picture", row, items.x),
        ("caption", column, items.x + items.width),
    ] {
        let label = Line::from(vec![
            Span::styled(format!("{what} {}", at + 1), screen.theme.accent()),
            Span::styled(
                if row == column { "  a pair" } else { "" },
                screen.theme.good(),
            ),
        ]);
        let place = Rect { x, ..items };
        frame::put(frame, place, 0, &label);
        let below = Rect {
            y: place.y + 1.min(place.height),
            height: place.height.saturating_sub(1),
            ..place
        };
        used = used.max(
            1 + match lane.pairs.get(at) {
                Some(pair) if !pooled => item(
                    frame,
                    below,
                    screen,
                    pair,
                    if what == "picture" {
                        &pair.name
                    } else {
                        &pair.caption
                    },
                ),
                _ => unknown(frame, below, screen, pooled),
            },
        );
    }
    // Close below the items, with a line between where there is room.
    let top = (used + 1).min(items.height);
    numbers(
        frame,
        Rect {
            y: area.y + top,
            height: rows,
            ..area
        },
        screen,
    );
}

/// An item's picture with words below it. Returns the rows used.
fn item(frame: &mut Frame, area: Rect, screen: &Screen, pair: &Pair, words: &str) -> u16 {
    let theme = screen.theme;
    let fits = |side: &u16| {
        let (w, h) = thumbnail::cells(*side, theme);
        w < area.width && h + WORDS <= area.height
    };
    let (width, height) = (3..=16)
        .rev()
        .map(|half| half * 2)
        .find(fits)
        .map_or((0, 0), |side| thumbnail::cells(side, theme));
    thumbnail::draw(
        frame.buffer_mut(),
        Rect {
            width,
            height,
            ..area
        },
        &pair.thumbnail,
        theme,
    );
    let lines = frame::wrap(words, usize::from(area.width.max(2) - 1));
    for (i, line) in lines.iter().take(usize::from(WORDS)).enumerate() {
        frame::put(
            frame,
            area,
            height + i as u16,
            &Line::styled(line.clone(), theme.text()),
        );
    }
    height + WORDS
}

/// Says why there is nothing to show. Returns the rows used.
fn unknown(frame: &mut Frame, area: Rect, screen: &Screen, pooled: bool) -> u16 {
    let text = if pooled {
        "each cell is the mean of several pairs"
    } else {
        "beyond the pairs that are kept"
    };
    let lines = frame::wrap(text, usize::from(area.width.max(2) - 1));
    for (i, line) in lines.iter().enumerate() {
        frame::put(
            frame,
            area,
            i as u16,
            &Line::styled(line.clone(), screen.theme.faint()),
        );
    }
    (lines.len() as u16).min(area.height)
}

/// What every lane makes of the cursor's cell. Where room is short, the one probability that the
/// lane's own loss is made of.
fn numbers(frame: &mut Frame, area: Rect, screen: &Screen) {
    let app = screen.app;
    let theme = screen.theme;
    let wide = area.width >= 47;
    let (row, column) = (theme.glyph("p→", "p>"), theme.glyph("p←", "p<"));
    let rest = if wide {
        format!("{row:>7}{column:>7}{:>8}", "sigmoid")
    } else {
        format!("{:>7}", "p")
    };
    let head = format!("{:10}{:>7}{:>8}{rest}", "", "cosine", "logit");
    frame::put(frame, area, 0, &Line::styled(head, theme.faint()));
    for (i, lane) in app.lanes.iter().enumerate() {
        let settings = app.settings(i);
        let facts = lane
            .matrix
            .as_ref()
            .zip(settings.as_ref())
            .and_then(|(m, s)| heat::facts(m, s, app.cursor.0, app.cursor.1));
        let label = frame::cut(&lane.lane, 7, screen);
        let mut spans = vec![Span::styled(
            format!("{} {label:8}", theme.marker(i)),
            theme.lane(i),
        )];
        if let Some(f) = facts {
            let own = if settings.is_some_and(|s| s.loss == Loss::SigLip) {
                f.sigmoid
            } else {
                f.row
            };
            let shares = if wide {
                format!(
                    "{}{}{}",
                    share(f.row, 7),
                    share(f.column, 7),
                    share(f.sigmoid, 8)
                )
            } else {
                share(own, 7)
            };
            spans.push(Span::styled(
                format!("{:>7.3}{:>8.2}", f.cosine, f.logit),
                theme.text(),
            ));
            spans.push(Span::styled(shares, theme.muted()));
        }
        frame::put(frame, area, 1 + i as u16, &spans.into());
    }
}

fn share(p: f64, width: usize) -> String {
    let text = if p != 0.0 && p < 0.001 {
        format!("{p:.0e}")
    } else {
        format!("{p:.3}")
    };
    format!("{text:>width$}")
}
