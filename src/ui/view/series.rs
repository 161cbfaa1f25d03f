//! Curves of telemetry as charts want them: smoothed, clipped, with a common step axis.

use crate::telemetry::{Curve, Point};
use crate::ui::app::{App, Smoothing};

use super::Screen;
use super::plot::{Flag, Series};

/// The first and last step of all charts.
pub fn steps(app: &App) -> (f64, f64) {
    let last = app.lanes.iter().map(|lane| lane.step).max().unwrap_or(0);
    (0.0, last.max(10) as f64)
}

/// The curve as measured. A point stands in the middle of the steps that it is the mean of.
pub fn measured(curve: &Curve) -> Vec<(f64, f64)> {
    let middle = (curve.stride() - 1) as f64 / 2.0;
    curve
        .points()
        .iter()
        .map(|Point { step, value }| (*step as f64 + middle, *value))
        .collect()
}

/// The curve smoothed by an exponential mean without its start-up bias; `None` if it is not to be
/// smoothed. Gaps stay gaps.
pub fn smoothed(curve: &Curve, smoothing: Smoothing) -> Option<Vec<(f64, f64)>> {
    let points = measured(curve);
    let span = match smoothing {
        Smoothing::Off => return None,
        Smoothing::Light => (points.len() / 40).max(6),
        Smoothing::Strong => (points.len() / 12).max(20),
    } as f64;
    let keep = 1.0 - 2.0 / (span + 1.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let smooth = points.into_iter().map(|(x, y)| {
        if !y.is_finite() {
            return (x, f64::NAN);
        }
        sum = sum * keep + y;
        weight = weight * keep + 1.0;
        (x, sum / weight)
    });
    Some(smooth.collect())
}

/// The values that an axis should span: all but the lowest hundredth and the highest few. The first
/// steps of a sigmoid lane are far above all that follows, and would flatten it.
pub fn extent(measured: &[(f64, f64)], highest: usize) -> Vec<f64> {
    let mut values: Vec<_> = measured
        .iter()
        .map(|p| p.1)
        .filter(|v| v.is_finite())
        .collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    values
        .get(n / 100..n - n / highest)
        .unwrap_or_default()
        .to_vec()
}

/// A lane's curve: measured and faint, smoothed and bright on top.
pub fn of_lane(
    screen: &Screen,
    lane: usize,
    curve: &Curve,
    smoothing: Smoothing,
    highest: usize,
) -> (Vec<Series>, Vec<f64>) {
    let theme = screen.theme;
    let raw = measured(curve);
    let smooth = smoothed(curve, smoothing);
    let values = extent(&raw, highest);
    let sign = Some(theme.marker(lane));
    let mut all = Vec::new();
    // The addressed lane stands out.
    let thick = screen.app.target == Some(lane);
    if let Some(points) = smooth {
        // Without colour, what was measured could not be told from what is smoothed.
        if theme.depth != crate::ui::theme::Depth::None {
            all.push(Series {
                points: raw,
                style: theme.lane_faint(lane),
                layer: 1,
                sign: None,
                thick: false,
                dotted: false,
            });
        }
        all.push(Series {
            points,
            style: theme.lane(lane),
            layer: 2,
            sign,
            thick,
            dotted: false,
        });
    } else {
        all.push(Series {
            points: raw,
            style: theme.lane(lane),
            layer: 2,
            sign,
            thick,
            dotted: false,
        });
    }
    (all, values)
}

/// The numbered changes.
pub fn flags(screen: &Screen) -> Vec<Flag> {
    let flag = |mark: &crate::ui::marks::Mark| Flag {
        x: mark.step as f64,
        label: mark.number.to_string(),
        style: mark_style(screen, mark),
    };
    screen.app.marks.iter().map(flag).collect()
}

/// A mark's number is a small plate in its lane's colour.
pub fn mark_style(screen: &Screen, mark: &crate::ui::marks::Mark) -> ratatui::style::Style {
    let style = if let [lane] = mark.lanes[..] {
        screen.theme.lane(lane)
    } else {
        screen.theme.text()
    };
    screen.theme.plate(style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture::curve;

    #[test]
    fn a_constant_stays_and_gaps_stay() {
        let smooth = smoothed(&curve(&[2.0, 2.0, f64::NAN, 2.0]), Smoothing::Strong).unwrap();
        assert!((smooth[0].1 - 2.0).abs() < 1e-12 && (smooth[3].1 - 2.0).abs() < 1e-12);
        assert!(smooth[2].1.is_nan());
        assert!(smoothed(&curve(&[1.0]), Smoothing::Off).is_none());
    }

    #[test]
    fn outliers_do_not_set_the_axis() {
        let mut values = vec![1.0; 300];
        values[150] = 1e6;
        let extent = extent(&measured(&curve(&values)), 100);
        assert!(extent.iter().all(|v| *v < 2.0));
    }
}
