//! `open_clip_config.json`: what `OpenCLIP` needs to rebuild a model, and back again.
//!
//! One tower `OpenCLIP` cannot express: `SigLIP`'s image tower is timm's there, known by a name that stands
//! for fixed sizes (`vit_base_patch16_siglip_224`). [`TIMM_NAME`] stands for the sizes beside it. This lab
//! reads both; `OpenCLIP` reads such a file once that name has been given these sizes, which takes the few
//! lines of `tests/fixtures/model/timm_tower.py`. Every other combination of towers it reads as it is.
//!
//! With `custom_text` the text tower lies under `text.*` (`CustomTextCLIP`), else at the root (`CLIP`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::data::preprocess::Preprocess;
use crate::data::tokenizer::Clean;
use crate::model::architecture::{Activation, Architecture, Image, Pooling, Shape, Text, Vit};
use crate::model::{Clip, resnet};
use crate::scenario::ImagePool;

/// The name of `SigLIP`'s image tower at the sizes that stand beside it.
const TIMM_NAME: &str = "vit_clip_lab";

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
pub struct File {
    /// Sizes.
    pub model_cfg: ModelCfg,
    /// How pictures become tensors.
    #[serde(default)]
    pub preprocess_cfg: Value,
}

/// `open_clip.CLIP`'s arguments.
#[derive(Debug, Serialize, Deserialize)]
pub struct ModelCfg {
    embed_dim: i64,
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
    #[serde(flatten, skip_serializing)]
    rest: Rest,
}

/// Options that do not change what a model computes as long as they have the values that [`neutral`] knows.
type Rest = Map<String, Value>;

#[derive(Debug, Serialize, Deserialize)]
struct VisionCfg {
    #[serde(default = "sides")]
    image_size: Sides,
    #[serde(default = "twelve")]
    layers: Layers,
    #[serde(default = "vision_width")]
    width: i64,
    #[serde(default = "sixteen", skip_serializing_if = "Option::is_none")]
    patch_size: Option<i64>,
    #[serde(default = "head_width")]
    head_width: i64,
    #[serde(default = "four", skip_serializing_if = "is_four")]
    mlp_ratio: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    pool_type: VisionPool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    norm_kwargs: Option<NormKwargs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act_kwargs: Option<ActKwargs>,
    /// These three: `SigLIP`'s tower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_model_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_pool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_proj: Option<String>,
    #[serde(flatten, skip_serializing)]
    rest: Rest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VisionPool {
    #[default]
    Tok,
    Avg,
}

/// One side of a square, or both.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Sides {
    One(i64),
    Both([i64; 2]),
}

/// A number makes `OpenCLIP` build a vision transformer, a list a modified `ResNet`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Layers {
    ViT(i64),
    ResNet([i64; 4]),
}

#[derive(Debug, Serialize, Deserialize)]
struct TextCfg {
    #[serde(default = "context_length")]
    context_length: i64,
    #[serde(default = "vocab_size")]
    vocab_size: i64,
    #[serde(default = "text_width")]
    width: i64,
    #[serde(default = "eight")]
    heads: i64,
    #[serde(default = "twelve_layers")]
    layers: i64,
    #[serde(default = "four", skip_serializing_if = "is_four")]
    mlp_ratio: f64,
    /// Any name that is not empty makes `OpenCLIP` read the tokenizer beside this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hf_tokenizer_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tokenizer_kwargs: Option<TokenizerKwargs>,
    #[serde(default, skip_serializing_if = "is_default")]
    no_causal_mask: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    proj_bias: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pool_type: TextPool,
    #[serde(default = "two", skip_serializing)]
    eos_id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    norm_kwargs: Option<NormKwargs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act_kwargs: Option<ActKwargs>,
    #[serde(flatten, skip_serializing)]
    rest: Rest,
}

/// What `OpenCLIP` tells its tokenizer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TokenizerKwargs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clean: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TextPool {
    /// The end token, which has the largest id.
    #[default]
    Argmax,
    /// The end token, whose id is `eos_id`.
    Eos,
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

// Defaults of `CLIPVisionCfg` and `CLIPTextCfg`.
const fn sides() -> Sides {
    Sides::One(224)
}
const fn twelve() -> Layers {
    Layers::ViT(12)
}
const fn twelve_layers() -> i64 {
    12
}
const fn vision_width() -> i64 {
    768
}
#[allow(clippy::unnecessary_wraps)]
const fn sixteen() -> Option<i64> {
    Some(16)
}
const fn head_width() -> i64 {
    64
}
const fn four() -> f64 {
    4.0
}
const fn context_length() -> i64 {
    77
}
const fn vocab_size() -> i64 {
    49408
}
const fn text_width() -> i64 {
    512
}
const fn eight() -> i64 {
    8
}
const fn two() -> i64 {
    2
}

