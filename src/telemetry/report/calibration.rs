//! [`CalibrationReport`]: whether a probability is worth what it says, and where to draw the line.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Listing, Measure, Split, TaskReport, Unit, all_about};
use crate::telemetry::share::Share;

/// How far the probabilities that the loss gives can be believed, for one property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Which pictures.
    pub split: Split,
    /// What is asked for: "name", "group".
    pub property: String,
    /// The set of templates.
    pub templates: String,
    /// "softmax" over the classes, or "sigmoid" of each.
    pub probability: String,
    /// Classes to choose from.
    pub classes: u64,
    /// The reliability of the best class's probability.
    #[serde(flatten)]
    pub reliability: Reliability,
    /// Where pictures and classes are best told to belong together; none without a pair that does.
    pub best: Option<Threshold>,
}

/// What is said with which confidence, and how often it is right (Guo et al. 2017, 1706.04599).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Answers that are right.
    pub accuracy: Share,
    /// Mean confidence.
    pub confidence: f64,
    /// Expected calibration error: the mean of |accuracy - confidence| of the bins, weighted by their answers.
    pub ece: f64,
    /// Those of the equal bins that hold an answer.
    pub bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// Accuracy by confidence, in `count` bins of equal width, each with its right edge; `answers` are confidences, 0
    /// to 1, and whether they are right. Without answers nothing is a number.
    ///
    /// ECE = sum over bins of |bin| / n * |accuracy - mean confidence| (Guo et al. 2017, equation 3).
    pub fn of(answers: &[(f64, bool)], count: usize) -> Self {
        let n = answers.len() as f64;
        let bins: Vec<ReliabilityBin> = (0..count)
            .filter_map(|bin| {
                let (low, high) = (bin as f64 / count as f64, (bin + 1) as f64 / count as f64);
                let held = |p: f64| (p > low || bin == 0) && p <= high;
                let inside = || answers.iter().filter(|(p, _)| held(*p));
                let accuracy = Share::of(inside().map(|(_, right)| *right));
                let sum: f64 = inside().map(|(p, _)| p).sum();
                (accuracy.of > 0).then(|| ReliabilityBin {
                    low,
                    high,
                    confidence: sum / accuracy.of as f64,
                    accuracy,
                })
            })
            .collect();
        let error = |bin: &ReliabilityBin| {
            bin.accuracy.of as f64 / n * (bin.accuracy.value() - bin.confidence).abs()
        };
        Self {
            accuracy: Share::of(answers.iter().map(|(_, right)| *right)),
            confidence: answers.iter().map(|(p, _)| p).sum::<f64>() / n,
            ece: if answers.is_empty() {
                f64::NAN
            } else {
                bins.iter().map(error).sum()
            },
            bins,
        }
    }
}

/// Answers given with a confidence above `low` and up to `high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Left edge, exclusive.
    pub low: f64,
    /// Right edge, inclusive.
    pub high: f64,
    /// Mean confidence.
    pub confidence: f64,
    /// Those that are right.
    pub accuracy: Share,
}

/// The threshold at which F1 over all pairs of a picture and a class is best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// A pair whose probability is at least this one is taken to belong together.
    pub threshold: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Of the pairs so taken, those that do.
    pub precision: Share,
    /// Of the pairs that do, those so taken.
    pub recall: Share,
}

impl TaskReport for CalibrationReport {
    fn step(&self) -> u64 {
        self.step
    }

    fn split(&self) -> Option<Split> {
        Some(self.split)
    }

    fn subject(&self) -> Vec<&str> {
        vec![&self.property, &self.templates]
    }

    fn measures(&self) -> Vec<Measure> {
        let number =
            |name, label: &str, value| Measure::number(self.split, name, label, value, Unit::Share);
        let share = |name, label, share| Measure::share(self.split, name, label, share);
        let (known, ece) = (&self.reliability, format!("ECE, {}", self.probability));
        let mut list = vec![
            number("ece", &ece, known.ece),
            number("confidence", "mean confidence", known.confidence),
            share("accuracy", "accuracy", known.accuracy),
        ];
        if let Some(best) = &self.best {
            list.extend([
                number("best_f1", "best F1", best.f1),
                number("threshold", "its threshold", best.threshold),
                share("precision", "its precision", best.precision),
                share("recall", "its recall", best.recall),
            ]);
        }
        list.extend(known.bins.iter().map(|bin| {
            let (name, label) = (
                format!("accuracy_above_{:.3}", bin.low),
                format!("accuracy at p = {:.3}", bin.confidence),
            );
            Measure::share(self.split, name, label, bin.accuracy).only(Listing::Tables)
        }));
        let about = format!("{} of {}, {}", self.property, self.classes, self.templates);
        all_about(&about, list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reliability_at_its_edges() {
        let none = Reliability::of(&[], 15);
        assert!(none.ece.is_nan() && none.bins.is_empty());
        // An edge belongs to the bin on its left; 0 to the first.
        let edge = Reliability::of(&[(1.0 / 15.0, true), (0.0, false), (1.0, true)], 15);
        let counts: Vec<u64> = edge.bins.iter().map(|bin| bin.accuracy.of).collect();
        assert_eq!(counts, [2, 1]);
        // Sure and right is calibrated, sure and wrong is as far off as can be.
        assert_eq!(Reliability::of(&[(1.0, true)], 15).ece, 0.0);
        assert_eq!(Reliability::of(&[(1.0, false)], 15).ece, 1.0);
    }
}
