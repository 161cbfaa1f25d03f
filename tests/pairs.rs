//! Data of the user's own, end to end: a scenario's file beside its data, trained, evaluated, told about.

use std::path::Path;
use std::process::Command;

use clip_lab::scenario::{Data, load};

use crate::common::TINY;

const PROGRAM: &str = env!("CARGO_BIN_EXE_clip-lab");

/// A folder with copies of the fixtures, and a scenario about `data` beside them.
fn beside(data: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("tests/fixtures/pairs"), folder.path());
    let start = TINY.find("data: ").unwrap();
    let end = start + TINY[start..].find('\n').unwrap();
    let text = format!("{}data: {data},{}", &TINY[..start], &TINY[end..]);
    let file = folder.path().join("own.ron");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(path, target).unwrap();
        }
    }
}

#[test]
fn a_run_says_what_it_found_and_can_be_repeated_from_its_folder() {
    let data = "Pairs(path: \"classes\", format: Folders, held_out: 0.4)";
    let (folder, file) = beside(data);
    std::fs::write(folder.path().join("classes/cat/z.png"), b"no picture").unwrap();
    let out = folder.path().join("run");
    let run = Command::new(PROGRAM)
        .arg("run")
        .arg(&file)
        .args(["--format", "jsonl", "--device", "cpu", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success(), "{said}");
    assert!(said.contains("data: classes: "), "{said}");
    assert!(said.contains("1 damaged and replaced: "), "{said}");
    let records = String::from_utf8(run.stdout).unwrap();
    assert!(records.contains("\"split\":\"held_out\""), "{records}");
    // Its scenario names the data where it is.
    let recorded = load(out.join("scenario.ron")).unwrap();
    let Data::Pairs(pairs) = &recorded.data else {
        panic!("{:?}", recorded.data)
    };
    assert_eq!(Path::new(pairs.folder.as_ref().unwrap()), folder.path());
    let replayed = Command::new(PROGRAM)
        .arg("replay")
        .arg(&out)
        .output()
        .unwrap();
    assert!(
        replayed.status.success(),
        "{}",
        String::from_utf8_lossy(&replayed.stderr)
    );
}

#[test]
fn a_check_opens_the_data() {
    let (folder, file) = beside("Pairs(path: \"photos.csv\")");
    let check = || {
        Command::new(PROGRAM)
            .arg("check")
            .arg(&file)
            .output()
            .unwrap()
    };
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let sound = check();
    assert!(sound.status.success(), "{}", said(&sound));
    assert!(
        said(&sound).contains("2 left out: img/none.png (no such file)"),
        "{}",
        said(&sound)
    );
    std::fs::remove_file(folder.path().join("photos.csv")).unwrap();
    let missing = check();
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("cannot read"), "{}", said(&missing));
}
