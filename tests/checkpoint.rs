//! Published layouts: tiny models that transformers and `open_clip` made (`fixtures/checkpoint/make.py`) must be
//! read with their tokens, features and probabilities, and what is wrong with a folder must be said.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use clip_lab::data::tokenizer::Tokenizer;
use clip_lab::model::checkpoint::{self, Checkpoint, Layout};
use clip_lab::model::{Clip, Pass};
use serde::Deserialize;
use tch::{Device, Kind, Tensor};

#[derive(Deserialize)]
struct Tokens {
    captions: Vec<String>,
    open_clip_77: Vec<Vec<i64>>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoint")
}

fn tokens() -> Tokens {
    serde_json::from_str(&fs::read_to_string(fixtures().join("tokens.json")).unwrap()).unwrap()
}

fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}

fn image_features(clip: &Clip, want: &HashMap<String, Tensor>) -> Tensor {
    let pictures: Vec<&Tensor> = match want.get("pixels") {
        Some(pixels) => vec![pixels],
        None => vec![&want["pixels_0"], &want["pixels_1"]],
    };
    let features = pictures
        .into_iter()
        .map(|pixels| clip.encode_image(pixels, Pass::Evaluate));
    Tensor::cat(&features.collect::<Vec<_>>(), 0)
}

/// Tokens identical, features, logits and probabilities within 1e-4.
fn check(name: &str, layout: Layout) {
    let _guard = tch::no_grad_guard();
    let folder = fixtures().join(name);
    let Checkpoint {
        clip,
        tokenizer,
        layout: found,
        ..
    } = checkpoint::open(&folder, Device::Cpu).unwrap();
    assert_eq!(found, layout);
    let want: HashMap<String, Tensor> =
        Tensor::read_safetensors(folder.join("expected.safetensors"))
            .unwrap()
            .into_iter()
            .collect();
    let captions = tokens().captions;
    let ids = tokenizer.encode(&captions).unwrap();
    for (at, caption) in captions.iter().enumerate() {
        let row = |ids: &Tensor| Vec::<i64>::try_from(ids.get(at as i64)).unwrap();
        assert_eq!(row(&ids), row(&want["tokens"]), "{name}: {caption:?}");
    }
    let image = image_features(&clip, &want);
    let tight = tokenizer.encode_tight(&captions).unwrap();
    let logits = |text: &Tensor| {
        let logits = image.matmul(&text.transpose(0, 1)) * clip.logit_scale().exp();
        clip.logit_bias()
            .map_or(logits.shallow_clone(), |bias| logits + bias)
    };
    let mut worst: f64 = 0.0;
    for ids in [&ids, &tight] {
        let text = clip.encode_text(ids);
        let logits = logits(&text);
        let chances = if clip.logit_bias().is_some() {
            logits.sigmoid()
        } else {
            logits.softmax(-1, None)
        };
        for (got, key) in [
            (&image, "image_features"),
            (&text, "text_features"),
            (&logits, "logits"),
            (&chances, "probabilities"),
        ] {
            let off = difference(got, &want[key]);
            assert!(off < 1e-4, "{name}: {key} is off by {off}");
            worst = worst.max(off);
        }
    }
    println!("{name}: at most {worst:.1e} off");
}

#[test]
fn transformers_clip() {
    check("hf_clip", Layout::HfClip);
}

#[test]
fn transformers_clip_with_the_end_token_of_old_and_weights_of_16_bits() {
    check("hf_clip_legacy_bf16", Layout::HfClip);
}

#[test]
fn transformers_clip_in_several_files() {
    check("hf_clip_sharded_fp16", Layout::HfClip);
}

#[test]
fn transformers_siglip() {
    check("hf_siglip", Layout::HfSiglip);
}

#[test]
fn transformers_siglip_2_of_any_size() {
    check("hf_naflex", Layout::HfNaFlex);
}

#[test]
fn open_clip() {
    check("open_clip", Layout::OpenClip);
}

#[test]
fn open_clip_siglip() {
    check("open_clip_siglip", Layout::OpenClip);
}

#[test]
fn clip_s_whole_vocabulary() {
    let tokenizer = Tokenizer::clip(77).unwrap();
    let Tokens {
        captions,
        open_clip_77,
    } = tokens();
    for (caption, want) in captions.iter().zip(open_clip_77) {
        assert_eq!(tokenizer.ids(caption).unwrap(), want, "{caption:?}");
    }
}

/// A copy of a fixture that may be spoiled.
fn copy(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixtures().join(name)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
    }
    dir
}

fn fault(dir: &Path) -> String {
    let fault = checkpoint::open(dir, Device::Cpu).unwrap_err();
    assert_eq!(fault.exit_code(), 2, "{fault}");
    fault.to_string()
}

#[test]
fn everything_that_is_wrong_with_weights_is_said_at_once() {
    let dir = copy("hf_clip");
    let path = dir.path().join("model.safetensors");
    let mut tensors: HashMap<String, Tensor> = Tensor::read_safetensors(&path)
        .unwrap()
        .into_iter()
        .collect();
    tensors.remove("text_model.final_layer_norm.bias");
    let odd = Tensor::zeros([3, 5], (Kind::Float, Device::Cpu));
    tensors.insert("visual_projection.weight".into(), odd.shallow_clone());
    tensors.insert("vision_model.head.probe".into(), odd);
    tensors.insert(
        "logit_scale".into(),
        Tensor::zeros([0; 0], (Kind::Bool, Device::Cpu)),
    );
    let all: Vec<(&String, &Tensor)> = tensors.iter().collect();
    Tensor::write_safetensors(&all, &path).unwrap();
    let fault = fault(dir.path());
    for line in [
        "text_model.final_layer_norm.bias: missing",
        "visual_projection.weight: expected the shape [20, 24], got [3, 5]",
        "vision_model.head.probe: this model has no such tensor",
        "logit_scale: unsupported dtype BOOL",
    ] {
        assert!(fault.contains(line), "{line}\n{fault}");
    }
}

