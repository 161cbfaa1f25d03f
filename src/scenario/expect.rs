//! [`Expect`]: what a scenario claims will be seen, so that a test can hold it to that and the screen
//! can tick it off. Plain data, and its evaluation from numbers that come in step by step.
//!
//! Step by step values jump about, so what is compared is the mean of a lane's last ten steps (fewer at
//! its beginning); evaluations on held-out pictures are taken as they are.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Cue;
use crate::quantity::percent;
use crate::telemetry::{Event, Report, Snapshot, Split};

/// Steps whose mean is compared.
const WINDOW: usize = 10;

/// Steps of a lane that are remembered, for another lane that is behind.
const MEMORY: usize = 512;

/// A claim: this number of this lane will be there by that step, or stay there until then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What is measured.
    pub what: Metric,
    /// Name of the lane; all lanes if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// How it compares.
    pub is: Comparison,
    /// It is so at some step up to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<u64>,
    /// It is so at every step up to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// It is so only after a change by hand, of which this is an example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<Cue>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Metric {
    /// The loss.
    Loss,
    /// Share of the batch's pictures whose own caption scores best.
    Accuracy,
    /// R@1 on held-out pictures, picture to name.
    HeldOut,
    /// tau.
    Temperature,
    /// 1/tau.
    Scale,
    /// b.
    Bias,
    /// Global gradient norm.
    GradNorm,
}

/// How a number compares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Comparison {
    /// Less than this.
    Below(f64),
    /// More than this.
    Above(f64),
    /// Less than the same number of this lane at the same step.
    BelowLane(String),
    /// More than the same number of this lane at the same step.
    AboveLane(String),
    /// No longer a number.
    NotFinite,
}

impl Metric {
    /// What it is called on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Accuracy => "batch accuracy",
            Self::HeldOut => "held-out R@1",
            Self::Temperature => "tau",
            Self::Scale => "scale",
            Self::Bias => "bias",
            Self::GradNorm => "gradient norm",
        }
    }

    /// A value of it, for people: shares in per cent.
    fn show(self, value: f64) -> String {
        match self {
            Self::Accuracy | Self::HeldOut => format!("{} %", percent(value)),
            Self::Loss | Self::Temperature | Self::Scale | Self::Bias | Self::GradNorm => {
                value.to_string()
            }
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.what.label())?;
        match &self.is {
            Comparison::Below(x) => write!(f, "below {}", self.what.show(*x))?,
            Comparison::Above(x) => write!(f, "above {}", self.what.show(*x))?,
            Comparison::BelowLane(other) => write!(f, "below that of {other}")?,
            Comparison::AboveLane(other) => write!(f, "above that of {other}")?,
            Comparison::NotFinite => write!(f, "not a number")?,
        }
        if let Some(lane) = &self.lane {
            write!(f, " in {lane}")?;
        }
        match (self.by, self.until) {
            // When it comes depends on when the hand does.
            (Some(_), _) if self.by_hand.is_some() => Ok(()),
            (Some(step), _) => write!(f, " by step {step}"),
            (_, Some(step)) => write!(f, " until step {step}"),
            (None, None) => Ok(()),
        }?;
        match self.by_hand {
            Some(_) => write!(f, ", by your hand"),
            None => Ok(()),
        }
    }
}

impl Expect {
    /// The step at which it is decided.
    pub fn horizon(&self) -> u64 {
        self.by.or(self.until).unwrap_or(0)
    }

    /// The other lane that it compares with.
    pub fn other(&self) -> Option<&str> {
        match &self.is {
            Comparison::BelowLane(other) | Comparison::AboveLane(other) => Some(other),
            Comparison::Below(_) | Comparison::Above(_) | Comparison::NotFinite => None,
        }
    }

    fn means(&self, lane: &str) -> bool {
        self.lane.as_deref().is_none_or(|name| name == lane) && self.other() != Some(lane)
    }

    /// Whether it holds of this value, beside the other lane's; `None` if that is not known.
    fn holds(&self, value: f64, other: Option<f64>) -> Option<bool> {
        Some(match &self.is {
            Comparison::Below(x) => value < *x,
            Comparison::Above(x) => value > *x,
            Comparison::BelowLane(_) => value < other?,
            Comparison::AboveLane(_) => value > other?,
            Comparison::NotFinite => !value.is_finite(),
        })
    }
}

/// How a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing can be said yet.
    Open,
    /// Seen, at this step.
    Seen(u64),
    /// Can no longer be seen.
    Missed,
}

/// Claims, and how they stand after what came in so far.
#[derive(Clone, Debug)]
pub struct Watch {
    claims: Vec<Claim>,
    lanes: Vec<String>,
    series: BTreeMap<(usize, Metric), Series>,
    /// Which of a lane's paths is watched, and of which run.
    paths: BTreeMap<usize, (u64, u64)>,
}

