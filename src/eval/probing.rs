//! Linear and few-shot probes on the pictures of an evaluation: in domain and transferred.
//!
//! Concepts are dealt into three groups, so that nothing is tested on a concept that the probe was fitted to:
//! three fifths to fit, a fifth to choose the regularisation, a fifth to test. In domain are pictures of the test
//! concepts like those that were trained on; transfer is to held-out ones: another drawing style, or combinations
//! of attributes that training never saw.

use ndarray::Array2;

use super::features::choose;
use super::probe::{COARSE, Probe, STRENGTHS};
use super::zero_shot::answer;
use crate::data::{ClassId, Labels};
use crate::error::Result;
use crate::random::{Purpose, generator, shuffle_front};
use crate::telemetry::{FewShot, ProbeReport, Share};

/// Fixed: all models are tested on the same concepts.
const SEED: u64 = 0x5052_4f42;
/// Examples of each class.
const SHOTS: [usize; 5] = [1, 2, 4, 8, 16];
/// Draws of the few examples.
const DRAWS: u64 = 3;

/// Which pictures are for what: places in the two galleries.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides {
    /// Trained pictures to fit on.
    pub fit: Vec<usize>,
    /// Trained pictures to choose the regularisation by.
    pub validation: Vec<usize>,
    /// Trained pictures to test on.
    pub in_domain: Vec<usize>,
    /// Held-out pictures to test on.
    pub transfer: Vec<usize>,
    /// Label of every trained picture.
    pub trained: Vec<usize>,
    /// Label of every held-out picture.
    pub held_out: Vec<usize>,
}

impl Sides {
    /// Deals the classes of each value of a property, in random order: the second and every fifth after it go to the
    /// test, the third and every fifth after it to validation. A value with a single class is only fitted.
    pub fn new(label: &Labels, trained: &[ClassId], held_out: &[ClassId]) -> Self {
        #[derive(Clone, Copy, PartialEq)]
        enum Use {
            Fit,
            Validation,
            Test,
        }
        let mut uses = vec![Use::Test; label.of.len()];
        let mut seen = vec![false; label.of.len()];
        for class in trained {
            seen[*class] = true;
        }
        for value in 0..label.values.len() {
            let mut classes: Vec<ClassId> = (0..label.of.len())
                .filter(|class| label.of[*class] == value && seen[*class])
                .collect();
            let count = classes.len();
            let mut rng = generator(SEED, Purpose::Gallery, 1, value as u64);
            shuffle_front(&mut rng, &mut classes, count);
            for (i, class) in classes.into_iter().enumerate() {
                uses[class] = match i % 5 {
                    1 => Use::Test,
                    2 => Use::Validation,
                    _ => Use::Fit,
                };
            }
        }
        let places = |classes: &[ClassId], wanted: Use| -> Vec<usize> {
            let of = |(i, class): (usize, &ClassId)| (uses[*class] == wanted).then_some(i);
            classes.iter().enumerate().filter_map(of).collect()
        };
        let values = |classes: &[ClassId]| classes.iter().map(|class| label.of[*class]).collect();
        Self {
            fit: places(trained, Use::Fit),
            validation: places(trained, Use::Validation),
            in_domain: places(trained, Use::Test),
            transfer: places(held_out, Use::Test),
            trained: values(trained),
            held_out: values(held_out),
        }
    }

    /// Whether there is something to fit and something to test.
    pub fn usable(&self) -> bool {
        !self.fit.is_empty() && !self.in_domain.is_empty() && !self.transfer.is_empty()
    }

    /// Labels of these trained pictures.
    pub fn labels(&self, places: &[usize]) -> Vec<usize> {
        places.iter().map(|i| self.trained[*i]).collect()
    }

    /// Labels of the held-out test pictures.
    pub fn transfer_labels(&self) -> Vec<usize> {
        self.transfer.iter().map(|i| self.held_out[*i]).collect()
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
