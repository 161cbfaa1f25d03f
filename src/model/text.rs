//! The text tower: CLIP's, a causal transformer pooled at the end token, or `SigLIP`'s, which looks both ways
//! and is pooled at the last position.

use tch::Tensor;

use super::layers::LayerNorm;
use super::transformer::{Pool, Shape, Transformer};
use super::weights::{Fill, Scope};
use crate::error::Result;
use crate::scenario::TextPool;

/// `open_clip.transformer.TextTransformer` with its default options, or with those of `SigLIP`:
/// `no_causal_mask`, `pool_type` "last", `proj_bias`.
#[derive(Debug)]
pub struct TextTransformer {
    token_embedding: Tensor,
    positional_embedding: Tensor,
    transformer: Transformer,
    ln_final: LayerNorm,
    projection: Projection,
    pool: TextPool,
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
    /// A tower at `scope` = the root, where `OpenCLIP` has it, or, pooled at the last position, `text`.
    pub fn new(
        scope: &mut Scope,
        context: i64,
        vocab: i64,
        shape: &Shape,
        outputs: i64,
        pool: TextPool,
    ) -> Result<Self> {
        let width = shape.width;
        Ok(Self {
            positional_embedding: scope.parameter(
                "positional_embedding",
                &[context, width],
                Fill::Normal(0.01),
            )?,
            projection: Projection::new(scope, width, outputs, pool)?,
            token_embedding: scope.sub("token_embedding").parameter(
                "weight",
                &[vocab, width],
                Fill::Normal(0.02),
            )?,
            transformer: Transformer::text(scope.sub("transformer"), shape)?,
            ln_final: LayerNorm::new(scope.sub("ln_final"), width, shape.epsilon)?,
            pool,
            context,
        })
    }

    /// `[B, L]` of int64 to `[B, D]`, not yet normalised. L may be anything from the longest caption of the
    /// batch to the context length.
    ///
    /// Pooled at the end token: it has the largest id, and is found by it (the first, if there are several);
    /// whatever follows it has no influence. Pooled at the last position: padding takes part, so captions
    /// are padded here to the context length, whatever L is.
    pub fn forward(&self, tokens: &Tensor) -> Tensor {
        let length = tokens.size()[1];
        let pooled = match self.pool {
            TextPool::End => {
                let pool = Pool::causal(&tokens.argmax(-1, false), length);
                self.transformer.forward(self.embed(tokens), &pool)
            }
            TextPool::Last => {
                let tokens = tokens.constant_pad_nd([0, self.context - length]);
                self.transformer.forward(self.embed(&tokens), &Pool::Last)
            }
        };
        self.projection.forward(&self.ln_final.forward(&pooled))
    }

    /// `[B, L]` to `[B, L, W]`.
    fn embed(&self, tokens: &Tensor) -> Tensor {
        let embedded = Tensor::embedding(&self.token_embedding, tokens, -1, false, false);
        embedded + self.positional_embedding.narrow(0, 0, tokens.size()[1])
    }
}

impl Projection {
    fn new(scope: &mut Scope, width: i64, outputs: i64, pool: TextPool) -> Result<Self> {
        let fill = Fill::Normal((width as f64).sqrt().recip());
        Ok(match pool {
            TextPool::End => {
                Self::Matrix(scope.parameter("text_projection", &[width, outputs], fill)?)
            }
            TextPool::Last => {
                let mut scope = scope.sub("text_projection");
                Self::Linear {
                    weight: scope.parameter("weight", &[outputs, width], fill)?,
                    bias: scope.parameter("bias", &[outputs], Fill::Constant(0.0))?,
                }
            }
        })
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        match self {
            Self::Matrix(matrix) => x.matmul(matrix),
            Self::Linear { weight, bias } => x.linear(weight, Some(bias)),
        }
    }
}
