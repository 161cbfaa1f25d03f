//! The task `calibration`: whether the probabilities that the loss gives are worth what they say, for held-out
//! pictures and their names, and for the first label of the data; and the threshold with the best F1.
//!
//! [`Reliability::of`] and [`best_threshold`] are functions of plain probabilities in 64 bits, held to scikit-learn and
//! NumPy.

use ndarray::Array2;

use crate::error::Result;
use crate::eval::answers::answer;
use crate::eval::encode::Prompts;
use crate::eval::features::choose;
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Plan, Stage};
use crate::eval::store::{Property, Store};
use crate::eval::templates::Templates;
use crate::telemetry::{CalibrationReport, Reliability, Share, Threshold};

/// Bins of equal width, as Guo et al. have them.
const BINS: usize = 15;

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "calibration",
    about: "How well probabilities match accuracy, and the threshold with the best F1",
    report: "calibration",
    on: &[Occasion::Examine],
    after: &[],
    needs: Needs::all,
    plan,
};

/// Bare names; the first label by the largest set of templates.
fn plan(plan: &mut Plan) {
    let bare = Templates::bare();
    plan.add(
        Stage::Long,
        Calibration {
            property: Property::Name,
            prompts: Prompts::new(&[], &bare, plan.width),
            templates: bare.name.clone(),
        },
    );
    if let Some(label) = plan.prepared.labels().first() {
        let largest = plan.options.templates.last().unwrap_or(&bare);
        let job = Calibration {
            property: Property::Label(0),
            prompts: Prompts::new(&label.words, largest, plan.width),
            templates: largest.name.clone(),
        };
        plan.add(Stage::Long, job);
    }
}

/// A property by a set of templates.
struct Calibration {
    property: Property,
    templates: String,
    /// None for bare names, which are encoded already.
    prompts: Prompts,
}

impl Calibration {
    /// Of held-out pictures, or of trained ones if nothing is held out.
    fn report(&self, store: &Store) -> Option<CalibrationReport> {
        let &split = store.splits().first()?;
        let (property, values) = store.values(self.property);
        let (places, own) = store.asked(self.property, split);
        let classes = match self.property {
            Property::Name => store.names.clone(),
            Property::Label(_) | Property::Own => self.prompts.finish(),
        };
        let cosines = choose(&store.pictures[&split], &places).dot(&classes.t());
        let (law, head) = (store.head.loss.law(), store.head);
        let logits = cosines.mapv(|c| head.scale() * f64::from(c) + head.shift());
        let rows = logits.rows().into_iter().map(|row| row.to_vec());
        let rows = rows.flat_map(|row| law.probabilities(&row));
        let probabilities = Array2::from_shape_vec(cosines.dim(), rows.collect())
            .unwrap_or_else(|e| unreachable!("cannot compute probabilities: {e}"));
        // Classes that read the same are the same answer.
        let same = |a: usize, b: usize| a == b || values[a] == values[b];
        let chosen = answer(&cosines, &own).chosen;
        let chosen = chosen.iter().zip(&own).enumerate();
        let answers: Vec<(f64, bool)> = chosen
            .filter_map(|(row, (chosen, own))| {
                let chosen = (*chosen)?;
                Some((probabilities[[row, chosen]], same(chosen, *own)))
            })
            .collect();
        Some(CalibrationReport {
            step: store.step,
            split,
            property: property.into(),
            templates: self.templates.clone(),
            probability: law.words().function().into(),
            classes: values.len() as u64,
            reliability: Reliability::of(&answers, BINS),
            best: best_threshold(&probabilities, |row, class| same(own[row], class)),
        })
    }
}

impl EvalJob for Calibration {
    fn name(&self) -> &'static str {
        TASK.name
    }

    fn slices(&self, _: &Store) -> usize {
        self.prompts.slices()
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        if self.prompts.advance(store)? {
            return Ok(Slice::More);
        }
        let report = self.report(store).map(Into::into);
        Ok(Slice::Done(report.into_iter().collect()))
    }
}

/// The threshold with the best F1 over all cells of `[pictures, classes]`, of which `own` tells those that belong
/// together; of equally good ones the highest. None if none does. What is not a number is never taken.
pub fn best_threshold(
    probabilities: &Array2<f64>,
    own: impl Fn(usize, usize) -> bool,
) -> Option<Threshold> {
    let own = &own;
    let of = |wanted: bool| {
        let cells = probabilities.indexed_iter();
        cells.filter_map(move |((row, class), p)| (own(row, class) == wanted).then_some(*p))
    };
    let all = of(true).count();
    let mut positives: Vec<f64> = of(true).filter(|p| !p.is_nan()).collect();
    positives.sort_by(f64::total_cmp);
    // Only a positive's own probability can be the best threshold: above a negative's there is nothing to gain.
    // `among[k]` negatives lie at the threshold positives[k - 1] or above, but below positives[k].
    let mut among = vec![0_u64; positives.len() + 1];
    for p in of(false) {
        among[positives.partition_point(|threshold| *threshold <= p)] += 1;
    }
    let mut best: Option<Threshold> = None;
    let mut negatives = 0;
    for (k, threshold) in positives.iter().enumerate().rev() {
        negatives += among[k + 1];
        // Of equal ones the last takes all.
        if k > 0 && positives[k - 1] >= *threshold {
            continue;
        }
        let hits = (positives.len() - k) as u64;
        let share = |of| Share { hits, of };
        let (precision, recall) = (share(hits + negatives), share(all as u64));
        let f1 = 2.0 * hits as f64 / (precision.of + recall.of) as f64;
        if best.is_none_or(|best| f1 > best.f1) {
            best = Some(Threshold {
                threshold: *threshold,
                f1,
                precision,
                recall,
            });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;

    #[test]
    fn thresholds_at_their_edges() {
        let p = arr2(&[[0.9, 0.2], [0.2, 0.2], [f64::NAN, 0.1]]);
        assert_eq!(best_threshold(&p, |_, _| false), None);
        // Pairs (0, 0), (1, 1) and (2, 0), which is no number: 0.9 finds one of three, 0.2 two among four.
        let best = best_threshold(&p, |row, class| class == [0, 1, 0][row]).unwrap();
        assert_eq!(best.threshold, 0.2);
        assert_eq!(best.precision, Share { hits: 2, of: 4 });
        assert_eq!(best.recall, Share { hits: 2, of: 3 });
        assert!((best.f1 - 4.0 / 7.0).abs() < 1e-15);
        // All are of one value.
        let flat = Array2::from_elem((2, 2), 0.5);
        let best = best_threshold(&flat, |row, class| row == class).unwrap();
        assert_eq!(best.precision, Share { hits: 2, of: 4 });
    }
}
