//! [`LanguageReport`]: retrieval by the names of one language.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Measure, Split, TaskReport, all_about};
use crate::telemetry::share::Share;

/// Retrieval by the names of one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanguageReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Which pictures.
    pub split: Split,
    /// ISO 639-1.
    pub language: String,
    /// Its share of the captions; 0 if it is held out of training.
    pub weight: f64,
    /// Pictures whose own name scores best among all names of the language: zero-shot top-1.
    pub r1_image_to_text: Share,
    /// Among the best five.
    pub r5_image_to_text: Share,
    /// Names whose own picture scores best.
    pub r1_text_to_image: Share,
}

impl TaskReport for LanguageReport {
    fn step(&self) -> u64 {
        self.step
    }

    fn split(&self) -> Option<Split> {
        Some(self.split)
    }

    fn subject(&self) -> Vec<&str> {
        vec![&self.language]
    }

    fn measures(&self) -> Vec<Measure> {
        let share = |name, label, share| Measure::share(self.split, name, label, share);
        let about = if self.weight > 0.0 {
            format!(
                "{}, {:.1} % of captions",
                self.language,
                self.weight * 100.0
            )
        } else {
            format!("{}, held out", self.language)
        };
        let measures = [
            share(
                "r1_image_to_text",
                "image to name R@1",
                self.r1_image_to_text,
            ),
            share(
                "r5_image_to_text",
                "image to name R@5",
                self.r5_image_to_text,
            ),
            share(
                "r1_text_to_image",
                "name to image R@1",
                self.r1_text_to_image,
            ),
        ];
        all_about(&about, measures)
    }
}