#[test]
fn a_file_that_lies_about_its_length_is_refused_unread() {
    let dir = copy("open_clip");
    let path = dir.path().join("open_clip_model.safetensors");
    let whole = fs::read(&path).unwrap();
    let header = u64::from_le_bytes(whole[..8].try_into().unwrap());
    for (bytes, says) in [
        (whole[..whole.len() - 1].to_vec(), "it is cut off"),
        (whole[..5].to_vec(), "it has 5 bytes"),
        (Vec::new(), "it has 0 bytes"),
        (
            [&(header + (1 << 40)).to_le_bytes(), &whole[8..]].concat(),
            "header",
        ),
        ([&u64::MAX.to_le_bytes(), &whole[8..]].concat(), "header"),
        (
            [whole.as_slice(), b"more"].concat(),
            "bytes follow the last tensor",
        ),
    ] {
        fs::write(&path, bytes).unwrap();
        let fault = fault(dir.path());
        assert!(fault.contains(says), "{says}\n{fault}");
    }
}

#[test]
fn a_header_that_claims_more_than_there_is_is_refused() {
    let dir = copy("open_clip");
    let path = dir.path().join("open_clip_model.safetensors");
    for (header, says) in [
        (
            r#"{"logit_scale":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#,
            "overflow",
        ),
        (
            r#"{"logit_scale":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}"#,
            "it is cut off",
        ),
        (
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            "invalid offset",
        ),
        (r#"{"a":{"dtype":"F3","shape":[1]"#, "its header"),
        ("[]", "its header"),
    ] {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes().chain([0; 4]));
        fs::write(&path, bytes).unwrap();
        let fault = fault(dir.path());
        assert!(fault.contains(says), "{says}\n{fault}");
    }
}

#[test]
fn configurations_that_no_tower_fits_are_refused() {
    let edit = |name: &str, file: &str, from: &str, to: &str| {
        let dir = copy(name);
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}\n{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
        fault(dir.path())
    };
    for (name, from, to, says) in [
        (
            "hf_clip",
            r#""model_type": "clip""#,
            r#""model_type": "blip""#,
            "unsupported model_type \"blip\"",
        ),
        (
            "hf_clip",
            r#""patch_size": 8"#,
            r#""patch_size": 0"#,
            "the patch size must be 1 to",
        ),
        (
            "hf_clip",
            r#""hidden_act": "quick_gelu""#,
            r#""hidden_act": "swish""#,
            "unsupported hidden_act \"swish\"",
        ),
        (
            "hf_clip",
            r#""hidden_size": 16"#,
            r#""hidden_size": 9007199254740993"#,
            "the text tower's width",
        ),
        (
            "hf_clip",
            r#""num_hidden_layers": 2"#,
            r#""num_hidden_layers": 1000000000"#,
            "layers",
        ),
        (
            "hf_clip",
            r#""vocab_size": 814"#,
            r#""vocab_size": 813"#,
            "the tokenizer gives token 813 for \"\", but the text tower has 813 tokens",
        ),
        (
            "hf_naflex",
            r#""num_patches": 16"#,
            r#""num_patches": 17"#,
            "must be a square number",
        ),
    ] {
        let fault = edit(name, "config.json", from, to);
        assert!(fault.contains(says), "{says}\n{fault}");
    }
    let fault = edit(
        "open_clip",
        "open_clip_config.json",
        r#""quick_gelu": true"#,
        r#""quick_gelu": true, "multimodal_cfg": {}, "nonscalar_logit_scale": true"#,
    );
    for line in ["multimodal_cfg: {}", "nonscalar_logit_scale: true"] {
        assert!(fault.contains(line), "{line}\n{fault}");
    }
}

#[test]
fn a_folder_without_weights_or_with_a_pickle_says_what_to_do() {
    let dir = copy("hf_siglip");
    fs::rename(
        dir.path().join("model.safetensors"),
        dir.path().join("pytorch_model.bin"),
    )
    .unwrap();
    let text = fault(dir.path());
    assert!(
        text.contains("a pickle file, which can run any program"),
        "{text}"
    );
    fs::remove_file(dir.path().join("spiece.model")).unwrap();
    let text = fault(dir.path());
    assert!(text.contains("no tokenizer in"), "{text}");
    let empty = tempfile::tempdir().unwrap();
    assert!(fault(empty.path()).contains("no model in"));
}

#[test]
fn the_files_of_an_index_stay_in_its_folder() {
    let dir = copy("hf_clip_sharded_fp16");
    let path = dir.path().join("model.safetensors.index.json");
    let text = fs::read_to_string(&path).unwrap();
    let name = "model-00001-of-00003.safetensors";
    for elsewhere in ["../model-00001-of-00003.safetensors", "/etc/passwd"] {
        fs::write(&path, text.replace(name, elsewhere)).unwrap();
        let fault = fault(dir.path());
        assert!(fault.contains("is not a file in this folder"), "{fault}");
    }
}
