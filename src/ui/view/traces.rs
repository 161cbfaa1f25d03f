//! The traces panel: what the loss learns besides weights, and two signs of health.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::plot::{Axis, Plot};
use super::{Screen, frame, series};
use crate::telemetry::{Curve, Snapshot};
use crate::ui::app::Smoothing;
use crate::ui::dial;
use crate::ui::panel::Panel;

struct Trace {
    name: &'static str,
    curve: fn(&Snapshot) -> &Curve,
    log: bool,
    smoothing: Smoothing,
}

/// In the order in which they get room. A logarithmic axis shows tau as the logit scale, its
/// learned form, sees it.
const ALL: [Trace; 4] = [
    Trace {
        name: "tau",
        curve: |lane| &lane.temperature,
        log: true,
        smoothing: Smoothing::Off,
    },
    Trace {
        name: "bias",
        curve: |lane| &lane.bias,
        log: false,
        smoothing: Smoothing::Off,
    },
    Trace {
        name: "batch accuracy",
        curve: |lane| &lane.accuracy,
        log: false,
        smoothing: Smoothing::Light,
    },
    Trace {
        name: "gradient norm",
        curve: |lane| &lane.grad_norm,
        log: true,
        smoothing: Smoothing::Light,
    },
];

/// Draws the panel.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    let app = screen.app;
    let inner = frame::panel(
        frame,
        area,
        screen,
        Panel::Traces,
        "traces",
        Line::default(),
    );
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

fn draw(frame: &mut Frame, area: Rect, screen: &Screen, trace: &Trace) {
    let app = screen.app;
    let last = |lane: usize| {
        let point = (trace.curve)(&app.lanes[lane]).last()?;
        Some(dial::show(crate::control::Value::Real(point.value)))
    };
    let room = area.width.saturating_sub(trace.name.len() as u16 + 2);
    let legend = frame::legend(screen, room, last);
    let title = Line::from(Span::styled(
        format!(" {}", trace.name),
        screen.theme.muted().add_modifier(Modifier::BOLD),
    ));
    frame::put(frame, area, 0, &title);
    let width = (legend.width() as u16).min(room);
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
    let mut all = Vec::new();
    let mut values = Vec::new();
    for (i, lane) in app.lanes.iter().enumerate() {
        let smoothing = if trace.smoothing == Smoothing::Off {
            Smoothing::Off
        } else {
            app.smoothing
        };
        let (lines, extent) = series::of_lane(screen, i, (trace.curve)(lane), smoothing, 100);
        all.extend(lines);
        values.extend(extent);
    }
    let y = Axis::around(values, trace.log);
    let plot = Plot {
        x: series::steps(app),
        y,
        series: all,
        guides: Vec::new(),
        flags: series::flags(screen),
    };
    plot.render(frame.buffer_mut(), chart, screen.theme);
}
