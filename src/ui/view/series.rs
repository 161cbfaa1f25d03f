//! Curves of telemetry as charts want them: smoothed, cut to what is in sight, with the axis that they
//! ask for; and what they say of a single step.

use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use crate::telemetry::{Curve, EvalReport, Point, Snapshot};
use crate::ui::chart::{ChartView, Smoothing};
use crate::ui::panel::Panel;
use crate::ui::theme::Depth;

use super::plot::{Axis, Flag, Series};
use super::{Screen, frame};

/// Places of a chart: step and value.
pub type Points = Vec<(f64, f64)>;

/// The curve as measured. A point stands in the middle of the steps that it is the mean of.
pub fn measured(curve: &Curve) -> Points {
    let middle = (curve.stride() - 1) as f64 / 2.0;
    curve
        .points()
        .iter()
        .map(|Point { step, value }| (*step as f64 + middle, *value))
        .collect()
}

/// The points smoothed; `None` if they are not to be. Gaps stay gaps.
pub fn smoothed(points: &[(f64, f64)], smoothing: Smoothing) -> Option<Points> {
    match smoothing {
        Smoothing::Off => None,
        Smoothing::Mean => Some(mean(points, (points.len() / 40).max(6))),
        Smoothing::Median => Some(median(points, (points.len() / 80).max(2))),
    }
}

/// An exponential mean over about so many points: weights of what was seen add up to one from the first
/// point on, so that the curve does not begin at zero.
fn mean(points: &[(f64, f64)], span: usize) -> Points {
    let keep = 1.0 - 2.0 / (span as f64 + 1.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let smooth = points.iter().map(|&(x, y)| {
        if !y.is_finite() {
            return (x, f64::NAN);
        }
        sum = sum * keep + y;
        weight = weight * keep + 1.0;
        (x, sum / weight)
    });
    smooth.collect()
}

/// The median of each point and so many on either side of it.
fn median(points: &[(f64, f64)], half: usize) -> Points {
    let mut near = Vec::new();
    let smooth = points.iter().enumerate().map(|(i, &(x, y))| {
        if !y.is_finite() {
            return (x, f64::NAN);
        }
        let around = i.saturating_sub(half)..(i + half + 1).min(points.len());
        near.clear();
        near.extend(points[around].iter().map(|p| p.1).filter(|v| v.is_finite()));
        near.sort_by(f64::total_cmp);
        let n = near.len();
        (x, f64::midpoint(near[(n - 1) / 2], near[n / 2]))
    });
    smooth.collect()
}

/// What is in sight, with the points just outside, to which lines lead.
fn in_sight(points: &[(f64, f64)], (low, high): (f64, f64)) -> Points {
    let from = points.partition_point(|p| p.0 < low).saturating_sub(1);
    let to = (points.partition_point(|p| p.0 <= high) + 1).min(points.len());
    points.get(from..to).unwrap_or_default().to_vec()
}

/// The values between these percentiles.
fn between(values: &mut Vec<f64>, (low, high): (usize, usize)) {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    values.truncate(n - n * (100 - high) / 100);
    values.drain(..(n * low / 100).min(values.len()));
}

/// How the curves of a chart are made.
pub struct Recipe<'a> {
    /// How the chart is looked at.
    pub view: &'a ChartView,
    /// The curve of a lane.
    pub points: &'a dyn Fn(&Snapshot) -> Points,
    /// Its smoothing.
    pub smoothing: Smoothing,
    /// Whether values are on a logarithmic axis.
    pub log: bool,
    /// The percentiles that a clipped axis spans: the first steps of a sigmoid lane are far above all
    /// that follows, and would flatten it.
    pub percentiles: (usize, usize),
}

/// The curves of a chart.
#[derive(Default)]
pub struct Drawn {
    /// Their lines.
    pub series: Vec<Series>,
    /// Values that the axis should span.
    pub values: Vec<f64>,
    /// Values in sight that a logarithm cannot place.
    pub not_positive: usize,
    /// Values in sight that were left out of `values`.
    pub outside: usize,
}

