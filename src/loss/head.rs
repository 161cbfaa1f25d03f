//! [`Head`]: what stands between cosines and a loss.

use super::Loss;

/// What turns cosines into a loss: `z = exp(logit_scale) cos + logit_bias`, and the loss of z.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// The loss.
    pub loss: Loss,
    /// `ln t = ln(1/tau)`.
    pub logit_scale: f64,
    /// b.
    pub logit_bias: Option<f64>,
}

impl Head {
    /// `t = exp(logit_scale) = 1/tau`.
    pub fn scale(self) -> f64 {
        self.logit_scale.exp()
    }

    /// b, and 0 where there is none.
    pub fn shift(self) -> f64 {
        self.logit_bias.unwrap_or(0.0)
    }
}
