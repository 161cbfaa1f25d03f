//! The pictures panel: the batch's first pairs; or, while the matrix is looked at, the two items
//! under its cursor and what every lane thinks of them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::telemetry::Pair;
use crate::ui::app::App;
use crate::ui::explain::data::doubles;
use crate::ui::explain::{Card, Paper, Source, count};
use crate::ui::panel::Panel;
use crate::ui::theme::Theme;
use crate::ui::view::{Screen, frame, pair, thumbnail};

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    if area.width < 6 || area.height < 2 {
        return;
    }
    let lane = app.target.unwrap_or(0);
    let with_pairs = |lane| app.shown(lane).filter(|shown| !shown.pairs.is_empty());
    let source = with_pairs(lane).or_else(|| (0..app.lanes.len()).find_map(with_pairs));
    let cell = app.cursor_shown() && app.lanes.iter().any(|l| l.matrix.is_some());
    let title = if cell {
        "picture × caption"
    } else {
        "pairs of the batch"
    };
    let title = if screen.theme.ascii() {
        title.replace('×', "x")
    } else {
        title.into()
    };
    let note = source
        .as_ref()
        .map(|shown| format!(" step {} ", shown.matrix.step))
        .unwrap_or_default();
    let note = Line::styled(note, screen.theme.muted());
    let inner = frame::panel(frame, area, screen, Panel::Pictures, &title, note);
    let Some(source) = source else {
        frame::promise(frame, inner, screen, Panel::Pictures);
        return;
    };
    if cell {
        pair::render(frame, inner, screen, &source);
    } else {
        many(frame, inner, screen, &source.pairs);
    }
}

/// As many pairs as fit, each picture above its caption.
fn many(frame: &mut Frame, area: Rect, screen: &Screen, pairs: &[Pair]) {
    let Some(plan) = Plan::best(area, pairs.len(), screen.theme) else {
        return;
    };
    let width = area.width / plan.columns;
    for (i, pair) in pairs
        .iter()
        .take(usize::from(plan.columns * plan.rows))
        .enumerate()
    {
        let (column, row) = (i as u16 % plan.columns, i as u16 / plan.columns);
        let x = area.x + column * width;
        let y = area.y + row * (plan.picture.1 + plan.captions);
        let (w, h) = plan.picture;
        let left = x + (width - w) / 2;
        thumbnail::draw(
            frame.buffer_mut(),
            Rect {
                x: left,
                y,
                width: w,
                height: h,
            },
            &pair.thumbnail,
            screen.theme,
        );
        let room = usize::from(width.saturating_sub(1));
        let mut lines = frame::wrap(&pair.caption, room);
        if lines.len() > usize::from(plan.captions) {
            lines.truncate(usize::from(plan.captions));
            if let Some(last) = lines.last_mut() {
                let kept = frame::cut(last, room.saturating_sub(1), screen);
                let dots = screen.theme.glyph("…", "~");
                *last = if kept.ends_with(dots) {
                    kept
                } else {
                    kept + dots
                };
            }
        }
        for (k, line) in lines.iter().enumerate() {
            let place = Rect {
                x,
                y: y + h + k as u16,
                width,
                height: 1,
            };
            frame::put(
                frame,
                place,
                0,
                &Line::styled(frame::cut(line, room, screen), screen.theme.muted()).centered(),
            );
        }
    }
}

/// How pairs are laid out.
struct Plan {
    columns: u16,
    rows: u16,
    picture: (u16, u16),
    captions: u16,
}

impl Plan {
    /// The plan that shows pictures well and many of them; pictures below 8 pixels show nothing.
    fn best(area: Rect, pairs: usize, theme: &Theme) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for side in [8, 10, 12, 14, 16, 18, 20, 24, 28, 32] {
            let picture = thumbnail::cells(side, theme);
            for captions in [1_u16, 2] {
                let rows = area.height / (picture.1 + captions);
                let columns = (area.width / (picture.0 + 2).max(15)).min(pairs.max(1) as u16);
                let shown = u32::from(rows * columns).min(pairs as u32);
                if shown == 0 {
                    continue;
                }
                // Eight are enough; a picture is worth its side up to 20 pixels.
                let worth =
                    shown.min(8).pow(2) * u32::from(side.min(20)).pow(2) * u32::from(1 + captions);
                if best.as_ref().is_none_or(|(w, _)| worth > *w) {
                    best = Some((
                        worth,
                        Self {
                            columns,
                            rows,
                            picture,
                            captions,
                        },
                    ));
                }
            }
        }
        best.map(|(_, plan)| plan)
    }
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("images and captions")
        .formula("image i with caption i is a positive; image i with any other caption is a negative")
        .lanes(app, |seen| doubles(&seen.lane.pairs).tell())
        .note(
            "Two pairs with the same name are false negatives of each other: the loss pushes apart what belongs \
             together. With names that occur c times InfoNCE cannot fall below the mean of ln c over all pairs.",
        )
        .note(expected(app))
        .claim(
            "What helps: draw batches that repeat no name, or count pairs with equal names as positives.",
            &[Source::Paper(Paper::UniCl, "section 3")],
        )
}

/// How many are to be expected from the size of the batch and of the data.
fn expected(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let found = lanes.into_iter().find_map(|i| {
        let settings = app.settings(i)?;
        let classes = app.lanes[i].held_out.last()?.candidates as f64;
        Some((settings, classes))
    });
    found.map_or_else(String::new, |(settings, classes)| {
        let n = settings.batch_size as f64;
        format!(
            "Drawn at random from C = {classes} names, a batch of {} would hold about N(N-1)/(2C) = {} such couples.",
            settings.batch_size,
            count(n * (n - 1.0) / (2.0 * classes.max(1.0)))
        )
    })
}