#[derive(Clone, Debug)]
struct Claim {
    expect: Expect,
    /// For each lane, in order.
    standing: Vec<Standing>,
}

/// The latest values of a lane's metric.
#[derive(Clone, Debug, Default)]
struct Series {
    /// The last values as they came.
    raw: VecDeque<f64>,
    /// Step and mean, oldest first.
    means: VecDeque<(u64, f64)>,
}

impl Watch {
    /// Watches for these claims in lanes of these names.
    pub fn new(expect: &[Expect], lanes: impl IntoIterator<Item = String>) -> Self {
        let lanes: Vec<String> = lanes.into_iter().collect();
        let claim = |expect: &Expect| Claim {
            expect: expect.clone(),
            standing: vec![Standing::Open; lanes.len()],
        };
        Self {
            claims: expect.iter().map(claim).collect(),
            lanes,
            series: BTreeMap::new(),
            paths: BTreeMap::new(),
        }
    }

    /// The claims with how they stand, in the scenario's order.
    pub fn standings(&self) -> impl Iterator<Item = (&Expect, Standing)> {
        self.claims
            .iter()
            .map(|claim| (&claim.expect, claim.overall(&self.lanes)))
    }

    /// Whether there are claims, and all were seen.
    pub fn all_seen(&self) -> bool {
        !self.claims.is_empty()
            && self
                .standings()
                .all(|(_, standing)| matches!(standing, Standing::Seen(_)))
    }

    /// Takes what a lane recorded.
    pub fn record(&mut self, lane: &str, event: &Event) {
        let Some(lane) = self.lanes.iter().position(|name| name == lane) else {
            return;
        };
        match event {
            Event::Step(report) => {
                let values = [
                    (Metric::Loss, Some(report.loss)),
                    (Metric::Accuracy, Some(report.accuracy_image_to_text)),
                    (Metric::Temperature, Some(report.temperature)),
                    (Metric::Scale, Some(1.0 / report.temperature)),
                    (Metric::Bias, report.logit_bias),
                    (Metric::GradNorm, Some(report.grad_norm)),
                ];
                for (metric, value) in values {
                    if let Some(value) = value {
                        self.take(lane, metric, report.step, value);
                    }
                }
            }
            Event::Eval(Report::Retrieval(report)) if report.split == Split::HeldOut => {
                self.take(lane, Metric::HeldOut, report.step, report.r1_image_to_text);
            }
            Event::Reset(_) => self.forget_after(lane, 0),
            Event::Rewind { to, .. } => self.forget_after(lane, *to),
            _ => {}
        }
    }

    /// Takes what is new in a lane's snapshot.
    pub fn observe(&mut self, lane: usize, snapshot: &Snapshot) {
        if self.claims.is_empty() || lane >= self.lanes.len() {
            return;
        }
        let path = (snapshot.paths, snapshot.resets);
        let before = self.paths.insert(lane, path);
        if before != Some(path) {
            let same_run = before.is_none_or(|(_, resets)| resets == snapshot.resets);
            self.forget_after(lane, if same_run { snapshot.step } else { 0 });
        }
        let curves = [
            (Metric::Loss, &snapshot.loss, false),
            (Metric::Accuracy, &snapshot.accuracy, false),
            (Metric::Temperature, &snapshot.temperature, false),
            (Metric::Scale, &snapshot.temperature, true),
            (Metric::Bias, &snapshot.bias, false),
            (Metric::GradNorm, &snapshot.grad_norm, false),
        ];
        for (metric, curve, inverse) in curves {
            let last = self.last(lane, metric);
            let points = curve.points();
            let new = points.partition_point(|p| last.is_some_and(|last| p.step <= last));
            for point in &points[new..] {
                let value = if inverse {
                    1.0 / point.value
                } else {
                    point.value
                };
                self.take(lane, metric, point.step, value);
            }
        }
        let last = self.last(lane, Metric::HeldOut);
        for report in snapshot.held_out.iter() {
            if last.is_none_or(|last| report.step > last) {
                self.take(lane, Metric::HeldOut, report.step, report.r1_image_to_text);
            }
        }
    }

    fn last(&self, lane: usize, metric: Metric) -> Option<u64> {
        Some(self.series.get(&(lane, metric))?.means.back()?.0)
    }

    /// The lane starts over, or goes back: what was seen later than that, or was missed, may be seen yet.
    fn forget_after(&mut self, lane: usize, step: u64) {
        self.series.retain(|(of, _), _| *of != lane);
        for claim in &mut self.claims {
            let standing = &mut claim.standing[lane];
            if !matches!(standing, Standing::Seen(seen) if *seen <= step) {
                *standing = Standing::Open;
            }
        }
    }

