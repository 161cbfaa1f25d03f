//! Model folders as `OpenCLIP` reads them:
//! `open_clip.create_model_and_transforms("local-dir:FOLDER")`.
//!
//! A folder holds `open_clip_model.safetensors`, `open_clip_config.json`, `tokenizer.json` and
//! `tokenizer_config.json`. Each file is written beside its place and then renamed into it, so that
//! a killed process leaves the old file or the new one, never a part.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tch::{Device, Kind, Tensor};

use super::weights::Source;
use super::{Clip, config};
use crate::data::preprocess::Preprocess;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, Result};

/// File of the tensors.
pub const WEIGHTS: &str = "open_clip_model.safetensors";

/// File of the sizes and the preprocessing.
pub const CONFIG: &str = "open_clip_config.json";

/// A model as it lies on disk, whole: what pictures and captions need to become features.
#[derive(Debug)]
pub struct Checkpoint {
    /// The towers.
    pub clip: Clip,
    /// Captions to ids.
    pub tokenizer: Tokenizer,
    /// Pictures to numbers.
    pub preprocess: Preprocess,
    /// Whose files they are.
    pub layout: Layout,
}

/// Whose way of writing a model down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `open_clip_config.json` and `open_clip_model.safetensors`.
    OpenClip,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::OpenClip => "OpenCLIP",
        })
    }
}

/// Reads a model folder with all that belongs to it.
///
/// # Errors
/// What [`load`] and [`Tokenizer::load`] refuse, and pictures of another size than the tower's.
pub fn open(dir: impl AsRef<Path>, device: Device) -> Result<Checkpoint> {
    let dir = dir.as_ref();
    let clip = load(dir, device)?;
    let tokenizer = Tokenizer::load(dir, clip.config().text.context_length.size())?;
    let path = dir.join(CONFIG);
    let text = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let fault = |e: &dyn fmt::Display| Error::Data(format!("{}: {e}", path.display()));
    let config: serde_json::Value = serde_json::from_str(&text).map_err(|e| fault(&e))?;
    let side = clip.config().image.image_size().size();
    let cfg = config
        .get("preprocess_cfg")
        .unwrap_or(&serde_json::Value::Null);
    let preprocess = Preprocess::from_open_clip(cfg, (side, side)).map_err(|e| fault(&e))?;
    if preprocess.size() != Some((side, side)) {
        return Err(fault(&format!(
            "preprocess_cfg gives pictures of another size than the tower's {side} x {side}"
        )));
    }
    Ok(Checkpoint {
        clip,
        tokenizer,
        preprocess,
        layout: Layout::OpenClip,
    })
}

/// Writes `clip` and its tokenizer into `dir`, which is made if need be.
pub fn save(dir: impl AsRef<Path>, clip: &Clip, tokenizer: &Tokenizer) -> Result<()> {
    let dir = dir.as_ref();
    fs::create_dir_all(dir).map_err(Error::file("create", dir))?;
    for (name, text) in tokenizer.files()? {
        replace(&dir.join(name), text.as_bytes())?;
    }
    let config = serde_json::to_string_pretty(&config::File::new(clip))
        .map_err(|e| Error::Internal(format!("the model's sizes cannot be written: {e}")))?;
    replace(&dir.join(CONFIG), config.as_bytes())?;
    // Last, so that a folder with weights is a whole one.
    replace(&dir.join(WEIGHTS), &weights(clip)?)
}

/// Reads a folder that [`save`] wrote (or `OpenCLIP` did, if it uses only what this lab's towers have).
///
/// # Errors
///
/// [`Error::Data`] names every tensor that is missing, unknown or of another shape.
pub fn load(dir: impl AsRef<Path>, device: Device) -> Result<Clip> {
    let dir = dir.as_ref();
    let path = dir.join(CONFIG);
    let text = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let fault = |e: &dyn std::fmt::Display| Error::Data(format!("{}: {e}", path.display()));
    let file: config::File = serde_json::from_str(&text).map_err(|e| fault(&e))?;
    let (model, vocab_size) = file.model_cfg.model().map_err(|e| fault(&e))?;
    model.validate().map_err(|e| fault(&e))?;
    let mut clip = Clip::build(&model, vocab_size, Source::Zero, device, Kind::Float)?;
    if let Some(bias) = file.model_cfg.init_logit_bias {
        clip.set_logit_bias(bias, true)?;
    }
    let path = dir.join(WEIGHTS);
    let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
    fill(&clip, &bytes).map_err(|e| Error::Data(format!("{}: {e}", path.display())))?;
    Ok(clip)
}

