//! [`Script`]: keys from a file instead of from hands, for tours, pictures and tests.
//!
//! ```text
//! # a comment
//! Space                a key, by its name: t, Space, Enter, Ctrl-s, Left, F1
//! text "0.05"          these characters
//! wait step 200        until every lane has made so many steps
//! wait text "paused"   until the screen shows this
//! wait 1.5             so many seconds
//! size 120 40          the screen's columns and rows, where there is no terminal
//! shot a.svg           the screen into a file: .svg, .png, .ans (escape sequences) or .txt
//! frame 0.5            the screen into the moving picture, looked at for half a second
//! frames 0.2 every 4 until step 160     such a frame every four steps
//! film a.svg           the frames so far into a file, as one picture that moves
//! ```

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent};

use super::action::{Key, key_name};
use super::app::App;
use crate::error::{Error, Result};
use crate::telemetry::LaneStatus;

/// Most frames that one line asks for.
const MOST_FRAMES: u64 = 10_000;

/// A line of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A key is pressed.
    Press(Key),
    /// Until all lanes have made so many steps, or will make no more.
    Step(u64),
    /// Until the screen shows this.
    Text(String),
    /// So long.
    Wait(Duration),
    /// The screen's size, where there is no terminal.
    Size(u16, u16),
    /// The screen into this file.
    Shot(PathBuf),
    /// The screen into the moving picture, to be looked at so long.
    Frame(Duration),
    /// The moving picture into this file.
    Film(PathBuf),
}

/// What a script asks for next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// A key.
    Press(KeyEvent),
    /// A size.
    Size(u16, u16),
    /// A picture.
    Shot(PathBuf),
    /// A frame of the moving picture.
    Frame(Duration),
    /// The moving picture.
    Film(PathBuf),
}

/// A script on its way.
#[derive(Clone, Debug, Default)]
pub struct Script {
    lines: VecDeque<Line>,
    /// Since when the line at hand waits.
    since: Option<Instant>,
}

impl Script {
    /// Reads the script at a path.
    ///
    /// # Errors
    /// A file that cannot be read, or the first line that is not understood, with its number.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads a script; `origin` is its name in messages.
    ///
    /// # Errors
    /// The first line that is not understood, with its number.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let mut lines = VecDeque::new();
        let mut step = 0;
        for (i, line) in text.lines().enumerate() {
            let read = read(line, &mut step).map_err(|what| {
                Error::Usage(format!("{origin}:{}: {what}\n  {}", i + 1, line.trim()))
            })?;
            lines.extend(read);
        }
        Ok(Self { lines, since: None })
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.lines.is_empty()
    }

    /// The next thing to do, if its time has come. `screen` is asked for what the screen shows.
    pub fn next(&mut self, now: Instant, app: &App, screen: impl Fn() -> String) -> Option<Next> {
        let since = *self.since.get_or_insert(now);
        loop {
            let done = match self.lines.front()? {
                Line::Press(_)
                | Line::Size(..)
                | Line::Shot(_)
                | Line::Frame(_)
                | Line::Film(_) => true,
                Line::Step(step) => reached(app, *step),
                Line::Text(text) => screen().contains(text.as_str()),
                Line::Wait(time) => now.saturating_duration_since(since) >= *time,
            };
            if !done {
                return None;
            }
            self.since = None;
            match self.lines.pop_front()? {
                Line::Press(key) => return Some(Next::Press(key.event())),
                Line::Size(width, height) => return Some(Next::Size(width, height)),
                Line::Shot(path) => return Some(Next::Shot(path)),
                Line::Frame(time) => return Some(Next::Frame(time)),
                Line::Film(path) => return Some(Next::Film(path)),
                Line::Step(_) | Line::Text(_) | Line::Wait(_) => {
                    // The wait is over; a wait that follows begins now.
                    self.since = Some(now);
                    if matches!(self.lines.front(), Some(Line::Wait(_))) {
                        return None;
                    }
                }
            }
        }
    }
}

fn reached(app: &App, step: u64) -> bool {
    let ended = |status: &LaneStatus| {
        matches!(
            status,
            LaneStatus::Finished | LaneStatus::Diverged(_) | LaneStatus::Failed(_)
        )
    };
    app.lanes
        .iter()
        .all(|lane| lane.step >= step || ended(&lane.status))
}

