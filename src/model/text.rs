//! The text tower: a causal transformer pooled at the end token.

use tch::Tensor;

use super::layers::LayerNorm;
use super::transformer::{Pool, Shape, Transformer};
use super::weights::{Fill, Scope};
use crate::error::Result;

/// `open_clip.transformer.TextTransformer` with its default options, its keys at the root.
#[derive(Debug)]
pub struct TextTransformer {
    token_embedding: Tensor,
    positional_embedding: Tensor,
    transformer: Transformer,
    ln_final: LayerNorm,
    text_projection: Tensor,
}

impl TextTransformer {
    /// A tower at `scope` = the root.
    pub fn new(
        scope: &mut Scope,
        context: i64,
        vocab: i64,
        shape: &Shape,
        outputs: i64,
    ) -> Result<Self> {
        let width = shape.width;
        let projection = Fill::Normal((width as f64).sqrt().recip());
        Ok(Self {
            positional_embedding: scope.parameter(
                "positional_embedding",
                &[context, width],
                Fill::Normal(0.01),
            )?,
            text_projection: scope.parameter("text_projection", &[width, outputs], projection)?,
            token_embedding: scope.sub("token_embedding").parameter(
                "weight",
                &[vocab, width],
                Fill::Normal(0.02),
            )?,
            transformer: Transformer::text(scope.sub("transformer"), shape)?,
            ln_final: LayerNorm::new(scope.sub("ln_final"), width)?,
        })
    }

    /// `[B, L]` of int64 to `[B, D]`, not yet normalised.
    ///
    /// The end token has the largest id, and is found by it (the first, if there are several).
    /// Whatever follows it has no influence, so L may be anything from the longest caption of the
    /// batch to the context length.
    pub fn forward(&self, tokens: &Tensor) -> Tensor {
        let length = tokens.size()[1];
        let embedded = Tensor::embedding(&self.token_embedding, tokens, -1, false, false);
        let x = embedded + self.positional_embedding.narrow(0, 0, length);
        let pool = Pool::causal(&tokens.argmax(-1, false), length);
        let pooled = self.transformer.forward(x, &pool);
        self.ln_final.forward(&pooled).matmul(&self.text_projection)
    }
}
