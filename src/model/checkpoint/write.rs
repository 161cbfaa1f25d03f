//! Writing a model folder. Each file is written beside its place and then renamed into it, so that a killed process
//! leaves the old file or the new one, never a part.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;
use tch::{Device, Kind, Tensor};

use super::describe::{CONFIG, HF_CONFIG};
use super::hf;
use super::keys::{Form, place};
use super::layout::Layout;
use super::open_clip;
use crate::data::preprocess::Preprocess;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::files::replace;
use crate::model::Clip;

/// File of the tensors.
pub const WEIGHTS: &str = "open_clip_model.safetensors";

/// Writes `clip` and its tokenizer into `dir`, which is made if need be, for `OpenCLIP`.
///
/// # Errors
/// [`Error::Data`] if `OpenCLIP` has no such towers.
pub fn save(
    dir: impl AsRef<Path>,
    clip: &Clip,
    tokenizer: &Tokenizer,
    preprocess: &Preprocess,
) -> Result<()> {
    let dir = dir.as_ref();
    let file = open_clip::File::new(clip, tokenizer.clean(), preprocess).map_err(Error::Data)?;
    lay(dir, tokenizer)?;
    let config = serde_json::to_string_pretty(&file)
        .map_err(|e| Error::Internal(format!("cannot write the model's configuration: {e}")))?;
    replace(&dir.join(CONFIG), config.as_bytes())?;
    // Last, so that a folder with weights is a whole one.
    replace(&dir.join(WEIGHTS), &weights(clip, Layout::OpenClip)?)
}

/// Writes `clip` and its tokenizer into `dir`, which is made if need be, for `transformers`: `CLIPModel`,
/// `SiglipModel` or `Siglip2Model`.
///
/// # Errors
/// [`Error::Data`] if `transformers` has no such towers.
pub fn save_hf(
    dir: impl AsRef<Path>,
    clip: &Clip,
    tokenizer: &Tokenizer,
    preprocess: &Preprocess,
) -> Result<Layout> {
    let dir = dir.as_ref();
    let end = tokenizer.end().unwrap_or(tokenizer.vocab_size() - 1);
    let (layout, config) =
        hf::write(clip.architecture(), end, tokenizer.pad()).map_err(Error::Data)?;
    if layout != Layout::HfClip && clip.logit_bias().is_none() {
        return Err(Error::Data(
            "transformers' SigLIP needs a logit_bias, and this model has none".into(),
        ));
    }
    if layout == Layout::HfClip && clip.logit_bias().is_some() {
        return Err(Error::Data(
            "transformers' CLIP has no logit_bias, and this model has one: the features would be the same, the \
             logits would not; train it without a bias (`set: NoBias`)"
                .into(),
        ));
    }
    lay(dir, tokenizer)?;
    let text = |json: &Value| format!("{json:#}\n");
    let pictures = preprocess.to_hf(layout == Layout::HfClip);
    replace(
        &dir.join("preprocessor_config.json"),
        text(&pictures).as_bytes(),
    )?;
    replace(&dir.join(HF_CONFIG), text(&config).as_bytes())?;
    replace(&dir.join("model.safetensors"), &weights(clip, layout)?)?;
    Ok(layout)
}

/// The folder, and in it what both layouts share.
fn lay(dir: &Path, tokenizer: &Tokenizer) -> Result<()> {
    fs::create_dir_all(dir).map_err(Error::file("create", dir))?;
    for (name, bytes) in tokenizer.files() {
        replace(&dir.join(name), bytes)?;
    }
    Ok(())
}

/// The tensors in safetensors' format, with the names of this layout.
fn weights(clip: &Clip, layout: Layout) -> Result<Vec<u8>> {
    // Thirds of one tensor lie one below the other.
    let mut theirs: Vec<(String, Vec<Tensor>)> = Vec::new();
    for entry in clip.weights().entries() {
        let place = place(layout, &entry.name);
        let tensors = place.put(&entry.tensor.detach())?;
        let part = matches!(place.form, Form::Thirds(..));
        for (name, tensor) in place.names.into_iter().zip(tensors) {
            match theirs.iter_mut().find(|(known, _)| part && *known == name) {
                Some((_, parts)) => parts.push(tensor),
                None => theirs.push((name, vec![tensor])),
            }
        }
    }
    let mut tensors = Vec::new();
    for (name, parts) in theirs {
        let whole = match parts.as_slice() {
            [one] => one.shallow_clone(),
            parts => Tensor::f_cat(parts, 0)?,
        };
        let mut shape: Vec<usize> = whole.size().iter().map(|&d| d as usize).collect();
        hf_shape(layout, &name, &mut shape);
        tensors.push((name, dtype(&whole), shape, bytes(&whole)?));
    }
    let views = tensors.iter().map(|(name, kind, shape, bytes)| {
        TensorView::new(*kind, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    // transformers refuses a file without this mark.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    views
        .collect::<std::result::Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| Error::Internal(format!("cannot write the weights: {e}")))
}

/// Dimensions of one that `transformers` has or lacks.
fn hf_shape(layout: Layout, name: &str, shape: &mut Vec<usize>) {
    if !matches!(layout, Layout::HfSiglip | Layout::HfNaFlex) {
        return;
    }
    if matches!(name, "logit_scale" | "logit_bias") {
        *shape = vec![1];
    } else if name.ends_with("vision_model.embeddings.position_embedding.weight")
        && shape.len() == 3
    {
        shape.remove(0);
    }
}

/// Everything is a float, except the counter of batches.
fn dtype(tensor: &Tensor) -> Dtype {
    if tensor.kind() == Kind::Int64 {
        Dtype::I64
    } else {
        Dtype::F32
    }
}

/// The values, in little-endian order.
fn bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    let flat = tensor
        .detach()
        .to_device(Device::Cpu)
        .contiguous()
        .f_reshape([-1])?;
    Ok(match dtype(tensor) {
        Dtype::I64 => Vec::<i64>::try_from(&flat)?
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect(),
        _ => Vec::<f32>::try_from(&flat)?
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect(),
    })
}
