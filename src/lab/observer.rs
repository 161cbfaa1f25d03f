//! [`Observer`]: turns a lane's events into the snapshot that the screen shows.

use std::sync::Arc;
use std::time::Duration;

use crate::control::{Applied, By, Control, last_of_each, short};
use crate::telemetry::{
    Earlier, EvalReport, Event, Finished, GeometryReport, Landscape, LaneStatus, MILESTONES,
    Matrix, Milestone, Pair, Reason, Report, Rows, Snapshot, Split, StepReport,
};
use crate::train::Trainer;

/// Evaluations and controls kept for the screen; the records keep all.
const KEPT: usize = 1000;
/// Weight of the latest step in the running rate.
const RATE_DECAY: f64 = 0.1;

/// What has been seen of a lane.
pub(super) struct Observer {
    snapshot: Snapshot,
    best: Option<EvalReport>,
    evaluated_until: u64,
    pairs: u64,
    earlier: Earlier,
    /// How often it has started over, runs that were left included.
    resets: u64,
}

impl Observer {
    pub fn new(lane: &str, steps: u64, device: String, trainer: &Trainer, seed: u64) -> Self {
        let mut snapshot = Snapshot::starting(lane, steps);
        snapshot.device = device;
        let mut observer = Self {
            snapshot,
            best: None,
            evaluated_until: 0,
            pairs: 0,
            earlier: Earlier::default(),
            resets: 0,
        };
        observer.begin(trainer, seed);
        observer
    }

    /// Forgets the run so far.
    pub fn reset(&mut self, trainer: &Trainer, seed: u64) {
        self.resets += 1;
        self.begin(trainer, seed);
    }

    fn begin(&mut self, trainer: &Trainer, seed: u64) {
        let old = &self.snapshot;
        let mut snapshot = Snapshot::starting(&old.lane, old.steps);
        snapshot.device.clone_from(&old.device);
        snapshot.paths = old.paths + 1;
        snapshot.parameters = trainer.parameters();
        snapshot.seed = seed;
        snapshot.resets = self.resets;
        *self = Self {
            snapshot,
            best: None,
            evaluated_until: 0,
            pairs: 0,
            earlier: std::mem::take(&mut self.earlier),
            resets: self.resets,
        };
    }

    /// Remembers how the lane looks before this change.
    pub fn keep(&mut self, number: u64) {
        self.earlier.keep(number, &self.snapshot);
    }

    /// What was set by hand since the lane started over with the scenario's dials, the last value of each.
    pub fn set_by_hand(&self) -> Vec<Control> {
        let applied = self.snapshot.applied.iter();
        last_of_each(applied.filter(|a| !a.scripted()).map(|a| a.control))
    }

    pub fn say(&mut self, message: String) {
        self.snapshot.message = Some(message);
    }

    pub fn look(&mut self, matrix: Matrix, pairs: Vec<Pair>) {
        self.snapshot.matrix = Some(Arc::new(matrix));
        self.snapshot.pairs = Arc::new(pairs);
    }

    pub fn look_closely(&mut self, rows: Rows) {
        self.snapshot.rows = Some(Arc::new(rows));
    }

    pub fn look_around(&mut self, geometry: GeometryReport) {
        self.snapshot.geometry = Some(Arc::new(geometry));
    }

    pub fn survey(&mut self, landscape: Option<Landscape>) {
        self.snapshot.landscape = landscape.map(Arc::new);
    }

    /// So much of the lane's time went into evaluations.
    pub fn note_evaluating(&mut self, time: Duration) {
        self.snapshot.evaluation_seconds += time.as_secs_f64();
    }

    /// So much of the lane's time went into what is shown.
    pub fn note_showing(&mut self, time: Duration) {
        self.snapshot.showing_seconds += time.as_secs_f64();
    }

    /// Step of the batch whose landscape is shown.
    pub fn surveyed(&self) -> Option<u64> {
        self.snapshot.landscape.as_ref().map(|l| l.step)
    }

    /// Time of the latest step, in seconds; 0 before the first.
    pub fn step_seconds(&self) -> f64 {
        self.snapshot.report.as_ref().map_or(0.0, |r| r.seconds)
    }

    /// Step of the latest complete evaluation.
    pub const fn evaluated_until(&self) -> u64 {
        self.evaluated_until
    }

