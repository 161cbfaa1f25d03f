//! `cargo xtask test`: every check that CI runs, one after the other. All are built in the release
//! profile, so that torch-sys, the slowest to build by far, is built once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cargo;
use crate::failure::{Failure, Result};
use crate::jsonl;
use crate::libtorch::Libtorch;
use crate::machine;

/// A scenario of twenty steps takes seconds; one that hangs must not hang CI.
const LONGEST_SCENARIO: Duration = Duration::from_secs(600);

/// The scenario that goes through the release binary.
const SCENARIO: [&str; 6] = ["run", "clip", "--steps", "20", "--format", "jsonl"];

struct Stage {
    name: &'static str,
    cargo: &'static [&'static str],
    /// What to do when it fails.
    remedy: &'static str,
}

const STAGES: [Stage; 5] = [
    Stage {
        name: "format",
        cargo: &["fmt", "--all", "--check"],
        remedy: "Run `cargo fmt --all`.",
    },
    Stage {
        name: "clippy",
        cargo: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--release",
            "--",
            "-D",
            "warnings",
        ],
        remedy: "Fix the clippy errors above.",
    },
    Stage {
        name: "tests",
        cargo: &["test", "--workspace", "--release"],
        remedy: "Run one alone: cargo test --release NAME -- --nocapture",
    },
    Stage {
        name: "docs",
        cargo: &["doc", "--workspace", "--no-deps", "--release"],
        remedy: "Fix the rustdoc errors above.",
    },
    Stage {
        name: "build",
        cargo: &["build", "--release", "--bin", "clip-lab"],
        remedy: "Fix the compiler errors above.",
    },
];

pub fn run(root: &Path, libtorch: &Libtorch) -> Result<()> {
    machine::need_component(&cargo::program(), "fmt", "rustfmt")?;
    machine::need_component(&cargo::program(), "clippy", "clippy")?;
    let begun = Instant::now();
    let mut summary = Vec::new();
    for stage in &STAGES {
        let mut command = cargo::command(libtorch);
        command.args(stage.cargo).current_dir(root);
        if stage.name == "docs" {
            command.env("RUSTDOCFLAGS", "-D warnings");
        }
        let shown = format!("cargo {}", stage.cargo.join(" "));
        timed(stage.name, &shown, &mut summary, || {
            succeed(&mut command, stage)
        })?;
    }
    let shown = format!("clip-lab {}", SCENARIO.join(" "));
    timed("scenario", &shown, &mut summary, || scenario(libtorch))?;

    eprintln!("\nevery check passed, in {}", seconds(begun.elapsed()));
    for (name, took) in summary {
        eprintln!("  {name:<10} {}", seconds(took));
    }
    Ok(())
}

fn timed(
    name: &'static str,
    shown: &str,
    summary: &mut Vec<(&'static str, Duration)>,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    eprintln!("\n== {name}: {shown}");
    let begun = Instant::now();
    let result = work();
    let took = begun.elapsed();
    let outcome = if result.is_ok() { "passed" } else { "FAILED" };
    eprintln!("== {name} {outcome} in {}", seconds(took));
    summary.push((name, took));
    result
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn succeed(command: &mut Command, stage: &Stage) -> Result<()> {
    let status = command
        .status()
        .map_err(|error| Failure::io("cannot start cargo", &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{} failed ({status})", stage.name),
        stage.remedy,
    ))
}

/// Trains a few steps without a screen, from a folder that is not the clone, and looks at what
/// came out.
fn scenario(libtorch: &Libtorch) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("clip-lab-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .map_err(|error| Failure::io(format!("cannot make {}", folder.display()), &error))?;
    let result = train_in(&folder, libtorch);
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn train_in(folder: &Path, libtorch: &Libtorch) -> Result<()> {
    let out = folder.join("out.jsonl");
    let file = std::fs::File::create(&out)
        .map_err(|error| Failure::io(format!("cannot write {}", out.display()), &error))?;
    let mut command = Command::new(release_binary()?);
    cargo::prepare(&mut command, libtorch);
    command.args(SCENARIO).args(["--out", "run"]);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(file);
    finish_in_time(&mut command)?;
    let text = std::fs::read_to_string(&out)
        .map_err(|error| Failure::io(format!("cannot read {}", out.display()), &error))?;
    jsonl::check_run(&text).map_err(|why| wrong(&why))?;
    for name in ["metrics.csv", "metrics.jsonl", "scenario.ron"] {
        let file = folder.join("run").join(name);
        if std::fs::metadata(&file).map_or(0, |found| found.len()) == 0 {
            return Err(wrong(&format!(
                "{name} is missing from the run folder, or empty"
            )));
        }
    }
    eprintln!(
        "{} whole lines, the last one: finished",
        text.lines().count()
    );
    Ok(())
}

fn wrong(why: &str) -> Failure {
    let remedy = format!("See it: cargo run --release -- {}", SCENARIO.join(" "));
    Failure::new(format!("the headless run failed: {why}"), remedy)
}

/// The program that the build stage made: this program's neighbour, wherever the target folder is.
fn release_binary() -> Result<PathBuf> {
    let own = std::env::current_exe()
        .map_err(|error| Failure::io("cannot tell where this program is", &error))?;
    let target = own.ancestors().nth(2).unwrap_or(Path::new("."));
    let name = format!("clip-lab{}", std::env::consts::EXE_SUFFIX);
    let binary = target.join("release").join(name);
    if binary.exists() {
        return Ok(binary);
    }
    Err(Failure::new(
        format!("the build made no {}", binary.display()),
        "Call this program as `cargo xtask test`.",
    ))
}

fn finish_in_time(command: &mut Command) -> Result<()> {
    let mut child = command
        .spawn()
        .map_err(|error| Failure::io("cannot start clip-lab", &error))?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(wrong(&format!("it ended with {status}"))),
            Ok(None) if begun.elapsed() > LONGEST_SCENARIO => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(wrong("it did not end within ten minutes"));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(Failure::io("cannot wait for clip-lab", &error)),
        }
    }
}