/// The tensors in safetensors' format.
fn weights(clip: &Clip) -> Result<Vec<u8>> {
    let mut tensors = Vec::new();
    for entry in clip.weights().entries() {
        let shape: Vec<usize> = entry.tensor.size().iter().map(|&d| d as usize).collect();
        tensors.push((
            entry.name.as_str(),
            dtype(&entry.tensor),
            shape,
            bytes(&entry.tensor)?,
        ));
    }
    let views = tensors.iter().map(|(name, kind, shape, bytes)| {
        TensorView::new(*kind, shape.clone(), bytes).map(|view| (*name, view))
    });
    // transformers refuses a file without this mark.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    views
        .collect::<std::result::Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| Error::Internal(format!("the weights cannot be written: {e}")))
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

/// Copies the file's tensors into the model, or says all that is wrong with them.
fn fill(clip: &Clip, bytes: &[u8]) -> std::result::Result<(), String> {
    let file =
        SafeTensors::deserialize(bytes).map_err(|e| format!("not a safetensors file: {e}"))?;
    let mut faults = Vec::new();
    for name in file.names() {
        if clip.weights().get(name).is_none() {
            faults.push(format!("{name}: this model has no such tensor"));
        }
    }
    for entry in clip.weights().entries() {
        let Ok(view) = file.tensor(&entry.name) else {
            faults.push(format!("{}: missing", entry.name));
            continue;
        };
        if view.dtype() != dtype(&entry.tensor) {
            faults.push(format!(
                "{}: its type is {:?}, not {:?}",
                entry.name,
                view.dtype(),
                dtype(&entry.tensor)
            ));
        }
        let shape: Vec<i64> = view.shape().iter().map(|&d| d as i64).collect();
        if shape != entry.tensor.size() {
            let want = entry.tensor.size();
            faults.push(format!(
                "{}: its shape is {shape:?} where {want:?} is wanted",
                entry.name
            ));
        }
    }
    if !faults.is_empty() {
        faults.sort();
        return Err(format!(
            "the weights do not fit the sizes in {CONFIG}\n  {}",
            faults.join("\n  ")
        ));
    }
    for entry in clip.weights().entries() {
        let copy = || -> std::result::Result<(), Box<dyn std::error::Error>> {
            let view = file.tensor(&entry.name)?;
            let source =
                Tensor::f_from_data_size(view.data(), &entry.tensor.size(), entry.tensor.kind())?;
            tch::no_grad(|| entry.tensor.shallow_clone().f_copy_(&source))?;
            Ok(())
        };
        copy().map_err(|e| format!("{}: {e}", entry.name))?;
    }
    Ok(())
}

