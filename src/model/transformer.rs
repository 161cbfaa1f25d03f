//! The residual attention blocks that both towers share.

use tch::{Kind, Tensor};

use super::attention::{Attention, Pool};
use super::layers::{LayerNorm, Linear, activate};
use super::style::{Fills, Names, PerceptronNames};
use super::weights::{Fill, Scope};
use crate::error::Result;
use crate::scenario::tower::{Activation, Blocks};

/// A stack of blocks.
#[derive(Debug)]
pub struct Transformer {
    blocks: Vec<Block>,
}

impl Transformer {
    /// The image tower's blocks, at `scope` = `visual.transformer`.
    pub fn image(mut scope: Scope, sizes: &Blocks) -> Result<Self> {
        Self::new(&mut scope, Names::OPEN_CLIP, sizes, Fills::image(sizes))
    }

    /// The text tower's blocks, at `scope` = `transformer` or `text.transformer`.
    pub fn text(mut scope: Scope, sizes: &Blocks) -> Result<Self> {
        Self::new(&mut scope, Names::OPEN_CLIP, sizes, Fills::text(sizes))
    }

    /// The blocks of timm's image tower, at `scope` = `visual.trunk`.
    pub fn timm(scope: &mut Scope, sizes: &Blocks) -> Result<Self> {
        Self::new(scope, Names::TIMM, sizes, Fills::timm())
    }

    fn new(scope: &mut Scope, names: Names, sizes: &Blocks, fills: Fills) -> Result<Self> {
        let mut blocks = scope.sub(names.blocks);
        let blocks = (0..sizes.layers).map(|at| Block::new(blocks.sub(at), names, sizes, fills));
        Ok(Self {
            blocks: blocks.collect::<Result<_>>()?,
        })
    }

    /// `[B, L, W]` to `[B, L, W]`: every token sees all.
    pub fn forward_all(&self, x: Tensor) -> Tensor {
        let blocks = self.blocks.iter();
        blocks.fold(x, |x, block| block.forward(&x, None))
    }

    /// `[B, L, W]` to the one token of each row that `pool` picks, `[B, W]`.
    ///
    /// Nothing reads the other tokens of the last block, so it does not compute them: of a short
    /// stack this is a good part of the whole.
    pub fn forward(&self, mut x: Tensor, pool: &Pool) -> Tensor {
        let Some((last, before)) = self.blocks.split_last() else {
            return pool.pick(&x);
        };
        for block in before {
            x = block.forward(&x, pool.mask());
        }
        last.forward_pooled(&x, pool)
    }
}

/// x + `attention(norm(x))`, then a perceptron.
#[derive(Debug)]
struct Block {
    norm: LayerNorm,
    attn: Attention,
    perceptron: Perceptron,
}

impl Block {
    fn new(mut scope: Scope, names: Names, sizes: &Blocks, fills: Fills) -> Result<Self> {
        let norm = scope.sub(names.attention.norm);
        Ok(Self {
            norm: LayerNorm::new(norm, sizes.width, sizes.epsilon)?,
            attn: Attention::new(scope.sub("attn"), names.attention, sizes, fills)?,
            perceptron: Perceptron::new(&mut scope, names.perceptron, sizes, fills)?,
        })
    }

    fn forward(&self, x: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let attended = self.attn.forward(&self.norm.forward(x), mask);
        self.perceptron.forward(&(x + attended))
    }

    /// `[B, L, W]` to `[B, W]`: the output at the picked tokens alone.
    fn forward_pooled(&self, x: &Tensor, pool: &Pool) -> Tensor {
        let attended = self.attn.forward_pooled(&self.norm.forward(x), pool);
        self.perceptron.forward(&(pool.pick(x) + attended))
    }
}

/// x + `mlp(norm(x))`.
#[derive(Debug)]
pub struct Perceptron {
    norm: LayerNorm,
    hidden: Linear,
    output: Linear,
    activation: Activation,
}

impl Perceptron {
    /// One with timm's first values.
    pub fn timm(scope: &mut Scope, names: PerceptronNames, sizes: &Blocks) -> Result<Self> {
        Self::new(scope, names, sizes, Fills::timm())
    }

    fn new(
        scope: &mut Scope,
        names: PerceptronNames,
        sizes: &Blocks,
        fills: Fills,
    ) -> Result<Self> {
        let width = sizes.width;
        let norm = LayerNorm::new(scope.sub(names.norm), width, sizes.epsilon)?;
        let mut linear = |name, inputs, outputs, [weight, bias]: [Fill; 2]| {
            Linear::with_bias(&mut scope.sub(name), inputs, outputs, weight, bias)
        };
        Ok(Self {
            norm,
            hidden: linear(names.hidden, width, sizes.hidden, fills.hidden)?,
            output: linear(names.output, sizes.hidden, width, fills.output)?,
            activation: sizes.activation,
        })
    }

    /// `[.., W]` in and out, in 32 bits.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.hidden.forward(&self.norm.forward(x));
        let hidden = activate(self.activation, &hidden);
        x + self.output.forward(&hidden).to_kind(Kind::Float)
    }
}
