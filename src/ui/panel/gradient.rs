//! The gradient panel: for the picture of the matrix's row, how each lane's loss spreads its push over
//! the wrong captions, hardest first.

mod explain;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::control::Settings;
use crate::loss::push::Push;
use crate::telemetry::{Pair, Snapshot};
use crate::ui::panel::Panel;
use crate::ui::view::{Screen, frame, thumbnail};

pub use explain::explain;

/// The least width in which a lane's bars are worth drawing.
const NARROW: u16 = 34;
/// From this width on the other loss's bars stand beside the lane's own.
const BOTH: u16 = 44;

/// Draws the panel: as many lanes as fit, the addressed one among them.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    if area.width < 12 || area.height < 3 {
        return;
    }
    let app = screen.app;
    let lanes: Vec<usize> = (0..app.lanes.len())
        .filter(|lane| app.lanes[*lane].rows.is_some() && app.settings(*lane).is_some())
        .collect();
    let row = app.cursor.0;
    let pairs = lanes
        .first()
        .and_then(|lane| app.lanes[*lane].rows.as_ref())
        .map_or(0, |rows| rows.pairs);
    let note = if pairs > 0 {
        format!(" picture {} of {pairs} ", row + 1)
    } else {
        String::new()
    };
    let note = Line::styled(note, screen.theme.muted());
    let inner = frame::panel(
        frame,
        area,
        screen,
        Panel::Gradient,
        "where the gradient goes",
        note,
    );
    if lanes.is_empty() {
        frame::promise(frame, inner, screen, Panel::Gradient);
        return;
    }
    let fit = usize::from(inner.width / NARROW).clamp(1, lanes.len());
    let addressed = lanes
        .iter()
        .position(|lane| Some(*lane) == app.target)
        .unwrap_or(0);
    let first = addressed.saturating_sub(fit - 1).min(lanes.len() - fit);
    let columns = vec![Constraint::Fill(1); fit];
    let places = Layout::horizontal(columns).spacing(2).split(inner);
    for (place, lane) in places.iter().zip(&lanes[first..]) {
        column(frame, *place, screen, *lane, row);
    }
}

fn column(frame: &mut Frame, area: Rect, screen: &Screen, lane: usize, row: usize) {
    let app = screen.app;
    let theme = screen.theme;
    let Some((snapshot, settings)) = app.lanes.get(lane).zip(app.settings(lane)) else {
        return;
    };
    let [sign, name] = frame::lane_name(screen, lane);
    let about = format!("  {}, tau {:.4}", about(&settings), settings.temperature);
    let head = Line::from(vec![sign, name, Span::styled(about, theme.muted())]);
    frame::put(frame, area, 0, &head);
    let cosines = snapshot.rows.as_ref().and_then(|rows| rows.row(row));
    let push = |loss| {
        let bias = settings.bias.unwrap_or(0.0);
        Push::of(cosines?, row, loss, settings.temperature, bias)
    };
    let Some(own) = push(settings.loss) else {
        let text = if cosines.is_some() {
            "a cosine of this row is NaN or infinite; press U to rewind"
        } else {
            "this row is not kept"
        };
        let lines = frame::wrap(text, usize::from(area.width.max(8)));
        for (line, row) in lines.into_iter().zip(1..) {
            frame::put(frame, area, row, &Line::styled(line, theme.muted()));
        }
        return;
    };
    let mut used = 1;
    for line in figures(screen, &own, &settings) {
        let text = frame::cut(&line, usize::from(area.width), screen);
        frame::put(frame, area, used, &Line::styled(text, theme.text()));
        used += 1;
    }
    let rest = Rect {
        y: area.y + used.min(area.height),
        height: area.height.saturating_sub(used),
        ..area
    };
    let shown = items(frame, rest, screen, snapshot, &own, row);
    let rest = Rect {
        y: rest.y + shown,
        height: rest.height - shown,
        ..rest
    };
    let other = settings.loss.law().other();
    bars(
        frame,
        rest,
        screen,
        lane,
        &own,
        push(other).as_ref(),
        &settings,
    );
}

/// The function of the loss, and the bias where it makes a difference.
fn about(settings: &Settings) -> String {
    let law = settings.loss.law();
    let function = law.words().function();
    if law.uses_bias() {
        format!("{function}, b {:.2}", settings.bias.unwrap_or(0.0))
    } else {
        function.into()
    }
}

/// The row's spread in two lines.
fn figures(screen: &Screen, push: &Push, settings: &Settings) -> Vec<String> {
    let n = push.negatives.len();
    let (pull, first) = (amount(push.pull), push.share_of_hardest(1) * 100.0);
    let [own, plain] = settings.loss.law().words().pull_sign();
    let own = screen.theme.glyph(own, plain);
    vec![
        format!("pull {pull} ({own}) on its caption, cos {:.3}", push.own),
        format!(
            "push {} over {:.1} of {n}, hardest {first:.0} %",
            amount(push.total),
            push.effective
        ),
    ]
}

