//! `open_clip_config.json`: what `OpenCLIP` needs to rebuild a model, and back again.
//!
//! One tower `OpenCLIP` cannot express: `SigLIP`'s image tower is timm's there, known by a name that stands
//! for fixed sizes (`vit_base_patch16_siglip_224`). [`TIMM_NAME`] stands for the sizes beside it. This lab
//! reads such a file as it is; `OpenCLIP` does once that name has been given these sizes, which takes the few
//! lines of `tests/fixtures/model/timm_tower.py`. Every other combination of towers it reads as it is.
//!
//! A text tower that is pooled at the last position makes `custom_text` true, and `OpenCLIP` keep the text
//! tower under `text.*` (its `CustomTextCLIP`), whatever the image tower is; any other is at the root (`CLIP`).

use serde::{Deserialize, Serialize};

use super::{Clip, MEAN, STD};
use crate::scenario::{
    ImagePool, ImageSize, ImageTower, Model, OutOfRange, Size, TextPool, TextTower, VocabSize,
};

/// The name of `SigLIP`'s image tower at the sizes that stand beside it.
const TIMM_NAME: &str = "vit_clip_lab";

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
    /// Whether the text tower's keys begin with `text.`.
    #[serde(default, skip_serializing_if = "is_default")]
    custom_text: bool,
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
    #[serde(default, skip_serializing_if = "is_default")]
    pool_type: VisionPool,
    /// These three: `SigLIP`'s tower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_model_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_pool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_proj: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VisionPool {
    #[default]
    Tok,
    Avg,
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
    #[serde(default, skip_serializing_if = "is_default")]
    no_causal_mask: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    proj_bias: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pool_type: LastOrEnd,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    norm_kwargs: Option<NormKwargs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act_kwargs: Option<ActKwargs>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LastOrEnd {
    /// The end token, which has the largest id.
    #[default]
    Argmax,
    Last,
}

/// Of `torch.nn.LayerNorm`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NormKwargs {
    eps: f64,
}

