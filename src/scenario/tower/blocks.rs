//! [`Blocks`]: the residual attention blocks that most towers are made of.

use super::limits::{MOST_LAYERS, within};

/// The activation within a transformer's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x Phi(x), exactly.
    Gelu,
    /// x sigma(1.702 x), as in the first CLIP.
    QuickGelu,
    /// x Phi(x) by a formula with tanh, as in `SigLIP`.
    TanhGelu,
}

/// Activation and epsilon of layer normalisation: of a tower of `SigLIP`'s, or of CLIP's.
pub const fn arithmetic(siglip: bool, quick_gelu: bool) -> (Activation, f64) {
    match (siglip, quick_gelu) {
        (true, _) => (Activation::TanhGelu, 1e-6),
        (false, true) => (Activation::QuickGelu, 1e-5),
        (false, false) => (Activation::Gelu, 1e-5),
    }
}

/// Sequences longer than this go through libtorch's fused attention, which keeps no weights.
pub const LONG: i64 = 64;

/// Sizes and arithmetic of a transformer's blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blocks {
    /// Width of the residual stream.
    pub width: i64,
    /// Attention heads; divide the width.
    pub heads: i64,
    /// Blocks.
    pub layers: i64,
    /// Width within the perceptron: four times the width, as a rule.
    pub hidden: i64,
    /// Activation between the two layers of the perceptron.
    pub activation: Activation,
    /// What layer normalisation adds to the variance.
    pub epsilon: f64,
}

impl Blocks {
    /// Those of a scenario's tower, whose perceptron is four times as wide as its residual stream.
    pub fn stated(width: i64, heads: i64, layers: i64, (act, epsilon): (Activation, f64)) -> Self {
        Self {
            width,
            heads,
            layers,
            hidden: 4 * width,
            activation: act,
            epsilon,
        }
    }

    /// Whether they can be computed with at all: says what of the tower called `tower` cannot.
    pub fn check(&self, tower: &str) -> Result<(), String> {
        within(&format!("the {tower} tower's width"), self.width)?;
        within(&format!("the {tower} tower's heads"), self.heads)?;
        within(&format!("the {tower} tower's perceptron"), self.hidden)?;
        if !(1..=MOST_LAYERS).contains(&self.layers) {
            return Err(format!(
                "the {tower} tower's layers must be 1 to {MOST_LAYERS}, got {}",
                self.layers
            ));
        }
        if self.width % self.heads != 0 {
            return Err(format!(
                "the {tower} tower's width {} must be a multiple of its {} heads",
                self.width, self.heads
            ));
        }
        if !(self.epsilon.is_finite() && self.epsilon >= 0.0) {
            return Err(format!(
                "the {tower} tower's epsilon must be 0 or a small number, got {}",
                self.epsilon
            ));
        }
        Ok(())
    }

    /// Learned numbers of one block: two norms, attention with biases, a perceptron with biases.
    pub const fn parameters_of_one(&self) -> i64 {
        let (width, hidden) = (self.width, self.hidden);
        4 * width + 4 * (width * width + width) + 2 * width * hidden + hidden + width
    }

    /// Learned numbers of all.
    pub const fn parameters(&self) -> i64 {
        self.layers * self.parameters_of_one()
    }

    /// Numbers that are kept of a sequence for the backward pass. Per block: two norms, queries, keys and values,
    /// attention, both halves of the perceptron. Attention keeps its weights where it is written out.
    pub fn activations(&self, length: i64) -> f64 {
        let weights = if length > LONG {
            0.0
        } else {
            (length * length) as f64
        };
        let stream = length as f64 * self.width as f64;
        self.layers as f64 * (stream * 18.0 + 2.0 * self.heads as f64 * weights)
    }
}
