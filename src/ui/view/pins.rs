//! The table of pins: what every lane's curves say of the steps that were pinned, and of the one that is
//! pointed at.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Screen, frame, series};
use crate::quantity::{Value, percent};
use crate::telemetry::Snapshot;
use crate::ui::chart::Smoothing;
use crate::ui::dial;
use crate::ui::panel::Panel;

/// The fewest rows that a chart keeps.
const CHART: u16 = 9;

/// A column for each lane: its heading, and what it shows of a step.
struct Column {
    head: &'static str,
    cell: fn(&Snapshot, u64, Smoothing) -> Option<String>,
}

/// In the order in which they get room.
const COLUMNS: [Column; 5] = [
    Column {
        head: "loss",
        cell: |lane, step, _| {
            Some(number(
                series::read(&lane.loss, Some(step), Smoothing::Off)?.raw,
            ))
        },
    },
    Column {
        head: "smooth",
        cell: |lane, step, how| Some(number(series::read(&lane.loss, Some(step), how)?.smooth?)),
    },
    Column {
        head: "tau",
        cell: |lane, step, _| {
            let tau = series::read(&lane.temperature, Some(step), Smoothing::Off)?;
            Some(number(tau.raw))
        },
    },
    Column {
        head: "bias",
        cell: |lane, step, _| {
            Some(number(
                series::read(&lane.bias, Some(step), Smoothing::Off)?.raw,
            ))
        },
    },
    Column {
        head: "R@1 %",
        cell: |lane, step, _| {
            let eval = series::eval(&lane.held_out, Some(step))?;
            Some(percent(eval.r1_image_to_text))
        },
    },
];

fn number(value: f64) -> String {
    dial::show(Value::Real(value))
}

/// Draws the table at the area's foot, if there are pins and it has room: alone on the screen, or beside
/// a chart that stays high. Returns what is left for the chart.
pub fn render(frame: &mut Frame, area: Rect, screen: &Screen, panel: Panel) -> Rect {
    let app = screen.app;
    let pins = &app.charts.pins;
    let rows = pins.len() as u16 + 1;
    let alone = app.zoomed && app.panel == panel;
    // The loss panel shows the table for all of them.
    let here = alone || (panel == Panel::Loss && area.height >= CHART + rows + 4);
    if pins.is_empty() || !here || area.height < CHART / 2 + rows {
        return area;
    }
    let chart = Rect {
        height: area.height - rows,
        ..area
    };
    let table = Rect {
        y: chart.bottom(),
        height: rows,
        ..area
    };
    let lanes = app.lanes.len();
    let each = usize::from(area.width).saturating_sub(8) / lanes.max(1);
    let shown = (each.saturating_sub(2) / 9).clamp(1, COLUMNS.len());
    frame::put(frame, table, 0, &head(screen, shown));
    for (i, &step) in pins.iter().enumerate() {
        let aimed = app.charts.crosshair == Some(step);
        frame::put(frame, table, 1 + i as u16, &row(screen, step, shown, aimed));
    }
    chart
}

fn head(screen: &Screen, shown: usize) -> Line<'static> {
    let theme = screen.theme;
    let mut spans = vec![Span::styled(format!("{:>7}", "step"), theme.faint())];
    for lane in 0..screen.app.lanes.len() {
        spans.push(Span::styled(
            format!(" {}", theme.marker(lane)),
            theme.lane(lane),
        ));
        for column in &COLUMNS[..shown] {
            spans.push(Span::styled(
                frame::cell(column.head, 9, screen),
                theme.faint(),
            ));
        }
    }
    spans.into()
}

fn row(screen: &Screen, step: u64, shown: usize, aimed: bool) -> Line<'static> {
    let theme = screen.theme;
    let style = if aimed { theme.accent() } else { theme.text() };
    let mut spans = vec![Span::styled(format!("{step:>7}"), style)];
    let how = screen.app.charts.loss.smoothing;
    for lane in &screen.app.lanes {
        spans.push(Span::styled("  ", Style::new()));
        for column in &COLUMNS[..shown] {
            let text = (column.cell)(lane, step, how);
            let text = text.unwrap_or_else(|| theme.glyph("–", "-").into());
            spans.push(Span::styled(frame::cell(&text, 9, screen), theme.text()));
        }
    }
    spans.into()
}
