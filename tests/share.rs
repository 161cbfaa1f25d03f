//! The lab without a terminal: a script of keys on paper, the line mode, and the user's settings.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::common::TINY;

/// The program in a folder of its own, with nobody's settings.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clip-lab"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env("XDG_CONFIG_HOME", folder.join("config"));
    command.env("XDG_STATE_HOME", folder.join("state"));
    for name in ["NO_COLOR", "COLORFGBG", "SSH_CONNECTION", "SSH_TTY"] {
        command.env_remove(name);
    }
    command
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn failed(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[test]
fn without_a_terminal_a_script_makes_pictures() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "tiny.ron", TINY);
    write(
        folder.path(),
        "tour.keys",
        "# small, then large\nsize 80 24\nwait step 3\nshot small.txt\nsize 120 40\nm\nshot large.svg\nshot large.png\n",
    );
    let output = command(
        folder.path(),
        &["tiny.ron", "--keys", "tour.keys", "--color", "truecolor"],
    )
    .output()
    .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    // A slow machine may say that it finishes its step.
    assert_eq!(output.status.code(), Some(0), "{said}");
    let small = std::fs::read_to_string(folder.path().join("small.txt")).unwrap();
    assert_eq!(small.lines().count(), 24);
    assert!(small.contains("softmax"), "{small}");
    let large = std::fs::read_to_string(folder.path().join("large.svg")).unwrap();
    assert!(large.contains("width=\"1200\" height=\"800\""));
    assert!(folder.path().join("large.png").is_file());
}

#[test]
fn a_mistake_in_a_script_is_named_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "tour.keys", "t\nwait forever\n");
    let output = command(folder.path(), &["--keys", "tour.keys"])
        .output()
        .unwrap();
    assert!(failed(&output).contains("tour.keys:2: wait needs"));
    let output = command(folder.path(), &["--keys", "none.keys"])
        .output()
        .unwrap();
    assert!(failed(&output).contains("cannot read none.keys"));
}

/// The line mode, with a line of input for a line of output.
struct Plain {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Plain {
    fn open(folder: &Path) -> Self {
        write(
            folder,
            "tiny.ron",
            &TINY.replace("steps: 12", "steps: 100000"),
        );
        let mut child = command(folder, &["tiny.ron", "--plain"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn say(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    /// Reads lines up to one that contains this.
    fn until(&mut self, text: &str) -> String {
        let mut all = String::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            assert!(
                !line.contains('\u{1b}'),
                "no escape sequences: {}",
                line.escape_debug()
            );
            if line.contains(text) {
                return line;
            }
            all += &line;
            all.push('\n');
        }
        panic!("no {text} in:\n{all}");
    }
}

#[test]
fn the_line_mode_tells_and_obeys() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = Plain::open(folder.path());
    lab.until("help lists the commands");
    lab.until("softmax: training on ");
    lab.say("pause");
    lab.until("sigmoid: paused at step ");
    // Where it stands, once all lanes do.
    lab.until(": loss softmax ");
    lab.say("softmax tau 0.0432");
    lab.say("step 2");
    lab.until("temperature");
    lab.until(": loss softmax ");
    lab.say("status");
    assert!(
        lab.until("softmax: paused, step")
            .contains("temperature 0.0")
    );
    lab.say("tua 1");
    lab.until("did you mean `tau`?");
    lab.say("command");
    assert!(
        lab.until("clip-lab tiny.ron")
            .contains("temperature=0.0432")
    );
    lab.say("save mine.ron");
    lab.until("saved to mine.ron");
    clip_lab::scenario::load(folder.path().join("mine.ron")).unwrap();
    lab.say("quit");
    assert_eq!(lab.child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_line_mode_ends_by_itself_when_all_is_done_and_nobody_can_speak() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "tiny.ron", TINY);
    let output = command(folder.path(), &["tiny.ron", "--plain"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("softmax: finished all 12 steps"), "{text}");
    assert!(text.contains("held-out retrieval at step"), "{text}");
}

#[test]
fn templates_are_printed_and_pass_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let print = |args: &[&str]| {
        let output = command(folder.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(print(&["config", "check"]).starts_with("none "));
    write(
        folder.path(),
        "config/clip-lab/config.ron",
        &print(&["config"]),
    );
    write(
        folder.path(),
        "config/clip-lab/keys.ron",
        &print(&["config", "keys"]),
    );
    let checked = print(&["config", "check"]);
    assert_eq!(
        checked.lines().filter(|l| l.starts_with("ok ")).count(),
        2,
        "{checked}"
    );
}

#[test]
fn a_wrong_file_is_an_error_wherever_it_matters() {
    for (name, text, place, says) in [
        (
            "config.ron",
            "(\n    thme: \"dark\",\n)",
            "config.ron:2:5",
            "did you mean `theme`?",
        ),
        (
            "keys.ron",
            "{\n    \"main.bias\": [\"B\"],\n}",
            "keys.ron:2:19",
            "main.batch",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "tiny.ron", TINY);
        write(folder.path(), &format!("config/clip-lab/{name}"), text);
        for args in [&["config", "check"][..], &["tiny.ron", "--plain"]] {
            let said = failed(&command(folder.path(), args).output().unwrap());
            assert!(said.contains(place) && said.contains(says), "{said}");
        }
        // Training without a screen has no use for them.
        let output = command(folder.path(), &["run", "tiny.ron"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
    }
}