/// The parts of a script that a line means; none for a blank one or a comment. `step` is the last one that was waited
/// for.
fn read(line: &str, step: &mut u64) -> Result<Vec<Line>, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    // A lone # is a key like others.
    if line.is_empty() || (word.starts_with('#') && line.len() > 1) {
        return Ok(Vec::new());
    }
    match word {
        "text" => {
            let text = quoted(rest).ok_or("text needs its characters in quotes: text \"0.05\"")?;
            let key = |c| match c {
                '\n' => Key::of(KeyCode::Enter),
                c => Key::char(c),
            };
            Ok(text.chars().map(|c| Line::Press(key(c))).collect())
        }
        "wait" => {
            let line = wait(rest)?;
            if let Line::Step(to) = line {
                *step = to;
            }
            Ok(vec![line])
        }
        "frame" => match seconds(rest) {
            Some(time) => Ok(vec![Line::Frame(time)]),
            None => Err("frame takes seconds: frame 0.5".into()),
        },
        "frames" => frames(rest, step).ok_or_else(|| {
            "frames takes seconds and steps: frames 0.2 every 4 until step 160".into()
        }),
        "film" => {
            let path = PathBuf::from(quoted(rest).unwrap_or_else(|| rest.into()));
            match path.extension().and_then(|kind| kind.to_str()) {
                Some("svg") => Ok(vec![Line::Film(path)]),
                _ => Err("film takes a file that ends in .svg".into()),
            }
        }
        "size" => {
            let side = |text: Option<&str>| text.and_then(|t| t.parse::<u16>().ok());
            let mut sides = rest.split_whitespace();
            match (side(sides.next()), side(sides.next()), sides.next()) {
                (Some(w @ 1..=1000), Some(h @ 1..=1000), None) => Ok(vec![Line::Size(w, h)]),
                _ => Err("size needs columns and rows: size 120 40".into()),
            }
        }
        "shot" => {
            let path = quoted(rest).unwrap_or_else(|| rest.into());
            let path = PathBuf::from(path);
            let kind = path.extension().and_then(|kind| kind.to_str());
            match kind {
                Some("svg" | "png" | "ans" | "txt") => Ok(vec![Line::Shot(path)]),
                _ => Err("shot needs a file that ends in .svg, .png, .ans or .txt".into()),
            }
        }
        _ if rest.is_empty() => key_name::parse(word).map(|key| vec![Line::Press(key)]),
        _ => Err(format!(
            "`{word}` begins no line: a key alone, text, wait, size, shot, frame, frames or film does"
        )),
    }
}

/// Frames from the last step on, each after so many steps.
fn frames(rest: &str, step: &mut u64) -> Option<Vec<Line>> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [time, "every", every, "until", "step", last] = words[..] else {
        return None;
    };
    let time = seconds(time)?;
    let every = every.parse::<u64>().ok().filter(|&every| every > 0)?;
    let last = last
        .parse::<u64>()
        .ok()
        .filter(|last| last / every <= MOST_FRAMES)?;
    let mut lines = Vec::new();
    while *step + every <= last {
        *step += every;
        lines.extend([Line::Step(*step), Line::Frame(time)]);
    }
    Some(lines)
}

/// A length of time, a day at most.
fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok()?;
    (0.0..=86_400.0)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}

