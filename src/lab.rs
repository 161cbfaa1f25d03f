//! [`Lab`]: the lanes of a scenario, each on its own thread.

mod headless;
mod lane;
mod observer;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::available_parallelism;

pub use headless::train;
pub use lane::{Command, Lane};

use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::export::{RunDir, Sink};
use crate::scenario::{Cue, Scenario};
use crate::telemetry::{Event, Snapshot};
use crate::train::DeviceChoice;
use lane::{Plan, Prepare};

/// How a lab is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where to compute.
    pub device: DeviceChoice,
    /// Run folder; nothing is written if absent.
    pub out: Option<PathBuf>,
    /// Whether the run folder may replace an earlier run.
    pub force: bool,
    /// Whether the lanes wait for the user before their first step.
    pub paused: bool,
}

/// Lanes that train side by side.
pub struct Lab {
    scenario: Scenario,
    lanes: Vec<Lane>,
}

/// Events of one lane, in order.
pub type Events = Receiver<Event>;

/// Steps that a lane may be ahead of the reader of its events.
const AHEAD: usize = 4;

impl Lab {
    /// Starts the lanes, for somebody to watch. Data is prepared in the background: the lanes' status
    /// says when they are ready.
    pub fn open(scenario: Scenario, options: &Options) -> Result<Self> {
        let records = match &options.out {
            Some(path) => Some(Arc::new(Mutex::new(RunDir::create(
                path,
                &scenario,
                options.force,
            )?))),
            None => None,
        };
        let shared: OnceLock<Result<Arc<Prepared>, String>> = OnceLock::new();
        let prepare: Prepare = {
            let scenario = scenario.clone();
            Arc::new(move || {
                shared
                    .get_or_init(|| Prepared::new(&scenario).map_err(|e| e.to_string()))
                    .clone()
            })
        };
        let sink = |_: &str| -> Box<dyn Sink> {
            match &records {
                Some(records) => Box::new(Shared(Arc::clone(records))),
                None => Box::new(()),
            }
        };
        Self::spawn(scenario, options, &prepare, false, sink)
    }

    /// Starts the lanes unattended, and hands out the events of each: whoever reads them sets the pace.
    pub fn unattended(prepared: &Arc<Prepared>, options: &Options) -> Result<(Self, Vec<Events>)> {
        let scenario = prepared.scenario().clone();
        let prepare: Prepare = {
            let prepared = Arc::clone(prepared);
            Arc::new(move || Ok(Arc::clone(&prepared)))
        };
        let mut events = Vec::new();
        let sink = |_: &str| -> Box<dyn Sink> {
            let (sender, receiver) = sync_channel(AHEAD);
            events.push(receiver);
            Box::new(Forward(sender))
        };
        let lab = Self::spawn(scenario, options, &prepare, true, sink)?;
        Ok((lab, events))
    }

    fn spawn(
        scenario: Scenario,
        options: &Options,
        prepare: &Prepare,
        unattended: bool,
        mut sink: impl FnMut(&str) -> Box<dyn Sink>,
    ) -> Result<Self> {
        let threads = threads_per_lane(scenario.lanes.len());
        let plan = |spec: &crate::scenario::LaneSpec| Plan {
            spec: spec.clone(),
            seed: scenario.train.seed,
            steps: scenario.train.steps.get(),
            device: options.device,
            threads,
            paused: options.paused,
            unattended,
            model_folder: options
                .out
                .as_deref()
                .map(|out| crate::export::model_folder(out, &spec.name)),
            sink: sink(&spec.name),
        };
        let plans: Vec<_> = scenario.lanes.iter().map(plan).collect();
        let lanes = plans
            .into_iter()
            .map(|plan| Lane::spawn(plan, Arc::clone(prepare)))
            .collect::<Result<_>>()?;
        Ok(Self { scenario, lanes })
    }

    /// The scenario as it was opened.
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The scenario with everything that was changed by hand as its script, so that it runs the
    /// same way again.
    pub fn recorded(&self) -> Scenario {
        let mut scenario = self.scenario.clone();
        let snapshots = self.snapshots();
        if let Some(seed) = snapshots
            .first()
            .map(|s| s.seed)
            .filter(|_| snapshots.iter().all(|s| s.settings.is_some()))
        {
            scenario.train.seed = seed;
        }
        let applied = |s: &Arc<Snapshot>| -> Vec<Cue> {
            let cue = |a: &crate::control::Applied| Cue {
                at: a.step,
                lane: Some(s.lane.clone()),
                set: a.control,
            };
            s.applied.iter().map(cue).collect()
        };
        let reached = |cue: &Cue| {
            snapshots.iter().any(|s| {
                cue.lane.as_ref().is_none_or(|lane| *lane == s.lane)
                    && cue.at <= s.step
                    && s.settings.is_some()
            })
        };
        let ahead: Vec<Cue> = scenario
            .script
            .drain(..)
            .filter(|cue| !reached(cue))
            .collect();
        scenario.script = snapshots.iter().flat_map(applied).chain(ahead).collect();
        scenario.script.sort_by_key(|cue| cue.at);
        scenario
    }

    /// The latest state of every lane, in the scenario's order. Cheap; never waits for training.
    pub fn snapshots(&self) -> Vec<Arc<Snapshot>> {
        self.lanes.iter().map(Lane::snapshot).collect()
    }

    /// Tells one lane.
    pub fn send(&self, lane: usize, command: Command) {
        if let Some(lane) = self.lanes.get(lane) {
            lane.send(command);
        }
    }

    /// Tells all lanes.
    pub fn send_all(&self, command: &Command) {
        for lane in &self.lanes {
            lane.send(command.clone());
        }
    }

    /// Stops all lanes after their current step and waits for them.
    ///
    /// # Errors
    /// What the first lane that failed failed with.
    pub fn close(mut self) -> Result<()> {
        self.send_all(&Command::Stop);
        let ends: Vec<_> = self.lanes.iter_mut().map(Lane::join).collect();
        ends.into_iter().collect()
    }
}

/// Cores shared out among the lanes: more threads than cores would only wait for each other.
fn threads_per_lane(lanes: usize) -> i32 {
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / lanes.max(1)).max(1) as i32
}

/// One run folder for all lanes.
struct Shared(Arc<Mutex<RunDir>>);

impl Sink for Shared {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .record(lane, event)
    }
}

/// Hands events to a reader, and waits for it.
struct Forward(SyncSender<Event>);

impl Sink for Forward {
    fn record(&mut self, _: &str, event: &Event) -> Result<()> {
        self.0
            .send(event.clone())
            .map_err(|_| Error::Internal("nobody reads this lane's records any more".into()))
    }
}
