//! [`Architecture`]: all that the arithmetic of a model depends on, whatever file or scenario it came from.
//!
//! A scenario's [`Model`] says less: what differs between CLIP's towers and `SigLIP`'s hangs together there, and
//! here it is spelled out, since published checkpoints mix.

use super::resnet;
use crate::quantity::{ImageSize, Size, VocabSize};
use crate::scenario::{ImagePool, ImageTower, Model, TextPool, TextTower};

/// The activation within a transformer's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x Phi(x), exactly.
    Gelu,
    /// x sigma(1.702 x), as in the first CLIP.
    QuickGelu,
    /// x Phi(x) by a formula with tanh, as in `SigLIP`.
    TanhGelu,
}

/// Sizes and arithmetic of a transformer's blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Width of the residual stream.
    pub width: i64,
    /// Attention heads; divide the width.
    pub heads: i64,
    /// Blocks.
    pub layers: i64,
    /// Width within the perceptron: four times the width, as a rule.
    pub hidden: i64,
    /// Activation between the two layers of the perceptron.
    pub activation: Activation,
    /// What layer normalisation adds to the variance.
    pub epsilon: f64,
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

/// An image tower.
#[derive(Clone, Debug, PartialEq)]
pub enum Image {
    /// A vision transformer.
    ViT(Vit),
    /// CLIP's modified `ResNet`.
    ResNet(resnet::Shape),
}

/// A vision transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct Vit {
    /// Side of the picture, pixels; what is left at its right and bottom edge, if the patches do not fill it, is
    /// not seen.
    pub image: i64,
    /// Side of a patch, pixels.
    pub patch: i64,
    /// Blocks.
    pub shape: Shape,
    /// How its tokens become one feature. `Map` has no class token, no norm before its blocks and no projection.
    pub pool: ImagePool,
    /// Whether pictures of any size are seen, positions being interpolated to their grid (`NaFlex`).
    pub any_size: bool,
}

/// A text tower.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Tokens of a caption.
    pub context: i64,
    /// Entries of the token embedding.
    pub vocab: i64,
    /// Blocks.
    pub shape: Shape,
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

impl Text {
    /// Whether what follows the end of a caption has no influence on its feature, so that batches may be cut to
    /// their longest caption.
    pub fn ignores_padding(&self) -> bool {
        self.causal && self.pool != Pooling::Last
    }
}

impl Vit {
    /// Patches of a picture of the stated size.
    pub const fn patches(&self) -> i64 {
        (self.image / self.patch) * (self.image / self.patch)
    }
}

/// No dimension of a checkpoint may be larger: 2^20, four times the largest vocabulary there is. With it, the
/// size of no tensor overflows.
const MOST: i64 = 1 << 20;

/// No tower may have more blocks.
const MOST_LAYERS: i64 = 512;

impl Architecture {
    /// What a scenario describes, with a vocabulary of so many entries.
    ///
    /// # Errors
    /// The sizes that do not fit together, with a way out.
    pub fn new(model: &Model, vocab: i64) -> Result<Self, String> {
        model.validate()?;
        Ok(Self {
            embed_dim: model.embed_dim.dim(),
            image: Image::new(model),
            text: Text::new(model, vocab),
        })
    }

    /// Whether sizes from a file can be computed with at all: says what cannot.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), String> {
        within("the embedding's dimensions", self.embed_dim)?;
        match &self.image {
            Image::ViT(vit) => {
                within("the image size", vit.image)?;
                within("the patch size", vit.patch)?;
                if vit.patch > 512 || vit.image / vit.patch > 1024 {
                    return Err(format!(
                        "pictures of {} pixels a side with patches of {} are beyond what this lab takes (patches \
                         of at most 512, grids of at most 1024)",
                        vit.image, vit.patch
                    ));
                }
                if vit.image < vit.patch {
                    return Err(format!(
                        "a picture of {} pixels a side has no room for a patch of {}",
                        vit.image, vit.patch
                    ));
                }
                if vit.pool == ImagePool::Map && vit.shape.width != self.embed_dim {
                    return Err(format!(
                        "the image tower has no projection, so its width {} must be the embedding's {}",
                        vit.shape.width, self.embed_dim
                    ));
                }
                vit.shape.check("image")?;
            }
            Image::ResNet(shape) => shape.check()?,
        }
        let text = &self.text;
        within("the context length", text.context)?;
        within("the vocabulary's size", text.vocab)?;
        text.shape.check("text")
    }

    /// Side of the picture that the image tower was made for.
    pub const fn image_size(&self) -> i64 {
        match &self.image {
            Image::ViT(vit) => vit.image,
            Image::ResNet(shape) => shape.image,
        }
    }

    /// Whether the image tower is a vision transformer: each picture is treated by itself.
    pub const fn is_vit(&self) -> bool {
        matches!(self.image, Image::ViT(_))
    }

    /// The scenario's words for it, as near as they come: for what asks of sizes alone.
    pub fn model(&self) -> Model {
        let text = &self.text;
        Model {
            embed_dim: size(self.embed_dim),
            image: self.image.tower(),
            text: TextTower {
                context_length: size(text.context),
                vocab_size: nearest(VocabSize::MIN, VocabSize::MAX, text.vocab, VocabSize::new),
                width: size(text.shape.width),
                heads: size(text.shape.heads),
                layers: size(text.shape.layers),
                pool: match text.pool {
                    Pooling::Last => TextPool::Last,
                    Pooling::Largest | Pooling::First(_) => TextPool::End,
                },
            },
            quick_gelu: text.shape.activation == Activation::QuickGelu,
        }
    }
}