fn wait(rest: &str) -> Result<Line, String> {
    let (word, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let wanted = "wait needs seconds (wait 1.5), a step (wait step 200) or words on the screen (wait text \
                  \"paused\")";
    match word {
        "step" => value
            .trim()
            .parse()
            .map(Line::Step)
            .map_err(|_| wanted.into()),
        "text" => quoted(value.trim())
            .filter(|text| !text.is_empty())
            .map(Line::Text)
            .ok_or_else(|| wanted.into()),
        time if value.is_empty() => seconds(time).map(Line::Wait).ok_or_else(|| wanted.into()),
        _ => Err(wanted.into()),
    }
}

/// The text between double quotes; `\"`, `\\` and `\n` stand for a quote, a backslash, an Enter.
fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => out.push(match characters.next()? {
                'n' => '\n',
                c @ ('"' | '\\') => c,
                _ => return None,
            }),
            '"' => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn app() -> App {
        App::new(fixture::scenario(), Vec::new())
    }

    #[test]
    fn a_script_presses_types_waits_and_takes_pictures() {
        let text =
            "# a tour\n\nt\nCtrl-s\ntext \"0.5\\n\"\nwait step 200\nsize 100 30\nshot a.svg\n#\n";
        let mut script = Script::parse(text, "tour.keys").unwrap();
        let (now, mut app) = (Instant::now(), app());
        let mut presses = Vec::new();
        while let Some(Next::Press(key)) = script.next(now, &app, String::new) {
            presses.push(key_name::name(&Key::from(key)));
        }
        assert_eq!(presses, ["t", "Ctrl-s", "0", ".", "5", "Enter"]);
        assert_eq!(
            script.next(now, &app, String::new),
            None,
            "no lane is there"
        );
        app.observe(fixture::running(199));
        assert_eq!(script.next(now, &app, String::new), None);
        app.observe(fixture::running(200));
        let next = |script: &mut Script| script.next(now, &app, String::new);
        assert_eq!(next(&mut script), Some(Next::Size(100, 30)));
        assert_eq!(next(&mut script), Some(Next::Shot("a.svg".into())));
        let Some(Next::Press(key)) = next(&mut script) else {
            panic!("a lone # is a key")
        };
        assert_eq!(key.code, KeyCode::Char('#'));
        assert!(script.is_over() && next(&mut script).is_none());
    }

    #[test]
    fn waits_end_by_the_clock_by_words_and_by_lanes_that_go_no_further() {
        let mut script = Script::parse(
            "wait 1\nwait 1.5\nwait text \"paused\"\nwait step 900\nq",
            "x",
        )
        .unwrap();
        let mut app = app();
        app.observe(fixture::edited(30, |_, lane| {
            lane.status = LaneStatus::Finished;
        }));
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let quiet = || "running".to_string();
        assert_eq!(script.next(at(0.0), &app, quiet), None);
        assert_eq!(script.next(at(0.9), &app, quiet), None);
        assert_eq!(script.next(at(1.0), &app, quiet), None, "the second begins");
        assert_eq!(script.next(at(2.4), &app, quiet), None);
        assert_eq!(script.next(at(2.5), &app, quiet), None, "no such words");
        let paused = || "it is paused".to_string();
        assert!(matches!(
            script.next(at(2.6), &app, paused),
            Some(Next::Press(_))
        ));
    }

    #[test]
    fn frames_are_taken_from_step_to_step() {
        let text = "wait step 10\nframe 1.5\nframes 0.2 every 4 until step 20\nfilm docs/a.svg\n";
        let script = Script::parse(text, "x").unwrap();
        let frame = |seconds| Line::Frame(Duration::from_secs_f64(seconds));
        let lines = [
            Line::Step(10),
            frame(1.5),
            Line::Step(14),
            frame(0.2),
            Line::Step(18),
            frame(0.2),
            Line::Film("docs/a.svg".into()),
        ];
        assert!(script.lines.iter().eq(&lines), "{:?}", script.lines);
    }

    #[test]
    fn a_line_that_is_not_understood_is_named_by_its_number() {
        for (line, says) in [
            ("Hyper-x", "unknown key"),
            ("jump high", "begins no line"),
            ("text 5", "in quotes"),
            ("wait forever", "wait needs"),
            ("wait step many", "wait needs"),
            ("wait -1", "wait needs"),
            ("size 0 5", "size needs"),
            ("shot a.gif", ".svg, .png"),
            ("frame long", "frame takes"),
            ("frames 0.2 every 0 until step 9", "frames takes"),
            ("film a.gif", ".svg"),
        ] {
            let Err(Error::Usage(said)) = Script::parse(&format!("t\n{line}\n"), "tour.keys")
            else {
                panic!("{line} is understood")
            };
            assert!(
                said.starts_with("tour.keys:2: ") && said.contains(says),
                "{said}"
            );
        }
    }
}
