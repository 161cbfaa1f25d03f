//! Features and gradients of the towers against `open_clip`, from tiny models that it made and saved
//! (`fixtures/model/make.py`).

use std::collections::HashMap;
use std::path::PathBuf;

use clip_lab::model::{Clip, checkpoint};
use tch::{Device, Kind, Tensor};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/model")
        .join(name)
}

fn expected(name: &str) -> HashMap<String, Tensor> {
    let path = folder(name).join("expected.safetensors");
    Tensor::read_safetensors(path)
        .unwrap()
        .into_iter()
        .collect()
}

fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}

/// As `sample` in make.py.
fn sample(gradient: &Tensor) -> Tensor {
    let flat = gradient.reshape([-1]);
    let step = flat.numel().div_ceil(128) as i64;
    flat.slice(0, 0, None, step)
}

fn check_features(clip: &Clip, want: &HashMap<String, Tensor>) {
    let images = clip.encode_image(&want["pixels"], false);
    let texts = clip.encode_text(&want["tokens"]);
    assert!(difference(&images, &want["image_features"]) < 1e-5);
    assert!(difference(&texts, &want["text_features"]) < 1e-5);
}

fn check_gradients(clip: &Clip, want: &HashMap<String, Tensor>) {
    let images = clip.encode_image(&want["pixels"], true);
    let texts = clip.encode_text(&want["tokens"]);
    assert!(difference(&images, &want["image_features_train"]) < 1e-5);
    let loss =
        (images * &want["up_image"]).sum(Kind::Float) + (texts * &want["up_text"]).sum(Kind::Float);
    loss.backward();
    let mut checked = 0;
    for (name, tensor, _) in clip
        .parameters()
        .filter(|(name, ..)| !name.starts_with("logit_"))
    {
        let (got, want_norm) = (
            tensor.grad(),
            want[&format!("norm.{name}")].double_value(&[]),
        );
        let tolerance = 1e-4 * want_norm.max(1e-2);
        let off = difference(&sample(&got), &want[&format!("grad.{name}")]);
        assert!(off < tolerance, "{name}: {off} at a norm of {want_norm}");
        assert!(
            (got.norm().double_value(&[]) - want_norm).abs() < tolerance,
            "{name}"
        );
        checked += 1;
    }
    assert_eq!(
        checked,
        want.keys().filter(|key| key.starts_with("norm.")).count()
    );
}

fn check_statistics(clip: &Clip, want: &HashMap<String, Tensor>) -> usize {
    let after = want
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("after.")?, value)));
    after
        .map(|(name, value)| {
            let off = difference(clip.weights().get(name).unwrap(), value);
            assert!(off < 1e-5, "{name}: {off}");
        })
        .count()
}

fn check(name: &str, statistics: usize) {
    let clip = checkpoint::load(folder(name), Device::Cpu).unwrap();
    let want = expected(name);
    check_features(&clip, &want);
    check_gradients(&clip, &want);
    assert_eq!(check_statistics(&clip, &want), statistics);
}

#[test]
fn vision_transformer_with_gelu() {
    check("vit_gelu", 0);
}

#[test]
fn vision_transformer_with_quick_gelu_and_a_bias() {
    check("vit_quickgelu", 0);
}

#[test]
fn modified_resnet() {
    // 3 norms in the stem, 3 in each of 5 blocks, 4 downsamplings; 3 buffers each.
    check("resnet", 66);
}

#[test]
fn the_wrong_activation_is_noticed() {
    let clip = checkpoint::load(folder("vit_gelu"), Device::Cpu).unwrap();
    let mut config = clip.config().clone();
    config.quick_gelu = true;
    let mut rng = rand_chacha::rand_core::SeedableRng::seed_from_u64(0);
    let mut other = Clip::new(&config, clip.vocab_size(), &mut rng, Device::Cpu).unwrap();
    other.copy_from(&clip).unwrap();
    let want = expected("vit_gelu");
    let off = difference(
        &other.encode_image(&want["pixels"], false),
        &want["image_features"],
    );
    assert!(off > 1e-4, "{off}");
}
