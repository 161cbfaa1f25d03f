//! What lies under the matrix's cursor: the picture of its row, the caption of its column, and what
//! every lane makes of the two.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Screen, frame, heat, thumbnail};
use crate::telemetry::Pair;
use crate::ui::app::Shown;
use heat::CellFacts;

/// Rows that an item takes besides its picture: its label and its words.
const WORDS: u16 = 2;

/// Draws both items side by side and the numbers below them.
pub fn render(frame: &mut Frame, area: Rect, screen: &Screen, lane: &Shown) {
    let blocks = blocks(screen, area);
    let each = screen.app.lanes.len() as u16 + 1;
    let rows = (each * blocks.len() as u16).min(area.height / 2);
    let (row, column) = screen.app.cursor;
    let items = Rect {
        width: area.width / 2,
        height: area.height - rows,
        ..area
    };
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
                Some(pair) => item(
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
                None => unknown(frame, below, screen),
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
        &blocks,
        lane.matrix.step,
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
fn unknown(frame: &mut Frame, area: Rect, screen: &Screen) -> u16 {
    let text = "thumbnail and caption of this pair are not kept";
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

/// A number about the cell.
#[derive(Clone, Copy)]
struct Fact {
    head: &'static str,
    plain: &'static str,
    width: usize,
    cell: fn(&CellFacts) -> String,
}

const fn fact(
    head: &'static str,
    plain: &'static str,
    width: usize,
    cell: fn(&CellFacts) -> String,
) -> Fact {
    Fact {
        head,
        plain,
        width,
        cell,
    }
}

/// Room for a lane's sign and name.
const NAME: usize = 10;

const COSINE: Fact = fact("cosine", "cosine", 7, |f| format!("{:.3}", f.cosine));
const LOGIT: Fact = fact("logit", "logit", 8, |f| format!("{:.2}", f.logit));
const LOSS: Fact = fact("loss", "loss", 7, |f| {
    f.loss.map_or_else(String::new, share)
});
const GRADIENT: Fact = fact("gradient", "gradient", 10, |f| {
    f.gradient.map_or_else(String::new, signed)
});

/// Everything about the cell.
const ALL: [Fact; 7] = [
    COSINE,
    LOGIT,
    fact("p→", "p>", 7, |f| share(f.row)),
    fact("p←", "p<", 7, |f| {
        f.column.map_or_else(String::new, share)
    }),
    fact("sigmoid", "sigmoid", 8, |f| share(f.sigmoid)),
    LOSS,
    GRADIENT,
];

/// What fits into a line: of the probabilities the one that the lane's own loss is made of.
const FEW: [Fact; 5] = [
    COSINE,
    LOGIT,
    fact("p", "p", 7, |f| share(f.own)),
    LOSS,
    GRADIENT,
];

/// The facts, in as many tables below each other as the width asks for; only the few that matter most
/// where the pictures would suffer.
fn blocks(screen: &Screen, area: Rect) -> Vec<Vec<Fact>> {
    let rows = screen.app.lanes.len() as u16 + 1;
    let all = fill(&ALL, area.width);
    if all.len() == 1 || (area.height >= 8 + rows * all.len() as u16 && all.len() < 3) {
        return all;
    }
    let mut few = fill(&FEW, area.width);
    few.truncate(1);
    few
}

fn fill(facts: &[Fact], width: u16) -> Vec<Vec<Fact>> {
    let mut blocks: Vec<Vec<Fact>> = Vec::new();
    let mut used = usize::MAX;
    for fact in facts {
        if used.saturating_add(fact.width) > usize::from(width) {
            blocks.push(Vec::new());
            used = NAME;
        }
        used += fact.width;
        if let Some(block) = blocks.last_mut() {
            block.push(*fact);
        }
    }
    blocks
}

/// What every lane makes of the cursor's cell, in the batch of this step: a lane that has shown another
/// one meanwhile looks back, and says so if it cannot.
fn numbers(frame: &mut Frame, area: Rect, screen: &Screen, blocks: &[Vec<Fact>], step: u64) {
    let app = screen.app;
    let theme = screen.theme;
    let mut row = 0;
    for block in blocks {
        let mut head = " ".repeat(NAME);
        for fact in block {
            let text = theme.glyph(fact.head, fact.plain);
            head.push_str(&frame::cell(text, fact.width, screen));
        }
        frame::put(frame, area, row, &Line::styled(head, theme.faint()));
        for (i, lane) in app.lanes.iter().enumerate() {
            row += 1;
            let shown = app.shown_of(i, step);
            let facts = shown.as_ref().and_then(|shown| {
                let settings = shown.settings.as_ref()?;
                heat::facts(&shown.cells()?, settings, app.cursor.0, app.cursor.1)
            });
            let label = frame::cut(&lane.lane, NAME - 3, screen);
            let mut spans = vec![Span::styled(
                format!("{} {label:1$}", theme.marker(i), NAME - 2),
                theme.lane(i),
            )];
            if facts.is_none() && lane.matrix.is_some() {
                let text = match shown {
                    Some(_) => "keeps only means of this pair".into(),
                    None => format!("has not shown step {step}"),
                };
                spans.push(Span::styled(text, theme.faint()));
            }
            if let Some(facts) = facts {
                spans.extend(block.iter().map(|fact| {
                    let text = (fact.cell)(&facts);
                    let text = if text.is_empty() {
                        theme.glyph("–", "-").into()
                    } else {
                        text
                    };
                    Span::styled(frame::cell(&text, fact.width, screen), theme.text())
                }));
            }
            frame::put(frame, area, row, &spans.into());
        }
        row += 1;
    }
}

fn share(p: f64) -> String {
    if p != 0.0 && p.abs() < 0.001 {
        format!("{p:.0e}")
    } else {
        format!("{p:.3}")
    }
}

fn signed(x: f64) -> String {
    if x != 0.0 && x.abs() < 0.001 {
        format!("{x:+.1e}")
    } else {
        format!("{x:+.4}")
    }
}
