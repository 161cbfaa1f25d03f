//! The screen: the loop of events and frames. What is shown lives in [`app`], how it looks in
//! [`theme`] and [`view`], the terminal's modes in `terminal`; no tensor in sight, and nothing here
//! waits for training.

pub mod action;
pub mod app;
pub mod chart;
mod command_line;
pub mod config;
pub mod dial;
mod display;
pub mod explain;
#[cfg(test)]
mod fixture;
pub mod history;
pub mod input;
pub mod marks;
mod offscreen;
pub mod pace;
pub mod palette;
pub mod panel;
pub mod picture;
pub mod plain;
pub mod region;
pub mod script;
mod sharing;
mod terminal;
pub mod theme;
pub mod view;
mod watch;

use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use crate::error::{Error, Result};
use crate::files::replace as replace_file;
use crate::lab::{Attention, Command, Lab};
use crate::scenario::{self, Scenario};
use crate::telemetry::Snapshot;

pub use offscreen::Offscreen;

use action::Action;
use app::{App, Choice, Effect, Saved};
use display::Display;
use pace::Pace;
use script::Script;
use theme::{ColorChoice, Depth, GlyphChoice, Glyphs, Palette, Theme, ThemeChoice};
use watch::Watch;

/// How the screen is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Colours.
    pub color: ColorChoice,
    /// Characters.
    pub glyphs: GlyphChoice,
    /// The theme.
    pub theme: ThemeChoice,
    /// Fewer frames and fewer colours, for slow lines.
    pub low_bandwidth: bool,
    /// Whether clicks are left to the terminal at first.
    pub no_mouse: bool,
    /// Whether a newcomer is told what is seen and what to press.
    pub welcome: bool,
    /// The stop of the tour that the first scenario is.
    pub stop: Option<usize>,
}

/// If it says `screen`, the screen panics after its first frame, for the test of what a panic does.
const PANIC: &str = "CLIP_LAB_TEST_PANIC";

/// How often keys and snapshots are looked at while nothing is pressed.
const TICK: Duration = Duration::from_millis(40);

/// How long a message stays if no key replaces it.
const HOLD: Duration = Duration::from_secs(12);

/// How long a lab may take to end before the user is told what is waited for.
const PATIENCE: Duration = Duration::from_millis(600);

/// Where labs come from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Reads the scenario of this name or file.
    pub load: &'a dyn Fn(&str) -> Result<Scenario>,
    /// Starts a lab; it must not wait for training.
    pub open: &'a dyn Fn(Scenario) -> Result<Lab>,
}

/// Runs the screen until the user leaves or the process is told to end. `names` are what `scenario` was
/// made from; a script presses keys, and where standard output is no terminal it is the only one who
/// does.
///
/// # Errors
/// What `source` says of the first scenario, and what the terminal refuses.
pub fn run(
    options: Options,
    source: Source,
    scenario: Scenario,
    names: &[String],
    script: Option<Script>,
) -> Result<()> {
    let lab = (source.open)(scenario.clone())?;
    let env = |name: &str| std::env::var_os(name);
    let mut theme = Theme::new(
        Depth::detect(options.color, env),
        Glyphs::detect(options.glyphs, env),
    )
    .with(Palette::detect(options.theme, env));
    if options.low_bandwidth {
        theme.slow_down();
    }
    let mut app = App::new(scenario, choices());
    app.course.welcome = options.welcome;
    if let Some(stop) = options.stop {
        app.begin_tour(stop);
    }
    let mut session = Session {
        lab,
        attended: None,
        theme,
        pace: Pace::of(options.low_bandwidth),
        retired: Vec::new(),
        names: Vec::new(),
        watch: None,
        exporting: None,
        log_read: Instant::now(),
        script,
    };
    session.opened(names, &mut app);
    let paper = session.script.is_some() && !std::io::stdout().is_terminal();
    let display = if paper {
        Ok(Display::paper())
    } else {
        Display::terminal(&session.theme)
    };
    let outcome = display
        .map_err(|e| {
            Error::Usage(format!(
                "the terminal cannot be set up: {e}\n  clip-lab run trains without a screen"
            ))
        })
        .and_then(|mut display| {
            if options.no_mouse {
                app.mouse = false;
                display.take_mouse(false).map_err(lost)?;
            }
            session.turn(&mut display, &mut app, source)
        });
    // The terminal is restored by now: what follows may be printed.
    outcome.and(session.close())
}

/// The bundled scenarios. One that cannot be read is listed all the same: opening it says why.
fn choices() -> Vec<Choice> {
    let choice = |(name, text): &(&str, &str)| Choice {
        name: (*name).into(),
        title: scenario::parse(text, name)
            .map(|s| s.title)
            .unwrap_or_default(),
    };
    scenario::BUNDLED.iter().map(choice).collect()
}

