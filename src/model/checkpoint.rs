//! Model folders: read in any of the published layouts, written for `OpenCLIP` and for `transformers`.
//!
//! `open_clip.create_model_and_transforms("local-dir:FOLDER")` reads what [`save`] writes:
//! `open_clip_model.safetensors`, `open_clip_config.json`, `tokenizer.json` and `tokenizer_config.json`;
//! `transformers.AutoModel.from_pretrained("FOLDER")` what [`save_hf`] writes.

mod describe;
mod hf;
mod keys;
mod layout;
mod open_clip;
mod read;
mod tensors;
mod write;

pub use describe::{CONFIG, is_model};
pub use layout::Layout;
pub use read::{Checkpoint, Look, load, look, open};
pub use write::{WEIGHTS, save, save_hf};

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use std::fs;

    use tch::{Device, Kind, Tensor};

    use super::*;
    use crate::data::preprocess::Preprocess;
    use crate::data::tokenizer::Tokenizer;
    use crate::model::{Clip, Pass};
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
            message.contains("token_embedding.weight: expected the shape ["),
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
        assert!(message.contains("unsupported timm tower"), "{message}");
    }
}