/// Puts `bytes` at `path`, whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = File::create(&draft)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The error that matters is the one above.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(Error::file("write", path))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::Pass;
    use super::*;
    use crate::scenario::{Model, VocabSize};

    const RESNET: &str = "ResNet(image_size: 32, layers: (1, 1, 1, 1), width: 2, head_width: 16)";

    fn build(image: &str, pool: &str) -> (Clip, Tokenizer) {
        let config: Model = ron::from_str(&format!(
            "Model(embed_dim: 8, image: {image}, text: (context_length: 6, vocab_size: 300, width: 8, \
             heads: 2, layers: 1, pool: {pool}))"
        ))
        .unwrap();
        let tokenizer =
            Tokenizer::train(&["a red apple"], VocabSize::new(300).unwrap(), 6).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut clip = Clip::new(&config, tokenizer.vocab_size(), &mut rng, Device::Cpu).unwrap();
        clip.set_logit_bias(-10.0, true).unwrap();
        (clip, tokenizer)
    }

    fn tiny() -> (Clip, Tokenizer) {
        build(RESNET, "End")
    }

    #[test]
    fn every_combination_of_towers_comes_back_with_the_same_features() {
        let vit = |pool| {
            format!(
                "ViT(image_size: 16, patch_size: 8, width: 8, head_width: 4, layers: 1, pool: {pool})"
            )
        };
        let images = [vit("Cls"), vit("Avg"), vit("Map"), RESNET.to_owned()];
        for (image, pool) in images.iter().flat_map(|i| [(i, "End"), (i, "Last")]) {
            let dir = tempfile::tempdir().unwrap();
            let (clip, tokenizer) = build(image, pool);
            save(dir.path(), &clip, &tokenizer).unwrap();
            let back = load(dir.path(), Device::Cpu).unwrap();
            assert_eq!(back.config().image, clip.config().image);
            assert_eq!(back.config().text.pool, clip.config().text.pool);
            let side = clip.config().image.image_size().dim();
            let pixels = Tensor::arange(3 * side * side, (Kind::Float, Device::Cpu)).sin();
            let pixels = pixels.view([1, 3, side, side]);
            let tokens = tokenizer.encode(&["a red apple", "red"]).unwrap();
            let features = |clip: &Clip| {
                let image = clip.encode_image(&pixels, Pass::Evaluate);
                [image, clip.encode_text(&tokens)]
            };
            assert_eq!(features(&clip), features(&back), "{image} {pool}");
            let prefix = clip.weights().get("text.token_embedding.weight").is_some();
            assert_eq!(prefix, pool == "Last");
        }
    }

    #[test]
    fn a_saved_model_comes_back_whole_and_leaves_no_drafts() {
        let dir = tempfile::tempdir().unwrap();
        let (clip, tokenizer) = tiny();
        let pixels = Tensor::ones([2, 3, 32, 32], (Kind::Float, Device::Cpu));
        let _ = clip.encode_image(&pixels, Pass::Train);
        for _ in 0..2 {
            save(dir.path(), &clip, &tokenizer).unwrap();
        }
        let back = load(dir.path(), Device::Cpu).unwrap();
        assert_eq!(back.config().image, clip.config().image);
        assert_eq!(back.vocab_size(), tokenizer.vocab_size());
        for (a, b) in clip
            .weights()
            .entries()
            .iter()
            .zip(back.weights().entries())
        {
            assert_eq!((&a.name, a.role, &a.tensor), (&b.name, b.role, &b.tensor));
        }
        let mut files: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.sort();
        assert_eq!(
            files,
            [CONFIG, WEIGHTS, "tokenizer.json", "tokenizer_config.json"]
        );
    }

    #[test]
    fn every_tensor_that_does_not_fit_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (clip, tokenizer) = tiny();
        save(dir.path(), &clip, &tokenizer).unwrap();
        let path = dir.path().join(CONFIG);
        let config = fs::read_to_string(&path).unwrap();
        let layers = config.replace("\"layers\": 1", "\"layers\": 2");
        fs::write(
            &path,
            layers.replace("\"vocab_size\": ", "\"vocab_size\": 1"),
        )
        .unwrap();
        let message = load(dir.path(), Device::Cpu).unwrap_err().to_string();
        assert!(
            message.contains("token_embedding.weight: its shape is [2"),
            "{message}"
        );
        assert!(
            message.contains("transformer.resblocks.1.ln_1.bias: missing"),
            "{message}"
        );
        fs::write(&path, config.replace("\"init_logit_bias\": -10.0,", "")).unwrap();
        let message = load(dir.path(), Device::Cpu).unwrap_err().to_string();
        assert!(
            message.contains("logit_bias: this model has no such tensor"),
            "{message}"
        );
    }

    #[test]
    fn damaged_and_foreign_folders_are_users_mistakes() {
        let dir = tempfile::tempdir().unwrap();
        assert!(
            load(dir.path(), Device::Cpu)
                .unwrap_err()
                .to_string()
                .contains(CONFIG)
        );
        let (clip, tokenizer) = tiny();
        save(dir.path(), &clip, &tokenizer).unwrap();
        let weights = fs::read(dir.path().join(WEIGHTS)).unwrap();
        fs::write(dir.path().join(WEIGHTS), &weights[..weights.len() / 2]).unwrap();
        let fault = load(dir.path(), Device::Cpu).unwrap_err();
        assert!(
            fault.exit_code() == 2 && fault.to_string().contains("not a safetensors file"),
            "{fault}"
        );
        let config = fs::read_to_string(dir.path().join(CONFIG)).unwrap();
        let foreign = |option: &str, says: &str| {
            let foreign = config.replace("\"heads\": 2", &format!("\"heads\": 2, {option}"));
            fs::write(dir.path().join(CONFIG), foreign).unwrap();
            let message = load(dir.path(), Device::Cpu).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        };
        foreign("\"embed_cls\": true", "unknown field `embed_cls`");
        foreign("\"pool_type\": \"first\"", "unknown variant `first`");
        // Half of SigLIP is no tower of this lab.
        foreign(
            "\"pool_type\": \"last\"",
            "this file has some of these only",
        );
        let timm = config.replace(
            "\"image_size\"",
            "\"timm_model_name\": \"vit_base_patch16_siglip_224\", \"image_size\"",
        );
        fs::write(dir.path().join(CONFIG), timm).unwrap();
        let message = load(dir.path(), Device::Cpu).unwrap_err().to_string();
        assert!(message.contains("none that this lab has"), "{message}");
    }
}
