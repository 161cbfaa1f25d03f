//! [`EvalReport`]: pictures against all names, and names against all pictures.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Listing, Measure, Split, TaskReport, Unit, all_about};

/// Retrieval over all candidate names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Which pictures.
    pub split: Split,
    /// Share of pictures whose own name ranks first.
    pub r1_image_to_text: f64,
    /// Among the first five.
    pub r5_image_to_text: f64,
    /// Among the first ten.
    pub r10_image_to_text: f64,
    /// Share of names whose own picture ranks first.
    pub r1_text_to_image: f64,
    /// Among the first five.
    pub r5_text_to_image: f64,
    /// Among the first ten.
    pub r10_text_to_image: f64,
    /// Median rank of a picture's own name; the best is 1.
    pub median_rank: f64,
    /// Names to choose from: chance is one in so many.
    pub candidates: u64,
    /// Pictures that were asked.
    pub pictures: u64,
    /// Compute time of the evaluation.
    pub seconds: f64,
}

impl TaskReport for EvalReport {
    fn step(&self) -> u64 {
        self.step
    }

    fn split(&self) -> Option<Split> {
        Some(self.split)
    }

    fn measures(&self) -> Vec<Measure> {
        let number =
            |name, label, value, unit| Measure::number(self.split, name, label, value, unit);
        let recall = |name, label, value| number(name, label, value, Unit::Share);
        let count =
            |name, value: u64| number(name, name, value as f64, Unit::Count).only(Listing::Charts);
        let measures = [
            recall(
                "r1_image_to_text",
                "image to name R@1",
                self.r1_image_to_text,
            ),
            recall(
                "r5_image_to_text",
                "image to name R@5",
                self.r5_image_to_text,
            ),
            recall(
                "r10_image_to_text",
                "image to name R@10",
                self.r10_image_to_text,
            ),
            recall(
                "r1_text_to_image",
                "name to image R@1",
                self.r1_text_to_image,
            ),
            recall(
                "r5_text_to_image",
                "name to image R@5",
                self.r5_text_to_image,
            ),
            recall(
                "r10_text_to_image",
                "name to image R@10",
                self.r10_text_to_image,
            ),
            number("median_rank", "median rank", self.median_rank, Unit::Rank),
            count("candidates", self.candidates),
            count("pictures", self.pictures),
        ];
        all_about(&format!("{} names", self.candidates), measures)
    }
}
