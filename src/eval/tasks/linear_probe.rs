//! The task `linear_probe`: linear and few-shot probes on the pictures of an evaluation, in domain and transferred.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ndarray::Array2;

use crate::data::Labels;
use crate::error::{Error, Result};
use crate::eval::answers::answer;
use crate::eval::features::choose;
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Plan, Stage};
use crate::eval::probe::{COARSE, Probe, STRENGTHS};
use crate::eval::sides::{SEED, Sides};
use crate::eval::store::Store;
use crate::random::{Purpose, generator, shuffle_front};
use crate::telemetry::{FewShot, ProbeReport, Share, Split};

/// So long a slice waits for a probe, on whose thread the work is done.
const MOMENT: Duration = Duration::from_millis(1);
/// Examples of each class.
const SHOTS: [usize; 5] = [1, 2, 4, 8, 16];
/// Draws of the few examples.
const DRAWS: u64 = 3;

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "linear-probe",
    about: "Logistic regression on frozen features, with all and with few examples",
    report: "linear_probe",
    on: &[Occasion::Examine],
    after: &["zero-shot"],
    needs: Needs::all,
    plan,
};

/// A probe of every property.
fn plan(plan: &mut Plan) {
    for which in 0..plan.prepared.labels().len() {
        plan.add(Stage::Long, LinearProbe { which, fits: None });
    }
}

/// Where a thread says what its fits came to.
type Fits = Receiver<Result<ProbeReport>>;

/// The probe of a property; its fits are made on a thread of their own.
struct LinearProbe {
    which: usize,
    fits: Option<Fits>,
}

impl LinearProbe {
    /// Nothing if there is nothing to fit, or to test.
    fn begin(&self, store: &Store) -> Result<Option<Fits>> {
        let sides = store.sides(self.which);
        let pictures = |split| store.pictures.get(&split);
        let (Some(trained), Some(held_out), true) = (
            pictures(Split::Trained),
            pictures(Split::HeldOut),
            sides.usable(),
        ) else {
            return Ok(None);
        };
        let label = &store.prepared.labels()[self.which];
        let zero_shot = store.classifiers.get(&self.which);
        let probing = Probing::new(store.step, label, sides, trained, held_out, zero_shot);
        let (sender, receiver) = mpsc::channel();
        // Nobody may be left who listens.
        let work = move || drop(sender.send(probing.run()));
        let thread = thread::Builder::new().name("probe".into()).spawn(work);
        thread.map_err(|e| Error::Internal(format!("cannot start a thread for a probe: {e}")))?;
        Ok(Some(receiver))
    }
}

impl EvalJob for LinearProbe {
    fn name(&self) -> &'static str {
        TASK.name
    }

    /// Waits a moment for the fits, which it begins if need be.
    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        if self.fits.is_none() {
            self.fits = self.begin(store)?;
        }
        let Some(fits) = &self.fits else {
            return Ok(Slice::Done(Vec::new()));
        };
        match fits.recv_timeout(MOMENT) {
            Ok(report) => {
                let report = report?;
                store.probes.insert(self.which, report.clone());
                Ok(Slice::Done(vec![report.into()]))
            }
            Err(RecvTimeoutError::Timeout) => Ok(Slice::Waiting),
            Err(RecvTimeoutError::Disconnected) => Err(Error::Internal("a probe failed".into())),
        }
    }
}

/// Pictures and their labels.
type Test = (Array2<f32>, Vec<usize>);

/// A probe of one property. Plain data: its fits, each as long as some steps of training, are made on a thread of
/// their own.
pub struct Probing {
    step: u64,
    label: Labels,
    sides: Sides,
    trained: Array2<f32>,
    tests: [Test; 2],
    zero_shot: [Share; 2],
    /// The best strength so far.
    best: Option<(f64, Share)>,
}

impl Probing {
    /// Probes `label` on the pictures' features; `zero_shot` are its class vectors, for comparison.
    pub fn new(
        step: u64,
        label: &Labels,
        sides: Sides,
        trained: &Array2<f32>,
        held_out: &Array2<f32>,
        zero_shot: Option<&Array2<f32>>,
    ) -> Self {
        let tests = [
            (
                choose(trained, &sides.in_domain),
                sides.labels(&sides.in_domain),
            ),
            (choose(held_out, &sides.transfer), sides.transfer_labels()),
        ];
        let by_words = |classes: &Array2<f32>| {
            tests
                .each_ref()
                .map(|(x, y)| answer(&x.dot(&classes.t()), y).top(1))
        };
        Self {
            step,
            label: label.clone(),
            zero_shot: zero_shot.map_or([Share::default(); 2], by_words),
            trained: trained.clone(),
            tests,
            sides,
            best: None,
        }
    }

