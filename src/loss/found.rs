//! [`Found`]: what a loss comes to, in numbers.

use super::Diagnostics;

/// What a loss comes to, in numbers.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The loss.
    pub loss: f64,
    /// Cross-entropy of the rows (InfoNCE only).
    pub image_to_text: Option<f64>,
    /// Cross-entropy of the columns (InfoNCE only).
    pub text_to_image: Option<f64>,
    /// By ln(1/tau), the loss's own bias parameter held.
    pub grad_logit_scale: f64,
    /// By the loss's own bias parameter (see [`Law`](super::Law)), where there is a bias.
    pub grad_logit_bias: Option<f64>,
    /// Spread of the logits and batch accuracies.
    pub diagnostics: Diagnostics,
}