/// A lab and what is needed to show it.
struct Session {
    lab: Lab,
    /// How many lanes were told how much of them is looked at.
    attended: Option<(usize, Attention)>,
    theme: Theme,
    pace: Pace,
    /// What the open scenario was made from.
    names: Vec<String>,
    /// Its file.
    watch: Option<Watch>,
    /// An export under way; it says where it went.
    exporting: Option<mpsc::Receiver<Result<String>>>,
    /// When the log was read last.
    log_read: Instant,
    /// Keys from a file.
    script: Option<Script>,
    /// Labs that were left for another scenario and are ending.
    retired: Vec<mpsc::Receiver<Result<()>>>,
}

impl Session {
    /// The loop: take what happened, draw if something changed.
    fn turn(&mut self, display: &mut Display, app: &mut App, source: Source) -> Result<()> {
        let mut seen: Vec<Arc<Snapshot>> = Vec::new();
        let mut drawn = Instant::now()
            .checked_sub(self.pace.after(0))
            .unwrap_or_else(Instant::now);
        let mut frame_time = self.pace.after(0);
        let mut beat = Instant::now();
        let panics = std::env::var_os(PANIC).is_some_and(|place| place == "screen");
        let (mut pressed, mut news) = (true, true);
        let mut said = (None, Instant::now());
        loop {
            if display.told_to_end() {
                return Ok(());
            }
            if self.lab.adopt()? {
                app.branched(self.lab.scenario().clone());
            }
            self.attend(app);
            let snapshots = self.lab.snapshots();
            if snapshots.len() != seen.len()
                || snapshots.iter().zip(&seen).any(|(a, b)| !Arc::ptr_eq(a, b))
            {
                app.observe(snapshots.clone());
                seen = snapshots;
                news = true;
            }
            if app.animated() && beat.elapsed() >= Duration::from_millis(120) {
                beat = Instant::now();
                app.beat += 1;
                news = true;
            }
            if app.message != said.0 {
                said = (app.message.clone(), Instant::now());
            } else if said.0.is_some() && app.overlay.is_none() && said.1.elapsed() >= HOLD {
                app.message = None;
                news = true;
            }
            news |= self.look_at_files(app);
            // What the user did shows at once; news of the training waits for its turn.
            if pressed || (news && drawn.elapsed() >= frame_time) {
                let bytes = display.draw(app, &self.theme).map_err(lost)?;
                frame_time = self.pace.after(bytes);
                assert!(!panics, "{PANIC} asked for it");
                drawn = Instant::now();
                (pressed, news) = (false, false);
            }
            if let Some(effects) = self.follow(display, app)? {
                // Drawn before what comes next, as if by hand.
                pressed = true;
                if self.do_all(effects, display, app, source)? {
                    return Ok(());
                }
                continue;
            }
            if !display.has_keys() && self.script.as_ref().is_none_or(Script::is_over) {
                return Ok(());
            }
            let wait = if news {
                frame_time.saturating_sub(drawn.elapsed()).min(TICK)
            } else {
                TICK
            };
            display.wait(wait).map_err(lost)?;
            // All that has come in by now, before the next frame: held keys must not queue up.
            while let Some(event) = display.event().map_err(lost)? {
                // The mouse moves all the time; only the crosshair follows it.
                let aim = app.charts.crosshair;
                pressed |=
                    !matches!(&event, Event::Mouse(mouse) if mouse.kind == MouseEventKind::Moved);
                let effects = handle(app, &event);
                pressed |= app.charts.crosshair != aim;
                if self.do_all(effects, display, app, source)? {
                    return Ok(());
                }
            }
        }
    }

    /// Tells the lanes what is looked at, if that has changed.
    fn attend(&mut self, app: &App) {
        let now = (self.lab.scenario().lanes.len(), app.attention());
        if self.attended != Some(now) {
            self.attended = Some(now);
            self.lab.send_all(&Command::Attend(now.1));
        }
    }

    /// Carries out all effects, one after the other; whether one of them was to leave.
    fn do_all(
        &mut self,
        effects: Vec<Effect>,
        display: &mut Display,
        app: &mut App,
        source: Source,
    ) -> Result<bool> {
        // One change of several lanes comes at the same step in all of them.
        let mut changes = Vec::new();
        for effect in effects {
            if effect == Effect::Quit {
                return Ok(true);
            }
            if let Effect::Send {
                lane: Some(lane),
                command: Command::Apply(control),
            } = effect
            {
                changes.push((lane, control));
                continue;
            }
            self.carry_out(effect, display, app, source).map_err(lost)?;
        }
        if !changes.is_empty() {
            self.lab.apply(&changes);
        }
        Ok(false)
    }

