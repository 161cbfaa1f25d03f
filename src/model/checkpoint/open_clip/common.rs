//! What the two towers' sections have in common, and the options that change nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scenario::tower::{Activation, Blocks};

/// Options that do not change what a model computes as long as they have the values that [`neutral`] knows.
pub type Rest = Map<String, Value>;

/// Of `torch.nn.LayerNorm`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormKwargs {
    eps: f64,
}

/// Of `torch.nn.GELU`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActKwargs {
    approximate: String,
}

/// The usual `mlp_ratio`.
pub const fn four() -> f64 {
    4.0
}
/// Whether it is the usual one.
// The very number that stands for the default.
#[allow(clippy::trivially_copy_pass_by_ref, clippy::float_cmp)]
pub fn is_four(ratio: &f64) -> bool {
    *ratio == four()
}

/// Whether it goes without saying.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// `mlp_ratio` of blocks: rounded down by `OpenCLIP`, which must come out right.
pub fn ratio(blocks: &Blocks) -> f64 {
    let ratio = blocks.hidden as f64 / blocks.width as f64;
    if (blocks.width as f64 * ratio) as i64 == blocks.hidden {
        ratio
    } else {
        (blocks.hidden as f64 + 0.5) / blocks.width as f64
    }
}

/// And back.
pub fn hidden(width: i64, ratio: f64) -> i64 {
    (width as f64 * ratio) as i64
}

/// What makes torch's GELU this one.
pub fn kwargs(activation: Activation) -> Option<ActKwargs> {
    (activation == Activation::TanhGelu).then(|| ActKwargs {
        approximate: "tanh".into(),
    })
}

/// Epsilon, unless it is torch's own.
#[allow(clippy::float_cmp)]
pub fn norm(epsilon: f64) -> Option<NormKwargs> {
    (epsilon != 1e-5).then_some(NormKwargs { eps: epsilon })
}

/// What it stands for.
pub fn epsilon(norm: Option<NormKwargs>) -> f64 {
    norm.map_or(1e-5, |norm| norm.eps)
}

/// The activation of a tower.
pub fn activation(quick_gelu: bool, kwargs: Option<&ActKwargs>) -> Result<Activation, String> {
    match (quick_gelu, kwargs.map(|act| act.approximate.as_str())) {
        (true, None) => Ok(Activation::QuickGelu),
        (false, None | Some("none")) => Ok(Activation::Gelu),
        (false, Some("tanh")) => Ok(Activation::TanhGelu),
        (_, Some(other)) => Err(format!(
            "act_kwargs: unsupported GELU approximation {other:?}{}",
            if quick_gelu {
                " together with quick_gelu"
            } else {
                ""
            }
        )),
    }
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

/// Options of a section that this lab's towers do not have.
pub fn foreign<'a>(section: &'a str, rest: &'a Rest) -> impl Iterator<Item = String> + 'a {
    rest.iter()
        .filter(|(name, value)| !neutral(name, value))
        .map(move |(name, value)| format!("{section}{name}: {value}"))
}
