//! The plots of a run as a [`Drawing`]: what the lanes' curves show, with every change marked.

use super::drawing::{CELL, Drawing, Rgb};
use crate::telemetry::{Curve, EvalReport, Snapshot};

const PAPER: Rgb = [255, 255, 255];
const INK: Rgb = [0x22, 0x26, 0x2e];
const SOFT: Rgb = [0x6a, 0x70, 0x7c];
const GRID: Rgb = [0xe4, 0xe6, 0xea];
const MARK: Rgb = [0xb0, 0xb4, 0xbc];
/// After Okabe and Ito.
const LANES: [Rgb; 6] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0xb8, 0x9a, 0x00],
    [0x44, 0x44, 0x44],
];

const WIDTH: f64 = 1280.0;
const HEAD: f64 = 60.0;
const CHART: (f64, f64) = (620.0, 300.0);

/// A series of a lane: step and value.
type Series = Vec<(f64, f64)>;

/// Takes a series from a lane.
type Take = fn(&Snapshot) -> Series;

/// All plots on one sheet.
pub fn sheet(title: &str, lanes: &[&Snapshot]) -> Drawing {
    let charts: [(&str, Take); 6] = [
        ("loss", |s| series(&s.loss)),
        ("held-out R@1, image to name", |s| {
            evals(&s.held_out, |e| e.r1_image_to_text)
        }),
        ("tau", |s| series(&s.temperature)),
        ("bias", |s| series(&s.bias)),
        ("batch accuracy", |s| series(&s.accuracy)),
        ("gradient norm", |s| series(&s.grad_norm)),
    ];
    let rows = charts.len().div_ceil(2) as f64;
    let mut drawing = Drawing::new(WIDTH, HEAD + rows * (CHART.1 + 20.0), PAPER);
    drawing.text((20.0, 6.0), title, INK);
    let mut x = 20.0;
    for (i, lane) in lanes.iter().enumerate() {
        let color = LANES[i % LANES.len()];
        drawing.rect([x, 40.0, 20.0, 4.0], color);
        let label = format!("{}, step {}", lane.lane, lane.step);
        let room = (label.chars().count() as f64 + 2.0) * CELL.0;
        drawing.text((x + 28.0, 31.0), label, INK);
        x += 28.0 + room;
    }
    let last = lanes.iter().map(|lane| lane.step).max().unwrap_or(0).max(1) as f64;
    for (i, (name, take)) in charts.iter().enumerate() {
        let corner = (
            10.0 + (i % 2) as f64 * (CHART.0 + 20.0),
            HEAD + (i / 2) as f64 * (CHART.1 + 20.0),
        );
        let all: Vec<Series> = lanes.iter().map(|lane| take(lane)).collect();
        chart(&mut drawing, corner, name, &all, last, &marks(lanes));
    }
    drawing
}

fn series(curve: &Curve) -> Series {
    let point = |p: &crate::telemetry::Point| (p.step as f64, p.value);
    curve.points().iter().map(point).collect()
}

fn evals(reports: &[EvalReport], value: fn(&EvalReport) -> f64) -> Series {
    let point = |e: &EvalReport| (e.step as f64, value(e));
    reports.iter().map(point).collect()
}

/// Steps at which something was changed.
fn marks(lanes: &[&Snapshot]) -> Vec<f64> {
    let steps = lanes.iter().flat_map(|lane| lane.applied.iter());
    let mut steps: Vec<_> = steps.map(|applied| applied.step).collect();
    steps.sort_unstable();
    steps.dedup();
    steps.into_iter().map(|step| step as f64).collect()
}

