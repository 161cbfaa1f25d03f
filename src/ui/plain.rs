//! The lab line by line, for screen readers and for pipes: no modes of the terminal, one line of text for
//! each thing worth telling, commands as lines on standard input.

mod teller;
mod words;

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use signal_hook::consts::TERM_SIGNALS;

use super::app::Saved;
use super::command_line;
use super::save::save;
use crate::error::{Error, Result};
use crate::lab::Lab;
use crate::scenario::{self, Scenario};
use crate::telemetry::LaneStatus;
use teller::{Ask, Teller};
use words::spoken;

/// How often the lanes are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Runs the lab line by line until the user leaves, or until all is done and nobody can say more.
///
/// # Errors
/// What `open` says of the first scenario, what standard output refuses, and what a lane failed with.
pub fn run(
    mut open: impl FnMut(Scenario) -> Result<Lab>,
    scenario: Scenario,
    names: &[String],
) -> Result<()> {
    let ending = Arc::new(AtomicBool::new(false));
    for &signal in TERM_SIGNALS {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&ending))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&ending)))
            .map_err(|e| Error::Internal(format!("cannot listen for signal {signal}: {e}")))?;
    }
    let mut names = names.to_vec();
    let mut teller = Teller::new(&scenario);
    tell(&[scenario.title.clone(), spoken(&scenario.watch)])?;
    tell(&["help lists the commands".into()])?;
    let mut lab = open(scenario)?;
    let lines = read_lines();
    let mut deaf = false;
    while !ending.load(Ordering::Relaxed) {
        let line = if deaf {
            std::thread::sleep(TICK);
            None
        } else {
            match lines.recv_timeout(TICK) {
                Ok(line) => Some(line),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    deaf = true;
                    None
                }
            }
        };
        let snapshots = lab.snapshots();
        let over = snapshots.iter().all(|lane| {
            matches!(
                lane.status,
                LaneStatus::Finished | LaneStatus::Diverged(_) | LaneStatus::Failed(_)
            )
        });
        tell(&teller.observe(snapshots))?;
        if over && deaf {
            break;
        }
        let Some(line) = line else { continue };
        let asked = match teller.command(&line) {
            Ok(asked) => asked,
            Err(text) => {
                tell(&[text])?;
                continue;
            }
        };
        for ask in asked {
            match ask {
                Ask::Send(Some(lane), command) => lab.send(lane, command),
                Ask::Send(None, command) => lab.send_all(&command),
                Ask::Tell(text) => tell(&[text])?,
                Ask::Quit => return lab.close(),
                Ask::Save(path) => {
                    let text = match save(&lab.recorded(), &path, false) {
                        Saved::Done(path) => format!("saved to {path}"),
                        Saved::Exists(path) => {
                            format!("{path} already exists: choose another name")
                        }
                        Saved::Failed(reason) => spoken(&reason),
                    };
                    tell(&[text])?;
                }
                Ask::Repeat => {
                    let command = command_line::command(&names, &lab.recorded(), false);
                    let none = "cannot be expressed as a command: save it as a scenario";
                    tell(&[command.unwrap_or_else(|| none.into())])?;
                }
                Ask::Open(name) => {
                    match scenario::load(&name).and_then(|s| Ok((open(s.clone())?, s))) {
                        Ok((opened, scenario)) => {
                            teller = Teller::new(&scenario);
                            tell(&[scenario.title.clone(), spoken(&scenario.watch)])?;
                            std::mem::replace(&mut lab, opened).close()?;
                            names = vec![name];
                        }
                        Err(e) => tell(&[e.to_string()])?,
                    }
                }
            }
        }
    }
    lab.close()
}

/// Lines of standard input, as they come.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn tell(lines: &[String]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let mut write = || {
        for line in lines.iter().filter(|line| !line.is_empty()) {
            writeln!(out, "{line}")?;
        }
        out.flush()
    };
    write().map_err(Error::file("write", "standard output"))
}
