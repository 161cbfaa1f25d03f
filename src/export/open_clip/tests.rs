use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use super::job::epoch;
use super::shards::Layout;
use super::*;
use crate::data::Request;
use crate::model::checkpoint;
use crate::scenario::{Scenario, parse};

const TINY: &str = r#"(
    title: "tiny",
    data: Emoji(train: [Noto, Fluent], held_out: [Twemoji], limit: 40, captions: (name: 1, template: 0, keywords: 0)),
    model: (
        embed_dim: 16,
        image: ViT(image_size: 16, patch_size: 8, width: 16, head_width: 16, layers: 1),
        text: (context_length: 12, vocab_size: 300, width: 16, heads: 2, layers: 1),
    ),
    train: (steps: 6, batch_size: 8, learning_rate: 0.001, warmup: 2, weight_decay: 0.1, grad_clip: 1.0, seed: 7),
    lanes: [
        (name: "softmax", loss: InfoNce, temperature: 0.07),
        (name: "sigmoid", loss: SigLip, temperature: 0.1, bias: -10),
    ],
)"#;

const TWO: World = World {
    processes: 2,
    accumulate: 1,
};

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../../../tests/snapshots/open_clip", prepend_module_to_snapshot => false,
        omit_expression => true
    }, { insta::assert_snapshot!(name, text); });
}

fn tiny() -> Scenario {
    parse(TINY, "tiny.ron").unwrap()
}

/// The scenario with pieces of its text replaced.
fn changed(changes: &[(&str, &str)]) -> Scenario {
    let mut text = TINY.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    parse(&text, "tiny.ron").unwrap_or_else(|e| panic!("{e}"))
}

fn planned(scenario: &Scenario, world: World, pairs: Option<u64>) -> Result<Vec<Job>> {
    let prepared = Prepared::new(scenario).unwrap();
    let lanes: Vec<_> = scenario.lanes.iter().collect();
    plan(&prepared, &lanes, world, pairs, None)
}

fn refused(scenario: &Scenario, world: World) -> String {
    match planned(scenario, world, None) {
        Ok(_) => panic!("accepted"),
        Err(error) => {
            assert_eq!(error.exit_code(), 2);
            error.to_string()
        }
    }
}

