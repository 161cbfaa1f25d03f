//! `open_clip_config.json`: what `OpenCLIP` needs to rebuild a model, and back again.
//!
//! One tower `OpenCLIP` cannot express: `SigLIP`'s image tower is timm's there, known by a name that stands
//! for fixed sizes (`vit_base_patch16_siglip_224`). `vit_clip_lab` stands for the sizes beside it. This lab
//! reads both; `OpenCLIP` reads such a file once that name has been given these sizes, which takes the few
//! lines of `tests/fixtures/model/timm_tower.py`. Every other combination of towers it reads as it is.
//!
//! With `custom_text` the text tower lies under `text.*` (`CustomTextCLIP`), else at the root (`CLIP`).

mod common;
mod text;
mod vision;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::data::preprocess::Preprocess;
use crate::data::tokenizer::Clean;
use crate::model::Clip;
use crate::scenario::tower::{Activation, Architecture};
use common::{Rest, foreign, is_default};
use text::TextCfg;
use vision::VisionCfg;

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
                quick_gelu: [Some(&architecture.text.blocks), architecture.image.blocks()]
                    .into_iter()
                    .flatten()
                    .any(|blocks| blocks.activation == Activation::QuickGelu),
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

impl ModelCfg {
    /// The model that the file describes.
    ///
    /// # Errors Everything that unsupported:.
    pub fn architecture(&self) -> Result<Architecture, String> {
        let (vision, text) = (&self.vision_cfg, &self.text_cfg);
        let foreign: Vec<String> = foreign("", &self.rest)
            .chain(foreign("vision_cfg.", &vision.rest))
            .chain(foreign("text_cfg.", &text.rest))
            .collect();
        if !foreign.is_empty() {
            return Err(format!("unsupported:\n  {}", foreign.join("\n  ")));
        }
        let architecture = Architecture {
            embed_dim: self.embed_dim,
            image: vision.tower(self.quick_gelu)?,
            text: text.tower(self.quick_gelu, self.custom_text)?,
        };
        architecture.check()?;
        Ok(architecture)
    }

    /// Whether a tokenizer lies beside the file, and how captions are cleaned before it.
    pub fn tokenizer(&self) -> (bool, Option<&str>) {
        self.text_cfg.tokenizer()
    }
}
