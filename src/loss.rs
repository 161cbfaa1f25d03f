//! The two contrastive losses, dense: every logit of the batch at once, gradients by autograd.
//! This is the reference that faster versions are held against. It knows features and the two
//! scalars that turn cosines into logits; it must not know towers, data or optimizers.
//!
//! # Notation
//!
//! `X` and `Y` are the image and text features, `[B, D]`, rows of unit length; row `i` of both is a
//! matching pair. `t = exp(logit_scale) = 1/tau` and `b = logit_bias`. The logits are
//!
//! ```text
//! z = t X Y^T + b        [B, B], rows are pictures, columns captions
//! ```
//!
//! # InfoNCE
//!
//! CLIP (Radford et al. 2021, arXiv:2103.00020, figure 3; OpenCLIP's `ClipLoss`): each row is a
//! classification among the captions of the batch, each column one among its pictures, and the
//! right class is the diagonal.
//!
//! ```text
//! image_to_text = (1/B) sum_i [ ln sum_j exp(z_ij) - z_ii ]      rows
//! text_to_image = (1/B) sum_j [ ln sum_i exp(z_ij) - z_jj ]      columns
//! L             = (image_to_text + text_to_image) / 2
//! dL/dz_ij      = (P_ij + Q_ij) / 2B - [i = j] / B               P, Q: softmax of rows, columns
//! ```
//!
//! A negative is pushed in proportion to its share of the row: a small tau concentrates on the
//! hardest one, a large tau treats all alike (Wang & Liu 2021, arXiv:2012.09740, eqs 4-7). When all
//! logits are equal, `L` is [`chance_level`], ln B; a perfect model approaches 0.
//!
//! `ln B - L` is a lower *bound* on the mutual information of pictures and captions (van den Oord et
//! al. 2018, arXiv:1807.03748), and it can never exceed ln B, however much they share: see
//! [`mutual_information_bound`]. It is not an estimate.
//!
//! `ClipLoss` adds `logit_bias`, where a model has one, to the logits of InfoNCE too. Softmax does
//! not see a constant: value and gradients stay the same and the gradient of `b` is 0. Here it is
//! exactly 0: computed through the rounded softmax it would be noise about 0, and Adam, which
//! divides by its size, would make steps of it.
//!
//! # SigLIP
//!
//! Zhai et al. 2023 (arXiv:2303.15343), algorithm 1; OpenCLIP's `SigLipLoss`: each pair is a binary
//! question of its own, and the sum over all B^2 of them is divided by B, not by B^2.
//!
//! ```text
//! L        = -(1/B) sum_ij ln sigma(m_ij z_ij)       m_ij = 1 on the diagonal, else -1
//! dL/dz_ij = (sigma(z_ij) - [i = j]) / B
//! ```
//!
//! The equation printed in the paper's section 3.2 has `b` with the other sign, `exp(m (-t x.y + b))`.
//! Its algorithm, its code and every released checkpoint add `b` to the logit, and only so does
//! b = -10 start the loss near "no pair matches", which is nearly right for B^2 - B of the B^2 pairs.
//! The bias that matches the share of positives exactly is [`prior_matching_bias`].
//!
//! # Arithmetic
//!
//! Nothing overflows at any temperature, and small losses keep their digits: InfoNCE's terms are
//! computed as softplus(`ln sum_(j != i) exp(z_ij) - z_ii`), which is the equation above without the
//! subtraction of two nearly equal numbers, and SigLIP's through `log_sigmoid`.

mod blocks;
pub mod compare;
mod diagnostics;
pub mod evaluate;
pub mod landscape;
pub mod masked;
pub mod push;
pub mod tiled;
pub mod working;

use tch::{Kind, Tensor};

pub use crate::quantity::Loss;
pub use diagnostics::{Diagnostics, diagnostics};

/// A loss and what it was made of.
#[derive(Debug)]
pub struct LossTerms {
    /// The loss, 0-d; carries the graph.
    pub loss: Tensor,
    /// Cross-entropy of the rows, 0-d, detached (InfoNCE only).
    pub image_to_text: Option<Tensor>,
    /// Cross-entropy of the columns, 0-d, detached (InfoNCE only).
    pub text_to_image: Option<Tensor>,
    /// `z = t X Y^T + b`, `[B, B]`, detached: rows are pictures, columns captions.
    pub logits: Tensor,
}

