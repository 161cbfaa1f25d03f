//! [`replay`]: trains again as a run folder's records say, and compares every loss.
//!
//! The records are a journal: each lane's steps, changes, resets, rewinds and branches in their order.
//! Doing the same to a new trainer must give the same numbers, those on paths that were left included.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::control::{Change, Control, Value};
use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::scenario::{self, LaneSpec, Scenario};
use crate::telemetry::{Restarted, Started};
use crate::train::{DeviceChoice, SavedState, Trainer, start};

/// What became of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// Its name.
    pub lane: String,
    /// Steps made and compared.
    pub steps: u64,
    /// Changes made by hand, undoing, resets, rewinds and branches included.
    pub changes: u64,
    /// The first step that came out differently.
    pub difference: Option<Difference>,
}

/// A loss that is not what it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Of which step.
    pub step: u64,
    /// What the records say; not a number where they have none.
    pub recorded: f64,
    /// What it is now.
    pub now: f64,
}

/// A line of the records, as far as it matters here.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Started(Started),
    Step {
        step: u64,
        loss: Option<f64>,
    },
    Control {
        name: String,
        new: Option<Value>,
        #[serde(default)]
        scripted: bool,
        /// The change by hand that it is part of.
        change: Option<u64>,
        /// The change by hand that it takes back.
        undoes: Option<u64>,
        /// Whether a reset kept it.
        #[serde(default)]
        kept: bool,
    },
    Reset(Restarted),
    Rewind {
        to: u64,
        change: Option<u64>,
    },
    Branch {
        to: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Named {
    lane: String,
    #[serde(flatten)]
    line: Line,
}

/// Replays every lane of the run folder, one after another. `progress` hears of each step: the lane,
/// and steps done of how many.
///
/// # Errors
/// A folder that holds no run, records that cannot be read or do not fit together, and what the trainer
/// refuses. That a loss differs is no error.
pub fn replay(run: &Path, mut progress: impl FnMut(&str, u64, u64)) -> Result<Vec<Replayed>> {
    let path = run.join("scenario.ron");
    if !path.is_file() {
        return Err(Error::Usage(format!(
            "{} is not a run folder: it has no scenario.ron\n  name a run folder",
            run.display()
        )));
    }
    let scenario = scenario::load(&path)?;
    let mut lanes = read(&run.join("metrics.jsonl"))?;
    // In the scenario's order, those that branched off last.
    lanes.sort_by_key(|(lane, _)| {
        let place = scenario.lanes.iter().position(|spec| spec.name == *lane);
        place.unwrap_or(usize::MAX)
    });
    let prepared = start::prepare(&scenario)?;
    let mut branches = HashMap::new();
    let mut replayed = Vec::new();
    for (lane, lines) in &lanes {
        let steps = lines.iter().filter(|l| matches!(l, Line::Step { .. }));
        let all = steps.count() as u64;
        let mut journal = Journal::open(&prepared, &scenario, lane, lines, &mut branches)?;
        for line in &lines[1..] {
            journal.take(line, &mut branches)?;
            if matches!(line, Line::Step { .. }) {
                progress(lane, journal.replayed.steps, all);
            }
        }
        replayed.push(journal.replayed);
    }
    Ok(replayed)
}

/// The lines of each lane, in the order in which lanes began: parents before their branches.
fn read(path: &Path) -> Result<Vec<(String, Vec<Line>)>> {
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    let mut lanes: Vec<(String, Vec<Line>)> = Vec::new();
    for (i, text) in text.lines().enumerate() {
        let named: Named = serde_json::from_str(text).map_err(|e| {
            Error::Usage(format!("{}:{}: not a record: {e}", path.display(), i + 1))
        })?;
        match lanes.iter_mut().find(|(lane, _)| *lane == named.lane) {
            Some((_, lines)) => lines.push(named.line),
            None => lanes.push((named.lane, vec![named.line])),
        }
    }
    if lanes.is_empty() {
        return Err(Error::Usage(format!(
            "{} has no records to replay",
            path.display()
        )));
    }
    Ok(lanes)
}

/// A lane that is being made again.
struct Journal {
    spec: LaneSpec,
    device: DeviceChoice,
    trainer: Trainer,
    replayed: Replayed,
}

/// States that lanes branched off from, with the specification that the new lane takes over.
type Branches = HashMap<String, (LaneSpec, SavedState)>;

impl Journal {
    fn open(
        prepared: &Arc<Prepared>,
        scenario: &Scenario,
        lane: &str,
        lines: &[Line],
        branches: &mut Branches,
    ) -> Result<Self> {
        let Some(Line::Started(started)) = lines.first() else {
            return Err(unfit(lane, "the records lack their start"));
        };
        let branch = branches.remove(lane);
        let spec = branch
            .as_ref()
            .map(|(spec, _)| spec)
            .or_else(|| scenario.lane(lane))
            .ok_or_else(|| unfit(lane, "it comes from neither the scenario nor a branch"))?
            .clone();
        let device = if started.device.starts_with("CUDA") {
            DeviceChoice::Cuda
        } else {
            DeviceChoice::Cpu
        };
        // It may have gone on past the scenario's last step: the records say how far.
        let mut trainer =
            Trainer::new(prepared, &spec, started.seed, device, started.threads)?.running_on(true);
        if let Some((_, state)) = branch {
            trainer.restore(&state)?;
        }
        Ok(Self {
            spec,
            device,
            trainer,
            replayed: Replayed {
                lane: lane.into(),
                steps: 0,
                changes: 0,
                difference: None,
            },
        })
    }

    fn take(&mut self, line: &Line, branches: &mut Branches) -> Result<()> {
        let lane = self.replayed.lane.clone();
        match line {
            Line::Step { step, loss } => {
                let now = self
                    .trainer
                    .step()?
                    .map(|report| (report.step, report.loss));
                let Some((at, now)) = now.filter(|(at, _)| at == step) else {
                    return Err(unfit(&lane, &format!("step {step} is out of order")));
                };
                self.replayed.steps += 1;
                let recorded = loss.unwrap_or(f64::NAN);
                let same = recorded.to_bits() == now.to_bits()
                    || (!now.is_finite() && !recorded.is_finite());
                // Later ones follow from the first. The lane is made to its end all the same: another
                // one may branch off it.
                if !same && self.replayed.difference.is_none() {
                    let step = at;
                    self.replayed.difference = Some(Difference {
                        step,
                        recorded,
                        now,
                    });
                }
                return Ok(());
            }
            // The trainer has the script itself.
            Line::Started(_) | Line::Control { scripted: true, .. } | Line::Other => return Ok(()),
            Line::Control {
                name,
                new,
                change,
                undoes,
                kept,
                ..
            } => {
                let control =
                    Control::from_value(name, *new).map_err(|text| unfit(&lane, &text))?;
                let one = |number| Change {
                    number,
                    controls: vec![control],
                };
                if *kept {
                    self.trainer.keep(control)?;
                    return Ok(());
                }
                match (undoes, change) {
                    (Some(number), _) => self.trainer.take_back(&one(*number))?,
                    (None, Some(number)) => self.trainer.change(&one(*number))?,
                    (None, None) => self.trainer.change(&one(self.uncounted()))?,
                }
            }
            Line::Reset(Restarted { seed, change }) => {
                self.trainer.restart(*change, *seed, &[], self.device)?;
            }
            Line::Rewind { to, change } => {
                let last = self.trainer.last_change().map(|(number, _)| number);
                let number = change.or(last).unwrap_or(0);
                if self.trainer.rewind(number)? != Some(*to) {
                    return Err(unfit(&lane, &format!("cannot rewind to step {to}")));
                }
            }
            Line::Branch { to } => {
                let spec = LaneSpec {
                    name: to.clone(),
                    ..self.spec.clone()
                };
                branches.insert(to.clone(), (spec, self.trainer.before_last_change()?));
            }
        }
        self.replayed.changes += 1;
        Ok(())
    }
}

impl Journal {
    /// The number of a change in records that do not count them: changes at one step are one.
    fn uncounted(&self) -> u64 {
        match self.trainer.last_change() {
            Some((number, step)) if step == self.trainer.steps_done() => number,
            Some((number, _)) => number + 1,
            None => 1,
        }
    }
}

fn unfit(lane: &str, text: &str) -> Error {
    Error::Usage(format!(
        "the records of lane {lane} are inconsistent: {text}"
    ))
}
