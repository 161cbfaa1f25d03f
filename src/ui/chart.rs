//! [`ChartView`]: how a chart is looked at: its axes, its smoothing, the steps in sight. Each chart
//! has its own. [`Charts`] holds them and what all charts share: crosshair, pins, ghost.

use std::sync::Arc;

use crate::telemetry::Snapshot;

/// The fewest steps that a chart shows.
const LEAST: f64 = 8.0;

/// How curves are smoothed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smoothing {
    /// Not.
    Off,
    /// An exponential mean without its start-up bias.
    Mean,
    /// A running median: a spike leaves no trace.
    Median,
}

/// A chart with axes of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    /// The loss.
    Loss,
    /// tau, bias, accuracy, gradient norm.
    Traces,
    /// Retrieval.
    HeldOut,
}

impl Chart {
    /// What it is called in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Traces => "traces",
            Self::HeldOut => "held out",
        }
    }
}

/// How one chart is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartView {
    /// Logarithmic values.
    pub log_y: bool,
    /// Logarithmic steps.
    pub log_x: bool,
    /// Smoothing.
    pub smoothing: Smoothing,
    /// Whether the axis leaves outliers outside.
    pub clip: bool,
    /// The steps in sight; all if absent.
    pub window: Option<Window>,
}

/// Some steps of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// How many.
    pub span: f64,
    /// The last of them; absent, it is the newest step, whichever that is.
    pub end: Option<f64>,
}

/// All charts.
#[derive(Clone, Debug)]
pub struct Charts {
    /// The loss.
    pub loss: ChartView,
    /// tau, bias, accuracy, gradient norm.
    pub traces: ChartView,
    /// Retrieval.
    pub held_out: ChartView,
    /// The step that all charts point at.
    pub crosshair: Option<u64>,
    /// Steps whose readings are kept in a table.
    pub pins: Vec<u64>,
    /// Lanes as they stood when they were pinned.
    pub ghost: Vec<Arc<Snapshot>>,
}

impl Smoothing {
    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Off => Self::Mean,
            Self::Mean => Self::Median,
            Self::Median => Self::Off,
        }
    }

    /// What is said of it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Off => "as measured",
            Self::Mean => "exponential mean",
            Self::Median => "running median",
        }
    }
}

impl ChartView {
    const fn new(log_y: bool, smoothing: Smoothing, clip: bool) -> Self {
        Self {
            log_y,
            log_x: false,
            smoothing,
            clip,
            window: None,
        }
    }

    /// The first and last step in sight of a run that is `last` steps long.
    pub fn steps(&self, last: u64) -> (f64, f64) {
        let (low, high) = self.linear(last);
        if self.log_x {
            // There is no logarithm of step 0.
            (low.max(1.0), high.max(2.0))
        } else {
            (low, high)
        }
    }

    fn linear(&self, last: u64) -> (f64, f64) {
        let full = last.max(10) as f64;
        let Some(window) = self.window else {
            return (0.0, full);
        };
        let span = window.span.min(full);
        let end = window.end.unwrap_or(full).clamp(span, full);
        (end - span, end)
    }

    /// Shows half as many steps, or twice. What lies at `at` stays where it is; otherwise the last step
    /// in sight stays in sight.
    pub fn zoom(&mut self, closer: bool, last: u64, at: Option<u64>) {
        let full = last.max(10) as f64;
        let (low, high) = self.linear(last);
        let old = high - low;
        let span = if closer {
            (old / 2.0).max(LEAST.min(full))
        } else {
            old * 2.0
        };
        if span >= full {
            self.window = None;
            return;
        }
        let at = at
            .map(|at| at as f64)
            .filter(|at| (low..=high).contains(at));
        let end = at.map_or(high, |at| at + (high - at) * span / old);
        self.look(span, end, full);
    }

    /// Moves a quarter of what is in sight towards later or earlier steps.
    pub fn pan(&mut self, later: bool, last: u64) {
        let full = last.max(10) as f64;
        let (low, high) = self.linear(last);
        let span = high - low;
        if span < full {
            let by = if later { span / 4.0 } else { -span / 4.0 };
            self.look(span, high + by, full);
        }
    }

    /// At the newest step the window goes with the run.
    fn look(&mut self, span: f64, end: f64, full: f64) {
        let end = end.max(span);
        self.window = Some(Window {
            span,
            end: (end < full).then_some(end),
        });
    }
}

impl Default for Charts {
    fn default() -> Self {
        Self {
            loss: ChartView::new(false, Smoothing::Mean, true),
            // Where a logarithm suits them: tau as the logit scale, its learned form, sees it.
            traces: ChartView::new(true, Smoothing::Mean, true),
            held_out: ChartView::new(false, Smoothing::Off, false),
            crosshair: None,
            pins: Vec::new(),
            ghost: Vec::new(),
        }
    }
}

impl Charts {
    /// The same for another scenario: what was pointed at goes, the ghost stays.
    #[must_use]
    pub fn for_another(&self) -> Self {
        let everything = |view: ChartView| ChartView {
            window: None,
            ..view
        };
        Self {
            loss: everything(self.loss),
            traces: everything(self.traces),
            held_out: everything(self.held_out),
            crosshair: None,
            pins: Vec::new(),
            ghost: self.ghost.clone(),
        }
    }

    /// How this chart is looked at.
    pub const fn of(&self, chart: Chart) -> &ChartView {
        match chart {
            Chart::Loss => &self.loss,
            Chart::Traces => &self.traces,
            Chart::HeldOut => &self.held_out,
        }
    }

    /// The same, to be changed.
    pub const fn of_mut(&mut self, chart: Chart) -> &mut ChartView {
        match chart {
            Chart::Loss => &mut self.loss,
            Chart::Traces => &mut self.traces,
            Chart::HeldOut => &mut self.held_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_and_pan_move_along_the_steps_and_follow_the_newest() {
        let mut view = Charts::default().loss;
        view.zoom(true, 800, None);
        assert_eq!(view.steps(800), (400.0, 800.0));
        assert_eq!(view.steps(900), (500.0, 900.0), "it goes with the run");
        view.pan(false, 800);
        assert_eq!(view.steps(800), (300.0, 700.0));
        assert_eq!(view.steps(900), (300.0, 700.0), "it stays where it was put");
        view.pan(true, 800);
        assert_eq!(view.window.unwrap().end, None);
        for _ in 0..9 {
            view.pan(false, 800);
        }
        assert_eq!(view.steps(800), (0.0, 400.0));
        view.zoom(false, 800, None);
        assert_eq!(view.window, None);
    }

    #[test]
    fn zoom_keeps_what_the_crosshair_is_on() {
        let mut view = Charts::default().loss;
        view.zoom(true, 800, Some(200));
        assert_eq!(view.steps(800), (100.0, 500.0));
        for _ in 0..20 {
            view.zoom(true, 800, Some(200));
        }
        let (low, high) = view.steps(800);
        assert!((high - low - LEAST).abs() < 1e-9 && (low..=high).contains(&200.0));
    }

    #[test]
    fn a_logarithmic_axis_of_steps_begins_at_one() {
        let mut view = Charts::default().loss;
        view.log_x = true;
        assert_eq!(view.steps(800), (1.0, 800.0));
        assert_eq!(view.steps(0), (1.0, 10.0));
    }
}