    fn take(&mut self, lane: usize, metric: Metric, step: u64, value: f64) {
        if !self.claims.iter().any(|claim| claim.expect.what == metric) {
            return;
        }
        let window = if metric == Metric::HeldOut { 1 } else { WINDOW };
        self.series
            .entry((lane, metric))
            .or_default()
            .push(step, value, window);
        let lanes = &self.lanes;
        let series = &self.series;
        for claim in &mut self.claims {
            if claim.expect.what != metric {
                continue;
            }
            let other = claim
                .expect
                .other()
                .and_then(|name| lanes.iter().position(|lane| lane == name));
            // News of the other lane may decide what was open about those that are compared with it.
            let about: Vec<usize> = if other == Some(lane) {
                (0..lanes.len()).collect()
            } else {
                vec![lane]
            };
            for lane in about {
                if !claim.expect.means(&lanes[lane]) {
                    continue;
                }
                let at = |lane: usize| series.get(&(lane, metric)).and_then(|s| s.at(step));
                if let Some(mean) = at(lane) {
                    claim.decide(lane, step, mean, other.and_then(at));
                }
            }
        }
    }
}

impl Series {
    fn push(&mut self, step: u64, value: f64, window: usize) {
        if self.raw.len() == window {
            self.raw.pop_front();
        }
        self.raw.push_back(value);
        if self.means.len() == MEMORY {
            self.means.pop_front();
        }
        let mean = self.raw.iter().sum::<f64>() / self.raw.len() as f64;
        self.means.push_back((step, mean));
    }

    fn at(&self, step: u64) -> Option<f64> {
        let found = self.means.binary_search_by_key(&step, |(step, _)| *step);
        found.ok().map(|i| self.means[i].1)
    }
}

impl Claim {
    fn decide(&mut self, lane: usize, step: u64, mean: f64, other: Option<f64>) {
        if self.standing[lane] != Standing::Open {
            return;
        }
        let Some(holds) = self.expect.holds(mean, other) else {
            return;
        };
        let horizon = self.expect.horizon();
        self.standing[lane] = if self.expect.until.is_some() {
            match (holds, step >= horizon) {
                (false, _) => Standing::Missed,
                (true, true) => Standing::Seen(step),
                (true, false) => Standing::Open,
            }
        } else {
            match (holds, step >= horizon) {
                (true, _) if step <= horizon => Standing::Seen(step),
                (_, true) => Standing::Missed,
                (_, false) => Standing::Open,
            }
        };
    }