    fn carry_out(
        &mut self,
        effect: Effect,
        display: &mut Display,
        app: &mut App,
        source: Source,
    ) -> std::io::Result<()> {
        match effect {
            Effect::Send {
                lane: Some(lane),
                command,
            } => self.lab.send(lane, command),
            Effect::Send {
                lane: None,
                command,
            } => self.lab.send_all(&command),
            Effect::Save { path, replace } => {
                let outcome = save(&self.lab.recorded(), &path, replace);
                self.saved(&outcome);
                app.saved(outcome);
            }
            Effect::Suspend => display.suspend(&self.theme)?,
            Effect::Theme => {
                self.theme.palette = self.theme.palette.next();
                app.say(format!("theme: {}", self.theme.palette.name()));
            }
            Effect::Mouse(ours) => display.take_mouse(ours)?,
            Effect::Copy => self.copy(display, app)?,
            Effect::Export => self.export(app),
            Effect::Log => app.show_log(&terminal::log_tail()),
            Effect::Open(name) => {
                match (source.load)(&name).and_then(|s| Ok(((source.open)(s.clone())?, s))) {
                    Ok((lab, scenario)) => {
                        let old = std::mem::replace(&mut self.lab, lab);
                        self.retired.push(end(old));
                        self.attended = None;
                        app.reopen(scenario);
                        self.opened(&[name], app);
                    }
                    Err(e) => app.notify("cannot open this", e.to_string()),
                }
            }
            Effect::Branch(lane) => {
                if let Err(e) = self.lab.branch(lane) {
                    app.complain(e.to_string());
                }
            }
            Effect::SlowDown(gap) => self.lab.slow_down(gap),
            Effect::Quit => {}
        }
        Ok(())
    }

    /// Ends all labs, and says so if that takes a while. Returns what a lane failed with, if one did.
    fn close(self) -> Result<()> {
        let mut ending = self.retired;
        ending.push(end(self.lab));
        let start = Instant::now();
        let mut outcome = Ok(());
        let mut slow = Vec::new();
        for lab in ending {
            match lab.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok(end) => outcome = outcome.and(end),
                Err(_) => slow.push(lab),
            }
        }
        if !slow.is_empty() {
            // Nothing can be done if stderr is gone, too.
            let _ = writeln!(
                std::io::stderr(),
                "finishing the current step; Ctrl-C ends it at once"
            );
            for lab in slow {
                outcome = outcome.and(lab.recv().unwrap_or(Ok(())));
            }
        }
        outcome
    }
}

#[allow(clippy::needless_pass_by_value)] // `map_err` hands it over.
fn lost(e: std::io::Error) -> Error {
    Error::Internal(format!("the terminal is gone: {e}"))
}

/// Ends a lab on a thread of its own, so that the screen does not wait for its current step.
fn end(lab: Lab) -> mpsc::Receiver<Result<()>> {
    let (done, rest) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody listens any more if the process is ending.
        let _ = done.send(lab.close());
    });
    rest
}

fn handle(app: &mut App, event: &Event) -> Vec<Effect> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let mut key = *key;
            let mut effects = Vec::new();
            // No key of ours has Alt: it is an Escape whose follower came at the same moment, as it
            // does over a slow line.
            if key.modifiers.contains(KeyModifiers::ALT) {
                key.modifiers.remove(KeyModifiers::ALT);
                effects = app.key(KeyEvent::from(KeyCode::Esc));
            }
            effects.extend(app.key(key));
            effects
        }
        Event::Paste(text) if app.overlay.is_some() => app.update(Action::Paste(text.clone())),
        Event::Mouse(mouse) if !app.too_small() => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                app.update(Action::Click(mouse.column, mouse.row))
            }
            MouseEventKind::Moved | MouseEventKind::Drag(_) => {
                app.update(Action::Hover(mouse.column, mouse.row))
            }
            MouseEventKind::ScrollUp => app.update(Action::Wheel(mouse.column, mouse.row, true)),
            MouseEventKind::ScrollDown => app.update(Action::Wheel(mouse.column, mouse.row, false)),
            _ => Vec::new(),
        },
        Event::Resize(width, height) => {
            app.size = (*width, *height);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Writes the scenario, whole or not at all.
fn save(scenario: &Scenario, path: &str, replace: bool) -> Saved {
    if !replace && Path::new(path).exists() {
        return Saved::Exists(path.into());
    }
    match replace_file(Path::new(path), scenario.to_ron()) {
        Ok(()) => Saved::Done(path.into()),
        Err(e) => Saved::Failed(e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn req22_saving_writes_a_scenario_that_reads_back_and_replaces_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.ron").display().to_string();
        let scenario = fixture::scenario();
        assert_eq!(save(&scenario, &path, false), Saved::Done(path.clone()));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(scenario::parse(&text, "mine").unwrap(), scenario);
        assert_eq!(save(&scenario, &path, false), Saved::Exists(path.clone()));
        assert_eq!(save(&scenario, &path, true), Saved::Done(path));
        let nowhere = folder
            .path()
            .join("no/such/folder.ron")
            .display()
            .to_string();
        let Saved::Failed(reason) = save(&scenario, &nowhere, false) else {
            panic!("it must fail")
        };
        assert!(reason.contains("cannot write"), "{reason}");
    }

    #[test]
    fn a_paste_outside_a_line_does_nothing() {
        let mut app = App::new(fixture::scenario(), Vec::new());
        app.size = (120, 40);
        assert!(handle(&mut app, &Event::Paste("q".into())).is_empty());
    }
}
