//! The whole program in a pseudo-terminal: start, keys, resize, and what the terminal looks like after
//! every way to end.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::common::TINY;

/// Starts the program in a new pseudo-terminal.
fn spawn(
    arguments: &[&str],
    environment: &[(&str, &str)],
    folder: &Path,
) -> (Box<dyn MasterPty + Send>, Box<dyn Child + Send + Sync>) {
    let size = PtySize {
        rows: 40,
        cols: 120,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_clip-lab"));
    command.args(arguments);
    command.cwd(folder);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env_remove("NO_COLOR");
    command.env("XDG_STATE_HOME", folder.join("state"));
    for (name, value) in environment {
        command.env(name, value);
    }
    let child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    (pair.master, child)
}

/// Writes `tiny.ron`, a run that no test sees the end of.
fn endless(folder: &Path) {
    let text = TINY.replace("steps: 12", "steps: 100000");
    std::fs::write(folder.join("tiny.ron"), text).unwrap();
}

/// A program on a screen that a test can read.
struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
}

impl Screen {
    fn open(arguments: &[&str], environment: &[(&str, &str)], folder: &Path) -> Self {
        let (master, child) = spawn(arguments, environment, folder);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(40, 120, 0)));
        let mut reader = master.try_clone_reader().unwrap();
        let screen = Arc::clone(&parser);
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                screen.lock().unwrap().process(&bytes[..n]);
            }
        });
        let writer = master.take_writer().unwrap();
        Self {
            parser,
            master,
            writer,
            child,
        }
    }

    fn tiny(folder: &Path) -> Self {
        Self::tiny_with(folder, &[])
    }

    fn tiny_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        endless(folder);
        Self::open(&["tiny.ron"], environment, folder)
    }

    fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Waits for a state of the screen; fails with what it shows after a minute.
    fn until(&self, what: &str, done: impl Fn(&vt100::Screen) -> bool) {
        let began = Instant::now();
        while !done(self.parser.lock().unwrap().screen()) {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "no {what} in:\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn until_text(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until training is seen to run: the frame changes by itself.
    fn until_it_moves(&self) {
        self.until("step", |screen| {
            screen.alternate_screen() && screen.contents().contains("softmax")
        });
        let before = self.text();
        self.until("movement", |screen| screen.contents() != before);
    }

    fn resize(&self, rows: u16, cols: u16) {
        self.parser
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(rows, cols);
        self.master
            .resize(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    }

    fn signal(&self, signal: libc::c_int) {
        let id = self.child.process_id().unwrap() as libc::pid_t;
        // SAFETY: `kill` takes no pointers, and the child has not been waited for.
        #[allow(unsafe_code)]
        let sent = unsafe { libc::kill(id, signal) };
        assert_eq!(sent, 0);
    }

    /// Waits for the end and checks that the terminal is as it was.
    fn ended(mut self) -> u32 {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "still running:\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        self.until("restored terminal", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        status.exit_code()
    }
}

#[test]
fn it_trains_answers_keys_and_leaves_the_terminal_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    screen.press("?");
    screen.until_text("filter");
    screen.press("\x1b");
    screen.until("closed help", |s| !s.contents().contains("filter"));
    screen.press(" ");
    screen.until_text("paused");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn any_size_and_any_storm_of_sizes_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    for (rows, cols) in [
        (24, 80),
        (1, 1),
        (20, 60),
        (60, 200),
        (2, 300),
        (100, 10),
        (24, 80),
        (40, 120),
    ] {
        screen.resize(rows, cols);
    }
    screen.until_it_moves();
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn signals_end_it_with_a_whole_terminal() {
    for signal in [libc::SIGTERM, libc::SIGHUP] {
        let folder = tempfile::tempdir().unwrap();
        let screen = Screen::tiny(folder.path());
        screen.until_it_moves();
        screen.signal(signal);
        screen.ended();
    }
}

#[test]
fn a_terminal_that_is_gone_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    endless(folder.path());
    let out = folder.path().join("run");
    let arguments = ["tiny.ron", "--out", out.to_str().unwrap()];
    let (master, mut child) = spawn(&arguments, &[], folder.path());
    // Some frames, so that it is in its loop; then what closing the window does: the other end goes,
    // and SIGHUP comes.
    let mut reader = master.try_clone_reader().unwrap();
    let mut seen = 0;
    while seen < 60_000 {
        seen += reader.read(&mut [0; 4096]).unwrap();
    }
    let id = child.process_id().unwrap() as libc::pid_t;
    drop((reader, master));
    // SAFETY: as in `signal`.
    #[allow(unsafe_code)]
    let _ = unsafe { libc::kill(id, libc::SIGHUP) };
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it lives on without a terminal"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    // The lanes ended in order: their weights are there.
    for lane in ["softmax", "sigmoid"] {
        let weights = out
            .join("model")
            .join(lane)
            .join("open_clip_model.safetensors");
        assert!(weights.is_file(), "{lane} saved nothing");
    }
}

#[test]
fn ctrl_c_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    screen.press("\x03");
    screen.ended();
}

#[test]
fn a_panic_of_the_screen_restores_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let screen = Screen::tiny_with(folder.path(), &[("CLIP_LAB_TEST_PANIC", "screen")]);
    assert_ne!(screen.ended(), 0);
}

#[test]
fn a_panic_of_a_trainer_is_a_status_and_the_screen_lives() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny_with(folder.path(), &[("CLIP_LAB_TEST_PANIC", "softmax")]);
    screen.until_text("panicked");
    screen.until_it_moves();
    screen.press("q");
    screen.ended();
    // What the panic printed went to the log, not onto the screen.
    let log = std::fs::read_to_string(folder.path().join("state/clip-lab/clip-lab.log")).unwrap();
    assert!(log.contains("lane softmax"), "{log}");
}

#[test]
fn a_bad_scenario_never_opens_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("bad.ron"),
        TINY.replace("temperature: 0.07", "temperature: -1"),
    )
    .unwrap();
    let screen = Screen::open(&["bad.ron"], &[], folder.path());
    screen.until_text("bad.ron:");
    assert_eq!(screen.ended(), 2);
}

#[test]
fn a_killed_run_leaves_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    endless(folder.path());
    let out = folder.path().join("run");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_clip-lab"))
        .args(["run", "tiny.ron", "--format", "jsonl", "--out"])
        .arg(&out)
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Twenty lines have been seen, so twenty lines must be on disk, and every line there whole.
    let mut reader = std::io::BufReader::new(child.stdout.take().unwrap());
    for _ in 0..20 {
        std::io::BufRead::read_line(&mut reader, &mut String::new()).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = std::fs::read_to_string(out.join("metrics.jsonl")).unwrap();
    assert!(text.ends_with('\n'));
    assert!(text.lines().count() >= 20);
    for line in text.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    clip_lab::scenario::load(out.join("scenario.ron")).unwrap();
}
