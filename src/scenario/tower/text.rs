//! The text tower: how a scenario states it, its sizes, their rules, what it learns and what it keeps.

use serde::{Deserialize, Serialize};

use super::blocks::{Activation, Blocks, arithmetic};
use super::limits::{nearest, size, within};
use super::misfit::{Misfit, divides};
use crate::quantity::{Size, VocabSize};

/// The text tower: a transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextTower {
    /// Tokens in a caption, start and end tokens included; longer ones are cut.
    pub context_length: Size,
    /// Entries of the tokenizer that is trained on the captions.
    pub vocab_size: VocabSize,
    /// Width of the residual stream; must be a multiple of `heads`.
    pub width: Size,
    /// Attention heads.
    pub heads: Size,
    /// Blocks.
    pub layers: Size,
    /// Which token is the caption's feature, and what the tokens see.
    #[serde(default, skip_serializing_if = "TextPool::is_end")]
    pub pool: TextPool,
}

/// Which token of a caption is its feature, and what the tokens see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextPool {
    /// CLIP's: the end token; each token sees those before it.
    #[default]
    End,
    /// SigLIP's: the last position of the context, padding or not; each token sees all, padding included.
    /// The tower is SigLIP's otherwise, too: projection with a bias, epsilon 1e-6, GELU with tanh; in
    /// checkpoints its tensors are called `text.*`.
    Last,
}

impl TextPool {
    /// Whether it is CLIP's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::End)
    }
}

/// Sizes and arithmetic of a text tower.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Tokens of a caption.
    pub context: i64,
    /// Entries of the token embedding.
    pub vocab: i64,
    /// Blocks.
    pub blocks: Blocks,
    /// Which token is the feature.
    pub pool: Pooling,
    /// Whether a token sees only those before it.
    pub causal: bool,
    /// Whether the projection has a bias.
    pub biased: bool,
    /// Whether the tower lies within `text`, as in `open_clip.CustomTextCLIP`, and not at the root.
    pub within: bool,
}

/// Which token of a caption is its feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The one with the largest id: the end token of `OpenCLIP`'s tokenizers. The first, if there are several.
    Largest,
    /// The first with this id; the very first token if there is none.
    First(i64),
    /// That at the last position of the context, padding or not.
    Last,
}

impl TextTower {
    /// What it is built as.
    pub fn sizes(&self, quick_gelu: bool) -> Text {
        let siglip = self.pool == TextPool::Last;
        Text {
            context: self.context_length.dim(),
            vocab: self.vocab_size.dim(),
            blocks: Blocks::stated(
                self.width.dim(),
                self.heads.dim(),
                self.layers.dim(),
                arithmetic(siglip, quick_gelu),
            ),
            pool: if siglip {
                Pooling::Last
            } else {
                Pooling::Largest
            },
            causal: !siglip,
            biased: siglip,
            within: siglip,
        }
    }

    /// What does not fit together.
    pub fn misfits(&self) -> Vec<Misfit> {
        let (heads, width) = (self.heads.dim(), self.width.dim());
        let mut found: Vec<_> = divides("text.heads", heads, width, "width")
            .into_iter()
            .collect();
        if self.context_length.get() < 3 {
            let message = "captions need room for the start, one token and the end";
            found.push(Misfit::new("text.context_length", message, "3 or more"));
        }
        found
    }
}

impl Text {
    /// The scenario's words for it, as near as they come.
    pub fn words(&self) -> TextTower {
        TextTower {
            context_length: size(self.context),
            vocab_size: nearest(VocabSize::MIN, VocabSize::MAX, self.vocab, VocabSize::new),
            width: size(self.blocks.width),
            heads: size(self.blocks.heads),
            layers: size(self.blocks.layers),
            pool: match self.pool {
                Pooling::Last => TextPool::Last,
                Pooling::Largest | Pooling::First(_) => TextPool::End,
            },
        }
    }

    /// Whether the first CLIP's activation is used.
    pub fn is_quick(&self) -> bool {
        self.blocks.activation == Activation::QuickGelu
    }

    /// Whether it can be computed with at all.
    pub(super) fn check(&self) -> Result<(), String> {
        within("the context length", self.context)?;
        within("the vocabulary's size", self.vocab)?;
        self.blocks.check("text")
    }

    /// Learned numbers, with features of so many dimensions.
    pub(super) const fn parameters(&self, outputs: i64) -> i64 {
        let width = self.blocks.width;
        let bias = if self.biased { outputs } else { 0 };
        let ends = (self.vocab + self.context) * width + 2 * width + width * outputs + bias;
        ends + self.blocks.parameters()
    }

    /// Numbers that are kept of a caption for the backward pass.
    pub(super) fn activations(&self) -> f64 {
        self.blocks.activations(self.context)
    }

    /// Whether what follows the end of a caption has no influence on its feature, so that batches may be cut to
    /// their longest caption.
    pub fn ignores_padding(&self) -> bool {
        self.causal && self.pool != Pooling::Last
    }
}
