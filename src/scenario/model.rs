//! [`Model`]: the two towers as a scenario describes them. Plain data.

use serde::{Deserialize, Serialize};

use super::default::constant;
use super::dialect;
use crate::quantity::{ImageSize, Size, VocabSize};

/// The dual encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Dimensions of the shared space.
    pub embed_dim: Size,
    /// Image tower.
    pub image: ImageTower,
    /// Text tower.
    pub text: TextTower,
    /// GELU's sigmoid approximation, as in the first CLIP. Not with a tower of SigLIP's (`Map`, `Last`),
    /// whose GELU is approximated with tanh.
    #[serde(default)]
    pub quick_gelu: bool,
}

impl Model {
    /// The model as it stands in a scenario, indented to fit.
    pub fn to_ron(&self) -> String {
        let config = ron::ser::PrettyConfig::new().indentor("    ");
        // Plain data with string keys only: there is nothing here that RON cannot write.
        let text = dialect::options().to_string_pretty(self, config);
        text.unwrap_or_default().replace('\n', "\n    ")
    }
}

/// The image tower, as OpenCLIP builds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ImageTower {
    /// Vision transformer.
    ViT {
        /// Side of the picture, pixels.
        image_size: ImageSize,
        /// Side of a patch, pixels; must divide `image_size`.
        patch_size: Size,
        /// Width of the residual stream; must be a multiple of `head_width`.
        width: Size,
        /// Width of an attention head.
        #[serde(default = "default_head_width")]
        head_width: Size,
        /// Blocks.
        layers: Size,
        /// How its tokens become one feature.
        #[serde(default, skip_serializing_if = "ImagePool::is_cls")]
        pool: ImagePool,
    },
    /// CLIP's modified `ResNet`: three-convolution stem, anti-aliased strides, attention pooling.
    ResNet {
        /// Side of the picture, pixels; must be a multiple of 32.
        image_size: ImageSize,
        /// Bottleneck blocks in each of the four stages.
        layers: (Size, Size, Size, Size),
        /// Channels of the first stage; the last has 32 times as many.
        width: Size,
        /// Width of a head of the attention pooling.
        #[serde(default = "default_head_width")]
        head_width: Size,
    },
}

impl ImageTower {
    /// Side of the square picture that the tower sees, in pixels.
    pub const fn image_size(&self) -> ImageSize {
        match self {
            Self::ViT { image_size, .. } | Self::ResNet { image_size, .. } => *image_size,
        }
    }
}

/// How the tokens of a vision transformer become one feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImagePool {
    /// CLIP's: the class token's.
    #[default]
    Cls,
    /// The mean of the patches'; there is a class token, too, which they may look at.
    Avg,
    /// SigLIP's: no class token; a learned query attends to all patches (MAP, multi-head attention
    /// pooling). The tower is SigLIP's otherwise, too: no norm before its blocks, no projection (so `width`
    /// must be `embed_dim`), epsilon 1e-6, GELU with tanh.
    Map,
}

impl ImagePool {
    /// Whether it is CLIP's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_cls(&self) -> bool {
        matches!(self, Self::Cls)
    }
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

fn default_head_width() -> Size {
    constant(Size::new(64))
}
