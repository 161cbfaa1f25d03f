//! `open_clip_config.json`: what `OpenCLIP` needs to rebuild a model, and back again.

use serde::{Deserialize, Serialize};

use super::{Clip, MEAN, STD};
use crate::scenario::{ImageSize, ImageTower, Model, OutOfRange, Size, TextTower, VocabSize};

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
pub struct File {
    /// Sizes.
    pub model_cfg: ModelCfg,
    /// How pictures become tensors.
    pub preprocess_cfg: PreprocessCfg,
}

/// `open_clip.CLIP`'s arguments. Options that this lab's towers do not have are refused when read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCfg {
    embed_dim: u64,
    #[serde(default)]
    quick_gelu: bool,
    /// Present exactly if the model has a bias: without it `OpenCLIP` refuses the tensor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_logit_bias: Option<f64>,
    vision_cfg: VisionCfg,
    text_cfg: TextCfg,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VisionCfg {
    image_size: u64,
    layers: Layers,
    width: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patch_size: Option<u64>,
    #[serde(default = "default_head_width")]
    head_width: u64,
}

/// A number makes `OpenCLIP` build a vision transformer, a list a modified `ResNet`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Layers {
    ViT(u64),
    ResNet([u64; 4]),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextCfg {
    context_length: u64,
    vocab_size: u64,
    width: u64,
    heads: u64,
    layers: u64,
    /// Any name that is not empty makes `OpenCLIP` read the tokenizer beside this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hf_tokenizer_name: Option<String>,
}

/// `open_clip.transform.PreprocessCfg`.
#[derive(Debug, Serialize, Deserialize)]
pub struct PreprocessCfg {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<[u64; 2]>,
    mode: String,
    mean: [f32; 3],
    std: [f32; 3],
    interpolation: String,
    resize_mode: String,
}

const fn default_head_width() -> u64 {
    64
}

impl File {
    /// What describes `clip`.
    pub fn new(clip: &Clip) -> Self {
        let model = clip.config();
        let text = &model.text;
        let size = model.image.image_size().get();
        let text_cfg = TextCfg {
            context_length: text.context_length.get(),
            vocab_size: clip.vocab_size() as u64,
            width: text.width.get(),
            heads: text.heads.get(),
            layers: text.layers.get(),
            hf_tokenizer_name: Some("clip-lab".into()),
        };
        Self {
            model_cfg: ModelCfg {
                embed_dim: model.embed_dim.get(),
                quick_gelu: model.quick_gelu,
                init_logit_bias: clip.logit_bias().map(|bias| bias.double_value(&[])),
                vision_cfg: VisionCfg::new(&model.image),
                text_cfg,
            },
            preprocess_cfg: PreprocessCfg {
                size: Some([size, size]),
                mode: "RGB".into(),
                mean: MEAN,
                std: STD,
                interpolation: "bicubic".into(),
                // Pictures of this lab are square: any way of resizing them is the same.
                resize_mode: "squash".into(),
            },
        }
    }
}

impl VisionCfg {
    fn new(image: &ImageTower) -> Self {
        match *image {
            ImageTower::ViT {
                image_size,
                patch_size,
                width,
                head_width,
                layers,
            } => Self {
                image_size: image_size.get(),
                layers: Layers::ViT(layers.get()),
                width: width.get(),
                patch_size: Some(patch_size.get()),
                head_width: head_width.get(),
            },
            ImageTower::ResNet {
                image_size,
                layers: (a, b, c, d),
                width,
                head_width,
            } => Self {
                image_size: image_size.get(),
                layers: Layers::ResNet([a, b, c, d].map(Size::get)),
                width: width.get(),
                patch_size: None,
                head_width: head_width.get(),
            },
        }
    }

    fn tower(&self) -> Result<ImageTower, OutOfRange> {
        let image_size = ImageSize::new(self.image_size)?;
        let (width, head_width) = (Size::new(self.width)?, Size::new(self.head_width)?);
        Ok(match self.layers {
            Layers::ViT(layers) => ImageTower::ViT {
                image_size,
                patch_size: Size::new(self.patch_size.unwrap_or(16))?,
                width,
                head_width,
                layers: Size::new(layers)?,
            },
            Layers::ResNet([a, b, c, d]) => ImageTower::ResNet {
                image_size,
                layers: (Size::new(a)?, Size::new(b)?, Size::new(c)?, Size::new(d)?),
                width,
                head_width,
            },
        })
    }
}

impl ModelCfg {
    /// The model that the file describes, and the size of its vocabulary.
    pub fn model(&self) -> Result<(Model, i64), OutOfRange> {
        let text = &self.text_cfg;
        let model = Model {
            embed_dim: Size::new(self.embed_dim)?,
            image: self.vision_cfg.tower()?,
            text: TextTower {
                context_length: Size::new(text.context_length)?,
                // A tokenizer trained on few words has fewer entries than a scenario may ask for.
                vocab_size: VocabSize::new(text.vocab_size.max(VocabSize::MIN))?,
                width: Size::new(text.width)?,
                heads: Size::new(text.heads)?,
                layers: Size::new(text.layers)?,
            },
            quick_gelu: self.quick_gelu,
        };
        Ok((model, text.vocab_size as i64))
    }
}
