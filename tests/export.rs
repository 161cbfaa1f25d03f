//! What a run leaves for other programs, and `clip-lab export`: files, exit codes, streams.

use std::fs;
use std::path::Path;

use crate::cli::{mistake, output, stdout};
use crate::common::TINY;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Records of the only event file in a folder. Panics unless all are whole.
fn records(folder: &Path) -> usize {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut files = files.filter(|path| name(path).starts_with("events.out.tfevents."));
    let bytes = fs::read(files.next().unwrap()).unwrap();
    assert_eq!(files.next(), None);
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        at += 16 + length as usize;
        count += 1;
    }
    assert_eq!(at, bytes.len());
    count
}

#[test]
fn a_run_leaves_tables_plots_and_events_and_can_be_exported() {
    let folder = tempfile::tempdir().unwrap();
    let (scenario, run) = (folder.path().join("tiny.ron"), folder.path().join("run"));
    fs::write(&scenario, TINY).unwrap();
    let train = [
        "run",
        text(&scenario),
        "--steps",
        "3",
        "--device",
        "cpu",
        "--out",
        text(&run),
        "--force",
    ];
    for _ in 0..2 {
        stdout(&train);
        for file in ["metrics.csv", "metrics.jsonl", "plots.svg", "plots.png"] {
            assert!(fs::metadata(run.join(file)).unwrap().len() > 100, "{file}");
        }
        // The version and the scenario; the version, three steps and what was evaluated.
        assert_eq!(records(&run), 2);
        for lane in ["softmax", "sigmoid"] {
            assert!(records(&run.join("tensorboard").join(lane)) > 4);
        }
    }

    let job = folder.path().join("job");
    let export = |more: &[&str]| {
        let mut args = vec!["export", "open-clip", text(&run), "--out", text(&job)];
        args.extend(more);
        let done = output(&args);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(0), "{said}");
        (String::from_utf8(done.stdout).unwrap(), said)
    };
    let (printed, said) = export(&["--lane", "sigmoid", "--from-trained", "--nproc", "2"]);
    assert_eq!(printed, format!("{}\n", job.join("train.sh").display()));
    assert!(said.starts_with("sigmoid: 48 pairs in 2 shards"), "{said}");
    let weights = |folder: &Path| fs::read(folder.join("open_clip_model.safetensors")).unwrap();
    let trained = weights(&run.join("model/sigmoid"));
    assert_eq!(weights(&job.join("model")), trained);
    assert!(mistake(&["export", "open-clip", "clip", "--out", text(&job)]).contains("--force"));
    export(&["--lane", "sigmoid", "--force"]);
    assert_ne!(weights(&job.join("model")), trained);
    let both = folder.path().join("both");
    let args = ["export", "open-clip", text(&scenario), "--out", text(&both)];
    assert_eq!(output(&args).status.code(), Some(0));
    assert!(both.join("softmax/train.sh").is_file() && both.join("sigmoid/train.sh").is_file());

    // What was done by hand counts as well.
    let cue = "[(at: 2, lane: Some(\"softmax\"), set: Temperature(0.05))]";
    fs::write(run.join("controls.ron"), cue).unwrap();
    let refused = mistake(&["export", "open-clip", text(&run), "--out", text(&job)]);
    assert!(
        refused.contains("lane `softmax`: temperature becomes 0.05 after 2 steps"),
        "{refused}"
    );
}

#[test]
fn what_cannot_be_exported_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, out) = (folder.path().join("empty"), folder.path().join("out"));
    fs::create_dir(&empty).unwrap();
    let say = |more: &[&str]| {
        let mut args = vec!["export", "open-clip", "--out", text(&out)];
        args.extend(more);
        mistake(&args)
    };
    assert!(say(&[text(&empty)]).contains("is not a run folder"));
    assert!(say(&["clip", "--from-trained"]).contains("needs a run folder"));
    assert!(say(&["softmax-vs-sigmoid", "--lane", "sigmod"]).contains("did you mean `sigmoid`?"));
    assert!(say(&["pair-masking"]).contains("negatives: "));
    assert!(say(&["siglip-no-bias"]).contains("without a bias"));
    assert!(say(&["clip", "--set", "learn_temperature=off"]).contains("learn_temperature: false"));
    assert!(say(&["clip", "--nproc", "0"]).contains("--nproc"));
    mistake(&["export", "open-clip", "clip"]);
    mistake(&["export"]);
    assert!(!out.exists());
}
