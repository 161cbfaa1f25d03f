//! Model folders: read in any of the published layouts, written for `OpenCLIP` and for `transformers`.
//!
//! `open_clip.create_model_and_transforms("local-dir:FOLDER")` reads what [`save`] writes:
//! `open_clip_model.safetensors`, `open_clip_config.json`, `tokenizer.json` and `tokenizer_config.json`;
//! `transformers.AutoModel.from_pretrained("FOLDER")` what [`save_hf`] writes. Each file is written beside its
//! place and then renamed into it, so that a killed process leaves the old file or the new one, never a part.
//!
//! Reading, the configuration says what tensors there must be, the headers of the files what there is; only when
//! these agree is anything allocated.

mod hf;
mod keys;
mod open_clip;
mod tensors;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;
use tch::{Device, Kind, Tensor};

use super::Clip;
use super::architecture::Architecture;
use super::weights::Source;
use crate::data::preprocess::Preprocess;
use crate::data::tokenizer::{Clean, Family, Tokenizer};
use crate::error::{Error, Result};
use crate::files::replace;
use keys::{Form, ignored, place};
use tensors::TensorFiles;

/// File of the tensors.
pub const WEIGHTS: &str = "open_clip_model.safetensors";

/// File of the sizes and the preprocessing.
pub const CONFIG: &str = "open_clip_config.json";

/// The same of `transformers`.
const HF_CONFIG: &str = "config.json";

/// No configuration may be larger.
const LARGEST_CONFIG: u64 = 1 << 20;

/// Whose names a folder's tensors have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `OpenCLIP`'s, which are this lab's own.
    OpenClip,
    /// `transformers.CLIPModel`.
    HfClip,
    /// `transformers.SiglipModel`: `SigLIP`, and `SigLIP 2` of fixed resolution.
    HfSiglip,
    /// `transformers.Siglip2Model`: `SigLIP 2` of any resolution and aspect.
    HfNaFlex,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenClip => "OpenCLIP",
            Self::HfClip => "transformers CLIPModel",
            Self::HfSiglip => "transformers SiglipModel",
            Self::HfNaFlex => "transformers Siglip2Model (NaFlex)",
        })
    }
}

/// A published model, ready to use.
#[derive(Debug)]
pub struct Checkpoint {
    /// The model.
    pub clip: Clip,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// How it sees pictures.
    pub preprocess: Preprocess,
    /// The layout that it came in.
    pub layout: Layout,
    /// The files of its weights.
    pub weights: Vec<PathBuf>,
}

/// What a folder's configuration says.
struct Description {
    layout: Layout,
    architecture: Architecture,
    preprocess: Preprocess,
    /// Whether there is a bias.
    bias: bool,
    /// None: CLIP's own.
    tokenizer: Option<Family>,
    /// What the weights may be called.
    names: &'static [&'static str],
    path: PathBuf,
}

