//! The vision transformer with a class token, pooled there or by the mean of its patches.

use tch::{Kind, Tensor};

use super::attention::Pool;
use super::layers::{LayerNorm, Patches};
use super::transformer::Transformer;
use super::weights::{Fill, Scope};
use crate::error::Result;
use crate::scenario::tower::{ImagePool, Vit};

/// `open_clip.transformer.VisionTransformer` with its default options, or with `pool_type` "avg".
#[derive(Debug)]
pub struct VisionTransformer {
    conv1: Patches,
    class_embedding: Tensor,
    positional_embedding: Tensor,
    ln_pre: LayerNorm,
    transformer: Transformer,
    ln_post: LayerNorm,
    proj: Tensor,
    average: bool,
}

impl VisionTransformer {
    /// A tower at `scope` = `visual`.
    ///
    /// Pooled by the mean of its patches, its class token takes part in attention all the same.
    pub fn new(mut scope: Scope, vit: &Vit, outputs: i64) -> Result<Self> {
        let (blocks, patch) = (&vit.blocks, vit.patch);
        let (width, epsilon) = (blocks.width, blocks.epsilon);
        let scale = Fill::Normal((width as f64).sqrt().recip());
        let tokens = vit.patches() + 1;
        Ok(Self {
            class_embedding: scope.parameter("class_embedding", &[width], scale)?,
            positional_embedding: scope.parameter(
                "positional_embedding",
                &[tokens, width],
                scale,
            )?,
            proj: scope.parameter("proj", &[width, outputs], scale)?,
            conv1: Patches::new(scope.sub("conv1"), patch, width, false)?,
            ln_pre: LayerNorm::new(scope.sub("ln_pre"), width, epsilon)?,
            transformer: Transformer::image(scope.sub("transformer"), blocks)?,
            ln_post: LayerNorm::new(scope.sub("ln_post"), width, epsilon)?,
            average: vit.pool == ImagePool::Avg,
        })
    }

    /// `[B, 3, S, S]` to `[B, D]`, not yet normalised.
    pub fn forward(&self, pixels: &Tensor) -> Tensor {
        let patches = self.conv1.forward(pixels);
        let (batch, count, width) = patches.size3().unwrap_or_default();
        let class = self
            .class_embedding
            .view([1, 1, width])
            .expand([batch, 1, width], false);
        let tokens = Tensor::cat(&[class, patches], 1) + &self.positional_embedding;
        let tokens = self.ln_pre.forward(&tokens);
        let pooled = if self.average {
            let patches = self.transformer.forward_all(tokens).narrow(1, 1, count);
            // Each patch is normalised before the mean is taken, as OpenCLIP does unless told otherwise.
            let patches = self.ln_post.forward(&patches);
            patches.mean_dim([1i64].as_slice(), false, Kind::Float)
        } else {
            let class = self.transformer.forward(tokens, &Pool::First);
            self.ln_post.forward(&class)
        };
        pooled.matmul(&self.proj)
    }
}
