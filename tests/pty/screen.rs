//! [`Screen`]: the program in a pseudo-terminal, with an emulator that shows what stands there, and keys.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::common::TINY;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_clip-lab");

/// Starts a program in a new pseudo-terminal.
pub fn spawn(
    program: &Path,
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
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.cwd(folder);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env_remove("NO_COLOR");
    command.env("XDG_STATE_HOME", folder.join("state"));
    command.env("XDG_CONFIG_HOME", folder.join("config"));
    command.env_remove("COLORFGBG");
    // A panic's message is short, so that what stands before it is in sight.
    command.env("RUST_BACKTRACE", "0");
    command.env_remove("SSH_CONNECTION");
    command.env_remove("SSH_TTY");
    for (name, value) in environment {
        command.env(name, value);
    }
    let child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    (pair.master, child)
}

/// Writes `tiny.ron`, a run that no test sees the end of.
pub fn endless(folder: &Path) {
    let text = TINY.replace("steps: 12", "steps: 100000");
    std::fs::write(folder.join("tiny.ron"), text).unwrap();
}

/// A program on a screen that a test can read.
pub struct Screen {
    pub parser: Arc<Mutex<vt100::Parser>>,
    /// Bytes that the program has written, and all of them that are text for the clipboard.
    written: Arc<AtomicU64>,
    pub copied: Arc<Mutex<Vec<u8>>>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    pub child: Box<dyn Child + Send + Sync>,
}

/// Lets the emulator have what the program wrote. It fails on some text that was meant for a larger screen than it
/// has become meanwhile: then a new one takes its place, for the program draws all of the next frame.
fn take(parser: &mut vt100::Parser, bytes: &[u8]) {
    let (rows, cols) = parser.screen().size();
    let alternate = parser.screen().alternate_screen();
    let process = std::panic::AssertUnwindSafe(|| parser.process(bytes));
    if std::panic::catch_unwind(process).is_err() {
        assert!(
            rows < 3 || cols < 3,
            "the emulator failed at {rows} x {cols}"
        );
        *parser = vt100::Parser::new(rows, cols, 0);
        if alternate {
            parser.process(b"\x1b[?1049h");
        }
    }
}

impl Screen {
    pub fn open(arguments: &[&str], environment: &[(&str, &str)], folder: &Path) -> Self {
        Self::of(PROGRAM.as_ref(), arguments, environment, folder)
    }

    /// Of another program than clip-lab's own.
    pub fn of(
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
        folder: &Path,
    ) -> Self {
        let (master, child) = spawn(program, arguments, environment, folder);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(40, 120, 0)));
        let mut reader = master.try_clone_reader().unwrap();
        let screen = Arc::clone(&parser);
        let (written, copied) = (Arc::new(AtomicU64::new(0)), Arc::default());
        let (count, copies) = (Arc::clone(&written), Arc::clone(&copied));
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                take(&mut screen.lock().unwrap(), &bytes[..n]);
                count.fetch_add(n as u64, Ordering::SeqCst);
                let copies: &Mutex<Vec<u8>> = &copies;
                let text = bytes[..n].windows(5).position(|part| part == b"\x1b]52;");
                if let Some(at) = text {
                    copies.lock().unwrap().extend(&bytes[at..n]);
                }
            }
        });
        let writer = master.take_writer().unwrap();
        Self {
            parser,
            written,
            copied,
            master,
            writer,
            child,
        }
    }

    pub fn tiny(folder: &Path) -> Self {
        Self::tiny_with(folder, &[])
    }

    pub fn tiny_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        endless(folder);
        Self::open(&["tiny.ron"], environment, folder)
    }

    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    pub fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Waits for a state of the screen; fails with what it shows after a minute.
    pub fn until(&self, what: &str, done: impl Fn(&vt100::Screen) -> bool) {
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

    pub fn until_text(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until training is seen to run: the frame changes by itself.
    pub fn until_it_moves(&self) {
        self.until("step", |screen| {
            screen.alternate_screen() && screen.contents().contains("softmax")
        });
        let before = self.text();
        self.until("movement", |screen| screen.contents() != before);
    }

    pub fn resize(&self, rows: u16, cols: u16) {
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

    pub fn signal(&self, signal: libc::c_int) {
        let id = self.child.process_id().unwrap() as libc::pid_t;
        // SAFETY: `kill` takes no pointers, and the child has not been waited for.
        #[allow(unsafe_code)]
        let sent = unsafe { libc::kill(id, signal) };
        assert_eq!(sent, 0);
    }

    pub fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// How often the program's first thread has gone to wait: once in each round of its loop.
    #[cfg(target_os = "linux")]
    pub fn rounds(&self) -> u64 {
        let id = self.child.process_id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/task/{id}/status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse().unwrap()
    }

    /// Waits until the program has gone round its loop so often, and says what it wrote meanwhile.
    #[cfg(target_os = "linux")]
    pub fn written_in_rounds(&self, rounds: u64) -> u64 {
        let (before, start) = (self.written(), self.rounds());
        self.until("rounds of the loop", |_| self.rounds() >= start + rounds);
        self.written() - before
    }

    /// Waits for the end and checks that the terminal is as it was.
    pub fn ended(mut self) -> u32 {
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
