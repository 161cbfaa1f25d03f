//! The loss panel: all lanes' curves in one chart, the price of guessing, the numbered changes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::loss::sig_lip_at_zero;
use crate::telemetry::LaneStatus;
use crate::ui::app::App;
use crate::ui::app::short;
use crate::ui::chart::Smoothing;
use crate::ui::explain::{Card, Seen, Source, number};
use crate::ui::panel::Panel;
use crate::ui::view::plot::{Axis, Guide, Plot};
use crate::ui::view::series::Recipe;
use crate::ui::view::{Screen, chart, frame, pins, series};

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let view = app.charts.loss;
    let recipe = Recipe {
        view: &view,
        points: &|lane| series::measured(&lane.loss),
        smoothing: view.smoothing,
        log: view.log_y,
        percentiles: (1, 97),
    };
    let (plot, mut notes) = plot(screen, &recipe);
    notes.extend(series::view_notes(screen, &view, Smoothing::Mean));
    let name = chart::name(screen, "loss");
    let last = |lane: usize| {
        if let Some(word) = trouble(&app.lanes[lane].status) {
            return Err(word.to_string());
        }
        let curve = &app.lanes[lane].loss;
        series::read(curve, app.charts.crosshair, view.smoothing).ok_or_else(String::new)
    };
    let (title, legend) = series::heading(&name, &notes, area.width.saturating_sub(8), |room| {
        series::legend(screen, room, show, last)
    });
    let inner = frame::panel(frame, area, screen, Panel::Loss, &title, legend);
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
    let chart = pins::render(frame, chart, screen, Panel::Loss);
    chart::draw(frame, chart, screen, Panel::Loss, &plot);
    let bottom = inner.bottom() - rows;
    for (i, line) in notes.iter().enumerate() {
        frame::put(
            frame,
            Rect {
                y: bottom,
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

/// A loss, in the title.
fn show(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.3}")
    } else {
        "not finite".into()
    }
}

fn plot(screen: &Screen, recipe: &Recipe) -> (Plot, Vec<String>) {
    let drawn = series::draw(screen, recipe);
    let mut values = drawn.values.clone();
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let guides = guesses(screen);
    values.extend(guides.iter().map(|g| g.y * 1.02).filter(|y| *y < top * 1.5));
    let y = Axis::around(values, recipe.log);
    let notes = drawn.notes(recipe, &y);
    let plot = Plot {
        x: series::steps(screen, Panel::Loss),
        y,
        series: drawn.series,
        guides,
        flags: series::flags(screen),
        crosshair: screen.app.charts.crosshair,
    };
    (plot, notes)
}

/// What a model that knows nothing pays: ln N for each batch size that a softmax lane has, and for each
/// sigmoid lane its loss where all cosines are 0.
fn guesses(screen: &Screen) -> Vec<Guide> {
    let mut guides: Vec<(f64, String)> = Vec::new();
    for lane in &screen.app.lanes {
        let Some(settings) = lane.settings.as_ref().filter(|s| s.batch_size > 1) else {
            continue;
        };
        let (n, law) = (settings.batch_size, settings.loss.law());
        // The bias of the first step: what is learned since is no part of the beginning.
        let first = lane.bias.points().first().map(|p| p.value);
        let bias = first.or(settings.bias).unwrap_or(0.0);
        let guide = (
            law.untrained(n as f64, bias),
            law.words().untrained_sum(n, bias),
        );
        if guide.0.is_finite() && !guides.contains(&guide) {
            guides.push(guide);
        }
    }
    guides.sort_by(|a, b| a.0.total_cmp(&b.0));
    let guide = |(y, label)| Guide {
        y,
        label,
        style: screen.theme.muted(),
    };
    guides.into_iter().map(guide).collect()
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
            let name = mark.name;
            let change = if mark.number.is_some() {
                format!(" {name} {} {arrow} {} ", short(mark.old), short(mark.new))
            } else {
                let lane = mark.lanes.first();
                let lane = lane.and_then(|lane| screen.app.lanes.get(*lane));
                format!(" {} ", lane.map_or(name, |lane| lane.lane.as_str()))
            };
            vec![
                Span::styled(
                    series::mark_label(screen, mark),
                    series::mark_style(screen, mark),
                ),
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

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("the loss curve")
        .formula("with all cosines 0: InfoNCE = ln N; SigLIP = softplus(-b) + (N - 1) softplus(b)")
        .lanes(app, stands)
        .claim(
            "Stuck at ln N: the model does not tell pairs apart. Causes: captions that do not belong to their images, \
             too high a rate, features that have collapsed, or logits of 0. The scenarios stuck-at-ln-n and \
             rate-too-high show two of them.",
            &[Source::Test("every_bundled_scenario_shows_what_it_claims")],
        )
        .note(zero_logits(app))
        .note(
            "The faint line is the loss of each step on its own batch: it jumps since batches differ. A smaller N \
             lowers ln N, and nothing has been learned.",
        )
}

fn stands(seen: &Seen) -> String {
    let now = seen.loss().map_or_else(
        || "no step yet".into(),
        |loss| format!("now {}", number(loss)),
    );
    let bias = seen.settings.bias.unwrap_or(0.0);
    let words = seen.settings.loss.law().words();
    words.ends(seen.settings.batch_size, seen.scale(), bias, &now)
}

/// The value that repeats when all logits are zero.
fn zero_logits(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let settings = lanes.into_iter().find_map(|lane| app.settings(lane));
    settings.map_or_else(String::new, |settings| {
        format!(
            "A SigLIP loss of exactly N ln 2 ({} here; 354.89 at N = 512), step after step, means that all logits \
             are 0: the cosines or the scale are 0, without a bias.",
            number(sig_lip_at_zero(settings.batch_size, 0.0))
        )
    })
}
