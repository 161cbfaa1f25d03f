//! Features and gradients of the towers against `open_clip`, from tiny models that it made and saved
//! (`fixtures/model/make.py`).

use std::collections::HashMap;
use std::path::PathBuf;

use clip_lab::data::preprocess::Preprocess;
use clip_lab::data::tokenizer::Tokenizer;
use clip_lab::model::{Clip, Pass, checkpoint};
use clip_lab::quantity::VocabSize;
use clip_lab::scenario::Model;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
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
    let images = clip.encode_image(&want["pixels"], Pass::Evaluate);
    let texts = clip.encode_text(&want["tokens"]);
    assert!(difference(&images, &want["image_features"]) < 1e-5);
    assert!(difference(&texts, &want["text_features"]) < 1e-5);
}

fn check_gradients(clip: &Clip, want: &HashMap<String, Tensor>) {
    let images = clip.encode_image(&want["pixels"], Pass::Train);
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
fn vision_transformer_pooled_by_its_mean() {
    check("vit_avg", 0);
}

#[test]
fn siglip_s_towers() {
    check("siglip", 0);
}

#[test]
fn modified_resnet() {
    // 3 norms in the stem, 3 in each of 5 blocks, 4 downsamplings; 3 buffers each.
    check("resnet", 66);
}

#[test]
fn the_wrong_activation_is_noticed() {
    let clip = checkpoint::load(folder("vit_gelu"), Device::Cpu).unwrap();
    let mut config = clip.architecture().model();
    config.quick_gelu = true;
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut other = Clip::new(&config, clip.vocab_size(), &mut rng, Device::Cpu).unwrap();
    other.copy_from(&clip).unwrap();
    let want = expected("vit_gelu");
    let off = difference(
        &other.encode_image(&want["pixels"], Pass::Evaluate),
        &want["image_features"],
    );
    assert!(off > 1e-4, "{off}");
}

const CORPUS: [&str; 20] = [
    "a photo of a red apple",
    "a photo of a green apple",
    "Grinning Face",
    "the dog's bone",
    "hot dog",
    "fire engine",
    "a drawing of a fire extinguisher",
    "grünes Buch",
    "ein rotes Auto",
    "niña con globo",
    "éléphant",
    "красное яблоко",
    "пожарная машина",
    "红苹果",
    "消防车",
    "赤いりんご",
    "빨간 사과",
    "تفاحة حمراء",
    "लाल सेब",
    "แอปเปิ้ลแดง",
];

const CONTEXT: usize = 16;

/// What people and their files really contain.
fn nasty_captions() -> Vec<String> {
    let mut captions: Vec<String> = [
        "",
        " ",
        "\t\n ",
        "a",
        "A photo of a RED apple",
        "  two   spaces\tand\na tab ",
        "the dog’s “bone” ‘x’ „y‟",
        "e\u{301}le\u{301}phant",
        "ÉLÉPHANT",
        "İstanbul ŉ ǆ ﬁre ﬃ ſ ß ẞ Σίσυφος",
        "👩‍👩‍👧‍👦 family 🇩🇪🏴󠁧󠁢󠁷󠁬󠁳󠁿 ❤️ 👍🏽 1️⃣",
        "红苹果和绿苹果，在桌子上。",
        "ＦＵＬＬ　ｗｉｄｔｈ！　ﾊﾝｶｸ",
        "लाल सेब हिन्दी",
        "แอปเปิ้ลแดง",
        "تفاحة حمراء ١٢٣",
        "빨간 사과 한국",
        "100,000.5 % $3 #hash @at (x) [y] {z} a/b\\c",
        "½ ² ™ № ℃ …",
        "nul\0bell\u{7}escape\u{1b}[31mred\u{1b}[0m del\u{7f}",
        "vt\u{b}ff\u{c}cr\rcrlf\r\nls\u{2028}ps\u{2029}nbsp\u{a0}x",
        "zero\u{200b}width\u{200d}join\u{feff}bom\u{ad}soft\u{202e}rtl",
        "<end_of_text>",
        "a <start_of_text> b <pad> c",
        "<END_OF_TEXT> </w> <unk>",
        "x\u{10ffff}\u{fffd}\u{e000}\u{fffc}",
        "don't can't I'm we've he'll she'd it's",
        "snake_case camelCase kebab-case",
        "a\u{300}\u{301}\u{302}\u{303}\u{304}",
        "𝒽𝑒𝓁𝓁𝑜 𝟙𝟚𝟛 𐐨𐐀",
    ]
    .map(str::to_owned)
    .to_vec();
    captions.push(
        (0..500)
            .map(|i| format!("word{i}"))
            .collect::<Vec<_>>()
            .join(" "),
    );
    captions.push("apple ".repeat(CONTEXT));
    captions.push("x".repeat(10_000));
    captions.push("红".repeat(300));
    captions
}

fn tokenizer() -> Tokenizer {
    Tokenizer::train(&CORPUS, VocabSize::new(400).unwrap(), CONTEXT).unwrap()
}

#[test]
fn tokens_are_those_of_open_clip() {
    let tokenizer = Tokenizer::load(folder("tokenizer"), CONTEXT).unwrap();
    let text = std::fs::read_to_string(folder("tokenizer/ids.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(rows.len(), nasty_captions().len());
    for row in rows {
        let caption = row["caption"].as_str().unwrap();
        let want: Vec<i64> = row["ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_i64().unwrap())
            .collect();
        let got = tokenizer.encode(&[caption]).unwrap();
        assert_eq!(
            Vec::<i64>::try_from(got.reshape([-1])).unwrap(),
            want,
            "{caption:?}"
        );
    }
}

#[test]
fn training_gives_the_tokenizer_that_open_clip_was_given() {
    let tokenizer = tokenizer();
    let (name, bytes) = &tokenizer.files()[0];
    let old = std::fs::read(folder("tokenizer").join(name)).unwrap();
    assert!(
        *bytes == old,
        "the trained tokenizer changed: make the fixture anew with check_saved.py"
    );
}

/// Writes folders for `fixtures/model/check_saved.py`.
#[test]
#[ignore = "writes files for a check by hand"]
fn saves_for_open_clip() {
    let vit =
        |rest| format!("ViT(image_size: 32, patch_size: 8, width: 96, head_width: 32, {rest})");
    let resnet = "ResNet(image_size: 64, layers: (1, 1, 1, 1), width: 24)".to_owned();
    let (wide, narrow) = (96, 64);
    let towers = [
        ("vit", narrow, vit("layers: 4"), "End", false, None),
        (
            "vit_quickgelu",
            narrow,
            vit("layers: 2"),
            "End",
            true,
            Some(-10.0),
        ),
        ("resnet", narrow, resnet.clone(), "End", false, None),
        (
            "vit_avg",
            narrow,
            vit("layers: 2, pool: Avg"),
            "End",
            true,
            None,
        ),
        ("vit_last", narrow, vit("layers: 2"), "Last", false, None),
        (
            "vit_avg_last",
            narrow,
            vit("layers: 2, pool: Avg"),
            "Last",
            false,
            None,
        ),
        ("resnet_last", narrow, resnet, "Last", false, None),
        (
            "map_end",
            wide,
            vit("layers: 2, pool: Map"),
            "End",
            false,
            None,
        ),
        (
            "siglip",
            wide,
            vit("layers: 2, pool: Map"),
            "Last",
            false,
            Some(-10.0),
        ),
    ];
    let tokenizer = tokenizer();
    for (name, embed, image, pool, quick, bias) in towers {
        let config: Model = ron::from_str(&format!(
            "Model(embed_dim: {embed}, quick_gelu: {quick}, image: {image}, text: (context_length: {CONTEXT}, \
             vocab_size: 400, width: 96, heads: 3, layers: 2, pool: {pool}))"
        ))
        .unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut clip = Clip::new(&config, tokenizer.vocab_size(), &mut rng, Device::Cpu).unwrap();
        if let Some(bias) = bias {
            clip.set_logit_bias(bias, true).unwrap();
        }
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("open_clip_check")
            .join(name);
        save_with_features(&mut clip, &tokenizer, &dir);
        println!("{}", dir.display());
    }
}

/// Disturbs the model, so that no gain is one and no bias zero, and saves it with what it computes.
fn save_with_features(clip: &mut Clip, tokenizer: &Tokenizer, dir: &std::path::Path) {
    let wave = |count: i64, by: f64| (Tensor::arange(count, (Kind::Float, Device::Cpu)) * by).sin();
    tch::no_grad(|| {
        for (_, tensor, _) in clip.parameters() {
            let mut tensor = tensor.shallow_clone();
            tensor += wave(tensor.numel() as i64, 1.7).reshape(tensor.size()) * 0.05;
        }
    });
    let side = clip.architecture().image_size();
    let pixels = wave(4 * 3 * side * side, 0.37).reshape([4, 3, side, side]);
    for by in 1..4 {
        let _ = clip.encode_image(&(&pixels * by), Pass::Train);
    }
    let captions = nasty_captions();
    let tokens = tokenizer.encode(&captions).unwrap();
    let images = clip.encode_image(&pixels, Pass::Evaluate).detach();
    let texts = clip.encode_text(&tokens).detach();
    checkpoint::save(dir, clip, tokenizer, &Preprocess::own(side as usize)).unwrap();
    let beside =
        |end: &str| dir.with_file_name(format!("{}.{end}", dir.file_name().unwrap().display()));
    let tensors = [
        ("pixels", pixels),
        ("tokens", tokens),
        ("image_features", images),
        ("text_features", texts),
    ];
    Tensor::write_safetensors(&tensors, beside("lab.safetensors")).unwrap();
    std::fs::write(
        beside("captions.json"),
        serde_json::to_string(&captions).unwrap(),
    )
    .unwrap();
}
