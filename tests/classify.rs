//! `clip-lab classify` and `clip-lab embed`, the real program on a tiny model: formats, bad files, exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use clip_lab::data::preprocess::Preprocess;
use clip_lab::model::{Clip, checkpoint};
use clip_lab::quantity::VocabSize;
use clip_lab::scenario::Model;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;

/// A folder with a model of random weights and pictures.
struct Place(tempfile::TempDir);

impl Place {
    fn new(bias: Option<f64>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config: Model = ron::from_str(
            "Model(embed_dim: 8, image: ViT(image_size: 16, patch_size: 8, width: 8, head_width: 4, layers: 1), \
             text: (context_length: 12, vocab_size: 300, width: 8, heads: 2, layers: 1))",
        )
        .unwrap();
        let size = VocabSize::new(300).unwrap();
        let tokenizer =
            clip_lab::data::tokenizer::Tokenizer::train(&["a red apple"], size, 12).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut clip =
            Clip::new(&config, tokenizer.vocab_size(), &mut rng, tch::Device::Cpu).unwrap();
        if let Some(bias) = bias {
            clip.set_logit_bias(bias, true).unwrap();
        }
        let place = Self(folder);
        checkpoint::save(place.at("model"), &clip, &tokenizer, &Preprocess::own(16)).unwrap();
        std::fs::create_dir(place.at("pictures")).unwrap();
        for name in ["orientation-1.jpg", "rgba.png", "animated.gif"] {
            std::fs::copy(fixture(name), place.at("pictures").join(name)).unwrap();
        }
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the program in this folder.
    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_clip-lab"))
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .env_remove("RUST_BACKTRACE")
            .output()
            .unwrap()
    }

