//! `text_cfg`: the text tower and its tokenizer.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::common::{
    ActKwargs, NormKwargs, Rest, activation, epsilon, four, hidden, is_default, is_four, kwargs,
    norm, ratio,
};
use crate::data::tokenizer::Clean;
use crate::scenario::tower::{Blocks, Pooling, Text};

/// `CLIPTextCfg`.
#[derive(Debug, Serialize, Deserialize)]
pub struct TextCfg {
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
    /// All others.
    pub rest: Rest,
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

// Defaults of `CLIPTextCfg`.
const fn twelve_layers() -> i64 {
    12
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

impl TextCfg {
    /// What describes a tower, and how captions are cleaned for it.
    pub fn new(text: &Text, clean: Clean) -> Self {
        let blocks = &text.blocks;
        Self {
            context_length: text.context,
            vocab_size: text.vocab,
            width: blocks.width,
            heads: blocks.heads,
            layers: blocks.layers,
            mlp_ratio: ratio(blocks),
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
            norm_kwargs: norm(blocks.epsilon),
            act_kwargs: kwargs(blocks.activation),
            rest: Map::new(),
        }
    }

    /// The tower that it describes, within `text` or at the root.
    ///
    /// # Errors
    /// A tower that this lab does not have.
    pub fn tower(&self, quick_gelu: bool, within: bool) -> Result<Text, String> {
        Ok(Text {
            context: self.context_length,
            vocab: self.vocab_size,
            blocks: Blocks {
                width: self.width,
                heads: self.heads,
                layers: self.layers,
                hidden: hidden(self.width, self.mlp_ratio),
                activation: activation(quick_gelu, self.act_kwargs.as_ref())?,
                epsilon: epsilon(self.norm_kwargs),
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

    /// Whether a tokenizer lies beside the file, and how captions are cleaned before it.
    pub fn tokenizer(&self) -> (bool, Option<&str>) {
        let named = self
            .hf_tokenizer_name
            .as_ref()
            .is_some_and(|n| !n.is_empty());
        let clean = self.tokenizer_kwargs.as_ref();
        (named, clean.and_then(|kwargs| kwargs.clean.as_deref()))
    }
}