/// All lanes' curves: measured and faint, smoothed and bright on top, the ghost's dashed below.
pub fn draw(screen: &Screen, recipe: &Recipe) -> Drawn {
    let app = screen.app;
    let sight = recipe.view.steps(app.newest());
    let mut drawn = Drawn::default();
    for (lane, ghost) in app.charts.ghost.iter().enumerate() {
        let points = (recipe.points)(ghost);
        let points = in_sight(
            &smoothed(&points, recipe.smoothing).unwrap_or(points),
            sight,
        );
        // The axis holds it; what is said of values is said of the present ones.
        let mut count = Drawn::default();
        count.count(&points, recipe, sight);
        drawn.values.append(&mut count.values);
        drawn.series.push(Series {
            dashed: true,
            ..Series::line(points, screen.theme.lane_half(lane), 1)
        });
    }
    for (lane, snapshot) in app.lanes.iter().enumerate() {
        let raw = (recipe.points)(snapshot);
        let smooth = smoothed(&raw, recipe.smoothing).map(|points| in_sight(&points, sight));
        let raw = in_sight(&raw, sight);
        drawn.count(&raw, recipe, sight);
        drawn.add(screen, lane, raw, smooth);
    }
    drawn
}

impl Drawn {
    fn count(&mut self, raw: &[(f64, f64)], recipe: &Recipe, (low, high): (f64, f64)) {
        let seen = raw
            .iter()
            .filter(|p| (low..=high).contains(&p.0) && p.1.is_finite());
        let mut values: Vec<_> = seen.map(|p| p.1).collect();
        if recipe.log {
            let all = values.len();
            values.retain(|v| *v > 0.0);
            self.not_positive += all - values.len();
        }
        if recipe.view.clip {
            let all = values.len();
            between(&mut values, recipe.percentiles);
            self.outside += all - values.len();
        }
        self.values.extend(values);
    }

    fn add(&mut self, screen: &Screen, lane: usize, raw: Points, smooth: Option<Points>) {
        let theme = screen.theme;
        let main = |points| Series {
            sign: Some(theme.marker(lane)),
            // The addressed lane stands out.
            thick: screen.app.target == Some(lane),
            ..Series::line(points, theme.lane(lane), 2)
        };
        let Some(smooth) = smooth else {
            self.series.push(main(raw));
            return;
        };
        // Without colour, what was measured could not be told from what is smoothed.
        if theme.depth != Depth::None {
            self.series
                .push(Series::line(raw, theme.lane_faint(lane), 1));
        }
        self.series.push(main(smooth));
    }

    /// What the title must say of values that are not seen.
    pub fn notes(&self, recipe: &Recipe, y: &Axis) -> Vec<String> {
        let mut notes = Vec::new();
        let clipped = recipe.view.clip && self.outside > 0;
        let beyond = |s: &Series| {
            let outside =
                |p: &(f64, f64)| y.place(p.1).is_some_and(|at| !(0.0..=1.0).contains(&at));
            s.points.iter().any(outside)
        };
        if clipped && self.series.iter().any(beyond) {
            let (low, high) = recipe.percentiles;
            notes.push(format!("p{low}-p{high}"));
        }
        if self.not_positive > 0 {
            notes.push(format!("{} not above 0", self.not_positive));
        }
        notes
    }
}

/// What the title says of how a chart is looked at: all that makes it differ from what is `usual`.
pub fn view_notes(screen: &Screen, view: &ChartView, usual: Smoothing) -> Vec<String> {
    let mut notes = Vec::new();
    if view.window.is_some() {
        let (low, high) = view.steps(screen.app.newest());
        notes.push(format!("steps {low:.0}-{high:.0}"));
    }
    notes.extend(view.log_y.then(|| "log".into()));
    notes.extend(view.log_x.then(|| "log steps".into()));
    notes.extend((view.smoothing != usual).then(|| view.smoothing.label().into()));
    notes
}