    /// Makes all fits.
    pub fn run(mut self) -> Result<ProbeReport> {
        for c in STRENGTHS {
            self.try_strength(c)?;
        }
        let (c, validation) = self.best.unwrap_or((1.0, Share::default()));
        let both = [&self.sides.fit[..], &self.sides.validation].concat();
        let [in_domain, transfer] = self.score(&self.fit(&both, c)?);
        let few_shot = SHOTS
            .iter()
            .map(|shots| self.few_shot(*shots, c))
            .collect::<Result<Vec<_>>>()?;
        let [zero_shot_in_domain, zero_shot_transfer] = self.zero_shot;
        Ok(ProbeReport {
            step: self.step,
            property: self.label.name.into(),
            classes: self.label.values.len() as u64,
            c,
            fitted: both.len() as u64,
            validation,
            in_domain,
            transfer,
            zero_shot_in_domain,
            zero_shot_transfer,
            worth: worth(&few_shot, zero_shot_in_domain.value()),
            few_shot,
        })
    }

    /// Of strengths that do as well on the validation pictures the most regularised is kept.
    fn try_strength(&mut self, c: f64) -> Result<()> {
        let probe = self.fit(&self.sides.fit, c)?;
        let places = &self.sides.validation;
        let share = probe.score(&choose(&self.trained, places), &self.sides.labels(places));
        if self.best.is_none_or(|(_, known)| share.hits > known.hits) {
            self.best = Some((c, share));
        }
        Ok(())
    }

    fn fit(&self, examples: &[usize], c: f64) -> Result<Probe> {
        Probe::fit(
            &choose(&self.trained, examples),
            &self.sides.labels(examples),
            c,
            COARSE,
        )
    }

    fn score(&self, probe: &Probe) -> [Share; 2] {
        self.tests.each_ref().map(|(x, y)| probe.score(x, y))
    }

    /// So many examples of each class, in some draws.
    fn few_shot(&self, shots: usize, c: f64) -> Result<FewShot> {
        let mut row = FewShot {
            shots: shots as u64,
            draws: DRAWS,
            in_domain: Share::default(),
            transfer: Share::default(),
        };
        for draw in 0..DRAWS {
            let examples = few(&self.label, &self.sides, shots, draw);
            let [inside, outside] = self.score(&self.fit(&examples, c)?);
            row.in_domain = sum(row.in_domain, inside);
            row.transfer = sum(row.transfer, outside);
        }
        // The same pictures in every draw: so many are not more evidence.
        for share in [&mut row.in_domain, &mut row.transfer] {
            share.hits = (share.hits as f64 / DRAWS as f64).round() as u64;
            share.of /= DRAWS;
        }
        Ok(row)
    }
}

/// So many pictures of each value out of those to fit on, or all if there are fewer.
fn few(label: &Labels, sides: &Sides, shots: usize, draw: u64) -> Vec<usize> {
    let mut chosen = Vec::new();
    for value in 0..label.values.len() {
        let mut of: Vec<usize> = sides
            .fit
            .iter()
            .copied()
            .filter(|i| sides.trained[*i] == value)
            .collect();
        let mut rng = generator(SEED, Purpose::Gallery, 2 + draw, value as u64);
        let count = shots.min(of.len());
        shuffle_front(&mut rng, &mut of, count);
        chosen.extend_from_slice(&of[..count]);
    }
    chosen
}

fn sum(a: Share, b: Share) -> Share {
    Share {
        hits: a.hits + b.hits,
        of: a.of + b.of,
    }
}

/// The number of examples, between powers of two, whose probe reaches this accuracy; less than the first number if
/// even that one does. `None` if none does.
fn worth(few_shot: &[FewShot], wanted: f64) -> Option<f64> {
    let mut before: Option<(f64, f64)> = None;
    for row in few_shot {
        let (shots, reached) = ((row.shots as f64).log2(), row.in_domain.value());
        if reached >= wanted {
            let at = match before {
                Some((low, less)) if reached > less => {
                    low + (shots - low) * (wanted - less) / (reached - less)
                }
                _ => shots,
            };
            return Some(at.exp2());
        }
        before = Some((shots, reached));
    }
    None
}
