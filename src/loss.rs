//! Contrastive losses: a file for each, all behind [`Law`]. It knows features and the two scalars that turn
//! cosines into logits ([`Head`]); it must not know towers, data or optimizers.
//!
//! The dense form has every logit of the batch at once and gradients by autograd: the reference that faster
//! forms, [`tiled`] and in blocks of rows ([`compare`](mod@compare)), are held against.
//!
//! To add a loss: its name in [`Loss`], its file with its law, its line in [`Loss::law`].
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

pub mod arithmetic;
mod blocks;
pub mod compare;
mod diagnostics;
pub mod evaluate;
mod found;
mod head;
pub mod info_nce;
pub mod landscape;
pub mod law;
pub mod masked;
pub mod push;
pub mod sig_lip;
mod sig_lip_relative;
pub mod tiled;
pub mod words;
pub mod working;

use tch::Tensor;

pub use crate::quantity::Loss;
pub use diagnostics::{Diagnostics, diagnostics};
pub use head::Head;
pub use info_nce::{chance_level, mutual_information_bound};
pub use law::{Law, LossTerms};
pub use sig_lip::{prior_matching_bias, sig_lip_at_zero};

impl Loss {
    /// All that is particular to it.
    pub fn law(self) -> &'static dyn Law {
        match self {
            Self::InfoNce => &info_nce::InfoNce,
            Self::SigLip => &sig_lip::SigLip,
            Self::SigLipRelative => &sig_lip_relative::SigLipRelative,
        }
    }

    /// The likely loss of a model that has a bias, or none, where nothing else says.
    pub fn likely(has_bias: bool) -> Self {
        let fits = |loss: &Self| loss.law().uses_bias() == has_bias;
        Self::ALL.into_iter().find(fits).unwrap_or(Self::ALL[0])
    }

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
        self.law().dense(&scaled, logit_bias)
    }

    /// The loss of a `[B, B]` matrix of cosines, rows pictures and columns captions.
    pub fn from_cosines(
        self,
        cosines: &Tensor,
        logit_scale: &Tensor,
        logit_bias: Option<&Tensor>,
    ) -> LossTerms {
        self.law().dense(&(cosines * logit_scale.exp()), logit_bias)
    }
}
