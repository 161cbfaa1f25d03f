//! [`Description`]: what the configuration of a model folder says, in any of the published layouts.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::hf;
use super::layout::Layout;
use super::open_clip;
use crate::data::preprocess::Preprocess;
use crate::data::tokenizer::{Clean, Family, Tokenizer};
use crate::error::{Error, Result};
use crate::scenario::tower::Architecture;

/// File of the sizes and the preprocessing.
pub const CONFIG: &str = "open_clip_config.json";

/// The same of `transformers`.
pub const HF_CONFIG: &str = "config.json";

/// No configuration may be larger.
const LARGEST_CONFIG: u64 = 1 << 20;

/// What a folder's configuration says.
pub struct Description {
    /// Whose names its tensors have.
    pub layout: Layout,
    /// What the model is.
    pub architecture: Architecture,
    /// How it sees pictures.
    pub preprocess: Preprocess,
    /// Whether there is a bias.
    pub bias: bool,
    /// None: CLIP's own.
    pub tokenizer: Option<Family>,
    /// What the weights may be called.
    pub names: &'static [&'static str],
    /// The configuration.
    pub path: PathBuf,
}

impl Description {
    /// The tokenizer of the folder.
    pub fn tokenizer(&self, dir: &Path) -> Result<Tokenizer> {
        let text = &self.architecture.text;
        let context = text.context as usize;
        let tokenizer = match self.tokenizer {
            Some(family) => Tokenizer::open(dir, family, context)?,
            None => Tokenizer::clip(context)?,
        };
        let tokenizer = tokenizer
            .within(text.vocab)
            .map_err(|e| Error::Data(format!("{}: {e}", dir.display())))?;
        Ok(tokenizer.whole(!text.ignores_padding()))
    }
}

/// Whether there is a model in this folder.
pub fn is_model(dir: &Path) -> bool {
    dir.join(CONFIG).is_file() || dir.join(HF_CONFIG).is_file()
}

/// Reads the configuration of a folder of any layout.
pub fn describe(dir: &Path) -> Result<Description> {
    let path = dir.join(CONFIG);
    if path.is_file() {
        return describe_open_clip(path);
    }
    let path = dir.join(HF_CONFIG);
    if !path.is_file() {
        return Err(Error::Data(format!(
            "no model in {}: expected {CONFIG} (OpenCLIP and this lab) or {HF_CONFIG} (transformers)",
            dir.display()
        )));
    }
    let (layout, architecture) = hf::read(&config_text(&path)?).map_err(|e| fault(&path, &e))?;
    let clip = layout == Layout::HfClip;
    Ok(Description {
        layout,
        preprocess: hf_preprocess(dir, layout, &architecture)?,
        architecture,
        bias: !clip,
        tokenizer: Some(if clip { Family::Clip } else { Family::Siglip }),
        names: &["model"],
        path,
    })
}

fn fault(path: &Path, e: &dyn fmt::Display) -> Error {
    Error::Data(format!("{}: {e}", path.display()))
}

fn describe_open_clip(path: PathBuf) -> Result<Description> {
    let text = config_text(&path)?;
    let file: open_clip::File = serde_json::from_str(&text).map_err(|e| fault(&path, &e))?;
    let config = &file.model_cfg;
    let architecture = config.architecture().map_err(|e| fault(&path, &e))?;
    let (named, clean) = config.tokenizer();
    let clean = match clean {
        None => Clean::Whitespace,
        Some(name) => Clean::named(name)
            .ok_or_else(|| fault(&path, &format!("unsupported text cleaning {name:?}")))?,
    };
    let side = architecture.image_size() as usize;
    let preprocess = Preprocess::from_open_clip(&file.preprocess_cfg, (side, side))
        .map_err(|e| fault(&path, &format!("preprocess_cfg: {e}")))?;
    fits(&preprocess, &architecture).map_err(|e| fault(&path, &e))?;
    Ok(Description {
        layout: Layout::OpenClip,
        preprocess,
        architecture,
        bias: config.init_logit_bias.is_some(),
        tokenizer: named.then_some(Family::OpenClip(clean)),
        names: &["open_clip_model", "model"],
        path,
    })
}

/// Whether pictures come out as the tower wants them.
fn fits(preprocess: &Preprocess, architecture: &Architecture) -> std::result::Result<(), String> {
    let side = architecture.image_size() as usize;
    match preprocess.size() {
        Some((height, width)) if (height, width) != (side, side) => Err(format!(
            "preprocessing gives {height} x {width} pixels, but the tower takes {side} x {side}"
        )),
        _ => Ok(()),
    }
}

/// How a folder of `transformers` says that pictures are seen; how its class does by itself, if it says nothing.
fn hf_preprocess(dir: &Path, layout: Layout, architecture: &Architecture) -> Result<Preprocess> {
    for name in ["preprocessor_config.json", "processor_config.json"] {
        let path = dir.join(name);
        if path.is_file() {
            let fault = |e: &dyn fmt::Display| Error::Data(format!("{}: {e}", path.display()));
            let read = Preprocess::from_hf(&config_text(&path)?).map_err(|e| fault(&e))?;
            if layout != Layout::HfNaFlex {
                fits(&read, architecture).map_err(|e| fault(&e))?;
            }
            return Ok(read);
        }
    }
    let side = architecture.image_size();
    let by_default = match layout {
        Layout::HfClip => serde_json::json!({
            "image_processor_type": "CLIPImageProcessor",
            "size": { "shortest_edge": side },
            "crop_size": { "height": side, "width": side },
        }),
        Layout::HfNaFlex => serde_json::json!({ "image_processor_type": "Siglip2ImageProcessor" }),
        Layout::HfSiglip | Layout::OpenClip => serde_json::json!({
            "image_processor_type": "SiglipImageProcessor",
            "size": { "height": side, "width": side },
        }),
    };
    Preprocess::from_hf(&by_default.to_string())
}

fn config_text(path: &Path) -> Result<String> {
    let length = path.metadata().map_err(Error::file("read", path))?.len();
    if length > LARGEST_CONFIG {
        return Err(Error::Data(format!(
            "{}: too large for a configuration ({length} bytes)",
            path.display()
        )));
    }
    fs::read_to_string(path).map_err(Error::file("read", path))
}
