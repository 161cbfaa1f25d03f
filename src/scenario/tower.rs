//! The towers of a model: as a scenario states them ([`ImageTower`], [`TextTower`]), and all that their arithmetic
//! depends on, whatever file or scenario it came from ([`Architecture`]).
//!
//! A scenario says less: what differs between CLIP's towers and `SigLIP`'s hangs together there, and in an
//! architecture it is spelled out, since published checkpoints mix. Each tower has a file of its own with its sizes,
//! their rules, and the counts of what it learns and keeps. Plain data, and nothing of tensors.

mod blocks;
mod limits;
mod misfit;
mod resnet;
mod sizes;
mod text;
mod vit;

use serde::{Deserialize, Serialize};

use super::default::constant;
use crate::quantity::{ImageSize, Size};
pub use blocks::{Activation, Blocks, LONG, arithmetic};
pub(super) use limits::size;
use limits::{nearest, within};
pub use misfit::Misfit;
pub use resnet::ResNet;
pub use sizes::ImageSizes;
pub use text::{Pooling, Text, TextPool, TextTower};
pub use vit::{ImagePool, Vit};

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

/// What a reader calls the image tower of this name.
pub(super) fn title(name: &str) -> Option<&'static str> {
    match name {
        "ViT" => Some("the ViT image tower"),
        "ResNet" => Some("the ResNet image tower"),
        _ => None,
    }
}

fn default_head_width() -> Size {
    constant(Size::new(64))
}

/// The sizes of an image tower.
#[derive(Clone, Debug, PartialEq)]
pub enum Image {
    /// A vision transformer.
    ViT(Vit),
    /// CLIP's modified `ResNet`.
    ResNet(ResNet),
}

/// A dual encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Dimensions of the shared space.
    pub embed_dim: i64,
    /// Image tower.
    pub image: Image,
    /// Text tower.
    pub text: Text,
}

impl ImageTower {
    /// Side of the square picture that the tower sees, in pixels.
    pub const fn image_size(&self) -> ImageSize {
        match self {
            Self::ViT { image_size, .. } | Self::ResNet { image_size, .. } => *image_size,
        }
    }

    const fn head_width(&self) -> Size {
        match self {
            Self::ViT { head_width, .. } | Self::ResNet { head_width, .. } => *head_width,
        }
    }

    /// What it is built as.
    pub fn sizes(&self, quick_gelu: bool) -> Image {
        let head = self.head_width().dim();
        match self {
            Self::ViT {
                image_size,
                patch_size,
                width,
                layers,
                pool,
                ..
            } => Image::ViT(Vit {
                image: image_size.dim(),
                patch: patch_size.dim(),
                blocks: Blocks::stated(
                    width.dim(),
                    width.dim() / head,
                    layers.dim(),
                    arithmetic(*pool == ImagePool::Map, quick_gelu),
                ),
                pool: *pool,
                any_size: false,
            }),
            Self::ResNet {
                image_size,
                layers: (a, b, c, d),
                width,
                ..
            } => Image::ResNet(ResNet {
                image: image_size.dim(),
                width: width.dim(),
                layers: [a.dim(), b.dim(), c.dim(), d.dim()],
                heads: 32 * width.dim() / head,
            }),
        }
    }

    /// What does not fit together.
    pub(super) fn misfits(&self) -> Vec<Misfit> {
        self.sizes(false).misfits(self.head_width().dim())
    }
}

impl std::ops::Deref for Image {
    type Target = dyn ImageSizes;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::ViT(vit) => vit,
            Self::ResNet(resnet) => resnet,
        }
    }
}

impl Image {
    /// The scenario's words for it, as near as they come.
    pub(super) fn words(&self) -> ImageTower {
        let image_size = nearest(
            ImageSize::MIN,
            ImageSize::MAX,
            self.image_size(),
            ImageSize::new,
        );
        match self {
            Self::ViT(vit) => ImageTower::ViT {
                image_size,
                patch_size: size(vit.patch),
                width: size(vit.blocks.width),
                head_width: size(vit.blocks.width / vit.blocks.heads),
                layers: size(vit.blocks.layers),
                pool: vit.pool,
            },
            Self::ResNet(resnet) => {
                let [a, b, c, d] = resnet.layers.map(size);
                ImageTower::ResNet {
                    image_size,
                    layers: (a, b, c, d),
                    width: size(resnet.width),
                    head_width: size(resnet.top() / resnet.heads),
                }
            }
        }
    }
}

impl Architecture {
    /// Whether sizes from a file can be computed with at all: says what cannot.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), String> {
        within("the embedding's dimensions", self.embed_dim)?;
        self.image.check()?;
        if let Some(width) = self.image.unprojected()
            && width != self.embed_dim
        {
            return Err(format!(
                "the image tower has no projection, so its width {width} must be the embedding's {}",
                self.embed_dim
            ));
        }
        self.text.check()
    }

    /// Side of the picture that the image tower was made for.
    pub fn image_size(&self) -> i64 {
        self.image.image_size()
    }

    /// Learned numbers in both towers and `logit_scale`.
    pub fn parameter_count(&self) -> u64 {
        let (image, text) = (&self.image, &self.text);
        (image.parameters(self.embed_dim) + text.parameters(self.embed_dim) + 1) as u64
    }

    /// Numbers that the towers keep of a pair for their backward pass: image, text.
    pub fn activations(&self) -> [f64; 2] {
        [self.image.activations(), self.text.activations()]
    }
}