/// A title and the values beside it, in a frame of this width. Where there is little room lanes' names go first,
/// then notes, and only then values: `values` says what it has for so many columns.
pub fn heading(
    name: &str,
    notes: &[String],
    width: u16,
    values: impl Fn(u16) -> Line<'static>,
) -> (String, Line<'static>) {
    let with = |count: usize| {
        let notes = notes[..count].iter();
        notes.fold(name.to_string(), |title, note| format!("{title}, {note}"))
    };
    let room = |title: &str| width.saturating_sub(title.width() as u16);
    let mut titles = (0..=notes.len()).rev().map(with);
    let both = titles.find_map(|title| {
        let values = values(room(&title));
        (values.width() > 0).then_some((title, values))
    });
    both.unwrap_or_else(|| {
        let mut titles = (0..=notes.len()).rev().map(with);
        let title = titles.find(|title| title.width() <= usize::from(width));
        (title.unwrap_or_else(|| name.into()), Line::default())
    })
}

/// The chart's axis of steps.
pub fn steps(screen: &Screen, panel: Panel) -> Axis {
    let view = screen.app.charts.of(panel.row().chart);
    let (low, high) = view.steps(screen.app.newest());
    Axis {
        low,
        high,
        log: view.log_x,
    }
}

/// What a curve says of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// As measured; the mean of `stride` steps.
    pub raw: f64,
    /// Smoothed, if it is.
    pub smooth: Option<f64>,
    /// Steps that the point stands for.
    pub stride: u64,
}

/// What the curve says of a step; of its last one, if none is given.
pub fn read(curve: &Curve, step: Option<u64>, smoothing: Smoothing) -> Option<Reading> {
    let points = curve.points();
    let stride = curve.stride();
    let at = match step {
        None => points.len().checked_sub(1)?,
        Some(step) => {
            let at = points.partition_point(|p| p.step <= step).checked_sub(1)?;
            // A lane that is behind says nothing of steps to come.
            (step < points[at].step + stride).then_some(at)?
        }
    };
    Some(Reading {
        raw: points[at].value,
        smooth: smoothed(&measured(curve), smoothing).map(|smooth| smooth[at].1),
        stride,
    })
}

/// The latest evaluation at or before a step; the latest of all, if none is given.
pub fn eval(evals: &[EvalReport], step: Option<u64>) -> Option<&EvalReport> {
    let Some(step) = step else {
        return evals.last();
    };
    evals.iter().rev().find(|eval| eval.step <= step)
}

/// Lanes' readings, for a title: smoothed and measured where there is room, else the one that is drawn
/// bright.
pub fn legend(
    screen: &Screen,
    room: u16,
    show: impl Fn(f64) -> String,
    read: impl Fn(usize) -> Result<Reading, String>,
) -> Line<'static> {
    let number = |both: bool| {
        let text = |lane: usize| match read(lane) {
            Err(word) => Some(word).filter(|word| !word.is_empty()),
            Ok(r) => Some(match r.smooth {
                Some(smooth) if both => format!("{} raw {}", show(smooth), show(r.raw)),
                Some(smooth) => show(smooth),
                None => show(r.raw),
            }),
        };
        frame::legend(screen, room, text)
    };
    if screen.app.charts.crosshair.is_some() {
        let both = number(true);
        if both.width() > 0 {
            return both;
        }
    }
    number(false)
}

/// The numbered changes.
pub fn flags(screen: &Screen) -> Vec<Flag> {
    let flag = |mark: &crate::ui::marks::Mark| Flag {
        x: mark.step as f64,
        label: mark_label(screen, mark),
        style: mark_style(screen, mark),
        mixed: screen.theme.plate(screen.theme.text()),
    };
    screen.app.marks.iter().map(flag).collect()
}

