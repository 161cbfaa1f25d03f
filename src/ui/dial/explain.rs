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
                "cosines are divided by tau: logit scale {scale:.1}{}; smaller tau looks at the hardest negatives only",
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
                "{} pairs: each picture has {} wrong caption{} to be told from; guessing costs InfoNCE ln {} = {:.2}",
                settings.batch_size,
                settings.batch_size.saturating_sub(1),
                if settings.batch_size == 2 { "" } else { "s" },
                settings.batch_size,
                chance_level(settings.batch_size)
            ),
            Self::LearningRate => "sets the peak of the schedule".into(),
            Self::Loss => settings.loss.law().idea().into(),
            Self::WeightDecay => "pulls the weight matrices towards zero at every step".into(),
            Self::ShuffleCaptions => format!(
                "{:.0} % of each batch's captions are exchanged: how much noise does the loss bear?",
                settings.shuffle_captions * 100.0
            ),
            Self::RandomCaptions => format!(
                "{:.0} % of each batch's captions are random words, which say nothing of any picture",
                settings.random_captions * 100.0
            ),
            Self::NoiseImages => format!(
                "{:.0} % of each batch's pictures are noise, which shows nothing of any caption",
                settings.noise_images * 100.0
            ),
            Self::Duplicates => format!(
                "{:.0} % of each batch's pairs have their concept twice in it: false negatives",
                settings.duplicates * 100.0
            ),
            Self::Imbalance => format!(
                "the k-th concept comes in proportion to k^-{}: at 0 all come equally often",
                settings.imbalance
            ),
            Self::Concepts => match settings.concepts {
                Some(n) => format!("trains on {n} of {} concepts", settings.all_concepts),
                None => format!("trains on all {} concepts", settings.all_concepts),
            },
            Self::Augment => {
                "training pictures are shifted, scaled and tinted a little, or shown as they are"
                    .into()
            }
            Self::Lock => match settings.locked {
                Locked::Nothing => "both towers learn".into(),
                Locked::Image => {
                    "the image tower stays as it is, and the text tower learns to read it (LiT)"
                        .into()
                }
                Locked::Text => {
                    "the text tower stays as it is, and the image tower learns to be named by it"
                        .into()
                }
            },
            _ => format!("sets {}", self.about()),
        }
    }
}
