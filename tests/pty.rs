//! The whole program in a pseudo-terminal: start, keys, resize, and what the terminal looks like after
//! every way to end.

mod lesson;
mod screen;
mod start;

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clip_lab::lab::{self, Lab};
use clip_lab::ui;

use crate::common::TINY;
use screen::{PROGRAM, Screen, endless, spawn};

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

/// Keys are answered while a step goes on, however long it takes: many of them within one step.
#[test]
fn keys_are_answered_while_a_step_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(&["clip", "--set", "batch_size=1024"], &[], folder.path());
    let step = |screen: &vt100::Screen| -> Option<u64> {
        let text = screen.contents();
        let header = text.lines().next()?;
        let (before, _) = header.split_once("/800")?;
        before.split_whitespace().last()?.parse().ok()
    };
    screen.until("first step", |s| step(s) >= Some(1));
    let now = |screen: &Screen| step(screen.parser.lock().unwrap().screen());
    // The step that is under way may be near its end: count in the one after it, too.
    let mut answered = Vec::new();
    for _ in 0..2 {
        let at = now(&screen);
        let mut answers = 0;
        while now(&screen) == at {
            screen.press("?");
            screen.until_text("filter");
            screen.press("\x1b");
            screen.until("closed help", |s| !s.contents().contains("filter"));
            answers += 2;
        }
        answered.push(answers);
    }
    assert!(
        answered.iter().any(|answers| *answers >= 10),
        "keys answered within a step: {answered:?}"
    );
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
    // crossterm may keep a key that comes in the same instant as a change of size until the next one.
    screen.until("frame of the last size", |screen| {
        let right = |row: u16| {
            let cells = (100..120).filter_map(|column| screen.cell(row, column));
            cells.filter(|cell| cell.has_contents()).count() > 2
        };
        right(0) && (30..40).any(right)
    });
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
    let (master, mut child) = spawn(PROGRAM.as_ref(), &arguments, &[], folder.path());
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
    let this = std::env::current_exe().unwrap();
    let test = [
        "--exact",
        "pty::a_screen_that_panics",
        "--ignored",
        "--nocapture",
    ];
    let mut screen = Screen::of(&this, &test, &[], folder.path());
    screen.until_it_moves();
    screen.press("o");
    screen.press("any.ron");
    screen.until_text("any.ron");
    screen.press("\r");
    screen.until_text("no scenario is to be read");
    assert_ne!(screen.ended(), 0);
}

/// The library's screen in a process of its own, for the test above: it panics when a scenario is
/// opened.
#[test]
#[ignore = "takes the terminal that it is started in"]
fn a_screen_that_panics() {
    let text = TINY.replace("steps: 12", "steps: 100000");
    let scenario = clip_lab::scenario::parse(&text, "tiny").unwrap();
    let source = ui::Source {
        load: &|_| panic!("no scenario is to be read"),
        open: &|scenario| Lab::open(scenario, &lab::Options::default()),
    };
    ui::run(
        ui::Options::default(),
        source,
        scenario,
        &["tiny.ron".into()],
        None,
    )
    .unwrap();
}

#[test]
fn a_panic_of_a_trainer_is_a_status_and_the_screen_lives() {
    let folder = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let test = [
        "--exact",
        "pty::a_lane_that_panics",
        "--ignored",
        "--nocapture",
    ];
    let mut screen = Screen::of(&this, &test, &[], folder.path());
    screen.until_text("panicked");
    screen.until_it_moves();
    // The log pane has it, and says where the log lies.
    screen.press("`");
    screen.until("the log", |s| {
        s.contents().contains("printed meanwhile") && s.contents().contains("clip-lab.log")
    });
    screen.press("\x1b");
    screen.until("closed log", |s| {
        !s.contents().contains("printed meanwhile")
    });
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    // What the panic printed went to the log, not onto the screen.
    let log = std::fs::read_to_string(folder.path().join("state/clip-lab/clip-lab.log")).unwrap();
    assert!(log.contains("thread 'lane "), "{log}");
}

