//! The pictures panel: the batch's first pairs; or, while the matrix is looked at, the two items
//! under its cursor and what every lane thinks of them.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Screen, frame, heat};
use crate::scenario::Loss;
use crate::telemetry::{Pair, Snapshot, Thumbnail};
use crate::ui::panel::Panel;
use crate::ui::theme::Theme;

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    if area.width < 6 || area.height < 2 {
        return;
    }
    let lane = app.target.unwrap_or(0);
    let source = app
        .lanes
        .get(lane)
        .filter(|l| !l.pairs.is_empty())
        .or_else(|| app.lanes.iter().find(|l| !l.pairs.is_empty()));
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
        .and_then(|l| l.matrix.as_ref())
        .map(|m| format!(" step {} ", m.step))
        .unwrap_or_default();
    let note = Line::styled(note, screen.theme.muted());
    let inner = frame::panel(frame, area, screen, Panel::Pictures, &title, note);
    let Some(source) = source else {
        frame::promise(frame, inner, screen, Panel::Pictures);
        return;
    };
    if cell {
        let rows = (app.lanes.len() as u16 + 1).min(inner.height / 2);
        let pictures = Rect {
            height: inner.height - rows,
            ..inner
        };
        two(frame, pictures, screen, source);
        numbers(
            frame,
            Rect {
                y: pictures.bottom(),
                height: rows,
                ..inner
            },
            screen,
        );
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
        draw(
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
        let halves = theme.paints() && !theme.ascii();
        let cells = |side: u16| {
            if halves {
                (side, side / 2)
            } else {
                (side * 2, side)
            }
        };
        let mut best: Option<(u32, Self)> = None;
        for side in [8, 10, 12, 14, 16, 18, 20, 24, 28, 32] {
            let picture = cells(side);
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

/// The picture of the cursor's row beside the caption of its column.
fn two(frame: &mut Frame, area: Rect, screen: &Screen, lane: &Snapshot) {
    let (row, column) = screen.app.cursor;
    let half = area.width / 2;
    let pooled = lane.matrix.as_ref().map_or(1, |m| m.pool);
    for (k, at) in [row, column].into_iter().enumerate() {
        let place = Rect {
            x: area.x + half * k as u16,
            width: half,
            ..area
        };
        let what = if k == 0 { "picture" } else { "caption" };
        let label = Line::from(vec![
            Span::styled(format!("{what} {}", at + 1), screen.theme.accent()),
            Span::styled(
                if row == column { "  a pair" } else { "" },
                screen.theme.good(),
            ),
        ]);
        frame::put(frame, place, 0, &label);
        let pair = lane.pairs.get(at).filter(|_| pooled == 1);
        let Some(pair) = pair else {
            let text = if pooled > 1 {
                "pooled"
            } else {
                "beyond the pairs that are kept"
            };
            for (i, line) in frame::wrap(text, usize::from(half.max(2) - 1))
                .iter()
                .enumerate()
            {
                frame::put(
                    frame,
                    place,
                    1 + i as u16,
                    &Line::styled(line.clone(), screen.theme.faint()),
                );
            }
            continue;
        };
        let captions = 2;
        let rows = area.height.saturating_sub(1 + captions);
        let side = (rows * 2).min(half.saturating_sub(1)).min(32) / 2 * 2;
        if side >= 6 {
            let halves = screen.theme.paints() && !screen.theme.ascii();
            let (w, h) = if halves {
                (side, side / 2)
            } else {
                (side.min(half) / 2 * 2, side / 2)
            };
            draw(
                frame.buffer_mut(),
                Rect {
                    x: place.x,
                    y: place.y + 1,
                    width: w,
                    height: h,
                },
                &pair.thumbnail,
                screen.theme,
            );
        }
        let text = if k == 0 { &pair.name } else { &pair.caption };
        let top = 1 + if side >= 6 { side / 2 } else { 0 };
        for (i, line) in frame::wrap(text, usize::from(half.max(2) - 1))
            .iter()
            .take(2)
            .enumerate()
        {
            frame::put(
                frame,
                place,
                top + i as u16,
                &Line::styled(line.clone(), screen.theme.text()),
            );
        }
    }
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

/// Draws a picture: two pixels in a cell, or a ramp of characters.
fn draw(buf: &mut Buffer, area: Rect, picture: &Thumbnail, theme: &Theme) {
    let area = area.intersection(buf.area);
    if picture.side == 0 || area.is_empty() {
        return;
    }
    let halves = theme.paints() && !theme.ascii();
    let (across, down) = if halves {
        (area.width, area.height * 2)
    } else {
        (area.width / 2, area.height)
    };
    let pixel = |x: u16, y: u16| mean(picture, (x, across.max(1)), (y, down.max(1)));
    for y in 0..area.height {
        for x in 0..area.width {
            let cell = &mut buf[(area.x + x, area.y + y)];
            if halves {
                cell.set_symbol("▀")
                    .set_fg(theme.color(pixel(x, y * 2)))
                    .set_bg(theme.color(pixel(x, y * 2 + 1)));
            } else if x / 2 < across {
                let rgb = pixel(x / 2, y);
                if theme.paints() {
                    cell.set_symbol(" ").set_bg(theme.color(rgb));
                } else {
                    let [r, g, b] = rgb.map(f64::from);
                    cell.set_char(theme.ramp(1.0 - (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255.0));
                }
            }
        }
    }
}

/// The mean colour of the part of a picture that a pixel `(x of width, y of height)` covers.
fn mean(picture: &Thumbnail, x: (u16, u16), y: (u16, u16)) -> [u8; 3] {
    let side = picture.side;
    let range = |(at, of): (u16, u16)| {
        let from = usize::from(at) * side / usize::from(of);
        let to = (usize::from(at + 1) * side / usize::from(of)).max(from + 1);
        from.min(side - 1)..to.min(side)
    };
    let (mut sum, mut n) = ([0_u32; 3], 0);
    for row in range(y) {
        for column in range(x) {
            let Some(rgb) = picture.rgb.get(row * side + column) else {
                continue;
            };
            n += 1;
            for (total, &value) in sum.iter_mut().zip(rgb) {
                *total += u32::from(value);
            }
        }
    }
    sum.map(|total| (total / n.max(1)) as u8)
}