impl Description {
    fn tokenizer(&self, dir: &Path) -> Result<Tokenizer> {
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

/// All of a folder but its weights.
pub struct Look {
    /// What the model is.
    pub architecture: Architecture,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// How it sees pictures.
    pub preprocess: Preprocess,
    /// The layout that it comes in.
    pub layout: Layout,
}

/// Reads a folder of any layout, but for its weights.
///
/// # Errors
///
/// See [`open`].
pub fn look(dir: impl AsRef<Path>) -> Result<Look> {
    let dir = dir.as_ref();
    let description = describe(dir)?;
    Ok(Look {
        tokenizer: description.tokenizer(dir)?,
        preprocess: description.preprocess,
        architecture: description.architecture,
        layout: description.layout,
    })
}

/// Reads a folder of any layout. One that has `OpenCLIP`'s configuration and `transformers`' is read as
/// `OpenCLIP`'s.
///
/// # Errors
///
/// [`Error::Data`] names every tensor that is missing, unknown, of another shape or of a type that weights do not
/// have; or what this lab's towers do not have.
pub fn open(dir: impl AsRef<Path>, device: Device) -> Result<Checkpoint> {
    let dir = dir.as_ref();
    let description = describe(dir)?;
    let tokenizer = description.tokenizer(dir)?;
    let (clip, weights) = fill(dir, &description, device)?;
    Ok(Checkpoint {
        clip,
        tokenizer,
        preprocess: description.preprocess,
        layout: description.layout,
        weights,
    })
}

/// The model alone of a folder, without a tokenizer.
///
/// # Errors
/// See [`open`].
pub fn load(dir: impl AsRef<Path>, device: Device) -> Result<Clip> {
    let dir = dir.as_ref();
    Ok(fill(dir, &describe(dir)?, device)?.0)
}

fn describe(dir: &Path) -> Result<Description> {
    let path = dir.join(CONFIG);
    let fault = |path: &Path, e: &dyn fmt::Display| Error::Data(format!("{}: {e}", path.display()));
    if path.is_file() {
        let text = config_text(&path)?;
        let file: open_clip::File = serde_json::from_str(&text).map_err(|e| fault(&path, &e))?;
        let config = &file.model_cfg;
        let architecture = config.architecture().map_err(|e| fault(&path, &e))?;
        let (named, clean) = config.tokenizer();
        let clean = match clean {
            None => Clean::Whitespace,
            Some(name) => Clean::named(name).ok_or_else(|| {
                fault(
                    &path,
                    &format!("its captions are cleaned by {name:?}, which is unknown"),
                )
            })?,
        };
        let side = architecture.image_size() as usize;
        let preprocess = Preprocess::from_open_clip(&file.preprocess_cfg, (side, side))
            .map_err(|e| fault(&path, &format!("preprocess_cfg: {e}")))?;
        fits(&preprocess, &architecture).map_err(|e| fault(&path, &e))?;
        return Ok(Description {
            layout: Layout::OpenClip,
            preprocess,
            architecture,
            bias: config.init_logit_bias.is_some(),
            tokenizer: named.then_some(Family::OpenClip(clean)),
            names: &["open_clip_model", "model"],
            path,
        });
    }
    let path = dir.join(HF_CONFIG);
    if !path.is_file() {
        return Err(Error::Data(format!(
            "{} holds no model: no {CONFIG} (OpenCLIP, and this lab), no {HF_CONFIG} (transformers)",
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

/// Whether pictures come out as the tower wants them.
fn fits(preprocess: &Preprocess, architecture: &Architecture) -> std::result::Result<(), String> {
    let side = architecture.image_size() as usize;
    match preprocess.size() {
        Some((height, width)) if (height, width) != (side, side) => Err(format!(
            "pictures are made {height} x {width}, and the tower sees {side} x {side}"
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
            "{}: {length} bytes are too many for a configuration",
            path.display()
        )));
    }
    fs::read_to_string(path).map_err(Error::file("read", path))
}

/// The model of a folder, and the files of its weights.
fn fill(dir: &Path, description: &Description, device: Device) -> Result<(Clip, Vec<PathBuf>)> {
    let files = TensorFiles::open(dir, description.names)?;
    agree(&files, description)?;
    let build = |source| -> Result<Clip> {
        let architecture = &description.architecture;
        let mut clip = Clip::build(architecture, source, device, Kind::Float)?;
        if description.bias {
            clip.set_logit_bias(0.0, true)?;
        }
        Ok(clip)
    };
    let clip = build(Source::Zero)?;
    for entry in clip.weights().entries() {
        let place = place(description.layout, &entry.name);
        let theirs = place.names.iter().map(|name| files.read(name));
        let theirs: Vec<Tensor> = theirs.collect::<Result<_>>()?;
        let ours = place.take(&theirs, &entry.tensor.size())?;
        tch::no_grad(|| entry.tensor.shallow_clone().f_copy_(&ours))?;
    }
    Ok((clip, files.files().to_vec()))
}

/// Whether the files hold what the configuration asks for; says all that is wrong.
fn agree(files: &TensorFiles, description: &Description) -> Result<()> {
    let mut outline = Clip::build(
        &description.architecture,
        Source::Outline,
        Device::Cpu,
        Kind::Float,
    )?;
    if description.bias {
        outline.set_logit_bias(0.0, true)?;
    }
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for entry in outline.weights().entries() {
        let place = place(description.layout, &entry.name);
        let ours = entry.tensor.size();
        for name in &place.names {
            if !used.insert(name.clone()) {
                // The other thirds of it.
                continue;
            }
            match files.shape(name) {
                None => faults.push(format!("{name}: missing")),
                Some(theirs) if !place.fits(theirs, &ours) => {
                    let want = place.shape(&ours);
                    faults.push(format!(
                        "{name}: its shape is {theirs:?} where {want:?} is wanted"
                    ));
                }
                Some(_) => {
                    if let Some(kind) = files.odd_type(name) {
                        faults.push(format!("{name}: its type is {kind}, which no weight has"));
                    }
                }
            }
        }
    }
    let extra = files
        .names()
        .filter(|name| !used.contains(*name) && !ignored(description.layout, name));
    faults.extend(extra.map(|name| format!("{name}: this model has no such tensor")));
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort();
    let paths: Vec<String> = files
        .files()
        .iter()
        .map(|p| p.display().to_string())
        .collect();
    Err(Error::Data(format!(
        "{}: the weights do not fit {}\n  {}",
        paths.join(", "),
        description.path.display(),
        faults.join("\n  ")
    )))
}

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
        .map_err(|e| Error::Internal(format!("the model's sizes cannot be written: {e}")))?;
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
            "transformers' SigLIP always has a logit_bias, and this model has none".into(),
        ));
    }
    if layout == Layout::HfClip && clip.logit_bias().is_some() {
        return Err(Error::Data(
            "transformers' CLIP has no logit_bias, and this model has one: its features would be the same, its \
             logits not; train it without a bias (`set: NoBias`)"
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
        .map_err(|e| Error::Internal(format!("the weights cannot be written: {e}")))
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

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::super::Pass;
    use super::*;
    use crate::quantity::VocabSize;
    use crate::scenario::Model;

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

    fn pictures(clip: &Clip) -> Preprocess {
        Preprocess::own(clip.architecture().image_size() as usize)
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
            save(dir.path(), &clip, &tokenizer, &pictures(&clip)).unwrap();
            let back = load(dir.path(), Device::Cpu).unwrap();
            assert_eq!(back.architecture().image, clip.architecture().image);
            assert_eq!(back.architecture().text.pool, clip.architecture().text.pool);
            let side = clip.architecture().image_size();
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
            save(dir.path(), &clip, &tokenizer, &pictures(&clip)).unwrap();
        }
        let back = load(dir.path(), Device::Cpu).unwrap();
        assert_eq!(back.architecture().image, clip.architecture().image);
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
        save(dir.path(), &clip, &tokenizer, &pictures(&clip)).unwrap();
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
        save(dir.path(), &clip, &tokenizer, &pictures(&clip)).unwrap();
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
        foreign("\"embed_cls\": true", "text_cfg.embed_cls: true");
        foreign("\"pool_type\": \"first\"", "unknown variant `first`");
        let timm = config.replace(
            "\"image_size\"",
            "\"timm_model_name\": \"vit_base_patch16_siglip_224\", \"image_size\"",
        );
        fs::write(dir.path().join(CONFIG), timm).unwrap();
        let message = load(dir.path(), Device::Cpu).unwrap_err().to_string();
        assert!(message.contains("none that this lab has"), "{message}");
    }
}