    /// Of all lanes that are meant: the last to be seen decides.
    fn overall(&self, lanes: &[String]) -> Standing {
        let meant = self
            .standing
            .iter()
            .zip(lanes)
            .filter(|(_, lane)| self.expect.means(lane));
        let mut last = None;
        for (standing, _) in meant {
            match standing {
                Standing::Missed => return Standing::Missed,
                Standing::Open => last = Some(Standing::Open),
                Standing::Seen(step) => {
                    if last != Some(Standing::Open) {
                        let before = match last {
                            Some(Standing::Seen(before)) => before,
                            _ => 0,
                        };
                        last = Some(Standing::Seen(before.max(*step)));
                    }
                }
            }
        }
        last.unwrap_or(Standing::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Restarted;

    fn expect(text: &str) -> Expect {
        ron::Options::default()
            .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
            .from_str(text)
            .unwrap()
    }

    fn watch(text: &str) -> Watch {
        Watch::new(&[expect(text)], ["a".to_string(), "b".to_string()])
    }

    fn standing(watch: &Watch) -> Standing {
        watch.standings().next().unwrap().1
    }

    fn feed(watch: &mut Watch, lane: usize, from: u64, values: &[f64]) {
        for (i, value) in values.iter().enumerate() {
            watch.take(lane, Metric::Loss, from + i as u64, *value);
        }
    }

    #[test]
    fn seen_once_by_a_step_is_enough_and_later_is_too_late() {
        let mut seen = watch(r#"(what: Loss, lane: "a", is: Below(2.0), by: 3)"#);
        feed(&mut seen, 0, 1, &[2.5]);
        assert_eq!(standing(&seen), Standing::Open);
        feed(&mut seen, 0, 2, &[1.0]);
        assert_eq!(standing(&seen), Standing::Seen(2));
        assert!(seen.all_seen());
        let mut late = watch(r#"(what: Loss, lane: "a", is: Below(2.0), by: 3)"#);
        feed(&mut late, 0, 1, &[9.0, 9.0, 9.0, 0.0]);
        assert_eq!(standing(&late), Standing::Missed);
        assert!(!late.all_seen());
    }

    #[test]
    fn what_must_stay_is_seen_at_its_end_and_missed_at_once() {
        let mut stays = watch(r#"(what: Loss, lane: "a", is: Above(1.0), until: 3)"#);
        feed(&mut stays, 0, 1, &[1.5, 1.5]);
        assert_eq!(standing(&stays), Standing::Open);
        feed(&mut stays, 0, 3, &[1.5]);
        assert_eq!(standing(&stays), Standing::Seen(3));
        let mut leaves = watch(r#"(what: Loss, lane: "a", is: Above(1.0), until: 3)"#);
        feed(&mut leaves, 0, 1, &[1.5, 0.1]);
        assert_eq!(standing(&leaves), Standing::Missed);
    }

    #[test]
    fn one_outlier_among_ten_steps_decides_nothing() {
        let mut calm = watch(r#"(what: Loss, lane: "a", is: Below(1.0), by: 50)"#);
        feed(&mut calm, 0, 1, &[2.0; 10]);
        feed(&mut calm, 0, 11, &[0.0]);
        assert_eq!(standing(&calm), Standing::Open);
    }

    #[test]
    fn lanes_are_compared_at_the_same_step_whichever_is_ahead() {
        for (first, second) in [(0, 1), (1, 0)] {
            let mut pair = watch(r#"(what: Loss, lane: "a", is: BelowLane("b"), by: 3)"#);
            let values = [[3.0, 1.0, 1.0], [2.0, 2.0, 2.0]];
            feed(&mut pair, first, 1, &values[first]);
            assert_eq!(standing(&pair), Standing::Open);
            feed(&mut pair, second, 1, &values[second]);
            // The means of lane a: 3, 2, 1.67.
            assert_eq!(standing(&pair), Standing::Seen(3));
        }
    }

    #[test]
    fn without_a_name_all_lanes_are_meant() {
        let mut both = watch("(what: Loss, is: Below(1.0), by: 5)");
        feed(&mut both, 0, 1, &[0.5]);
        assert_eq!(standing(&both), Standing::Open);
        feed(&mut both, 1, 1, &[2.0, -1.0]);
        assert_eq!(standing(&both), Standing::Seen(2));
    }

    #[test]
    fn what_is_no_number_is_below_nothing_and_starting_over_gives_another_chance() {
        let mut nan = watch(r#"(what: Loss, lane: "a", is: Below(9.0), by: 2)"#);
        feed(&mut nan, 0, 1, &[f64::NAN, f64::NAN]);
        assert_eq!(standing(&nan), Standing::Missed);
        nan.record(
            "a",
            &Event::Reset(Restarted {
                seed: 1,
                change: None,
            }),
        );
        assert_eq!(standing(&nan), Standing::Open);
        feed(&mut nan, 0, 1, &[1.0]);
        assert_eq!(standing(&nan), Standing::Seen(1));
        let mut gone = watch(r#"(what: Loss, lane: "a", is: NotFinite, by: 2)"#);
        feed(&mut gone, 0, 1, &[f64::INFINITY]);
        assert_eq!(standing(&gone), Standing::Seen(1));
    }

    #[test]
    fn snapshots_say_the_same_as_records() {
        let mut lane = Snapshot::starting("a", 10);
        let mut by_snapshot = watch(r#"(what: Scale, lane: "a", is: Above(15.0), by: 9)"#);
        for (step, tau) in [(1, 0.1), (2, 0.05), (3, 0.02)] {
            lane.temperature.push(step, tau);
            by_snapshot.observe(0, &lane);
            by_snapshot.observe(0, &lane);
        }
        // Scales 10, 20, 50: the mean passes 15 at step 3, and no point counts twice.
        assert_eq!(standing(&by_snapshot), Standing::Seen(3));
        // Back to step 3 it stays seen; before that it is to be seen again, and so it is after a reset.
        lane.go_back(3);
        by_snapshot.observe(0, &lane);
        assert_eq!(standing(&by_snapshot), Standing::Seen(3));
        lane.go_back(2);
        by_snapshot.observe(0, &lane);
        assert_eq!(standing(&by_snapshot), Standing::Open);
        lane.temperature.push(3, 0.02);
        by_snapshot.observe(0, &lane);
        assert_eq!(standing(&by_snapshot), Standing::Seen(3));
        let mut fresh = Snapshot::starting("a", 10);
        (fresh.paths, fresh.resets) = (lane.paths + 1, 1);
        by_snapshot.observe(0, &fresh);
        assert_eq!(
            standing(&by_snapshot),
            Standing::Open,
            "a reset begins anew"
        );
    }

    #[test]
    fn claims_read_as_sentences() {
        let found = expect("(what: HeldOut, is: Above(0.125), by: 50)").to_string();
        assert_eq!(found, "held-out R@1 above 12.5 % by step 50");
        let text = expect(r#"(what: Loss, lane: "softmax", is: Below(4.85), by: 50)"#).to_string();
        assert_eq!(text, "loss below 4.85 in softmax by step 50");
    }
}