/// Of `torch.nn.GELU`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActKwargs {
    approximate: String,
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl File {
    /// What describes `clip`.
    pub fn new(clip: &Clip) -> Self {
        let model = clip.config();
        let size = model.image.image_size().get();
        Self {
            model_cfg: ModelCfg {
                embed_dim: model.embed_dim.get(),
                quick_gelu: model.quick_gelu,
                custom_text: model.text.pool == TextPool::Last,
                init_logit_bias: clip.logit_bias().map(|bias| bias.double_value(&[])),
                vision_cfg: VisionCfg::new(&model.image),
                text_cfg: TextCfg::new(&model.text, clip.vocab_size() as u64),
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
                pool,
            } => {
                let timm = |text: &str| (pool == ImagePool::Map).then(|| text.to_owned());
                Self {
                    image_size: image_size.get(),
                    layers: Layers::ViT(layers.get()),
                    width: width.get(),
                    patch_size: Some(patch_size.get()),
                    head_width: head_width.get(),
                    pool_type: match pool {
                        ImagePool::Avg => VisionPool::Avg,
                        ImagePool::Cls | ImagePool::Map => VisionPool::Tok,
                    },
                    timm_model_name: timm(TIMM_NAME),
                    timm_pool: timm("map"),
                    timm_proj: timm("none"),
                }
            }
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
                pool_type: VisionPool::Tok,
                timm_model_name: None,
                timm_pool: None,
                timm_proj: None,
            },
        }
    }

    /// How a vision transformer is pooled.
    fn pool(&self) -> Result<ImagePool, String> {
        let timm = [&self.timm_model_name, &self.timm_pool, &self.timm_proj];
        match timm.map(Option::as_deref) {
            [None, None, None] => Ok(match self.pool_type {
                VisionPool::Tok => ImagePool::Cls,
                VisionPool::Avg => ImagePool::Avg,
            }),
            [Some(TIMM_NAME), Some("map"), Some("none")] => Ok(ImagePool::Map),
            [name, pool, proj] => Err(format!(
                "vision_cfg: timm's tower {} with timm_pool {} and timm_proj {} is none that this lab \
                 has; it has \"{TIMM_NAME}\", \"map\", \"none\"",
                shown(name),
                shown(pool),
                shown(proj)
            )),
        }
    }

    fn tower(&self, pool: ImagePool) -> Result<ImageTower, OutOfRange> {
        let image_size = ImageSize::new(self.image_size)?;
        let (width, head_width) = (Size::new(self.width)?, Size::new(self.head_width)?);
        Ok(match self.layers {
            Layers::ViT(layers) => ImageTower::ViT {
                image_size,
                patch_size: Size::new(self.patch_size.unwrap_or(16))?,
                width,
                head_width,
                layers: Size::new(layers)?,
                pool,
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

fn shown(name: Option<&str>) -> String {
    name.map_or("(none)".into(), |name| format!("{name:?}"))
}

impl TextCfg {
    fn new(text: &TextTower, vocab_size: u64) -> Self {
        let siglip = text.pool == TextPool::Last;
        Self {
            context_length: text.context_length.get(),
            vocab_size,
            width: text.width.get(),
            heads: text.heads.get(),
            layers: text.layers.get(),
            hf_tokenizer_name: Some("clip-lab".into()),
            no_causal_mask: siglip,
            proj_bias: siglip,
            pool_type: if siglip {
                LastOrEnd::Last
            } else {
                LastOrEnd::Argmax
            },
            norm_kwargs: siglip.then_some(NormKwargs { eps: 1e-6 }),
            act_kwargs: siglip.then(|| ActKwargs {
                approximate: "tanh".into(),
            }),
        }
    }

    /// How the tower is pooled. Options that only a mixture of CLIP's and `SigLIP`'s towers has are refused.
    fn pool(&self, custom_text: bool) -> Result<TextPool, String> {
        let kwargs = (
            self.norm_kwargs.map(|norm| norm.eps),
            self.act_kwargs.as_ref().map(|act| act.approximate.as_str()),
        );
        let switches = [custom_text, self.no_causal_mask, self.proj_bias];
        match (self.pool_type, switches, kwargs) {
            (LastOrEnd::Argmax, [false, false, false], (None, None)) => Ok(TextPool::End),
            (LastOrEnd::Last, [true, true, true], (Some(1e-6), Some("tanh"))) => Ok(TextPool::Last),
            _ => Err(
                "text_cfg: this lab has CLIP's text tower, and SigLIP's with custom_text true, \
                 pool_type \"last\", no_causal_mask true, proj_bias true, norm_kwargs {\"eps\": 1e-6} and \
                 act_kwargs {\"approximate\": \"tanh\"}; this file has some of these only"
                    .into(),
            ),
        }
    }

    fn tower(&self, pool: TextPool) -> Result<TextTower, OutOfRange> {
        Ok(TextTower {
            context_length: Size::new(self.context_length)?,
            // A tokenizer trained on few words has fewer entries than a scenario may ask for.
            vocab_size: VocabSize::new(self.vocab_size.max(VocabSize::MIN))?,
            width: Size::new(self.width)?,
            heads: Size::new(self.heads)?,
            layers: Size::new(self.layers)?,
            pool,
        })
    }
}

impl ModelCfg {
    /// The model that the file describes, and the size of its vocabulary.
    pub fn model(&self) -> Result<(Model, i64), String> {
        let (vision, text) = (&self.vision_cfg, &self.text_cfg);
        let (image_pool, text_pool) = (vision.pool()?, text.pool(self.custom_text)?);
        let sizes = || -> Result<_, OutOfRange> {
            Ok(Model {
                embed_dim: Size::new(self.embed_dim)?,
                image: vision.tower(image_pool)?,
                text: text.tower(text_pool)?,
                quick_gelu: self.quick_gelu,
            })
        };
        let model = sizes().map_err(|e| e.to_string())?;
        Ok((model, text.vocab_size as i64))
    }
}