#[test]
fn flags_of_both_losses() {
    let jobs = planned(&tiny(), TWO, None).unwrap();
    let texts = jobs.iter().map(|job| {
        let lines: Vec<_> = flags::flags(job).iter().map(flags::line).collect();
        format!("{}:\n{}", job.lane(), lines.join("\n"))
    });
    snapshot("flags", &texts.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn a_lane_has_what_it_states_itself_and_cues_before_the_first_step_are_its_beginning() {
    let mut scenario = changed(&[
        (
            "temperature: 0.07",
            "temperature: 0.07, batch_size: 12, learning_rate: 2e-5, betas: (0.9, 0.95)",
        ),
        (
            "warmup: 2",
            "warmup: 2, schedule: Constant, precision: bf16",
        ),
    ]);
    scenario.set("softmax.weight_decay=0.3").unwrap();
    let jobs = planned(
        &scenario,
        World {
            processes: 1,
            accumulate: 3,
        },
        Some(1),
    )
    .err()
    .unwrap();
    // 8 pairs of the other lane are not three parts.
    assert!(
        jobs.to_string().contains("lane `sigmoid`: batch_size: 8"),
        "{jobs}"
    );
    scenario.lanes.truncate(1);
    let jobs = planned(
        &scenario,
        World {
            processes: 1,
            accumulate: 3,
        },
        Some(13),
    )
    .unwrap();
    let flags: BTreeMap<_, _> = flags::flags(&jobs[0]).into_iter().collect();
    for (name, value) in [
        ("--batch-size", "4"),
        ("--accum-freq", "3"),
        ("--lr", "2e-5"),
        ("--beta2", "0.95"),
        ("--wd", "0.3"),
        ("--lr-scheduler", "const"),
        ("--precision", "amp_bf16"),
        ("--epochs", "3"),
        ("--train-num-samples", "24"),
    ] {
        assert_eq!(flags[name].as_deref(), Some(value), "{name}");
    }
    assert!(!flags.contains_key("--in-order") && !flags.contains_key("--lab-cosine"));
}

#[test]
fn everything_that_cannot_be_said_is_named() {
    let both = [
        (
            "temperature: 0.07",
            "temperature: 2, learn_temperature: false, max_logit_scale: 50",
        ),
        (
            "bias: -10",
            "bias: -10, learn_bias: false, negatives: Hardest(0.5)",
        ),
        (
            "seed: 7",
            "seed: 7, stop: (loss_below: 0.1, plateau: (steps: 9, by: 0.1))",
        ),
        (
            "    ],\n)",
            "    ],\n script: [(at: 3, set: LearningRate(0.01)), (at: 4, lane: \"sigmoid\", set: NoBias)],\n)",
        ),
    ];
    let three = World {
        processes: 3,
        accumulate: 1,
    };
    snapshot("refused", &refused(&changed(&both), three));
    let bare = changed(&[(", bias: -10", "")]);
    assert!(refused(&bare, TWO).contains("lane `sigmoid`: SigLip without a bias"));
    let relative = changed(&[("loss: SigLip", "loss: SigLipRelative")]);
    assert!(
        refused(&relative, TWO).contains("loss: SigLipRelative: OpenCLIP learns the bias itself")
    );
    // In InfoNCE a bias means nothing.
    let softmax = changed(&[(
        "temperature: 0.07",
        "temperature: 0.07, bias: -1, learn_bias: false",
    )]);
    planned(&softmax, TWO, None).unwrap_or_else(|e| panic!("{e}"));
}

/// Keys and contents of a shard, in its order.
fn pairs_of(path: &Path) -> Vec<(String, Vec<u8>, String)> {
    let mut archive = tar::Archive::new(fs::File::open(path).unwrap());
    let mut files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    let mut pairs = Vec::new();
    while let Some((picture, png)) = files.next() {
        let (text, caption) = files.next().unwrap();
        let key = picture.strip_suffix(".png").unwrap();
        assert_eq!(text.strip_suffix(".txt"), Some(key));
        pairs.push((key.to_owned(), png, String::from_utf8(caption).unwrap()));
    }
    pairs
}

#[test]
fn shards_hold_the_batches_of_the_run_each_process_its_part() {
    let scenario = tiny();
    let out = tempfile::tempdir().unwrap();
    let mut jobs = planned(&scenario, TWO, None).unwrap();
    assert!(
        jobs[0]
            .size()
            .starts_with("48 pairs in 2 shards, about 1 MiB")
    );
    let mut told = 0;
    let scripts = write(&mut jobs, out.path(), false, |_, pairs| told += pairs).unwrap();
    assert_eq!(told, 48, "the second lane has the shards of the first");
    assert_eq!(scripts[1], out.path().join("sigmoid/train.sh"));
    let mut shards =
        [0, 1].map(|n| pairs_of(&out.path().join(format!("softmax/shards/0000{n}.tar"))));
    let same = fs::read(out.path().join("sigmoid/shards/00001.tar")).unwrap();
    assert_eq!(
        same,
        fs::read(out.path().join("softmax/shards/00001.tar")).unwrap()
    );
    for step in 0..6 {
        let request = Request {
            step,
            ..jobs[0].request
        };
        let batch = jobs[0].prepared.batch(&request, 1);
        for pair in 0..8 {
            let (key, png, caption) = shards[pair / 4].remove(0);
            assert_eq!(key, format!("{step:07}-{pair:06}"));
            assert_eq!(caption, batch.captions[pair]);
            let image = image::load_from_memory(&png).unwrap().to_rgb8();
            let seen = batch.thumbnail(pair, 16);
            let rgb: Vec<_> = image.pixels().map(|pixel| pixel.0).collect();
            assert_eq!((image.dimensions(), rgb), ((16, 16), seen.rgb));
        }
    }
    assert!(shards.iter().all(Vec::is_empty));
}

#[test]
fn a_job_is_whole_and_its_weights_are_the_first() {
    let mut scenario = tiny();
    scenario.lanes.remove(0);
    let out = tempfile::tempdir().unwrap();
    let mut jobs = planned(&scenario, TWO, None).unwrap();
    write(&mut jobs, out.path(), false, |_, _| {}).unwrap();
    for file in [
        "train.sh",
        "train.py",
        "README.md",
        "model/open_clip_config.json",
        "model/tokenizer.json",
        "shards/00000.tar",
    ] {
        assert!(out.path().join(file).is_file(), "{file}");
    }
    let read = |file: &str| fs::read_to_string(out.path().join(file)).unwrap();
    snapshot("train.sh", &read("train.sh"));
    snapshot(
        "README.md",
        &read("README.md").replace(env!("CARGO_PKG_VERSION"), "VERSION"),
    );
    let again = write(&mut jobs, out.path(), false, |_, _| {}).unwrap_err();
    assert!(again.to_string().contains("--force"), "{again}");
    let other = tempfile::tempdir().unwrap();
    jobs[0].trainer.save(other.path()).unwrap();
    let weights = |folder: &Path| fs::read(folder.join(checkpoint::WEIGHTS)).unwrap();
    assert_eq!(weights(&out.path().join("model")), weights(other.path()));
    fs::write(out.path().join("notes"), "mine").unwrap();
    write(&mut jobs, out.path(), true, |_, _| {}).unwrap();
    assert_eq!(read("notes"), "mine");
    // A run has a folder of models, too.
    fs::remove_file(out.path().join("train.py")).unwrap();
    let no_job = write(&mut jobs, out.path(), true, |_, _| {}).unwrap_err();
    assert!(no_job.to_string().contains("is not a job"), "{no_job}");
}

#[test]
fn epochs_make_up_the_run() {
    assert_eq!(epoch(800, 128, None), 800);
    assert_eq!(epoch(800, 128, Some(1)), 1);
    assert_eq!(epoch(800, 128, Some(10_000)), 80);
    assert_eq!(epoch(7, 128, Some(300)), 7);
    assert_eq!(epoch(800, 128, Some(u64::MAX)), 800);
}

#[test]
fn layouts_give_every_process_as_much() {
    for (steps, batch, ranks, shards) in [
        (800, 128, 1, 25),
        (800, 128, 2, 26),
        (3, 32_768, 4, 12),
        (1, 8, 8, 8),
    ] {
        let layout = Layout {
            steps,
            batch,
            ranks,
        };
        assert_eq!(layout.shards(), shards, "{layout:?}");
    }
}
