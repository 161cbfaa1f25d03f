//! [`Shapes`]: scenes drawn by rule as a scenario asks for them, and what cannot be asked.

use serde::{Deserialize, Serialize};

use super::rules::Rules;
use super::words;
use crate::quantity::Fraction;
use crate::scenario::default::{languages, yes};
use crate::scenario::validate::check::Check;

/// Languages (ISO 639-1) that the shapes are described in.
pub const SHAPES_LANGUAGES: [&str; 5] = ["en", "de", "es", "fr", "zh"];

/// Procedural scenes: colour x shape x size x position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shapes {
    /// Share of the attribute combinations that training never sees.
    pub held_out: Fraction,
    /// Language of the captions (ISO 639-1) with their weights.
    #[serde(default = "languages")]
    pub languages: Vec<(String, f64)>,
    /// Whether training pictures are augmented.
    #[serde(default = "yes")]
    pub augment: bool,
}

impl Rules for Shapes {
    fn check(&self, check: &mut Check) {
        let share = self.held_out.get();
        if !(0.01..=0.9).contains(&share) {
            let message = format!("a held-out share of {share} leaves too little on one side");
            check.fault("data.held_out", message, "allowed: 0.01 to 0.9", None);
        }
        words::languages(check, "data.languages", &self.languages, &SHAPES_LANGUAGES);
    }

    fn augment(&self) -> bool {
        self.augment
    }
}