impl Loss {
    /// The loss of a batch.
    ///
    /// `image_features` and `text_features` are `[B, D]` with rows of unit length (not checked, not
    /// enforced), `logit_scale` is ln(1/tau) and `logit_bias` b, both 0-d. Whatever requires a
    /// gradient gets one from `loss.backward()`.
    ///
    /// The logits take the features' type, so that an `f64` scale with `f32` features costs nothing.
    /// libtorch's refusals (shapes that do not fit, no memory for `[B, B]`) panic.
    pub fn forward(
        self,
        image_features: &Tensor,
        text_features: &Tensor,
        logit_scale: &Tensor,
        logit_bias: Option<&Tensor>,
    ) -> LossTerms {
        // Scaling X first, as OpenCLIP does, costs B D products instead of B^2.
        let scaled = (image_features * logit_scale.exp()).matmul(&text_features.tr());
        self.of_scaled(&scaled, logit_bias)
    }

    /// The loss of a `[B, B]` matrix of cosines, rows pictures and columns captions.
    pub fn from_cosines(
        self,
        cosines: &Tensor,
        logit_scale: &Tensor,
        logit_bias: Option<&Tensor>,
    ) -> LossTerms {
        self.of_scaled(&(cosines * logit_scale.exp()), logit_bias)
    }

    fn of_scaled(self, scaled: &Tensor, logit_bias: Option<&Tensor>) -> LossTerms {
        match self {
            Self::InfoNce => info_nce(scaled, logit_bias),
            Self::SigLip => sig_lip(scaled, logit_bias),
        }
    }
}

fn info_nce(scaled: &Tensor, logit_bias: Option<&Tensor>) -> LossTerms {
    let (image_to_text, text_to_image) = cross_entropies(scaled);
    let mut loss = (&image_to_text + &text_to_image) * 0.5;
    let mut logits = scaled.detach();
    if let Some(bias) = logit_bias {
        // In the graph, so that its gradient is a zero rather than absent.
        loss += bias * 0.0;
        // Not in place: `logits` shares its storage with `scaled`, which the graph still needs.
        logits = &logits + bias.detach();
    }
    LossTerms {
        loss,
        image_to_text: Some(image_to_text.detach()),
        text_to_image: Some(text_to_image.detach()),
        logits,
    }
}

/// Mean cross-entropies of rows and columns with the diagonal as labels.
fn cross_entropies(logits: &Tensor) -> (Tensor, Tensor) {
    let size = logits.size()[0];
    if size == 1 {
        // One candidate is always right; the graph stays whole.
        let zero = logits.sum(logits.kind()) * 0.0;
        return (zero.shallow_clone(), zero);
    }
    let positives = logits.diagonal(0, 0, 1);
    let diagonal = Tensor::eye(size, (Kind::Bool, logits.device()));
    let negatives = logits.masked_fill(&diagonal, f64::NEG_INFINITY);
    let mean_of = |dim: i64| {
        let margin = &positives - negatives.logsumexp(dim, false);
        margin.log_sigmoid().mean(None).neg()
    };
    (mean_of(1), mean_of(0))
}

fn sig_lip(scaled: &Tensor, logit_bias: Option<&Tensor>) -> LossTerms {
    let logits = logit_bias.map_or_else(|| scaled.shallow_clone(), |bias| scaled + bias);
    let size = logits.size()[0];
    let signs = Tensor::eye(size, (logits.kind(), logits.device())) * 2.0 - 1.0;
    let loss = (signs * &logits).log_sigmoid().sum(logits.kind()).neg() / size as f64;
    LossTerms {
        loss,
        image_to_text: None,
        text_to_image: None,
        logits: logits.detach(),
    }
}

/// InfoNCE when all logits are equal: ln B. A model that has learned nothing is near it.
pub fn chance_level(batch_size: u64) -> f64 {
    (batch_size as f64).ln()
}

/// The bound `ln B - loss` on the mutual information, in nats, and its ceiling ln B.
///
/// The truth may be far above; a bound near its ceiling says only that the batch is too small to tell.
pub fn mutual_information_bound(info_nce: f64, batch_size: u64) -> (f64, f64) {
    let ceiling = chance_level(batch_size);
    (ceiling - info_nce, ceiling)
}

/// The SigLIP bias at which cosines of 0 predict the batch's share of positives, 1 in B:
/// `-ln(B - 1)`. None in a batch of one, which has no negatives.
///
/// -4.14 at B = 64; the usual -10 is right for B of about 22,027.
pub fn prior_matching_bias(batch_size: u64) -> Option<f64> {
    (batch_size > 1).then(|| -((batch_size - 1) as f64).ln())
}

/// SigLIP when every cosine is 0: `softplus(-b) + (B - 1) softplus(b)`; B ln 2 without a bias.
pub fn sig_lip_at_zero(batch_size: u64, bias: f64) -> f64 {
    softplus(-bias) + (batch_size as f64 - 1.0) * softplus(bias)
}

/// `ln(1 + exp(x))` without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