fn chart(
    drawing: &mut Drawing,
    (left, top): (f64, f64),
    name: &str,
    lanes: &[Series],
    last: f64,
    marks: &[f64],
) {
    let plot = (left + 90.0, top + 26.0, CHART.0 - 100.0, CHART.1 - 56.0);
    drawing.text((left + 90.0, top), name, INK);
    let values = lanes
        .iter()
        .flatten()
        .map(|p| p.1)
        .filter(|v| v.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if low > high {
        drawing.text((plot.0 + 20.0, plot.1 + plot.3 / 2.0), "nothing yet", SOFT);
        return;
    }
    // A flat line lies in the middle; a range beyond any number has no middle, and is not drawn.
    let span = high - low;
    let pad = if span > 0.0 {
        0.05 * span
    } else {
        low.abs().max(1.0) * 0.1
    };
    let (low, high) = (low - pad, high + pad);
    if !(high - low).is_finite() {
        drawing.text(
            (plot.0 + 20.0, plot.1 + plot.3 / 2.0),
            "beyond all measure",
            SOFT,
        );
        return;
    }
    let place = |(step, value): (f64, f64)| {
        (
            plot.0 + step / last * plot.2,
            plot.1 + (high - value) / (high - low) * plot.3,
        )
    };
    for i in 0..=4 {
        let value = low + (high - low) * f64::from(i) / 4.0;
        let y = place((0.0, value)).1;
        drawing.line(vec![(plot.0, y), (plot.0 + plot.2, y)], 1.0, GRID);
        let label = number(value);
        let x = plot.0 - 8.0 - label.chars().count() as f64 * CELL.0;
        drawing.text((x, y - CELL.1 / 2.0), label, SOFT);
    }
    for (i, step) in marks.iter().enumerate() {
        let (x, _) = place((*step, low));
        drawing.line(vec![(x, plot.1), (x, plot.1 + plot.3)], 1.0, MARK);
        drawing.text((x + 2.0, plot.1 - 2.0), (i + 1).to_string(), SOFT);
    }
    drawing.text((plot.0, plot.1 + plot.3 + 6.0), "0", SOFT);
    let end = format!("{last} steps");
    let x = plot.0 + plot.2 - end.len() as f64 * CELL.0;
    drawing.text((x, plot.1 + plot.3 + 6.0), end, SOFT);
    for (i, lane) in lanes.iter().enumerate() {
        // A value that is no number leaves a gap.
        for piece in lane.split(|p| !p.1.is_finite()) {
            let points = piece.iter().map(|p| place(*p)).collect();
            drawing.line(points, 2.0, LANES[i % LANES.len()]);
        }
    }
}

fn number(x: f64) -> String {
    if x != 0.0 && (x.abs() < 1e-3 || x.abs() >= 1e5) {
        format!("{x:.1e}")
    } else {
        format!("{x:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::drawing::Shape;

    fn lane(values: &[f64]) -> Snapshot {
        let mut lane = Snapshot::starting("softmax", 10);
        lane.step = values.len() as u64;
        for (i, value) in values.iter().enumerate() {
            lane.loss.push(i as u64 + 1, *value);
        }
        lane
    }

    fn curves(drawing: &Drawing) -> usize {
        let is_curve = |s: &&Shape| matches!(s, Shape::Line { width, .. } if *width > 1.5);
        drawing.shapes.iter().filter(is_curve).count()
    }

    #[test]
    fn gaps_stay_gaps_and_nothing_leaves_the_sheet() {
        let lane = lane(&[3.0, 2.0, f64::NAN, 1.5, 1.0]);
        let drawing = sheet("a run", &[&lane]);
        assert_eq!(curves(&drawing), 2);
        for shape in &drawing.shapes {
            if let Shape::Line { points, .. } = shape {
                for (x, y) in points {
                    assert!((0.0..=drawing.width).contains(x), "{x}");
                    assert!((0.0..=drawing.height).contains(y), "{y}");
                }
            }
        }
    }

    #[test]
    fn empty_and_wild_runs_can_be_drawn() {
        for values in [vec![], vec![f64::NAN; 3], vec![1e308, -1e308], vec![2.0; 4]] {
            let lane = lane(&values);
            let drawing = sheet("", &[&lane]);
            drawing.png().unwrap();
        }
        sheet("nobody", &[]).png().unwrap();
    }
}