    pub fn observe(&mut self, event: Event) {
        match event {
            Event::Step(report) => self.observe_step(report),
            Event::Eval(Report::Retrieval(report)) => self.observe_eval(report),
            Event::Eval(report) => Arc::make_mut(&mut self.snapshot.findings).take(report),
            Event::Control(applied) => {
                if let By::Undo(number) = applied.by {
                    self.earlier.forget(number);
                }
                self.snapshot.message = Some(describe(&applied));
                push_bounded(&mut self.snapshot.applied, applied);
            }
            Event::Rewind { from, to, change } => self.go_back(from, to, change),
            Event::Branch(to) => self.say(format!("{to} goes on from before the last change")),
            Event::Started(_) | Event::Reset(_) | Event::Finished(_) => {}
        }
    }

    pub fn snapshot(&self, trainer: &Trainer, status: LaneStatus) -> Snapshot {
        let mut snapshot = self.snapshot.clone();
        snapshot.status = status;
        snapshot.settings = Some(trainer.settings());
        snapshot.stepping = trainer.stepping();
        snapshot.seconds += trainer.spent().as_secs_f64();
        snapshot.evaluating = trainer.evaluating();
        snapshot
    }

    pub fn finished(&self, reason: Reason) -> Finished {
        let seconds = self.snapshot.seconds;
        Finished {
            step: self.snapshot.step,
            reason,
            best: self.best.clone(),
            pairs_per_second: if seconds > 0.0 {
                self.pairs as f64 / seconds
            } else {
                0.0
            },
            seconds,
            evaluation_seconds: self.snapshot.evaluation_seconds,
        }
    }

    /// The lane begins where another one was, after these changes.
    pub fn begin_at(&mut self, step: u64, applied: Arc<Vec<Applied>>) {
        self.snapshot.step = step;
        self.snapshot.branched = Some(step);
        self.snapshot.applied = applied;
    }

    /// What the state before the last change by hand has behind it; the present one, if there was no change since the
    /// lane started over.
    pub fn before_last_change(&self) -> Arc<Vec<Applied>> {
        let last = self.earlier.last();
        let same_run = last.filter(|look| look.resets == self.snapshot.resets);
        let look = same_run.unwrap_or(&self.snapshot);
        Arc::clone(&look.applied)
    }

    fn go_back(&mut self, from: u64, to: u64, change: u64) {
        self.earlier.go_back(&mut self.snapshot, change, to);
        self.snapshot.message = Some(format!("back from step {from} to step {to}"));
        let reports = &self.snapshot.held_out;
        self.evaluated_until = reports.last().map_or(0, |report| report.step);
        self.best = reports
            .iter()
            .max_by(|a, b| a.r1_image_to_text.total_cmp(&b.r1_image_to_text))
            .cloned();
    }

    fn observe_step(&mut self, report: StepReport) {
        let snapshot = &mut self.snapshot;
        snapshot.plot(&report);
        let rate = report.batch_size as f64 / report.seconds.max(1e-9);
        snapshot.pairs_per_second = if snapshot.pairs_per_second > 0.0 {
            snapshot.pairs_per_second + RATE_DECAY * (rate - snapshot.pairs_per_second)
        } else {
            rate
        };
        snapshot.seconds += report.seconds;
        self.pairs += report.batch_size;
        snapshot.report = Some(report);
    }

    fn note_milestones(&mut self, report: &EvalReport) {
        let (step, seconds) = (report.step, self.snapshot.seconds);
        let known = self.snapshot.milestones.len();
        let reached = MILESTONES[known..]
            .iter()
            .take_while(|share| report.r1_image_to_text >= **share);
        let new: Vec<_> = reached
            .map(|&share| Milestone {
                share,
                step,
                seconds,
            })
            .collect();
        if !new.is_empty() {
            Arc::make_mut(&mut self.snapshot.milestones).extend(new);
        }
    }

    fn observe_eval(&mut self, report: EvalReport) {
        match report.split {
            Split::Trained => push_bounded(&mut self.snapshot.trained, report),
            Split::HeldOut => {
                self.evaluated_until = report.step;
                self.note_milestones(&report);
                if self
                    .best
                    .as_ref()
                    .is_none_or(|best| report.r1_image_to_text > best.r1_image_to_text)
                {
                    self.best = Some(report.clone());
                }
                push_bounded(&mut self.snapshot.held_out, report);
            }
        }
    }
}

fn push_bounded<T: Clone>(list: &mut Arc<Vec<T>>, item: T) {
    let list = Arc::make_mut(list);
    if list.len() == KEPT {
        // Thin out the older half: the whole run stays visible.
        let mut index = 0;
        list.retain(|_| {
            index += 1;
            index > KEPT / 2 || index % 2 == 0
        });
    }
    list.push(item);
}

fn describe(applied: &Applied) -> String {
    format!(
        "step {}: {} {} -> {}",
        applied.step,
        applied.control.name().replace('_', " "),
        short(applied.old),
        short(applied.new)
    )
}
