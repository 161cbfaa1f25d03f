//! What the logits of one batch say besides their loss. Called in every step: a few tensor
//! operations, then one transfer of a handful of numbers.

use tch::{Kind, Tensor};

use crate::telemetry::Spread;

/// The logits of a batch in eight numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diagnostics {
    /// Logits of the matching pairs.
    pub positive_logits: Spread,
    /// Logits of all other pairs; absent in a batch of one.
    pub negative_logits: Option<Spread>,
    /// Share of pictures whose own caption scores strictly best.
    pub accuracy_image_to_text: f64,
    /// Share of captions whose own picture scores strictly best.
    pub accuracy_text_to_image: f64,
}

/// Reads `logits`, `[B, B]`, rows pictures and columns captions, as [`super::LossTerms`] has them.
///
/// A tie counts against the model, and so does a row or column with a logit that is not finite: a
/// model that answers NaN, or the same to everything, must not look right. A spread over logits with
/// a NaN is NaN.
pub fn diagnostics(logits: &Tensor) -> Diagnostics {
    let logits = logits.detach();
    let size = logits.size()[0];
    let positives = logits.diagonal(0, 0, 1);
    let diagonal = Tensor::eye(size, (Kind::Bool, logits.device()));
    let below = logits.masked_fill(&diagonal, f64::NEG_INFINITY);
    let above = logits.masked_fill(&diagonal, f64::INFINITY);
    let accuracy = |dim: i64| {
        let best = below.amax(dim, false);
        let mut right = positives
            .gt_tensor(&best)
            .logical_and(&positives.isfinite());
        if size > 1 {
            right = right.logical_and(&above.amin(dim, false).isfinite());
        }
        right.mean(Kind::Double)
    };
    let positive_sum = positives.sum(Kind::Double);
    let scalars = Tensor::stack(
        &[
            positives.min().to_kind(Kind::Double),
            positive_sum.shallow_clone(),
            positives.max().to_kind(Kind::Double),
            above.min().to_kind(Kind::Double),
            logits.sum(Kind::Double) - positive_sum,
            below.max().to_kind(Kind::Double),
            accuracy(1),
            accuracy(0),
        ],
        0,
    );
    let mut read = [0.0; 8];
    scalars.copy_data(&mut read, 8);
    let [
        min,
        sum,
        max,
        negative_min,
        negative_sum,
        negative_max,
        image_to_text,
        text_to_image,
    ] = read;
    let count = size as f64;
    Diagnostics {
        positive_logits: Spread {
            min,
            mean: sum / count,
            max,
        },
        negative_logits: (size > 1).then(|| Spread {
            min: negative_min,
            mean: negative_sum / (count * (count - 1.0)),
            max: negative_max,
        }),
        accuracy_image_to_text: image_to_text,
        accuracy_text_to_image: text_to_image,
    }
}
