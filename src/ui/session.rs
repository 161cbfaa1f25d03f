//! [`Session`]: the loop of events and frames around a lab. It takes what happened, draws if something
//! changed, and carries out what the app asks for.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, MouseEventKind};

use super::app::{App, Effect};
use super::display::Display;
use super::event::handle;
use super::pace::Pace;
use super::picture::Reel;
use super::remember::{Memory, Remembered};
use super::save::save;
use super::script::Script;
use super::terminal;
use super::theme::Theme;
use super::watch::Watch;
use crate::error::{Error, Result};
use crate::lab::{Attention, Command, Lab};
use crate::scenario::Scenario;
use crate::telemetry::Snapshot;

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

/// A lab and what is needed to show it.
pub struct Session {
    pub(super) lab: Lab,
    /// How many lanes were told how much of them is looked at.
    pub(super) attended: Option<(usize, Attention)>,
    pub(super) theme: Theme,
    pub(super) pace: Pace,
    /// What the next start is to know.
    pub(super) memory: Memory,
    /// What the open scenario was made from.
    pub(super) names: Vec<String>,
    /// Its file.
    pub(super) watch: Option<Watch>,
    /// An export under way; it says where it went.
    pub(super) exporting: Option<mpsc::Receiver<Result<String>>>,
    /// When the log was read last.
    pub(super) log_read: Instant,
    /// Keys from a file.
    pub(super) script: Option<Script>,
    /// The moving picture that the script makes.
    pub(super) reel: Reel,
    /// Labs that were left for another scenario and are ending.
    pub(super) retired: Vec<mpsc::Receiver<Result<()>>>,
}

impl Session {
    /// The loop: take what happened, draw if something changed.
    pub fn turn(&mut self, display: &mut Display, app: &mut App, source: Source) -> Result<()> {
        let mut seen: Vec<Arc<Snapshot>> = Vec::new();
        let mut drawn = Instant::now()
            .checked_sub(self.pace.after(0))
            .unwrap_or_else(Instant::now);
        let mut frame_time = self.pace.after(0);
        let mut beat = Instant::now();
        let mut heard = Instant::now();
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
                heard = Instant::now();
                news = true;
            }
            news |= app.waited(heard.elapsed());
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
        self.keep(app.remembered(&self.memory.kept), app);
        for effect in effects {
            if effect == Effect::Quit {
                return Ok(true);
            }
            self.carry_out(effect, display, app, source).map_err(lost)?;
        }
        Ok(false)
    }

    /// Keeps what is to be remembered, or notes in the log why that cannot be.
    fn keep(&mut self, now: Remembered, app: &mut App) {
        if let Err(e) = self.memory.keep(now) {
            app.note(format!("not remembered: {e}"));
        }
    }

    fn carry_out(
        &mut self,
        effect: Effect,
        display: &mut Display,
        app: &mut App,
        source: Source,
    ) -> std::io::Result<()> {
        let Some(effect) = drive(&mut self.lab, app, effect) else {
            return Ok(());
        };
        match effect {
            Effect::Save { path, replace } => {
                let outcome = save(&self.lab.recorded(), &path, replace);
                self.saved(&outcome);
                app.saved(outcome);
            }
            Effect::Suspend => display.suspend(&self.theme)?,
            Effect::Theme => {
                self.theme.palette = self.theme.palette.next();
                let theme = self.theme.palette.name().to_owned();
                let kept = Remembered {
                    theme: Some(theme),
                    ..self.memory.kept.clone()
                };
                self.keep(kept, app);
                app.say(format!("theme: {}", self.theme.palette.name()));
            }
            Effect::Mouse(ours) => display.take_mouse(ours)?,
            Effect::Copy => self.copy(display, app)?,
            Effect::Export => self.export(app),
            Effect::Log => app.show_log(&terminal::log_tail()),
            Effect::Open(name) => {
                match (source.load)(&name)
                    .map(|s| app.as_asked(s))
                    .and_then(|s| Ok(((source.open)(s.clone())?, s)))
                {
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
            // Done already, or what ends the loop.
            _ => {}
        }
        Ok(())
    }

    /// Ends all labs, and says so if that takes a while. Returns what a lane failed with, if one did.
    pub fn close(self) -> Result<()> {
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

/// Does what an effect asks of the lanes; gives back one that asks something else.
fn drive(lab: &mut Lab, app: &mut App, effect: Effect) -> Option<Effect> {
    match effect {
        Effect::Send {
            lane: Some(lane),
            command,
        } => lab.send(lane, command),
        Effect::Send {
            lane: None,
            command,
        } => lab.send_all(&command),
        Effect::Change { number, parts } => lab.change(number, &parts),
        Effect::TakeBack { number, parts } => lab.take_back(number, &parts),
        Effect::Branch(lane) => {
            if let Err(e) = lab.branch(lane) {
                app.complain(e.to_string());
            }
        }
        Effect::Hide => lab.hide_last(),
        Effect::Show => {
            lab.show_hidden();
            app.scenario = lab.scenario().clone();
        }
        Effect::EndHidden => lab.end_hidden(),
        Effect::SlowDown(gap) => lab.slow_down(gap),
        other => return Some(other),
    }
    None
}

/// What is said of a terminal that cannot be written or read any more.
#[allow(clippy::needless_pass_by_value)] // `map_err` hands it over.
pub fn lost(e: std::io::Error) -> Error {
    Error::Internal(format!("lost the terminal: {e}"))
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

#[cfg(test)]
mod tests;
