//! [`GeometryReport`]: how both modalities lie in their space.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Listing, Measure, Subset, TaskReport, Unit, all_about};

/// How image and text features lie on their sphere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeometryReport {
    /// Steps completed.
    pub step: u64,
    /// Pairs that were looked at.
    pub pairs: u64,
    /// Mean squared distance of a pair (Wang and Isola 2020).
    pub alignment: f64,
    /// ln of the mean of exp(-2 d^2) over pairs of pictures.
    pub uniformity_image: f64,
    /// Over pairs of texts.
    pub uniformity_text: f64,
    /// Mean cosine of pictures that share a class (Wang and Liu 2021, eq. 11).
    pub tolerance: f64,
    /// Length of the vector from the mean text to the mean picture (Liang et al. 2022).
    pub gap: f64,
    /// exp of the entropy of the centred features' singular values (Roy and Vetterli 2007).
    pub rank_image: f64,
    /// Of the texts.
    pub rank_text: f64,
    /// The loss with both modalities moved along the gap.
    pub slide: Vec<Slide>,
    /// Logits of pairs and of everything else.
    pub histogram: Histogram,
    /// Both modalities on their two main axes.
    #[serde(skip)]
    pub map: Map,
}

/// The modalities moved together by a part of their gap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slide {
    /// Part of the gap that was taken away: 0 as it is, 1 closed before features are normalised again.
    pub lambda: f64,
    /// The gap that is left.
    pub gap: f64,
    /// The loss there.
    pub loss: f64,
}

/// Logits, counted in bins of equal width.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Left edge of the first bin.
    pub low: f64,
    /// Right edge of the last bin.
    pub high: f64,
    /// Pairs in each bin.
    pub positive: Vec<u64>,
    /// Everything else.
    pub negative: Vec<u64>,
}

/// Features projected onto a plane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Pictures.
    pub image: Vec<[f32; 2]>,
    /// Their texts, in the same order.
    pub text: Vec<[f32; 2]>,
    /// Shares of the variance along the two axes.
    pub explained: [f64; 2],
}

impl TaskReport for GeometryReport {
    fn step(&self) -> u64 {
        self.step
    }

    /// The report does not say which pictures it is about: held-out ones.
    fn measures(&self) -> Vec<Measure> {
        let number = |name: &str, label: &str, value, unit| {
            Measure::number(Subset::HeldOut, name, label, value, unit)
        };
        let measures = [
            number("alignment", "alignment", self.alignment, Unit::Length),
            number(
                "uniformity_image",
                "uniformity, images",
                self.uniformity_image,
                Unit::Nats,
            ),
            number(
                "uniformity_text",
                "uniformity, texts",
                self.uniformity_text,
                Unit::Nats,
            ),
            number("tolerance", "tolerance", self.tolerance, Unit::Length),
            number("gap", "modality gap", self.gap, Unit::Length),
            number(
                "rank_image",
                "effective rank, images",
                self.rank_image,
                Unit::Count,
            ),
            number(
                "rank_text",
                "effective rank, texts",
                self.rank_text,
                Unit::Count,
            ),
        ];
        let slides = self.slide.iter().map(|slide| {
            let (name, label) = (
                format!("loss_moved_{}", slide.lambda),
                format!("loss at gap {:.3}", slide.gap),
            );
            number(&name, &label, slide.loss, Unit::Nats)
                .about(format!("moved by {}", slide.lambda))
                .only(Listing::Tables)
        });
        let mut list = all_about(&format!("{} pairs", self.pairs), measures);
        list.extend(slides);
        list
    }
}
