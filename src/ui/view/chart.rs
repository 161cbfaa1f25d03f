//! What all charts do alike: they are drawn, noted for the mouse, and named with the step that is
//! pointed at.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::Screen;
use super::plot::Plot;
use crate::ui::panel::Panel;
use crate::ui::region::{ChartMap, Target};

/// Draws a chart and notes where its steps lie.
pub fn draw(frame: &mut Frame, area: Rect, screen: &mut Screen, panel: Panel, plot: &Plot) {
    let inner = plot.render(frame.buffer_mut(), area, screen.theme);
    if inner.is_empty() {
        return;
    }
    let map = ChartMap {
        panel,
        steps: (plot.x.low, plot.x.high),
        log: plot.x.log,
    };
    screen.regions.add(inner, Target::Chart(map));
}

/// The chart's name, with the step that is pointed at and what stands behind the curves.
pub fn name(screen: &Screen, name: &str) -> String {
    let charts = &screen.app.charts;
    let mut text = name.to_string();
    if let Some(step) = charts.crosshair {
        let stride = screen.app.lanes.iter().map(|lane| lane.loss.stride()).max();
        match stride {
            Some(stride) if stride > 1 && name != "held out" => {
                let first = step.saturating_sub(1) / stride * stride + 1;
                text = format!("{text} at {first}-{}", first + stride - 1);
            }
            _ => text = format!("{text} at {step}"),
        }
    }
    if charts.ghost.is_empty() {
        text
    } else {
        format!("{text} + ghost")
    }
}