/// The picture, and the picture and words of the caption that it is pushed from hardest. Returns the
/// rows used: none where bars need the room.
fn items(
    frame: &mut Frame,
    area: Rect,
    screen: &Screen,
    lane: &Snapshot,
    push: &Push,
    row: usize,
) -> u16 {
    let theme = screen.theme;
    let fits = |side: &u16| {
        let (w, h) = thumbnail::cells(*side, theme);
        2 * w + 14 <= area.width && h + 7 <= area.height
    };
    let Some(side) = [20, 16, 12, 8].into_iter().find(fits) else {
        return 0;
    };
    let (width, height) = thumbnail::cells(side, theme);
    let hardest = push.negatives.first().map(|n| n.column);
    let half = area.width / 2;
    for (i, (at, what)) in [(Some(row), "picture"), (hardest, "hardest")]
        .into_iter()
        .enumerate()
    {
        let Some(at) = at else { continue };
        let Some(pair) = lane.pairs.get(at) else {
            let name = format!("{what}: {}", caption(&lane.pairs, at));
            let place = Rect {
                x: area.x + half * i as u16,
                width: half,
                ..area
            };
            frame::put(frame, place, 0, &Line::styled(name, theme.accent()));
            continue;
        };
        let place = Rect {
            x: area.x + half * i as u16,
            width: width.min(half),
            height,
            ..area
        };
        thumbnail::draw(frame.buffer_mut(), place, &pair.thumbnail, theme);
        let beside = Rect {
            x: place.right() + 1,
            width: half.saturating_sub(place.width + 2),
            ..place
        };
        let label = Line::styled(what, theme.accent());
        frame::put(frame, beside, 0, &label);
        let words = if i == 0 { &pair.name } else { &pair.caption };
        for (k, line) in frame::wrap(words, usize::from(beside.width.max(1)))
            .into_iter()
            .enumerate()
        {
            frame::put(
                frame,
                beside,
                1 + k as u16,
                &Line::styled(line, theme.text()),
            );
        }
    }
    height
}

/// The negatives, hardest first, each with its push as a bar; where there is room, with the other
/// loss's beside it. Bars are as long as the hardest's share them: how fast they fall is the point.
fn bars(
    frame: &mut Frame,
    area: Rect,
    screen: &Screen,
    lane: usize,
    own: &Push,
    other: Option<&Push>,
    settings: &Settings,
) {
    if area.height < 2 || area.width < 20 {
        return;
    }
    let theme = screen.theme;
    let other = other.filter(|_| area.width >= BOTH);
    let columns = 1 + usize::from(other.is_some());
    // Caption, cosine, and for each loss a bar and its number.
    let words = usize::from(area.width / 3).clamp(8, 22);
    let bar = (usize::from(area.width) - words - 7).saturating_sub(columns * 7) / columns;
    let law = settings.loss.law();
    let [mine, its] = [law, law.other().law()].map(|law| {
        let [rich, plain] = law.words().push_head();
        theme.glyph(rich, plain)
    });
    let mut head = format!(
        "{:words$} {:>6} {mine:width$}",
        "wrong caption",
        "cos",
        width = bar + 7
    );
    if other.is_some() {
        head.push_str(its);
    }
    let head = frame::cut(&head, usize::from(area.width), screen);
    frame::put(frame, area, 0, &Line::styled(head, theme.faint()));
    let all = own.negatives.len();
    let room = usize::from(area.height - 1);
    let shown = if all > room {
        room.saturating_sub(1)
    } else {
        all
    };
    let pairs = &screen.app.lanes[lane].pairs;
    for (i, negative) in own.negatives.iter().take(shown).enumerate() {
        let name = caption(pairs, negative.column);
        let mut spans = vec![
            Span::styled(
                format!("{:words$}", frame::cut(&name, words, screen)),
                theme.text(),
            ),
            Span::styled(format!(" {:>6.3} ", negative.cosine), theme.muted()),
        ];
        spans.extend(bar_of(screen, own, i, bar, theme.lane(lane)));
        if let Some(other) = other {
            spans.extend(bar_of(screen, other, i, bar, theme.lane_half(lane)));
        }
        frame::put(frame, area, 1 + i as u16, &spans.into());
    }
    if all > shown {
        let left = |push: &Push| {
            let sum: f64 = push.negatives[shown..].iter().map(|n| n.push).sum();
            let pad = bar + 7;
            format!("{:pad$}", format!("{} in all", amount(sum)))
        };
        let mut text = format!(
            "{:words$} {:>6} {}",
            format!("{} others", all - shown),
            "",
            left(own)
        );
        if let Some(other) = other {
            text.push_str(&left(other));
        }
        let text = frame::cut(text.trim_end(), usize::from(area.width), screen);
        frame::put(
            frame,
            area,
            1 + shown as u16,
            &Line::styled(text, theme.muted()),
        );
    }
}