    fn classify(&self, args: &[&str]) -> Output {
        self.run(&[&["classify", "--model", "model"], args].concat())
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/decode")
        .join(name)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Standard output of a run that must succeed and say nothing else.
fn good(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    text(&output.stdout).to_owned()
}

/// Standard error of a mistake that prints no data.
fn mistake(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    text(&output.stderr).to_owned()
}

#[test]
fn records_have_every_score_and_name_the_checkpoint() {
    let place = Place::new(Some(-2.0));
    let lines =
        good(&place.classify(&["--classes", "cat, dog,red apple", "pictures", "--top", "2"]));
    let records: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let images: Vec<&str> = records
        .iter()
        .map(|r| r["image"].as_str().unwrap())
        .collect();
    assert_eq!(
        images,
        [
            "pictures/animated.gif",
            "pictures/orientation-1.jpg",
            "pictures/rgba.png"
        ]
    );
    assert_eq!(records[0]["remark"], "first frame of an animation");
    for record in &records {
        assert_eq!(
            (&record["checkpoint"], &record["among"]),
            (&"model".into(), &3.into())
        );
        let top = record["top"].as_array().unwrap();
        assert_eq!((top.len(), &top[0]["class"]), (2, &record["answer"]));
        for row in top {
            let [cosine, softmax, sigmoid] =
                ["cosine", "softmax", "sigmoid"].map(|key| row[key].as_f64().unwrap());
            let z = cosine * 2.659_260_036_932_778_f64.exp() - 2.0;
            assert!((sigmoid - 1.0 / (1.0 + (-z).exp())).abs() < 1e-5, "{row}");
            assert!(softmax > 0.0 && softmax < 1.0);
        }
    }
    let all =
        good(&place.classify(&["--classes", "cat,dog", "--format", "json", "pictures/*.png"]));
    let all: Value = serde_json::from_str(&all).unwrap();
    let shares = all[0]["top"].as_array().unwrap().iter();
    let sum: f64 = shares.map(|row| row["softmax"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-6);
}

#[test]
fn a_table_says_what_it_chooses_among_and_draws_nothing_when_piped() {
    let place = Place::new(None);
    let table = good(&place.classify(&[
        "--classes",
        "cat,dog",
        "--format",
        "table",
        "pictures/rgba.png",
    ]));
    assert!(
        table.starts_with("Checkpoint model (OpenCLIP), 2 classes, templates clip-7 (7).\n"),
        "{table}"
    );
    assert!(
        table.contains("Each image gets the nearest of these classes"),
        "{table}"
    );
    assert!(table.contains("\npictures/rgba.png\n   1  "), "{table}");
    assert!(
        !table.contains('\x1b') && !table.contains("sigmoid"),
        "{table}"
    );
    assert_eq!(table.matches("% softmax").count(), 2);
}

#[test]
fn a_bad_file_is_named_and_the_others_go_on() {
    let place = Place::new(None);
    std::fs::write(
        place.at("pictures/b.jpg"),
        &std::fs::read(fixture("orientation-1.jpg")).unwrap()[..600],
    )
    .unwrap();
    let output = place.classify(&[
        "--classes",
        "cat,dog",
        "--format",
        "csv",
        "pictures",
        "missing.png",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(
        lines[0],
        "image,rank,class,cosine,softmax,sigmoid,answer,remark,error,checkpoint"
    );
    assert_eq!(lines.len(), 1 + 3 * 2 + 2);
    assert!(
        lines[3].starts_with("pictures/b.jpg,,,,,,,,damaged: the JPEG file is cut off"),
        "{stdout}"
    );
    assert!(
        lines.iter().all(|line| line.split(',').count() == 10),
        "{stdout}"
    );
    assert!(
        stderr.contains("pictures/b.jpg: damaged: the JPEG file is cut off"),
        "{stderr}"
    );
    assert!(stderr.contains("missing.png: no such file"), "{stderr}");
    assert!(
        stderr.ends_with("error: cannot read 2 of 5 images; see the errors above\n"),
        "{stderr}"
    );
}

#[test]
fn a_threshold_answers_none_of_these_by_the_absolute_score() {
    let place = Place::new(Some(-30.0));
    let args = [
        "--classes",
        "cat,dog",
        "--threshold",
        "0.5",
        "pictures/rgba.png",
    ];
    let record: Value = serde_json::from_str(&good(&place.classify(&args))).unwrap();
    assert_eq!(
        (&record["answer"], &record["threshold"]),
        (&Value::Null, &0.5.into())
    );
    let table = good(&place.classify(&[&args[..], &["--format", "table"]].concat()));
    assert!(
        table.contains("The answer is \"none of these\" below a sigmoid of 0.5."),
        "{table}"
    );
    assert!(
        table.contains("  none of these; nearest classes:\n"),
        "{table}"
    );
    let csv = good(&place.classify(&[&args[..], &["--format", "csv"]].concat()));
    assert!(csv.contains(",none of these,"), "{csv}");
    let fault = mistake(&place.classify(&["--classes", "a,b", "--threshold", "-0.5", "pictures"]));
    assert!(
        fault.contains("--threshold must be 0 to 1, got -0.5"),
        "{fault}"
    );
    // Without a bias it is the cosine, which may be below 0.
    let place = Place::new(None);
    let args = [
        "--classes",
        "cat,dog",
        "--threshold",
        "-1",
        "pictures/rgba.png",
    ];
    let record: Value = serde_json::from_str(&good(&place.classify(&args))).unwrap();
    assert!(record["answer"].is_string());
}

#[test]
fn mistakes_are_named_before_anything_is_computed() {
    let place = Place::new(None);
    std::fs::write(place.at("classes.txt"), "# pets\ncat\n\ndog\ncat\n").unwrap();
    std::fs::create_dir_all(place.at("run/model")).unwrap();
    std::fs::create_dir(place.at("empty")).unwrap();
    for (args, says) in [
        (
            vec!["--classes", "cat,dog,cat", "pictures"],
            "class `cat` is listed twice, as number 1 and 3",
        ),
        (
            vec!["--classes", "cat", "pictures"],
            "two classes or more, got one, `cat`",
        ),
        (
            vec!["--classes", "cat,,dog", "pictures"],
            "class 2 of 3 is empty",
        ),
        (
            vec!["--classes-file", "classes.txt", "pictures"],
            "classes.txt: class `cat` is listed twice",
        ),
        (
            vec!["--classes-file", "none.txt", "pictures"],
            "cannot read none.txt",
        ),
        (
            vec!["--classes", "cat,dog", "empty"],
            "empty: no images in this folder",
        ),
        (vec!["--classes", "cat,dog", "*.bmp"], "no file matches"),
        (
            vec!["--classes", "cat,dog", "--templates", "clip-8", "pictures"],
            "no templates called `clip-8`",
        ),
        (vec!["--classes", "cat,dog"], "IMAGE"),
        (vec!["pictures"], "--classes"),
    ] {
        let fault = mistake(&place.classify(&args));
        assert!(fault.contains(says), "{fault}");
    }
    let fault = mistake(&place.run(&[
        "classify",
        "--model",
        "nowhere",
        "--classes",
        "a,b",
        "pictures",
    ]));
    assert!(fault.contains("nowhere"), "{fault}");
    std::fs::rename(place.at("model"), place.at("run/model/softmax")).unwrap();
    let fault =
        mistake(&place.run(&["classify", "--model", "run", "--classes", "a,b", "pictures"]));
    assert!(fault.contains("run/model/softmax"), "{fault}");
}

#[test]
fn a_card_says_what_the_classifier_is_and_is_not() {
    let place = Place::new(Some(-2.0));
    let card = good(&place.classify(&["--classes", "cat,dog", "--templates", "bare", "--card"]));
    for says in [
        "# Skill card: zero-shot classification with `model`",
        "in the layout of OpenCLIP",
        "- Embedding: 8 numbers",
        "- Images: 16 x 16 pixels",
        "SHA-256 `",
        "squashed to 16 x 16 (bicubic)",
        "- cat\n- dog\n",
        "## Templates: bare (1)",
        "chooses among the classes above only",
        "not calibrated",
    ] {
        assert!(card.contains(says), "{says}\n{card}");
    }
}

#[test]
fn features_are_written_whole_with_names_and_the_loss_takes_them() {
    let place = Place::new(None);
    std::fs::write(place.at("captions.txt"), "a cat\na dog\na red apple\n").unwrap();
    let embed = |args: &[&str]| {
        place.run(
            &[
                &["embed", "--model", "model", "--out", "out.safetensors"],
                args,
            ]
            .concat(),
        )
    };
    assert_eq!(
        good(&embed(&["--images", "pictures", "--texts", "captions.txt"])),
        ""
    );
    let bytes = std::fs::read(place.at("out.safetensors")).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    let images: Vec<String> = serde_json::from_str(&metadata["images"]).unwrap();
    assert_eq!(images.len(), 3);
    assert_eq!(images[2], "pictures/rgba.png");
    assert_eq!(metadata["texts"], r#"["a cat","a dog","a red apple"]"#);
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for name in ["image_features", "text_features"] {
        assert_eq!(file.tensor(name).unwrap().shape(), [3, 8]);
    }
    let loss = good(&place.run(&["loss", "out.safetensors", "--format", "json"]));
    let loss: Value = serde_json::from_str(&loss).unwrap();
    assert!(loss["loss"].as_f64().unwrap() > 0.0);
    // A bad file has no row and is named; the file is written.
    std::fs::write(place.at("pictures/b.png"), b"no picture").unwrap();
    let output = embed(&["--images", "pictures"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("pictures/b.png: unsupported image format"));
    let again = std::fs::read(place.at("out.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&again).unwrap();
    assert_eq!(
        (
            file.names().len(),
            file.tensor("image_features").unwrap().shape()[0]
        ),
        (1, 3)
    );
    // Nothing that can be read: what is there stays.
    assert_eq!(
        embed(&["--images", "pictures/b.png"]).status.code(),
        Some(2)
    );
    assert_eq!(std::fs::read(place.at("out.safetensors")).unwrap(), again);
    assert!(mistake(&embed(&[])).contains("--images"));
    let left: Vec<_> = std::fs::read_dir(place.0.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 4, "{left:?}");
}