fn within(what: &str, value: i64) -> Result<(), String> {
    if (1..=MOST).contains(&value) {
        Ok(())
    } else {
        Err(format!("{what}: {value} is not between 1 and {MOST}"))
    }
}

fn nearest<T, E: std::fmt::Debug>(
    least: u64,
    most: u64,
    value: i64,
    new: impl Fn(u64) -> Result<T, E>,
) -> T {
    new((value.max(0) as u64).clamp(least, most)).expect("it lies within its own range")
}

fn size(value: i64) -> Size {
    nearest(Size::MIN, Size::MAX, value, Size::new)
}

impl Shape {
    fn check(&self, tower: &str) -> Result<(), String> {
        within(&format!("the {tower} tower's width"), self.width)?;
        within(&format!("the {tower} tower's heads"), self.heads)?;
        within(&format!("the {tower} tower's perceptron"), self.hidden)?;
        if !(1..=MOST_LAYERS).contains(&self.layers) {
            return Err(format!(
                "the {tower} tower's layers: {} is not between 1 and {MOST_LAYERS}",
                self.layers
            ));
        }
        if self.width % self.heads != 0 {
            return Err(format!(
                "the {tower} tower's width {} cannot be shared among {} heads",
                self.width, self.heads
            ));
        }
        if !(self.epsilon.is_finite() && self.epsilon >= 0.0) {
            return Err(format!(
                "the {tower} tower's epsilon is {}, which is no small number",
                self.epsilon
            ));
        }
        Ok(())
    }
}

impl resnet::Shape {
    fn check(&self) -> Result<(), String> {
        within("the ResNet's width", self.width)?;
        within("the ResNet's heads", self.heads)?;
        within("the image size", self.image)?;
        if self.image % 32 != 0 || self.width % 2 != 0 || (32 * self.width) % self.heads != 0 {
            return Err(format!(
                "a ResNet of width {} with {} heads for pictures of {} pixels a side: the size must be a \
                 multiple of 32, the width even, and 32 times the width a multiple of the heads",
                self.width, self.heads, self.image
            ));
        }
        if self.layers.iter().any(|n| !(1..=MOST_LAYERS).contains(n)) {
            return Err(format!(
                "the ResNet's layers are {:?}, where 1 to {MOST_LAYERS} are possible",
                self.layers
            ));
        }
        Ok(())
    }
}

/// Activation and epsilon of layer normalisation: of a tower of `SigLIP`'s, or of CLIP's.
const fn arithmetic(model: &Model, siglip: bool) -> (Activation, f64) {
    match (siglip, model.quick_gelu) {
        (true, _) => (Activation::TanhGelu, 1e-6),
        (false, true) => (Activation::QuickGelu, 1e-5),
        (false, false) => (Activation::Gelu, 1e-5),
    }
}

impl Image {
    fn new(model: &Model) -> Self {
        match &model.image {
            ImageTower::ViT {
                image_size,
                patch_size,
                width,
                head_width,
                layers,
                pool,
            } => {
                let (activation, epsilon) = arithmetic(model, *pool == ImagePool::Map);
                Self::ViT(Vit {
                    image: image_size.dim(),
                    patch: patch_size.dim(),
                    shape: Shape {
                        width: width.dim(),
                        heads: width.dim() / head_width.dim(),
                        layers: layers.dim(),
                        hidden: 4 * width.dim(),
                        activation,
                        epsilon,
                    },
                    pool: *pool,
                    any_size: false,
                })
            }
            ImageTower::ResNet {
                image_size,
                layers: (a, b, c, d),
                width,
                head_width,
            } => Self::ResNet(resnet::Shape {
                image: image_size.dim(),
                width: width.dim(),
                layers: [a.dim(), b.dim(), c.dim(), d.dim()],
                heads: 32 * width.dim() / head_width.dim(),
                outputs: model.embed_dim.dim(),
            }),
        }
    }

    /// Blocks, if it has any.
    pub const fn shape(&self) -> Option<&Shape> {
        match self {
            Self::ViT(vit) => Some(&vit.shape),
            Self::ResNet(_) => None,
        }
    }

    fn tower(&self) -> ImageTower {
        let side = |side| nearest(ImageSize::MIN, ImageSize::MAX, side, ImageSize::new);
        match self {
            Self::ViT(vit) => ImageTower::ViT {
                image_size: side(vit.image),
                patch_size: size(vit.patch),
                width: size(vit.shape.width),
                head_width: size(vit.shape.width / vit.shape.heads),
                layers: size(vit.shape.layers),
                pool: vit.pool,
            },
            Self::ResNet(shape) => {
                let [a, b, c, d] = shape.layers.map(size);
                ImageTower::ResNet {
                    image_size: side(shape.image),
                    layers: (a, b, c, d),
                    width: size(shape.width),
                    head_width: size(32 * shape.width / shape.heads),
                }
            }
        }
    }
}

impl Text {
    fn new(model: &Model, vocab: i64) -> Self {
        let text = &model.text;
        let siglip = text.pool == TextPool::Last;
        let (activation, epsilon) = arithmetic(model, siglip);
        Self {
            context: text.context_length.dim(),
            vocab,
            shape: Shape {
                width: text.width.dim(),
                heads: text.heads.dim(),
                layers: text.layers.dim(),
                hidden: 4 * text.width.dim(),
                activation,
                epsilon,
            },
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
}