/// A bar, as long as its push is of the hardest's, and the push itself.
fn bar_of(
    screen: &Screen,
    push: &Push,
    rank: usize,
    room: usize,
    style: Style,
) -> [Span<'static>; 3] {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let theme = screen.theme;
    let most = push.negatives.first().map_or(0.0, |n| n.push);
    let value = push.negatives.get(rank).map_or(0.0, |n| n.push);
    let share = if most > 0.0 { value / most } else { 0.0 };
    let (bar, length) = if theme.ascii() {
        let cells = (share * room as f64).round() as usize;
        ("=".repeat(cells), cells)
    } else {
        let eighths = (share * (room * 8) as f64).round() as usize;
        let part = EIGHTHS[eighths % 8];
        let length = eighths / 8 + usize::from(!part.is_empty());
        ("█".repeat(eighths / 8) + part, length)
    };
    [
        Span::styled(bar, style),
        frame::blanks(room.saturating_sub(length)),
        Span::styled(format!(" {:<6}", amount(value)), theme.muted()),
    ]
}

/// A push in at most five characters.
fn amount(x: f64) -> String {
    if x == 0.0 {
        "0".into()
    } else if x < 0.001 {
        format!("{x:.0e}")
    } else if x < 10.0 {
        format!("{x:.3}")
    } else {
        format!("{x:.1}")
    }
}

fn caption(pairs: &[Pair], column: usize) -> String {
    pairs.get(column).map_or_else(
        || format!("caption {}", column + 1),
        |pair| pair.caption.clone(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::ui::action::Action;
    use crate::ui::fixture;
    use crate::ui::view::tests::{PLAIN, RICH, app, draw, shot, styles};

    #[test]
    fn gradient_screens() {
        for (name, theme) in [("truecolor", RICH), ("none", PLAIN)] {
            for (width, height) in [(60, 20), (80, 24), (120, 40)] {
                let mut app = app(fixture::running(640));
                app.update(Action::Panel(Panel::Gradient));
                let name = format!("gradient_{width}x{height}_{name}");
                insta::assert_snapshot!(name.as_str(), shot(&mut app, &theme, width, height));
                let colours = styles(&draw(&mut app, &theme, width, height));
                if width == 80 {
                    insta::assert_snapshot!(format!("{name}_styles"), colours);
                }
            }
        }
        let mut app = app(fixture::running(640));
        app.update(Action::Panel(Panel::Gradient));
        app.update(Action::Zoom);
        insta::assert_snapshot!("gradient_zoomed", shot(&mut app, &RICH, 120, 40));
    }

    #[test]
    fn gradient_follows_the_cursor_and_concentrates_as_tau_falls() {
        let mut app = app(fixture::running(640));
        app.target = Some(0);
        app.size = (120, 40);
        app.update(Action::Panel(Panel::Gradient));
        app.key(KeyEvent::from(KeyCode::Down));
        // "push 0.4 over 5.3 of 63": 5.3.
        let on = |screen: &str| -> f64 {
            let line = screen.split("push ").nth(1).expect("a line of pushes");
            let word = line.split(' ').nth(2).expect("so many");
            word.parse().expect("a number")
        };
        let wide = shot(&mut app, &RICH, 120, 40);
        assert!(wide.contains("picture 2 of 64"), "{wide}");
        app.observe(fixture::edited(640, |_, lane| {
            lane.settings.as_mut().expect("settings").temperature = 0.012;
        }));
        let narrow = shot(&mut app, &RICH, 120, 40);
        assert!(on(&narrow) < on(&wide), "{wide}\n{narrow}");
    }

    #[test]
    fn gradient_of_a_pooled_matrix_shows_the_exact_row() {
        let mut app = app(fixture::edited(640, |_, lane| {
            let mut matrix = (**lane.matrix.as_ref().expect("a matrix")).clone();
            matrix.pool = 2;
            lane.matrix = Some(Arc::new(matrix));
            let mut rows = (**lane.rows.as_ref().expect("rows")).clone();
            rows.cosines.truncate(60 * rows.pairs);
            lane.rows = Some(Arc::new(rows));
        }));
        app.update(Action::Panel(Panel::Gradient));
        app.cursor = (6, 0);
        let screen = shot(&mut app, &RICH, 120, 40);
        assert!(screen.contains("picture 7 of 64"), "{screen}");
        app.cursor = (60, 0);
        let screen = shot(&mut app, &RICH, 120, 40);
        assert!(screen.contains("this row is not kept"), "{screen}");
    }
}
