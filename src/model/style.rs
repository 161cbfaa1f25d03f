//! What the parts of residual attention blocks are called in checkpoints, and how their weights are filled at first:
//! the styles of `OpenCLIP`'s and timm's towers.

use super::weights::Fill;
use crate::scenario::tower::Blocks;

/// What the parts of a block are called in checkpoints.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The stack of blocks.
    pub blocks: &'static str,
    /// In each, attention with the norm before it.
    pub attention: AttentionNames,
    /// And the perceptron.
    pub perceptron: PerceptronNames,
}

/// What the parts of an attention are called.
#[derive(Clone, Copy, Debug)]
pub struct AttentionNames {
    /// The norm before it.
    pub norm: &'static str,
    /// Weight of the three input projections, one below the other.
    pub weight: &'static str,
    /// Their bias.
    pub bias: &'static str,
    /// The output projection.
    pub out: &'static str,
}

/// What the parts of a perceptron are called.
#[derive(Clone, Copy, Debug)]
pub struct PerceptronNames {
    /// The norm before it.
    pub norm: &'static str,
    /// Its first layer.
    pub hidden: &'static str,
    /// Its second layer.
    pub output: &'static str,
}

impl Names {
    /// `OpenCLIP`'s.
    pub const OPEN_CLIP: Self = Self {
        blocks: "resblocks",
        attention: AttentionNames {
            norm: "ln_1",
            weight: "in_proj_weight",
            bias: "in_proj_bias",
            out: "out_proj",
        },
        perceptron: PerceptronNames {
            norm: "ln_2",
            hidden: "mlp.c_fc",
            output: "mlp.c_proj",
        },
    };

    /// timm's.
    pub const TIMM: Self = Self {
        blocks: "blocks",
        attention: AttentionNames {
            norm: "norm1",
            weight: "qkv.weight",
            bias: "qkv.bias",
            out: "proj",
        },
        perceptron: PerceptronNames {
            norm: "norm2",
            ..Self::MAP
        },
    };

    /// The perceptron of timm's MAP head.
    pub const MAP: PerceptronNames = PerceptronNames {
        norm: "norm",
        hidden: "mlp.fc1",
        output: "mlp.fc2",
    };
}

/// Deviation of timm's first weights and positions; its biases are zero.
pub const TIMM_STD: f64 = 0.02;

/// How the weights of a block are filled at first. Biases of attention are zero in any case.
#[derive(Clone, Copy, Debug)]
pub struct Fills {
    /// Weight of the three input projections of attention.
    pub in_proj: Fill,
    /// Weight of its output projection.
    pub out_proj: Fill,
    /// Weight and bias of the perceptron's first layer.
    pub hidden: [Fill; 2],
    /// And of its second.
    pub output: [Fill; 2],
}

impl Fills {
    /// The image tower's: `PyTorch`'s defaults, since `OpenCLIP` leaves them.
    pub fn image(sizes: &Blocks) -> Self {
        let width = sizes.width;
        let layer = Fill::layer(width);
        Self {
            // Xavier's uniform over [3 W, W].
            in_proj: Fill::Uniform((6.0 / (4.0 * width as f64)).sqrt()),
            out_proj: layer,
            hidden: [layer; 2],
            output: [Fill::layer(sizes.hidden); 2],
        }
    }

    /// The text tower's: `TextTransformer.init_parameters`, after GPT-2.
    pub fn text(sizes: &Blocks) -> Self {
        let width = sizes.width as f64;
        let proj = Fill::Normal(width.sqrt().recip() * (2.0 * sizes.layers as f64).sqrt().recip());
        let hidden = Fill::Normal((2.0 * width).sqrt().recip());
        Self {
            in_proj: Fill::Normal(width.sqrt().recip()),
            out_proj: proj,
            hidden: [hidden, Fill::layer(sizes.width)],
            output: [proj, Fill::layer(sizes.hidden)],
        }
    }

    /// timm's: `init_weights_vit_timm`.
    pub const fn timm() -> Self {
        let (weight, zero) = (Fill::Normal(TIMM_STD), Fill::Constant(0.0));
        Self {
            in_proj: weight,
            out_proj: weight,
            hidden: [weight, zero],
            output: [weight, zero],
        }
    }
}
