//! The loss panel: all lanes' curves in one chart, the price of guessing, the numbered changes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::plot::{Axis, Guide, Plot};
use super::{Screen, frame, series};
use crate::scenario::Loss;
use crate::telemetry::LaneStatus;
use crate::ui::app::{Smoothing, short};
use crate::ui::dial::Dial;
use crate::ui::panel::Panel;

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let title = match (app.log_scale, app.smoothing) {
        (true, Smoothing::Off) => "loss, log axis, as measured",
        (true, _) => "loss, log axis",
        (false, Smoothing::Off) => "loss, as measured",
        (false, _) => "loss",
    };
    let last = |lane: usize| {
        if let Some(word) = trouble(&app.lanes[lane].status) {
            return Some(word.to_string());
        }
        let curve = &app.lanes[lane].loss;
        let smooth = series::smoothed(curve, app.smoothing);
        let value = smooth.map_or_else(|| curve.last().map(|p| p.value), |s| s.last().map(|p| p.1));
        value.map(|v| {
            if v.is_finite() {
                format!("{v:.3}")
            } else {
                "not finite".into()
            }
        })
    };
    let legend = frame::legend(
        screen,
        area.width.saturating_sub(title.len() as u16 + 8),
        last,
    );
    let inner = frame::panel(frame, area, screen, Panel::Loss, title, legend);
    if app.lanes.iter().all(|lane| lane.loss.points().is_empty()) {
        waiting(frame, inner, screen);
        return;
    }
    let notes = mark_lines(screen, inner.width, mark_rows(inner.height));
    let rows = notes.len() as u16;
    let chart = Rect {
        height: inner.height - rows,
        ..inner
    };
    plot(screen).render(frame.buffer_mut(), chart, screen.theme);
    for (i, line) in notes.iter().enumerate() {
        frame::put(
            frame,
            Rect {
                y: chart.bottom(),
                height: rows,
                ..inner
            },
            i as u16,
            line,
        );
    }
}

const fn trouble(status: &LaneStatus) -> Option<&'static str> {
    match status {
        LaneStatus::Failed(_) => Some("failed"),
        LaneStatus::Diverged(_) => Some("not finite"),
        _ => None,
    }
}

const fn mark_rows(height: u16) -> u16 {
    match height {
        0..=9 => 0,
        10..=15 => 1,
        16..=24 => 3,
        _ => 6,
    }
}

fn plot(screen: &Screen) -> Plot {
    let app = screen.app;
    let mut all = Vec::new();
    let mut values = Vec::new();
    for (i, lane) in app.lanes.iter().enumerate() {
        let (lines, extent) = series::of_lane(
            screen,
            i,
            &lane.loss,
            app.smoothing,
            if app.log_scale { usize::MAX } else { 30 },
        );
        all.extend(lines);
        values.extend(extent);
    }
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let guides = guesses(screen);
    values.extend(guides.iter().map(|g| g.y * 1.02).filter(|y| *y < top * 1.5));
    let y = Axis::around(values, app.log_scale);
    Plot {
        x: series::steps(app),
        y,
        series: all,
        guides,
        flags: series::flags(screen),
    }
}

/// ln N for each batch size that a softmax lane has.
fn guesses(screen: &Screen) -> Vec<Guide> {
    let settings = screen
        .app
        .lanes
        .iter()
        .filter_map(|lane| lane.settings.as_ref());
    let mut sizes: Vec<_> = settings
        .filter(|s| s.loss == Loss::InfoNce && s.batch_size > 1)
        .map(|s| s.batch_size)
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    let guide = |n: &u64| {
        let y = (*n as f64).ln();
        Guide {
            y,
            label: format!("ln {n} = {y:.2}"),
            style: screen.theme.muted(),
        }
    };
    sizes.iter().map(guide).collect()
}

/// What the latest marks stand for, in at most so many lines.
fn mark_lines(screen: &Screen, width: u16, rows: u16) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let arrow = theme.glyph("→", "->");
    let texts: Vec<_> = screen
        .app
        .marks
        .iter()
        .map(|mark| {
            let dial = Dial::ALL
                .iter()
                .find(|d| d.control() == mark.name)
                .map_or(mark.name, |d| d.label());
            let change = format!(
                " {dial} {} {arrow} {} ",
                short(mark.old),
                short(Some(mark.new))
            );
            vec![
                Span::styled(mark.number.to_string(), series::mark_style(screen, mark)),
                Span::styled(change, theme.text()),
                Span::styled(format!("at {}  ", mark.step), theme.faint()),
            ]
        })
        .collect();
    // The newest ones, as many as fit, oldest of them first.
    let mut lines: Vec<Line> = Vec::new();
    let mut line = Vec::new();
    for spans in texts.into_iter().rev() {
        let length = |s: &[Span]| s.iter().map(Span::width).sum::<usize>();
        if !line.is_empty() && length(&line) + length(&spans) > usize::from(width) {
            lines.push(std::mem::take(&mut line).into());
        }
        line.splice(0..0, spans);
    }
    if !line.is_empty() {
        lines.push(line.into());
    }
    lines.truncate(usize::from(rows));
    lines.reverse();
    lines
}

fn waiting(frame: &mut Frame, area: Rect, screen: &Screen) {
    let theme = screen.theme;
    let spinner = theme.glyph("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\");
    let phase = (screen.app.beat as usize) % spinner.chars().count();
    let sign: String = spinner.chars().nth(phase).into_iter().collect();
    let mut lines = Vec::new();
    for (i, lane) in screen.app.lanes.iter().enumerate() {
        let [marker, name] = frame::lane_name(screen, i);
        let what = match &lane.status {
            LaneStatus::Starting => Span::styled(
                format!("  {sign} preparing data and weights"),
                theme.muted(),
            ),
            LaneStatus::Failed(reason) => Span::styled(format!("  {reason}"), theme.bad()),
            LaneStatus::Diverged(step) => {
                Span::styled(format!("  not finite at step {step}"), theme.bad())
            }
            _ => Span::styled("  ready: Space trains, s makes one step", theme.muted()),
        };
        lines.push(Line::from(vec![marker, name, what]));
    }
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (i, line) in lines.iter().enumerate() {
        let left = 4.min(area.width);
        frame::put(
            frame,
            Rect {
                x: area.x + left,
                width: area.width - left,
                ..area
            },
            top + i as u16,
            line,
        );
    }
}
