//! `config.json` of `transformers`: `CLIPModel`, `SiglipModel` and `Siglip2Model`, read and written.
//!
//! `transformers` leaves out what has its default value, so the defaults of its classes (5.24) stand here. Other
//! fields than these do not change what a model computes, and are passed over.

use serde::Deserialize;
use serde_json::{Value, json};

use super::layout::Layout;
use crate::scenario::tower::{
    Activation, Architecture, Blocks, Image, ImagePool, Pooling, Text, Vit, arithmetic,
};

/// Until it was mended, the end token's id stood as this in configurations of CLIP, and `transformers` takes the
/// largest id instead where it does.
const LEGACY_END: i64 = 2;

#[derive(Debug, Deserialize)]
struct File {
    model_type: Option<String>,
    #[serde(default)]
    text_config: TextConfig,
    #[serde(default)]
    vision_config: VisionConfig,
    projection_dim: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
struct TextConfig {
    vocab_size: Option<i64>,
    hidden_size: Option<i64>,
    intermediate_size: Option<i64>,
    num_hidden_layers: Option<i64>,
    num_attention_heads: Option<i64>,
    max_position_embeddings: Option<i64>,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f64>,
    eos_token_id: Option<Value>,
    projection_size: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
struct VisionConfig {
    hidden_size: Option<i64>,
    intermediate_size: Option<i64>,
    num_hidden_layers: Option<i64>,
    num_attention_heads: Option<i64>,
    num_channels: Option<i64>,
    image_size: Option<i64>,
    patch_size: Option<i64>,
    num_patches: Option<i64>,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f64>,
    vision_use_head: Option<bool>,
}

/// What the text of a `config.json` describes.
///
/// # Errors
/// What this lab has no tower for.
pub fn read(text: &str) -> Result<(Layout, Architecture), String> {
    let file: File = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let layout = match file.model_type.as_deref() {
        Some("clip") => Layout::HfClip,
        Some("siglip") => Layout::HfSiglip,
        Some("siglip2") => Layout::HfNaFlex,
        Some(other) => {
            return Err(format!(
                "unsupported model_type {other:?}; supported: \"clip\", \"siglip\" and \"siglip2\""
            ));
        }
        None => return Err("model_type is missing: not a transformers model".into()),
    };
    let architecture = match layout {
        Layout::HfClip => clip(&file)?,
        _ => siglip(&file, layout == Layout::HfNaFlex)?,
    };
    architecture.check()?;
    Ok((layout, architecture))
}

fn activation(name: Option<&str>, default: Activation) -> Result<Activation, String> {
    match name {
        None => Ok(default),
        Some("quick_gelu") => Ok(Activation::QuickGelu),
        Some("gelu") => Ok(Activation::Gelu),
        Some("gelu_pytorch_tanh" | "gelu_new") => Ok(Activation::TanhGelu),
        Some(other) => Err(format!(
            "unsupported hidden_act {other:?}; supported: quick_gelu, gelu, gelu_pytorch_tanh and gelu_new"
        )),
    }
}

/// Width, layers, heads and perceptron of a tower that states none.
type Defaults = [i64; 4];

impl TextConfig {
    fn blocks(
        &self,
        [width, layers, heads, hidden]: Defaults,
        siglip: bool,
    ) -> Result<Blocks, String> {
        let (act, epsilon) = arithmetic(siglip, true);
        Ok(Blocks {
            width: self.hidden_size.unwrap_or(width),
            layers: self.num_hidden_layers.unwrap_or(layers),
            heads: self.num_attention_heads.unwrap_or(heads),
            hidden: self.intermediate_size.unwrap_or(hidden),
            activation: activation(self.hidden_act.as_deref(), act)?,
            epsilon: self.layer_norm_eps.unwrap_or(epsilon),
        })
    }
}

impl VisionConfig {
    fn blocks(&self, siglip: bool) -> Result<Blocks, String> {
        let (act, epsilon) = arithmetic(siglip, true);
        let channels = self.num_channels.unwrap_or(3);
        if channels != 3 {
            return Err(format!("images must have 3 channels, got {channels}"));
        }
        Ok(Blocks {
            width: self.hidden_size.unwrap_or(768),
            layers: self.num_hidden_layers.unwrap_or(12),
            heads: self.num_attention_heads.unwrap_or(12),
            hidden: self.intermediate_size.unwrap_or(3072),
            activation: activation(self.hidden_act.as_deref(), act)?,
            epsilon: self.layer_norm_eps.unwrap_or(epsilon),
        })
    }
}

/// Defaults of `CLIPTextConfig`, `CLIPVisionConfig` and `CLIPConfig`.
fn clip(file: &File) -> Result<Architecture, String> {
    let (text, vision) = (&file.text_config, &file.vision_config);
    let end = match &text.eos_token_id {
        None | Some(Value::Null) => 49407,
        Some(id) => id
            .as_i64()
            .ok_or_else(|| format!("text_config.eos_token_id must be a number, got {id}"))?,
    };
    Ok(Architecture {
        embed_dim: file.projection_dim.unwrap_or(512),
        image: Image::ViT(Vit {
            image: vision.image_size.unwrap_or(224),
            patch: vision.patch_size.unwrap_or(32),
            blocks: vision.blocks(false)?,
            pool: ImagePool::Cls,
            any_size: false,
        }),
        text: Text {
            context: text.max_position_embeddings.unwrap_or(77),
            vocab: text.vocab_size.unwrap_or(49408),
            blocks: text.blocks([512, 12, 8, 2048], false)?,
            pool: if end == LEGACY_END {
                Pooling::Largest
            } else {
                Pooling::First(end)
            },
            causal: true,
            biased: false,
            within: false,
        },
    })
}

/// Defaults of `SiglipTextConfig` and `SiglipVisionConfig`, and of `Siglip2`'s.
fn siglip(file: &File, naflex: bool) -> Result<Architecture, String> {
    let (text, vision) = (&file.text_config, &file.vision_config);
    if vision.vision_use_head == Some(false) {
        return Err(
            "vision_config.vision_use_head must be true: the head gives the features".into(),
        );
    }
    let blocks = vision.blocks(true)?;
    let text_blocks = text.blocks([768, 12, 12, 3072], true)?;
    let patch = vision.patch_size.unwrap_or(16);
    let image = if naflex {
        let patches = vision.num_patches.unwrap_or(256);
        let side = patches.max(0).isqrt();
        if side * side != patches {
            return Err(format!(
                "vision_config.num_patches must be a square number, got {patches}"
            ));
        }
        side.saturating_mul(patch)
    } else {
        vision.image_size.unwrap_or(224)
    };
    let outputs = text.projection_size.unwrap_or(text_blocks.width);
    if outputs != blocks.width {
        return Err(format!(
            "text features have {outputs} dimensions, but image features have {}",
            blocks.width
        ));
    }
    Ok(Architecture {
        embed_dim: outputs,
        image: Image::ViT(Vit {
            image,
            patch,
            blocks,
            pool: ImagePool::Map,
            any_size: naflex,
        }),
        text: Text {
            context: text.max_position_embeddings.unwrap_or(64),
            vocab: text.vocab_size.unwrap_or(32000),
            blocks: text_blocks,
            pool: Pooling::Last,
            causal: false,
            biased: true,
            within: true,
        },
    })
}

/// The `config.json` of a model and the layout that it has there; `end` and `pad` are ids of its tokenizer.
///
/// # Errors
/// What `transformers` has no class for.
pub fn write(architecture: &Architecture, end: i64, pad: i64) -> Result<(Layout, Value), String> {
    let Image::ViT(vit) = &architecture.image else {
        return Err("transformers has no CLIP with a ResNet; OpenCLIP has".into());
    };
    let text = &architecture.text;
    let clip = vit.pool == ImagePool::Cls
        && text.causal
        && !text.biased
        && matches!(text.pool, Pooling::Largest | Pooling::First(_));
    let siglip =
        vit.pool == ImagePool::Map && !text.causal && text.biased && text.pool == Pooling::Last;
    let layout = match (clip, siglip, vit.any_size) {
        (true, ..) => Layout::HfClip,
        (_, true, false) => Layout::HfSiglip,
        (_, true, true) => Layout::HfNaFlex,
        _ => {
            return Err(
                "transformers has CLIP (a class token, a causal text tower pooled at the end token) and SigLIP \
                 (`pool: Map` and `pool: Last`), and no mixture of the two"
                    .into(),
            );
        }
    };
    let shape = |blocks: &Blocks| {
        json!({
            "hidden_size": blocks.width,
            "intermediate_size": blocks.hidden,
            "num_hidden_layers": blocks.layers,
            "num_attention_heads": blocks.heads,
            "hidden_act": match blocks.activation {
                Activation::Gelu => "gelu",
                Activation::QuickGelu => "quick_gelu",
                Activation::TanhGelu => "gelu_pytorch_tanh",
            },
            "layer_norm_eps": blocks.epsilon,
            "attention_dropout": 0.0,
        })
    };
    let (mut words, mut sight) = (shape(&text.blocks), shape(&vit.blocks));
    words["vocab_size"] = text.vocab.into();
    words["max_position_embeddings"] = text.context.into();
    words["eos_token_id"] = end.into();
    words["bos_token_id"] = Value::Null;
    words["pad_token_id"] = pad.into();
    sight["patch_size"] = vit.patch.into();
    if layout == Layout::HfNaFlex {
        sight["num_patches"] = vit.patches().into();
    } else {
        sight["image_size"] = vit.image.into();
    }
    let (kind, class) = match layout {
        Layout::HfClip => ("clip", "CLIPModel"),
        Layout::HfNaFlex => ("siglip2", "Siglip2Model"),
        _ => ("siglip", "SiglipModel"),
    };
    let embed = architecture.embed_dim;
    if layout == Layout::HfClip {
        for tower in [&mut words, &mut sight] {
            tower["projection_dim"] = embed.into();
        }
    } else {
        words["projection_size"] = embed.into();
    }
    for (tower, name) in [(&mut words, "text"), (&mut sight, "vision")] {
        tower["model_type"] = format!("{kind}_{name}_model").into();
    }
    let mut file = json!({
        "architectures": [class],
        "model_type": kind,
        "initializer_factor": 1.0,
        "dtype": "float32",
        "text_config": words,
        "vision_config": sight,
    });
    if layout == Layout::HfClip {
        file["projection_dim"] = embed.into();
    }
    Ok((layout, file))
}