// The very number that stands for the default.
#[allow(clippy::trivially_copy_pass_by_ref, clippy::float_cmp)]
fn is_four(ratio: &f64) -> bool {
    *ratio == four()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether an option of `OpenCLIP`'s, at this value, leaves the towers as this lab has them.
fn neutral(name: &str, value: &Value) -> bool {
    match name {
        // What matters in training alone, or to what comes out beside the features.
        "init_logit_scale"
        | "patch_dropout"
        | "output_tokens"
        | "output_dict"
        | "timm_model_pretrained"
        | "timm_drop"
        | "timm_drop_path"
        | "attn_pooler_queries"
        | "attn_pooler_heads"
        | "hf_model_pretrained"
        | "pad_id"
        | "tokenizer_mode" => true,
        "pos_embed_type" => value == "learnable",
        "proj_type" => value == "linear",
        _ => {
            let known = [
                "attentional_pool",
                "block_type",
                "cast_dtype",
                "embed_cls",
                "final_ln_after_pool",
                "hf_model_name",
                "ls_init_value",
                "multimodal_cfg",
                "no_ln_pre",
                "nonscalar_logit_scale",
                "qk_norm",
                "scale_attn",
                "scale_attn_inner",
                "scale_fc",
                "scale_heads",
                "scaled_cosine_attn",
                "timm_proj_bias",
                "moe_cfg",
            ];
            known.contains(&name) && matches!(value, Value::Null | Value::Bool(false))
        }
    }
}

fn foreign<'a>(section: &'a str, rest: &'a Rest) -> impl Iterator<Item = String> + 'a {
    rest.iter()
        .filter(|(name, value)| !neutral(name, value))
        .map(move |(name, value)| format!("{section}{name}: {value}"))
}

impl File {
    /// What describes `clip`, how captions are cleaned for it, and how it sees pictures.
    ///
    /// # Errors
    /// What `OpenCLIP` has no options for.
    pub fn new(clip: &Clip, clean: Clean, preprocess: &Preprocess) -> Result<Self, String> {
        let architecture = clip.architecture();
        let vision_cfg = VisionCfg::new(&architecture.image)?;
        Ok(Self {
            model_cfg: ModelCfg {
                embed_dim: architecture.embed_dim,
                quick_gelu: [Some(&architecture.text.shape), architecture.image.shape()]
                    .into_iter()
                    .flatten()
                    .any(|shape| shape.activation == Activation::QuickGelu),
                custom_text: architecture.text.within,
                init_logit_bias: clip.logit_bias().map(|bias| bias.double_value(&[])),
                vision_cfg,
                text_cfg: TextCfg::new(&architecture.text, clean),
                rest: Map::new(),
            },
            preprocess_cfg: preprocess.to_open_clip()?,
        })
    }
}

/// `mlp_ratio` of blocks: rounded down by `OpenCLIP`, which must come out right.
fn ratio(shape: &Shape) -> f64 {
    let ratio = shape.hidden as f64 / shape.width as f64;
    if (shape.width as f64 * ratio) as i64 == shape.hidden {
        ratio
    } else {
        (shape.hidden as f64 + 0.5) / shape.width as f64
    }
}

impl Activation {
    fn kwargs(self) -> Option<ActKwargs> {
        (self == Self::TanhGelu).then(|| ActKwargs {
            approximate: "tanh".into(),
        })
    }
}

/// Epsilon, unless it is torch's own.
#[allow(clippy::float_cmp)]
fn norm(epsilon: f64) -> Option<NormKwargs> {
    (epsilon != 1e-5).then_some(NormKwargs { eps: epsilon })
}

impl VisionCfg {
    fn new(image: &Image) -> Result<Self, String> {
        Ok(match image {
            Image::ViT(vit) => {
                let map = vit.pool == ImagePool::Map;
                if vit.any_size {
                    return Err("OpenCLIP has no tower for pictures of any size".into());
                }
                let timm = |text: &str| map.then(|| text.to_owned());
                let shape = &vit.shape;
                let activation = shape.activation;
                Self {
                    image_size: Sides::One(vit.image),
                    layers: Layers::ViT(shape.layers),
                    width: shape.width,
                    patch_size: Some(vit.patch),
                    head_width: shape.width / shape.heads,
                    mlp_ratio: ratio(shape),
                    pool_type: match vit.pool {
                        ImagePool::Avg => VisionPool::Avg,
                        ImagePool::Cls | ImagePool::Map => VisionPool::Tok,
                    },
                    // timm's tower has these of itself.
                    norm_kwargs: norm(shape.epsilon).filter(|_| !map),
                    act_kwargs: activation.kwargs().filter(|_| !map),
                    timm_model_name: timm(TIMM_NAME),
                    timm_pool: timm("map"),
                    timm_proj: timm("none"),
                    rest: Map::new(),
                }
            }
            Image::ResNet(shape) => Self {
                image_size: Sides::One(shape.image),
                layers: Layers::ResNet(shape.layers),
                width: shape.width,
                patch_size: None,
                head_width: 32 * shape.width / shape.heads,
                mlp_ratio: four(),
                pool_type: VisionPool::Tok,
                norm_kwargs: None,
                act_kwargs: None,
                timm_model_name: None,
                timm_pool: None,
                timm_proj: None,
                rest: Map::new(),
            },
        })
    }

    fn image_size(&self) -> Result<i64, String> {
        match self.image_size {
            Sides::One(side) => Ok(side),
            Sides::Both([height, width]) if height == width => Ok(height),
            Sides::Both([height, width]) => Err(format!(
                "vision_cfg.image_size is {height} by {width}: this lab's towers see squares"
            )),
        }
    }

    fn tower(&self, quick_gelu: bool, embed_dim: i64) -> Result<Image, String> {
        let timm = [&self.timm_model_name, &self.timm_pool, &self.timm_proj];
        match timm.map(Option::as_deref) {
            [None, ..] => self.own(quick_gelu, embed_dim),
            [Some(name), Some("map"), Some("none")] => self.timm(name),
            [name, pool, proj] => Err(no_timm(name, pool, proj)),
        }
    }

    fn own(&self, quick_gelu: bool, outputs: i64) -> Result<Image, String> {
        let image = self.image_size()?;
        if self.head_width < 1 {
            return Err(format!("vision_cfg.head_width is {}", self.head_width));
        }
        Ok(match self.layers {
            Layers::ViT(layers) => Image::ViT(Vit {
                image,
                patch: self.patch_size.unwrap_or(16),
                shape: Shape {
                    width: self.width,
                    heads: self.width / self.head_width,
                    layers,
                    hidden: (self.width as f64 * self.mlp_ratio) as i64,
                    activation: activation(quick_gelu, self.act_kwargs.as_ref())?,
                    epsilon: self.norm_kwargs.map_or(1e-5, |norm| norm.eps),
                },
                pool: match self.pool_type {
                    VisionPool::Tok => ImagePool::Cls,
                    VisionPool::Avg => ImagePool::Avg,
                },
                any_size: false,
            }),
            Layers::ResNet(layers) => Image::ResNet(resnet::Shape {
                image,
                width: self.width,
                layers,
                heads: self.width.saturating_mul(32) / self.head_width,
                outputs,
            }),
        })
    }

    /// `SigLIP`'s tower, by the name that timm 1.0 has for its sizes.
    fn timm(&self, name: &str) -> Result<Image, String> {
        let unknown = || no_timm(Some(name), Some("map"), Some("none"));
        let vit = |image, patch, [width, layers, heads, hidden]: [i64; 4], activation| {
            Image::ViT(Vit {
                image,
                patch,
                shape: Shape {
                    width,
                    heads,
                    layers,
                    hidden,
                    activation,
                    epsilon: 1e-6,
                },
                pool: ImagePool::Map,
                any_size: false,
            })
        };
        if name == TIMM_NAME {
            let (Layers::ViT(layers), patch) = (&self.layers, self.patch_size.unwrap_or(16)) else {
                return Err(unknown());
            };
            if self.head_width < 1 {
                return Err(format!("vision_cfg.head_width is {}", self.head_width));
            }
            let hidden = (self.width as f64 * self.mlp_ratio) as i64;
            let sizes = [self.width, *layers, self.width / self.head_width, hidden];
            return Ok(vit(self.image_size()?, patch, sizes, Activation::TanhGelu));
        }
        // vit_base_patch16_siglip_224, perhaps with the name of its weights after a full stop.
        let plain = name.split('.').next().unwrap_or(name);
        let parts: Vec<&str> = plain.split('_').collect();
        let ["vit", size, patch, "siglip", image] = parts[..] else {
            return Err(unknown());
        };
        let patch: i64 = patch
            .strip_prefix("patch")
            .and_then(|n| n.parse().ok())
            .ok_or_else(unknown)?;
        let image: i64 = image.parse().map_err(|_| unknown())?;
        let sizes = match size {
            "base" => [768, 12, 12, 3072],
            "large" => [1024, 24, 16, 4096],
            "so400m" => [1152, 27, 16, 4304],
            "giantopt" => [1536, 40, 16, 6144],
            _ => return Err(unknown()),
        };
        // Those of the first SigLIP were given the exact function in timm.
        let exact = matches!(
            (size, patch, image),
            ("base", 16, _) | ("large", 16, 256 | 384) | ("so400m", 14, _)
        );
        let activation = if exact {
            Activation::Gelu
        } else {
            Activation::TanhGelu
        };
        // OpenCLIP gives timm its own image size, as timm's models allow.
        Ok(vit(self.image_size()?, patch, sizes, activation))
    }
}

fn no_timm(name: Option<&str>, pool: Option<&str>, proj: Option<&str>) -> String {
    let shown = |name: Option<&str>| name.map_or("(none)".into(), |name| format!("{name:?}"));
    format!(
        "vision_cfg: timm's tower {} with timm_pool {} and timm_proj {} is none that this lab has; it has \
         \"vit_*_patch*_siglip_*\" with \"map\" and \"none\"",
        shown(name),
        shown(pool),
        shown(proj)
    )
}

fn activation(quick_gelu: bool, kwargs: Option<&ActKwargs>) -> Result<Activation, String> {
    match (quick_gelu, kwargs.map(|act| act.approximate.as_str())) {
        (true, None) => Ok(Activation::QuickGelu),
        (false, None | Some("none")) => Ok(Activation::Gelu),
        (false, Some("tanh")) => Ok(Activation::TanhGelu),
        (_, Some(other)) => Err(format!(
            "act_kwargs: this lab has no GELU that is approximated by {other:?}{}",
            if quick_gelu {
                " and quick_gelu at once"
            } else {
                ""
            }
        )),
    }
}

impl TextCfg {
    fn new(text: &Text, clean: Clean) -> Self {
        let shape = &text.shape;
        Self {
            context_length: text.context,
            vocab_size: text.vocab,
            width: shape.width,
            heads: shape.heads,
            layers: shape.layers,
            mlp_ratio: ratio(shape),
            hf_tokenizer_name: Some("clip-lab".into()),
            tokenizer_kwargs: clean.name().map(|name| TokenizerKwargs {
                clean: Some(name.into()),
            }),
            no_causal_mask: !text.causal,
            proj_bias: text.biased,
            pool_type: match text.pool {
                Pooling::Largest | Pooling::First(_) => TextPool::Argmax,
                Pooling::Last => TextPool::Last,
            },
            eos_id: two(),
            norm_kwargs: norm(shape.epsilon),
            act_kwargs: shape.activation.kwargs(),
            rest: Map::new(),
        }
    }

    fn tower(&self, quick_gelu: bool, within: bool) -> Result<Text, String> {
        Ok(Text {
            context: self.context_length,
            vocab: self.vocab_size,
            shape: Shape {
                width: self.width,
                heads: self.heads,
                layers: self.layers,
                hidden: (self.width as f64 * self.mlp_ratio) as i64,
                activation: activation(quick_gelu, self.act_kwargs.as_ref())?,
                epsilon: self.norm_kwargs.map_or(1e-5, |norm| norm.eps),
            },
            pool: match self.pool_type {
                TextPool::Argmax => Pooling::Largest,
                TextPool::Eos => Pooling::First(self.eos_id),
                TextPool::Last => Pooling::Last,
            },
            causal: !self.no_causal_mask,
            biased: self.proj_bias,
            within,
        })
    }
}

impl ModelCfg {
    /// The model that the file describes.
    ///
    /// # Errors
    /// Everything that this lab's towers do not have.
    pub fn architecture(&self) -> Result<Architecture, String> {
        let (vision, text) = (&self.vision_cfg, &self.text_cfg);
        let foreign: Vec<String> = foreign("", &self.rest)
            .chain(foreign("vision_cfg.", &vision.rest))
            .chain(foreign("text_cfg.", &text.rest))
            .collect();
        if !foreign.is_empty() {
            return Err(format!(
                "this lab's towers do not have\n  {}",
                foreign.join("\n  ")
            ));
        }
        let architecture = Architecture {
            embed_dim: self.embed_dim,
            image: vision.tower(self.quick_gelu, self.embed_dim)?,
            text: text.tower(self.quick_gelu, self.custom_text)?,
        };
        architecture.check()?;
        Ok(architecture)
    }

    /// Whether a tokenizer lies beside the file, and how captions are cleaned before it.
    pub fn tokenizer(&self) -> (bool, Option<&str>) {
        let text = &self.text_cfg;
        let named = text
            .hf_tokenizer_name
            .as_ref()
            .is_some_and(|n| !n.is_empty());
        let clean = text.tokenizer_kwargs.as_ref();
        (named, clean.and_then(|kwargs| kwargs.clean.as_deref()))
    }
}