/// A mark's number; of a branch the sign of its lane.
pub fn mark_label(screen: &Screen, mark: &crate::ui::marks::Mark) -> String {
    let sign = || mark.lanes.first().map(|lane| screen.theme.marker(*lane));
    match mark.number {
        Some(number) => number.to_string(),
        None => sign().map(String::from).unwrap_or_default(),
    }
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

    fn smooth(values: &[f64], smoothing: Smoothing) -> Vec<f64> {
        let points = smoothed(&measured(&curve(values)), smoothing).unwrap();
        points.into_iter().map(|p| p.1).collect()
    }

    #[test]
    fn a_constant_stays_and_gaps_stay() {
        for smoothing in [Smoothing::Mean, Smoothing::Median] {
            let smooth = smooth(&[2.0, 2.0, f64::NAN, 2.0], smoothing);
            assert!((smooth[0] - 2.0).abs() < 1e-12 && (smooth[3] - 2.0).abs() < 1e-12);
            assert!(smooth[2].is_nan());
        }
        assert!(smoothed(&[(1.0, 1.0)], Smoothing::Off).is_none());
    }

    #[test]
    fn the_mean_is_debiased_and_the_median_ignores_a_spike() {
        // Span 6 keeps 5/7: after 7 and 0, the weights are 5/7 and 1.
        let mean = smooth(&[7.0, 0.0], Smoothing::Mean);
        assert!((mean[0] - 7.0).abs() < 1e-12);
        assert!((mean[1] - 5.0 / (5.0 / 7.0 + 1.0)).abs() < 1e-12);
        let median = smooth(&[1.0, 1.0, 900.0, 1.0, 1.0], Smoothing::Median);
        assert!(median.iter().all(|v| (v - 1.0).abs() < 1e-12), "{median:?}");
    }

    #[test]
    fn outliers_do_not_set_the_axis() {
        let mut values = vec![1.0; 300];
        values[150] = 1e6;
        values[10] = -1e6;
        between(&mut values, (1, 97));
        assert!(values.iter().all(|v| v.abs() < 2.0));
        let mut few = vec![3.0, 1.0];
        between(&mut few, (1, 97));
        assert_eq!(few, [1.0, 3.0]);
    }

    #[test]
    fn notes_give_way_to_values_and_names_to_notes() {
        let values = |room: u16| {
            let forms = ["a softmax 0.79", "a 0.79"].into_iter();
            let fits = |form: &&str| form.len() <= usize::from(room);
            Line::from(
                forms
                    .filter(fits)
                    .map(str::to_string)
                    .next()
                    .unwrap_or_default(),
            )
        };
        let notes = ["p1-p97".to_string(), "log".to_string()];
        let at = |width| {
            let (title, values) = heading("loss", &notes, width, values);
            (title, values.to_string())
        };
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(at(40), pair("loss, p1-p97, log", "a softmax 0.79"));
        assert_eq!(at(25), pair("loss, p1-p97, log", "a 0.79"));
        assert_eq!(at(20), pair("loss, p1-p97", "a 0.79"));
        assert_eq!(at(11), pair("loss", "a 0.79"));
        assert_eq!(at(9), pair("loss", ""), "no room for values at all");
        let (title, _) = heading("loss", &notes, 20, |_| Line::default());
        assert_eq!(title, "loss, p1-p97, log");
    }

    #[test]
    fn a_reading_is_of_exactly_that_step() {
        let mut curve = Curve::default();
        for step in 1..=1500 {
            curve.push(step, step as f64);
        }
        // Two steps make a point.
        let at = read(&curve, Some(420), Smoothing::Off).unwrap();
        assert_eq!((at.raw, at.stride), (419.5, 2));
        assert_eq!(read(&curve, Some(1501), Smoothing::Off), None);
        assert_eq!(read(&curve, Some(0), Smoothing::Off), None);
        assert_eq!(read(&Curve::default(), None, Smoothing::Mean), None);
    }
}
