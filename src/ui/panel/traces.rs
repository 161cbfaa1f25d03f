//! The traces panel: what the loss learns besides weights, and two signs of health.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::telemetry::{Curve, Snapshot};
use crate::ui::app::App;
use crate::ui::chart::Smoothing;
use crate::ui::dial;
use crate::ui::explain::{Card, Paper, Source, count, number};
use crate::ui::panel::Panel;
use crate::ui::view::plot::{Axis, Plot};
use crate::ui::view::series::Recipe;
use crate::ui::view::{Screen, chart, frame, pins, series};

struct Trace {
    name: &'static str,
    curve: fn(&Snapshot) -> &Curve,
    log: bool,
    smooth: bool,
}

/// In the order in which they get room: what it is called, whether a logarithmic axis suits it, and
/// whether it is noisy.
const ALL: [Trace; 4] = [
    Trace {
        name: "tau",
        curve: |lane| &lane.temperature,
        log: true,
        smooth: false,
    },
    Trace {
        name: "bias",
        curve: |lane| &lane.bias,
        log: false,
        smooth: false,
    },
    Trace {
        name: "batch accuracy",
        curve: |lane| &lane.accuracy,
        log: false,
        smooth: true,
    },
    Trace {
        name: "gradient norm",
        curve: |lane| &lane.grad_norm,
        log: true,
        smooth: true,
    },
];

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let view = &app.charts.traces;
    let mut notes = series::view_notes(screen, view, Smoothing::Mean);
    // Where it is usual, only its absence is news.
    notes.retain(|note| note != "log");
    notes.extend((!view.log_y).then(|| "linear".into()));
    let name = chart::name(screen, "traces");
    let room = area.width.saturating_sub(8);
    let (title, _) = series::heading(&name, &notes, room, |_| Line::default());
    let inner = frame::panel(frame, area, screen, Panel::Traces, &title, Line::default());
    let with_points: Vec<_> = ALL
        .iter()
        .filter(|trace| {
            app.lanes
                .iter()
                .any(|lane| !(trace.curve)(lane).points().is_empty())
        })
        .collect();
    if with_points.is_empty() {
        frame::promise(frame, inner, screen, Panel::Traces);
        return;
    }
    let inner = pins::render(frame, inner, screen, Panel::Traces);
    let fit = if inner.height >= 26 {
        4
    } else {
        usize::from(inner.height / 4).clamp(1, 2)
    };
    let shown = &with_points[..with_points.len().min(fit)];
    let each = inner.height / shown.len() as u16;
    let extra = inner.height % shown.len() as u16;
    let mut y = inner.y;
    for (i, trace) in shown.iter().enumerate() {
        let height = each + u16::from((i as u16) < extra);
        draw(frame, Rect { y, height, ..inner }, screen, trace);
        y += height;
    }
}

fn draw(frame: &mut Frame, area: Rect, screen: &mut Screen, trace: &Trace) {
    let app = screen.app;
    let mut view = app.charts.traces;
    // What is set and not measured has no outliers.
    view.clip &= trace.smooth;
    let recipe = Recipe {
        view: &view,
        points: &|lane| series::measured((trace.curve)(lane)),
        smoothing: if trace.smooth {
            view.smoothing
        } else {
            Smoothing::Off
        },
        log: trace.log && view.log_y,
        percentiles: (1, 99),
    };
    let drawn = series::draw(screen, &recipe);
    let y = Axis::around(drawn.values.iter().copied(), recipe.log);
    let notes = drawn.notes(&recipe, &y);
    let last = |lane: usize| {
        let curve = (trace.curve)(&app.lanes[lane]);
        series::read(curve, app.charts.crosshair, recipe.smoothing).ok_or_else(String::new)
    };
    let show = |value: f64| dial::show(crate::quantity::Value::Real(value));
    let room = area.width.saturating_sub(2);
    let (name, legend) = series::heading(trace.name, &notes, room, |room| {
        series::legend(screen, room, show, last)
    });
    let title = Line::from(Span::styled(
        format!(" {name}"),
        screen.theme.muted().add_modifier(Modifier::BOLD),
    ));
    frame::put(frame, area, 0, &title);
    let width = legend.width() as u16;
    frame::put(
        frame,
        Rect {
            x: area.right() - width,
            width,
            ..area
        },
        0,
        &legend,
    );
    let chart = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let plot = Plot {
        x: series::steps(screen, Panel::Traces),
        y,
        series: drawn.series,
        guides: Vec::new(),
        flags: series::flags(screen),
        crosshair: app.charts.crosshair,
    };
    chart::draw(frame, chart, screen, Panel::Traces, &plot);
}

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("the traces")
        .formula("tau and b by step; gradient norm = |dL/dw| over all weights, before clipping")
        .lanes(app, |seen| match &seen.lane.report {
            None => "no step yet".into(),
            Some(report) => {
                let bias = report
                    .logit_bias
                    .map_or_else(String::new, |b| format!(", b {}", number(b)));
                format!(
                    "tau {} (scale {}){bias}; gradient norm {}; {} of {} images have their own caption first",
                    number(report.temperature),
                    number(1.0 / report.temperature),
                    number(report.grad_norm),
                    count((report.accuracy_image_to_text * report.batch_size as f64).round()),
                    report.batch_size
                )
            }
        })
        .claim(
            "A falling tau is a rising scale, and normal. CLIP clamps the scale at 100.",
            &[
                Source::Paper(Paper::Clip, "section 2.5"),
                Source::Test("every_bundled_scenario_shows_what_it_claims"),
            ],
        )
        .claim(
            "A spike of the gradient norm comes before the spike of the loss. With beta2 0.999 Adam remembers too \
             long: its average hardly notices the spike, so the step is too large. With 0.95 training recovers.",
            &[Source::Paper(Paper::SigLip, "Figure 5")],
        )
        .note("Batch accuracy compares N captions only: a smaller batch raises it, and nothing has been learned.")
}