/// The library's screen in a process of its own, for the test above: the lane that prepares the data
/// panics, and the other goes on.
#[test]
#[ignore = "takes the terminal that it is started in"]
fn a_lane_that_panics() {
    let text = TINY.replace("steps: 12", "steps: 100000");
    let scenario = clip_lab::scenario::parse(&text, "tiny").unwrap();
    let source = ui::Source {
        load: &|_| unreachable!("no scenario is to be read"),
        open: &|scenario| {
            let first = AtomicBool::new(true);
            Lab::open_with(scenario, &lab::Options::default(), move |scenario| {
                // What it prints is to go where the screen lets it go: it must have begun.
                while std::io::stderr().is_terminal() {
                    std::thread::sleep(Duration::from_millis(10));
                }
                assert!(!first.swap(false, Ordering::SeqCst), "a test asked for it");
                clip_lab::train::start::prepare(scenario)
            })
        },
    };
    let names = ["tiny.ron".into()];
    let failed = ui::run(ui::Options::default(), source, scenario, &names, None).unwrap_err();
    assert_eq!(failed.exit_code(), 1);
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

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    for _ in 0..2 {
        screen.press("\x1a");
        screen.until("restored terminal", |s| {
            !s.alternate_screen()
                && !s.hide_cursor()
                && !s.bracketed_paste()
                && s.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        let id = screen.child.process_id().unwrap();
        let state = || {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
            let after = stat.rsplit(')').next().unwrap().trim().to_string();
            after.chars().next().unwrap()
        };
        if cfg!(target_os = "linux") {
            screen.until("sleep", |_| state() == 'T');
        }
        screen.signal(libc::SIGCONT);
        screen.until_it_moves();
        screen.until("its modes", |s| {
            s.hide_cursor()
                && s.bracketed_paste()
                && s.mouse_protocol_mode() != vt100::MouseProtocolMode::None
        });
    }
    // Raw mode is back: one key is enough.
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn a_paste_is_text_where_one_types_and_nothing_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    // Keys in it would quit, pause and open things.
    screen.press("\x1b[200~q o?\x1b[201~");
    screen.press("t\r");
    screen.until_text("temperature for all lanes =");
    screen.press("\x1b[200~ 0.0432\nq\x1b[201~");
    screen.until_text("temperature for all lanes = 0.0432");
    screen.press("\r");
    screen.until("the value", |s| {
        !s.contents().contains("temperature for all lanes =") && s.contents().contains("0.0432")
    });
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn paused_and_idle_it_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    screen.press(" ");
    screen.until_text("paused");
    // What was under way (a frame, an evaluation, a message that fades) comes to its end.
    let began = Instant::now();
    while screen.written_in_rounds(25) > 0 {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it is never quiet"
        );
    }
    // The mouse moves; nothing on the screen follows it.
    for i in 1..=50 {
        screen.press(&format!("\x1b[<35;{i};{}M", 1 + i % 30));
    }
    assert_eq!(
        screen.written_in_rounds(75),
        0,
        "bytes while nothing happens"
    );
    // And it was listening all the time.
    screen.press("?");
    screen.until_text("filter");
    screen.press("\x1bq");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn a_file_that_changes_is_offered_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    let text = std::fs::read_to_string(folder.path().join("tiny.ron")).unwrap();
    let changed = text.replace("\"tiny\"", "\"another title\"");
    std::fs::write(folder.path().join("tiny.ron"), changed).unwrap();
    screen.until_text("tiny.ron changed on disk");
    screen.press("\x0f");
    screen.until_text("another title");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn the_command_is_copied_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    screen.press("Y");
    screen.until_text("clip-lab tiny.ron");
    let copied = screen.copied.lock().unwrap().clone();
    // "clip-lab tiny.ron" in base64.
    let wanted = b"\x1b]52;c;Y2xpcC1sYWIgdGlueS5yb24";
    assert!(copied.starts_with(wanted), "{}", copied.escape_ascii());
    screen.press("\x1b");
    screen.until("closed notice", |s| {
        !s.contents().contains("clip-lab tiny.ron")
    });
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn one_key_exports_everything() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    screen.press("E");
    screen.until_text("exported");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    let made = std::fs::read_dir(folder.path()).unwrap().flatten();
    let made = made
        .map(|entry| entry.path())
        .find(|path| path.join("screen.png").is_file())
        .expect("a folder with all");
    clip_lab::scenario::load(made.join("scenario.ron")).unwrap();
    assert!(made.join("plots.svg").is_file());
}

#[test]
fn a_script_drives_the_real_screen() {
    let folder = tempfile::tempdir().unwrap();
    endless(folder.path());
    let script =
        "wait step 3\nt\nEnter\ntext \"0.0432\"\nEnter\nwait text \"0.0432\"\nshot a.svg\n?\n";
    std::fs::write(folder.path().join("tour.keys"), script).unwrap();
    let mut screen = Screen::open(&["tiny.ron", "--keys", "tour.keys"], &[], folder.path());
    screen.until_text("filter");
    let picture = std::fs::read_to_string(folder.path().join("a.svg")).unwrap();
    assert!(picture.contains("0.0432"));
    // After its end the keyboard goes on.
    screen.press("\x1bq");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn m_releases_the_mouse_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    let none = vt100::MouseProtocolMode::None;
    assert_ne!(
        screen.parser.lock().unwrap().screen().mouse_protocol_mode(),
        none
    );
    screen.press("M");
    screen.until("a free mouse", |s| s.mouse_protocol_mode() == none);
    screen.press("M");
    screen.until("its mouse", |s| s.mouse_protocol_mode() != none);
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn the_users_keys_and_settings_hold() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config/clip-lab");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(
        config.join("config.ron"),
        "(glyphs: \"ascii\", mouse: false)",
    )
    .unwrap();
    std::fs::write(config.join("keys.ron"), "{ \"main.help\": [\"F9\"] }").unwrap();
    let mut screen = Screen::tiny(folder.path());
    screen.until_it_moves();
    screen.press("\x1b[20~");
    screen.until_text("filter");
    let (text, mouse) = {
        let parser = screen.parser.lock().unwrap();
        let screen = parser.screen();
        (screen.contents(), screen.mouse_protocol_mode())
    };
    assert!(text.is_ascii(), "{text}");
    assert_eq!(mouse, vt100::MouseProtocolMode::None);
    screen.press("\x1bq");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn an_exercise_takes_right_and_wrong_answers_by_keys() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["tour", "exercises", "by-hand", "--steps", "2"];
    let mut screen = Screen::open(&args, &[], folder.path());
    screen.until_text("exercise 1 of 5");
    screen.until_text("What is S[3, 2]");
    screen.press("\r0.52\r");
    screen.until_text("Divide it by tau");
    screen.press("\r5.2\r");
    screen.until_text("above which cosine does e^S overflow");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}
