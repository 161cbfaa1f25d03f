//! The real program: exit codes, what goes to which stream, help, bad flags, unwritable things.

use std::process::{Command, Output, Stdio};

use clip_lab::scenario::BUNDLED;

const PROGRAM: &str = env!("CARGO_BIN_EXE_clip-lab");

/// The program as a script would run it: no terminal, no environment that changes what it says.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).stdin(Stdio::null());
    for name in [
        "COLUMNS",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "FORCE_COLOR",
        "RUST_BACKTRACE",
    ] {
        command.env_remove(name);
    }
    command
}

pub fn output(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Standard output of a run that must succeed and say nothing else.
pub fn stdout(args: &[&str]) -> String {
    let output = output(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), stderr.as_str()),
        (Some(0), ""),
        "{args:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Standard error of a run that must fail with exit code 2 and print no data.
pub fn mistake(args: &[&str]) -> String {
    let output = output(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{args:?}");
    assert!(
        stderr.lines().count() <= 24,
        "more than a screen:\n{stderr}"
    );
    stderr
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "snapshots/cli", prepend_module_to_snapshot => false, omit_expression => true
    }, { insta::assert_snapshot!(name, text); });
}

/// All subcommands with their words: `["export", "open-clip"]`.
fn subcommands() -> Vec<(Vec<String>, clap::Command)> {
    fn collect(
        above: &[String],
        command: &clap::Command,
        found: &mut Vec<(Vec<String>, clap::Command)>,
    ) {
        for below in command.get_subcommands() {
            let words = [above, &[below.get_name().to_owned()]].concat();
            collect(&words, below, found);
            found.push((words, below.clone()));
        }
    }
    let mut found = Vec::new();
    collect(&[], &clip_lab::cli::command(), &mut found);
    found
}

#[test]
fn help_of_everything() {
    snapshot("help", &stdout(&["--help"]));
    snapshot("help-short", &stdout(&["-h"]));
    for (words, _) in subcommands() {
        let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
        args.push("--help");
        snapshot(&format!("help-{}", words.join("-")), &stdout(&args));
    }
    assert!(stdout(&["--version"]).starts_with("clip-lab "));
}

/// What a shell would give to `clip-lab` in the lines of an example.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.lines().flat_map(|line| line.split("&&"));
    let ours = lines.filter_map(|line| line.trim().strip_prefix("clip-lab"));
    ours.map(|line| {
        let (mut words, mut quoted) = (vec![String::new()], false);
        // What stands far behind is a remark.
        let line = line.trim().split("   ").next().unwrap_or_default();
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                '|' | '>' if !quoted => break,
                c => words.last_mut().unwrap().push(c),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    })
    .collect()
}

#[test]
fn every_subcommand_has_an_example_and_says_what_its_options_do() {
    for (words, command) in subcommands() {
        let name = words.join(" ");
        let help = command.get_after_help().map(ToString::to_string);
        let examples = examples(&help.unwrap_or_default());
        assert!(
            examples.iter().any(|example| example.starts_with(&words)),
            "{name} has no example of itself"
        );
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{name} {argument}");
        }
    }
}

#[test]
fn examples_are_understood() {
    let mut helps: Vec<clap::Command> = subcommands().into_iter().map(|(_, c)| c).collect();
    helps.push(clip_lab::cli::command());
    for command in helps {
        let help = command.get_after_help().unwrap().to_string();
        for example in examples(&help) {
            let all = std::iter::once("clip-lab").chain(example.iter().map(String::as_str));
            let read = clip_lab::cli::command().try_get_matches_from(all);
            assert!(read.is_ok(), "{example:?}: {}", read.unwrap_err());
        }
    }
}

#[test]
fn scenarios_are_listed_and_printed() {
    snapshot("scenarios", &stdout(&["scenarios"]));
    for (name, text) in BUNDLED {
        assert_eq!(stdout(&["scenarios", name]), *text);
    }
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&["scenarios", "--format", "json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), BUNDLED.len());
    assert_eq!(json[0]["name"], "softmax-vs-sigmoid");
    let lines = stdout(&["scenarios", "--format", "jsonl"]);
    assert!(
        lines
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
    );
    assert!(
        stdout(&["scenarios", "--format", "csv"]).starts_with("name,title\nsoftmax-vs-sigmoid,")
    );
    let one: serde_json::Value =
        serde_json::from_str(&stdout(&["scenarios", "clip", "--format", "json"])).unwrap();
    assert!(one["lanes"].is_array());
    assert!(mistake(&["scenarios", "siglib"]).contains("did you mean `siglip`?"));
}

#[test]
fn a_printed_scenario_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.ron");
    std::fs::write(&file, stdout(&["scenarios", "noise"])).unwrap();
    let ok = stdout(&["check", file.to_str().unwrap(), "clip"]);
    assert_eq!(
        ok.lines().filter(|line| line.starts_with("ok ")).count(),
        2,
        "{ok}"
    );
}

