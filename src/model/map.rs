//! `SigLIP`'s vision transformer: no class token, its patches pooled by attention.

use tch::{Kind, Tensor};

use super::attention::attend;
use super::layers::{LayerNorm, Linear, Patches};
use super::style::{Names, TIMM_STD};
use super::transformer::{Perceptron, Transformer};
use super::weights::{Fill, Scope};
use crate::error::Result;
use crate::scenario::tower::{Blocks, Vit};

/// `timm.models.vision_transformer.VisionTransformer` with `class_token=False, global_pool="map",
/// num_classes=0`, as `open_clip.timm_model.TimmModel` holds it: the feature is as wide as the tower, since
/// nothing projects it.
#[derive(Debug)]
pub struct MapTransformer {
    patch_embed: Patches,
    /// `[1, (S / P)^2, W]`.
    pos_embed: Tensor,
    blocks: Transformer,
    norm: LayerNorm,
    attn_pool: AttentionPool,
}

impl MapTransformer {
    /// A tower at `scope` = `visual.trunk`.
    pub fn new(mut scope: Scope, vit: &Vit) -> Result<Self> {
        let (blocks, patch) = (&vit.blocks, vit.patch);
        let (width, tokens) = (blocks.width, vit.patches());
        let patch_embed = scope.sub("patch_embed.proj");
        Ok(Self {
            patch_embed: Patches::new(patch_embed, patch, width, true)?,
            pos_embed: scope.parameter("pos_embed", &[1, tokens, width], Fill::Normal(TIMM_STD))?,
            blocks: Transformer::timm(&mut scope, blocks)?,
            norm: LayerNorm::new(scope.sub("norm"), width, blocks.epsilon)?,
            attn_pool: AttentionPool::new(scope.sub("attn_pool"), blocks)?,
        })
    }

    /// `[B, 3, H, W]` to `[B, width]`, not yet normalised. H and W are those of the model, or any that patches
    /// fill.
    pub fn forward(&self, pixels: &Tensor) -> Tensor {
        let positions = self.positions(self.patch_embed.grid(pixels));
        let tokens = self.patch_embed.forward(pixels) + positions;
        let tokens = self.norm.forward(&self.blocks.forward_all(tokens));
        self.attn_pool.forward(&tokens)
    }

    /// Positions for a grid, `[1, rows columns, width]`: interpolated from the model's own, if they are others,
    /// as `transformers` does for `Siglip2Model`: linearly, and smoothed where the grid is coarser.
    fn positions(&self, [rows, columns]: [i64; 2]) -> Tensor {
        let (_, count, width) = self.pos_embed.size3().unwrap_or_default();
        let side = count.isqrt();
        if [rows, columns] == [side, side] {
            return self.pos_embed.shallow_clone();
        }
        self.pos_embed
            .view([1, side, side, width])
            .permute([0, 3, 1, 2])
            .internal_upsample_bilinear2d_aa([rows, columns], false, None, None)
            .flatten(2, 3)
            .transpose(1, 2)
    }
}

/// The MAP head (multi-head attention pooling): a learned query, the probe or latent, asks all tokens, and
/// a perceptron follows. `timm.layers.AttentionPoolLatent`.
#[derive(Debug)]
struct AttentionPool {
    /// `[1, 1, W]`.
    latent: Tensor,
    q: Linear,
    kv: Linear,
    proj: Linear,
    perceptron: Perceptron,
    heads: i64,
}

impl AttentionPool {
    fn new(mut scope: Scope, blocks: &Blocks) -> Result<Self> {
        let width = blocks.width;
        // timm cuts this normal off at two deviations; the tails are left here.
        let latent = Fill::Normal((width as f64).sqrt().recip());
        let mut linear = |name: &str, outputs| {
            let (weight, bias) = (Fill::Normal(TIMM_STD), Fill::Constant(0.0));
            Linear::with_bias(&mut scope.sub(name), width, outputs, weight, bias)
        };
        Ok(Self {
            q: linear("q", width)?,
            kv: linear("kv", 2 * width)?,
            proj: linear("proj", width)?,
            latent: scope.parameter("latent", &[1, 1, width], latent)?,
            perceptron: Perceptron::timm(&mut scope, Names::MAP, blocks)?,
            heads: blocks.heads,
        })
    }

    /// `[B, L, W]` to `[B, W]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let (batch, length, width) = x.size3().unwrap_or_default();
        let head = width / self.heads;
        // Every picture is asked the same.
        let q = self.q.forward(&self.latent).to_kind(Kind::Float);
        let q = q
            .view([1, self.heads, 1, head])
            .expand([batch, self.heads, 1, head], false);
        // Attention itself stays in 32 bits, as in the blocks.
        let kv = self.kv.forward(x).to_kind(Kind::Float);
        let kv = kv
            .view([batch, length, 2, self.heads, head])
            .permute([2, 0, 3, 1, 4])
            .unbind(0);
        let mixed = attend(&q, &kv[0], &kv[1], None).reshape([batch, width]);
        let pooled = self.proj.forward(&mixed).to_kind(Kind::Float);
        self.perceptron.forward(&pooled)
    }
}
