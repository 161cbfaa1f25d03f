//! What the logits say besides their loss, of the extremes that were seen: as [`super::super::diagnostics`], which
//! has all logits.

use super::seen::Seen;
use super::work::Work;
use crate::loss::Diagnostics;
use crate::telemetry::Spread;

impl Work<'_> {
    pub(super) fn diagnostics(&self, seen: &Seen) -> Diagnostics {
        let width = self.features.dimensions.max(1);
        let broken = |of: &[f32]| -> Vec<bool> {
            of.chunks_exact(width)
                .map(|row| !row.iter().all(|x| x.is_finite()))
                .collect()
        };
        let (pictures, captions) = (broken(self.features.image), broken(self.features.text));
        let (any_picture, any_caption) = (pictures.contains(&true), captions.contains(&true));
        // A row holds a logit of every caption: one that is broken breaks them all.
        let right = |tops: &[f32], broken: &[bool], others: bool| {
            let right = |i: &usize| {
                let alone = self.pairs == 1;
                (alone || seen.own[*i] > tops[*i])
                    && self.own[*i].is_finite()
                    && !broken[*i]
                    && !others
            };
            (0..self.pairs).filter(right).count() as f64 / self.pairs as f64
        };
        // InfoNCE's logits are shown with the bias, too, though its softmax does without.
        let bias = self.head.logit_bias.unwrap_or(0.0);
        let count = self.pairs as f64;
        let own = self.own.iter().map(|z| f64::from(*z));
        let own_sum: f64 = own.clone().sum();
        let spoiled = |x: f64| {
            if any_picture || any_caption {
                f64::NAN
            } else {
                x
            }
        };
        let positive_logits = Spread {
            min: spoiled(own.clone().fold(f64::INFINITY, f64::min) + bias),
            mean: own_sum / count + bias,
            max: spoiled(own.fold(f64::NEG_INFINITY, f64::max) + bias),
        };
        let most = seen.rows.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let negative_logits = (self.pairs > 1).then(|| Spread {
            min: spoiled(f64::from(seen.least) + bias),
            mean: (self.sum_of_all() - own_sum) / (count * (count - 1.0)) + bias,
            max: spoiled(f64::from(most) + bias),
        });
        Diagnostics {
            positive_logits,
            negative_logits,
            accuracy_image_to_text: right(&seen.rows, &pictures, any_caption),
            accuracy_text_to_image: right(&seen.columns, &captions, any_picture),
        }
    }

    /// `t (sum of X) (sum of Y)`: the sum of all logits without the bias.
    fn sum_of_all(&self) -> f64 {
        let width = self.features.dimensions.max(1);
        let sum = |of: &[f32]| {
            let mut sum = vec![0.0; width];
            for row in of.chunks_exact(width) {
                sum.iter_mut()
                    .zip(row)
                    .for_each(|(sum, x)| *sum += f64::from(*x));
            }
            sum
        };
        let (x, y) = (sum(self.features.image), sum(self.features.text));
        let product: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
        product * self.head.logit_scale.exp()
    }
}