#[test]
fn check_reports_every_bad_file_and_still_lists_the_good() {
    let bad = "tests/invalid/range-temperature.ron";
    let worse = "tests/invalid/several-at-once.ron";
    let output = output(&["check", bad, "clip", worse]);
    assert_eq!(output.status.code(), Some(2));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.starts_with("ok  clip") && stdout.lines().count() == 1,
        "{stdout}"
    );
    snapshot("check", &String::from_utf8(output.stderr).unwrap());
}

#[test]
fn doctor_says_what_will_be_used() {
    let table = stdout(&["doctor"]);
    for word in [
        "libtorch", "version", "device", "threads", "color", "glyphs", "utf8",
    ] {
        assert!(table.contains(word), "{word} is missing:\n{table}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&["doctor", "--format", "json"])).unwrap();
    assert!(json["machine"]["threads"].as_i64().unwrap() >= 1);
    assert!(["CPU", "CUDA 0"].contains(&json["libtorch"]["device"].as_str().unwrap()));
    assert_eq!(json["terminal"]["terminal"], false);
    assert!(stdout(&["doctor", "--format", "csv"]).starts_with("section,name,value,why\n"));
}

#[test]
fn doctor_follows_the_environment() {
    let json = |variables: &[(&str, &str)]| -> serde_json::Value {
        let mut command = command(&["doctor", "--format", "json"]);
        for name in ["LC_ALL", "LC_CTYPE", "LANG", "SSH_CONNECTION", "SSH_TTY"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let found = json(&[
        ("LANG", "C.UTF-8"),
        ("NO_COLOR", "1"),
        ("SSH_CONNECTION", "a b c d"),
    ]);
    assert_eq!(found["terminal"]["color"], "none");
    assert_eq!(found["terminal"]["glyphs"], "braille");
    assert_eq!(found["terminal"]["ssh"], true);
    assert_eq!(
        json(&[("LANG", "de_DE.ISO-8859-1")])["terminal"]["glyphs"],
        "ascii"
    );
}

#[test]
fn completions_and_manual_know_every_subcommand() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&["completions", shell]);
        assert!(
            script.contains("doctor") && script.contains("open-clip"),
            "{shell}"
        );
    }
    let manual = stdout(&["man"]);
    for page in [
        ".TH clip-lab 1",
        ".TH clip-lab-run 1",
        ".TH clip-lab-check 1",
        ".TH clip-lab-export-open-clip 1",
    ] {
        assert!(manual.contains(page), "{page}");
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    stdout(&["man", "--out", out.to_str().unwrap()]);
    assert!(out.join("clip-lab.1").exists() && out.join("clip-lab-doctor.1").exists());
}

#[test]
fn bad_flags_are_mistakes() {
    for args in [
        &["--nonsense"][..],
        &["run", "--steps", "0"],
        &["run", "--steps", "many"],
        &["run", "--seconds", "-1"],
        &["run", "--device", "tpu"],
        &["run", "--force"],
        &["--color", "mauve"],
        &["check"],
        &["completions", "tcsh"],
        &["scenarios", "--format", "xml"],
        &["scenarios", "clip", "--format", "csv"],
    ] {
        mistake(args);
    }
}

#[test]
fn bad_scenarios_are_mistakes() {
    assert!(mistake(&["run", "softmax-vs-sigmod"]).contains("did you mean `softmax-vs-sigmoid`?"));
    assert!(
        mistake(&["run", "clip", "--set", "temperature=0.005"])
            .contains("temperature must be 0.01 or more")
    );
    assert!(mistake(&["run", "clip", "--set", "tau=1"]).contains("did you mean `temperature`?"));
    assert!(
        mistake(&["run", "clip", "--set", "sofmax.bias=1"]).contains("did you mean `softmax`?")
    );
    assert!(
        mistake(&["run", "clip", "--set", "temperature=0.1@9000000"])
            .contains("without a screen the run ends at step 800")
    );
    assert!(mistake(&["run", "clip", "shapes"]).contains("differ in data"));
    assert!(mistake(&["run", "tests"]).contains("is a folder"));
    assert!(mistake(&["chekc", "x.ron"]).contains("did you mean `check`?"));
    assert!(mistake(&["tests/invalid/no-lane.ron"]).contains("no lanes"));
}

#[test]
fn a_file_called_like_a_subcommand_can_be_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("check"), "(nonsense: 1)").unwrap();
    let output = command(&["./check"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("unknown field `nonsense`") && stderr.contains("./check:1:2"),
        "{stderr}"
    );
}

#[test]
fn files_that_are_no_scenarios_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    std::fs::write(path("binary.ron"), [0xff, 0xfe, 0, 1]).unwrap();
    std::fs::write(path("zeros.ron"), [0; 64]).unwrap();
    std::fs::write(path("huge.ron"), vec![b' '; 2 << 20]).unwrap();
    assert!(mistake(&["check", &path("binary.ron")]).contains("not a UTF-8 text file"));
    assert!(mistake(&["check", &path("zeros.ron")]).contains("not a UTF-8 text file"));
    assert!(mistake(&["check", &path("huge.ron")]).contains("larger than 1 MiB"));
    assert!(mistake(&["check", &path("absent.ron")]).contains("no file and no bundled scenario"));
    std::fs::create_dir(path("folder")).unwrap();
    std::fs::write(path("folder/inside.ron"), "").unwrap();
    assert!(mistake(&["check", &path("folder")]).contains("inside.ron"));
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_reported_and_a_closed_pipe_is_not() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command(&["scenarios"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot write standard output")
    );

    assert!(mistake(&["man", "--out", "/proc/nowhere"]).contains("cannot create /proc/nowhere"));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&["scenarios", "clip"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_a_run_saved_is_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (scenario, run) = (path("tiny.ron"), path("run"));
    std::fs::write(&scenario, crate::common::TINY).unwrap();
    let _ = stdout(&["run", &scenario, "--out", &run, "--format", "jsonl"]);
    std::fs::write(path("mine.txt"), "# of my own\na {} of mine\n").unwrap();
    let mine = path("mine.txt");
    let sets = format!("bare,{mine}");
    let text = stdout(&["eval", &run, "--templates", &sets, "--format", "jsonl"]);
    let reports: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |task: &str, lane: &str| -> Vec<&serde_json::Value> {
        let wanted = |r: &&serde_json::Value| r["task"] == task && r["lane"] == lane;
        reports.iter().filter(wanted).collect()
    };
    for lane in ["softmax", "sigmoid"] {
        for task in [
            "retrieval",
            "zero_shot",
            "geometry",
            "linear_probe",
            "regimes",
            "language",
        ] {
            let found = of(task, lane);
            assert!(!found.is_empty(), "{lane}: no {task}");
            assert!(found.iter().all(|r| r["step"] == 12), "{lane}: {task}");
        }
        // R@1 is zero-shot with the bare names.
        let (retrieval, zero_shot) = (of("retrieval", lane), of("zero_shot", lane));
        for split in ["held_out", "trained"] {
            let r1 = retrieval.iter().find(|r| r["split"] == split).unwrap();
            let top1 = zero_shot.iter().find(|r| {
                r["split"] == split && r["property"] == "name" && r["templates"] == "bare"
            });
            assert_eq!(
                r1["r1_image_to_text"],
                top1.unwrap()["top1"]["share"],
                "{lane}"
            );
        }
        assert!(zero_shot.iter().any(|r| r["templates"] == "mine"));
        // The weights between begin with zero-shot and end with what was fine-tuned.
        let regimes = of("regimes", lane)[0];
        assert_eq!(
            regimes["rows"][0]["in_domain"],
            regimes["wise"][0]["in_domain"]
        );
        assert_eq!(
            regimes["rows"][2]["transfer"],
            regimes["wise"][10]["transfer"]
        );
    }
    assert_eq!(
        of("zero_shot", "softmax")[0]["rejection"]["sigmoid_listed"],
        serde_json::Value::Null
    );
    assert!(of("zero_shot", "sigmoid")[0]["rejection"]["sigmoid_listed"].is_object());
    let kept = std::fs::read_to_string(path("run/eval.jsonl")).unwrap();
    assert_eq!(kept, text, "the folder has what was printed");

    let model = path("run/model/sigmoid");
    let csv = stdout(&["eval", &model, "--tasks", "retrieval", "--format", "csv"]);
    assert!(csv.starts_with(
        "lane,step,task,split,what,measure,value,low,high,of\nsigmoid,12,retrieval,held out,"
    ));
    assert_eq!(csv.lines().count(), 1 + 2 * 7);
    let table = stdout(&[
        "eval", &run, "--lane", "softmax", "--tasks", "geometry", "--format", "table",
    ]);
    assert!(table.contains("modality gap"), "{table}");

    let fault = mistake(&["eval", &run, "--lane", "sofmax"]);
    assert!(fault.contains("lanes: softmax, sigmoid"), "{fault}");
    std::fs::write(path("mine.txt"), "nothing\n").unwrap();
    assert!(mistake(&["eval", &run, "--templates", &mine]).contains("line 1, `nothing`"));
    assert!(mistake(&["eval", &path("nowhere")]).contains("has neither a run"));
    std::fs::copy(
        path("run/model/sigmoid/open_clip_config.json"),
        path("open_clip_config.json"),
    )
    .unwrap();
    assert!(mistake(&["eval", folder.path().to_str().unwrap()]).contains("--data"));
}

#[test]
fn exercises_are_listed_and_printed_for_a_pipe_without_their_answers() {
    let list = stdout(&["tour", "exercises", "--list"]);
    snapshot("exercises", &list);
    let all = stdout(&["tour", "exercises"]);
    let one = stdout(&["tour", "exercises", "bias"]);
    assert!(
        all.contains(&one) && one.contains("wrong captions"),
        "{one}"
    );
    assert!(!all.contains("-4.14"), "an answer is told:\n{all}");
    let later = mistake(&["tour", "exercises", "5"]);
    assert!(later.contains("later release"), "{later}");
    let unknown = mistake(&["tour", "exercises", "nothing"]);
    assert!(unknown.contains("by-hand"), "{unknown}");
    assert!(mistake(&["tour", "1", "bias"]).contains("tour exercises NAME"));
}
