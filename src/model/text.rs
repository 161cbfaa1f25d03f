//! The text tower: CLIP's, a causal transformer pooled at the end token, or `SigLIP`'s, which looks both ways
//! and is pooled at the last position.

use tch::{Kind, Tensor};

use super::attention::Pool;
use super::layers::LayerNorm;
use super::transformer::Transformer;
use super::weights::{Fill, Scope};
use crate::error::Result;
use crate::scenario::tower::{Pooling, Text};

/// `open_clip.transformer.TextTransformer` with its default options, or with those of `SigLIP`:
/// `no_causal_mask`, `pool_type` "last", `proj_bias`.
#[derive(Debug)]
pub struct TextTransformer {
    token_embedding: Tensor,
    positional_embedding: Tensor,
    transformer: Transformer,
    ln_final: LayerNorm,
    projection: Projection,
    pool: Pooling,
    causal: bool,
    context: i64,
}

/// From the residual stream into the shared space. In 32 bits, as features are.
#[derive(Debug)]
enum Projection {
    /// x P with P `[W, D]`.
    Matrix(Tensor),
    /// x W^T + b with W `[D, W]`.
    Linear { weight: Tensor, bias: Tensor },
}

impl TextTransformer {
    /// A tower at `scope` = the root, where `OpenCLIP` has it, or `text`.
    pub fn new(scope: &mut Scope, text: &Text, outputs: i64) -> Result<Self> {
        let blocks = &text.blocks;
        let width = blocks.width;
        Ok(Self {
            positional_embedding: scope.parameter(
                "positional_embedding",
                &[text.context, width],
                Fill::Normal(0.01),
            )?,
            projection: Projection::new(scope, width, outputs, text.biased)?,
            token_embedding: scope.sub("token_embedding").parameter(
                "weight",
                &[text.vocab, width],
                Fill::Normal(0.02),
            )?,
            transformer: Transformer::text(scope.sub("transformer"), blocks)?,
            ln_final: LayerNorm::new(scope.sub("ln_final"), width, blocks.epsilon)?,
            pool: text.pool,
            causal: text.causal,
            context: text.context,
        })
    }

    /// `[B, L]` of int64 to `[B, D]`, not yet normalised. L may be anything from the longest caption of the
    /// batch to the context length.
    ///
    /// Where each token sees only those before it, what follows the pooled one has no influence. Where padding
    /// takes part, captions are padded here with zeros to the context length, whatever L is.
    pub fn forward(&self, tokens: &Tensor) -> Tensor {
        let length = tokens.size()[1];
        let padded = if self.causal && self.pool != Pooling::Last {
            tokens.shallow_clone()
        } else {
            tokens.constant_pad_nd([0, self.context - length])
        };
        let length = padded.size()[1];
        let at = match self.pool {
            Pooling::Largest => padded.argmax(-1, false),
            // Comparisons are 0 or 1, and the first of the largest wins.
            Pooling::First(id) => padded.eq(id).to_kind(Kind::Int64).argmax(-1, false),
            Pooling::Last => Tensor::full(
                [padded.size()[0]],
                length - 1,
                (Kind::Int64, padded.device()),
            ),
        };
        let pool = match (self.causal, self.pool) {
            (true, _) => Pool::causal(&at, length),
            (false, Pooling::Last) => Pool::Last,
            (false, _) => Pool::at(&at, length),
        };
        let pooled = self.transformer.forward(self.embed(&padded), &pool);
        self.projection.forward(&self.ln_final.forward(&pooled))
    }

    /// `[B, L]` to `[B, L, W]`.
    fn embed(&self, tokens: &Tensor) -> Tensor {
        let embedded = Tensor::embedding(&self.token_embedding, tokens, -1, false, false);
        embedded + self.positional_embedding.narrow(0, 0, tokens.size()[1])
    }
}

impl Projection {
    fn new(scope: &mut Scope, width: i64, outputs: i64, biased: bool) -> Result<Self> {
        let fill = Fill::Normal((width as f64).sqrt().recip());
        if !biased {
            let matrix = scope.parameter("text_projection", &[width, outputs], fill)?;
            return Ok(Self::Matrix(matrix));
        }
        let mut scope = scope.sub("text_projection");
        Ok(Self::Linear {
            weight: scope.parameter("weight", &[outputs, width], fill)?,
            bias: scope.parameter("bias", &[outputs], Fill::Constant(0.0))?,
        })
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        match self {
            Self::Matrix(matrix) => x.matmul(matrix),
            Self::Linear { weight, bias } => x.linear(weight, Some(bias)),
        }
    }
}
