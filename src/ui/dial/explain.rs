//! What a dial does, with the numbers at hand, in a line.

use crate::control::{Dial, Settings};
use crate::loss::chance_level;
use crate::quantity::Locked;

impl Dial {
    /// What the dial does, with the numbers at hand.
    pub fn explain(self, settings: &Settings) -> String {
        let scale = 1.0 / settings.temperature;
        // A dial without a line of its own is described by its row in the table.
        #[allow(unreachable_patterns, clippy::match_wildcard_for_single_variants)]
        match self {
            Self::Temperature => format!(
                "divides the cosines: scale {scale:.1}{}; a smaller tau puts more weight on the hardest negatives",
                if scale >= settings.max_logit_scale * 0.999 {
                    ", at its clamp"
                } else {
                    ""
                }
            ),
            Self::Bias => {
                let words = settings.loss.law().words();
                words.hint_of_bias(settings.batch_size, settings.bias)
            }
            Self::BatchSize => format!(
                "{} pairs: each image has {} negative{}; a guess costs InfoNCE ln {} = {:.2}",
                settings.batch_size,
                settings.batch_size.saturating_sub(1),
                if settings.batch_size == 2 { "" } else { "s" },
                settings.batch_size,
                chance_level(settings.batch_size)
            ),
            Self::LearningRate => "sets the peak of the schedule".into(),
            Self::Loss => settings.loss.law().idea().into(),
            Self::WeightDecay => "shrinks the weight matrices a little at each step".into(),
            Self::ShuffleCaptions => format!(
                "{:.0} % of the captions of each batch are shuffled: they describe another image",
                settings.shuffle_captions * 100.0
            ),
            Self::RandomCaptions => format!(
                "{:.0} % of the captions of each batch are random words",
                settings.random_captions * 100.0
            ),
            Self::NoiseImages => format!(
                "{:.0} % of the images of each batch are noise",
                settings.noise_images * 100.0
            ),
            Self::Duplicates => format!(
                "{:.0} % of the pairs of each batch share their concept with another: false negatives",
                settings.duplicates * 100.0
            ),
            Self::Imbalance => format!(
                "draws the k-th concept in proportion to k^-{}; at 0 all are drawn equally often",
                settings.imbalance
            ),
            Self::Concepts => match settings.concepts {
                Some(n) => format!("trains on {n} of {} concepts", settings.all_concepts),
                None => format!("trains on all {} concepts", settings.all_concepts),
            },
            Self::Augment => {
                "shifts, scales and tints training images a little, anew at each step".into()
            }
            Self::Lock => match settings.locked {
                Locked::Nothing => "both towers learn".into(),
                Locked::Image => {
                    "the image tower keeps its weights; the text tower learns to match it (LiT)"
                        .into()
                }
                Locked::Text => {
                    "the text tower keeps its weights; the image tower learns to match it".into()
                }
            },
            _ => format!("sets {}", self.about()),
        }
    }
}
