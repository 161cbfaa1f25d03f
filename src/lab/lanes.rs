//! [`Lab`]: the lanes of a scenario, each on its own thread.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::lane::{After, Birth, Command, Lane, Plan, Prepare};
use super::pacer::Pacer;
use crate::control::{Applied, Change, Control};
use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::export::{RunDir, Sink, model_folder};
use crate::scenario::{Cue, LaneSpec, Lesson, MOST_LANES, Scenario, Then, branch_name};
use crate::telemetry::{Event, Snapshot};
use crate::train::device::threads_per_lane;
use crate::train::{DeviceChoice, start};

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
    /// Who watches, if anybody does.
    pub audience: Audience,
}

/// Who watches the lanes: what they do at the scenario's last step, and at the moments of its lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Somebody who can tell the lanes when to stop: they go on past the last step, and past the moments.
    #[default]
    User,
    /// The same before a screen that shows the lesson: lanes pause at its moments.
    Learner,
    /// A reader of text that can tell them nothing: they end at the last step.
    Pipe,
}

/// Lanes that train side by side.
pub struct Lab {
    scenario: Scenario,
    lanes: Vec<Seated>,
    /// Lanes that are out of sight, the latest last.
    hidden: Vec<(LaneSpec, Seated)>,
    /// Lanes that were let go, until they have ended.
    ending: Vec<Lane>,
    /// Their names: records know them.
    gone: Vec<LaneSpec>,
    options: Options,
    prepare: Prepare,
    /// Threads for libtorch in each lane.
    threads: usize,
    births: Arc<Mutex<Vec<Birth>>>,
    /// Branches that were asked for and have not come.
    announced: Vec<LaneSpec>,
    /// Somebody watches: what keeps the lanes together, and where they are recorded.
    watched: Option<Watched>,
}

/// A lane and its place among those that keep in step.
struct Seated {
    lane: Lane,
    seat: usize,
}

struct Watched {
    pacer: Arc<Pacer>,
    records: Option<Arc<Mutex<RunDir>>>,
}

/// Events of one lane, in order.
pub type Events = Receiver<Event>;

/// Steps that a lane may be ahead of the reader of its events.
const AHEAD: usize = 4;

impl Lab {
    /// Starts the lanes, for somebody to watch. Data is prepared in the background: the lanes' status
    /// says when they are ready.
    pub fn open(scenario: Scenario, options: &Options) -> Result<Self> {
        Self::open_with(scenario, options, start::prepare)
    }

    /// The same, with data that is prepared by `prepare`, in a lane's thread.
    ///
    /// # Errors
    /// A run folder that cannot be made.
    pub fn open_with(
        scenario: Scenario,
        options: &Options,
        prepare: impl Fn(&Scenario) -> Result<Arc<Prepared>> + Send + Sync + 'static,
    ) -> Result<Self> {
        let records = match &options.out {
            Some(path) => Some(RunDir::create(path, &scenario, options.force)?),
            None => None,
        };
        let prepare = {
            let scenario = scenario.clone();
            once(move || prepare(&scenario))
        };
        let mut lab = Self::new(scenario, options, prepare);
        let records = records.map(|run| Arc::new(Mutex::new(run)));
        let pacer = Arc::default();
        lab.watched = Some(Watched { pacer, records });
        for spec in lab.scenario.lanes.clone() {
            let sink = lab.sink();
            lab.spawn(spec, sink, None)?;
        }
        Ok(lab)
    }

    /// Starts the lanes unattended, and hands out the events of each: whoever reads them sets the pace.
    pub fn unattended(prepared: &Arc<Prepared>, options: &Options) -> Result<(Self, Vec<Events>)> {
        let scenario = prepared.scenario().clone();
        let prepare: Prepare = {
            let prepared = Arc::clone(prepared);
            Arc::new(move || Ok(Arc::clone(&prepared)))
        };
        let mut lab = Self::new(scenario, options, prepare);
        let mut events = Vec::new();
        for spec in lab.scenario.lanes.clone() {
            let (sender, receiver) = sync_channel(AHEAD);
            events.push(receiver);
            lab.spawn(spec, Box::new(Forward(sender)), None)?;
        }
        Ok((lab, events))
    }

    fn new(scenario: Scenario, options: &Options, prepare: Prepare) -> Self {
        Self {
            threads: threads_per_lane(scenario.lanes.len()),
            scenario,
            lanes: Vec::new(),
            hidden: Vec::new(),
            ending: Vec::new(),
            gone: Vec::new(),
            options: options.clone(),
            prepare,
            births: Arc::default(),
            announced: Vec::new(),
            watched: None,
        }
    }

    /// Where a watched lane's records go.
    fn sink(&self) -> Box<dyn Sink> {
        match self.watched.as_ref().and_then(|w| w.records.as_ref()) {
            Some(records) => Box::new(Shared(Arc::clone(records))),
            None => Box::new(()),
        }
    }

    fn spawn(&mut self, spec: LaneSpec, sink: Box<dyn Sink>, birth: Option<Birth>) -> Result<()> {
        let (train, audience) = (&self.scenario.train, self.options.audience);
        let lesson = self
            .scenario
            .lesson
            .as_ref()
            .filter(|_| audience == Audience::Learner);
        let pauses = lesson.map_or_else(Vec::new, Lesson::pauses);
        let out = self.options.out.as_deref();
        let pacer = self.watched.as_ref().map(|w| {
            let seat = w.pacer.join();
            (Arc::clone(&w.pacer), seat)
        });
        let seat = pacer.as_ref().map_or(0, |(_, seat)| *seat);
        let plan = Plan {
            seed: birth.as_ref().map_or(train.seed, |birth| birth.seed),
            steps: train.steps.get(),
            device: self.options.device,
            threads: self.threads,
            paused: self.options.paused || pauses.contains(&0),
            pauses,
            unattended: self.watched.is_none(),
            after: match train.then {
                _ if self.watched.is_none() || audience == Audience::Pipe => After::End,
                Then::Continue => After::GoOn,
                Then::Pause => After::Pause,
            },
            model_folder: out.map(|out| model_folder(out, &spec.name)),
            sink,
            birth,
            births: Arc::clone(&self.births),
            pacer,
            spec,
        };
        let lane = Lane::spawn(plan, Arc::clone(&self.prepare))?;
        self.lanes.push(Seated { lane, seat });
        Ok(())
    }

    /// Lets a new lane go on from the state before this lane's last change by hand. It comes with
    /// [`Lab::adopt`], once the lane has done its present step.
    ///
    /// # Errors
    /// When there are too many lanes already.
    pub fn branch(&mut self, lane: usize) -> Result<()> {
        let Some(parent) = self.scenario.lanes.get(lane) else {
            return Ok(());
        };
        let mut known = self.scenario.lanes.clone();
        known.extend(self.announced.clone());
        known.extend(self.hidden.iter().map(|(spec, _)| spec.clone()));
        if known.len() >= MOST_LANES {
            return Err(Error::Usage(format!("{MOST_LANES} lanes is the most")));
        }
        known.extend(self.gone.clone());
        let spec = LaneSpec {
            name: branch_name(&parent.name, &known),
            ..parent.clone()
        };
        self.announced.push(spec.clone());
        self.send(lane, Command::Branch(spec.name));
        Ok(())
    }

    /// Starts the lanes that have branched off since the last call; whether there were any. They stand
    /// in [`Lab::scenario`] from then on.
    ///
    /// # Errors
    /// A thread that cannot be started.
    pub fn adopt(&mut self) -> Result<bool> {
        let births =
            std::mem::take(&mut *self.births.lock().unwrap_or_else(PoisonError::into_inner));
        let any = !births.is_empty();
        for birth in births {
            let spec = birth.spec.clone();
            self.announced.retain(|lane| lane.name != spec.name);
            self.scenario.lanes.push(spec.clone());
            let sink = self.sink();
            self.spawn(spec, sink, Some(birth))?;
        }
        Ok(any)
    }

    /// Takes the last lane out of sight: it pauses where it is, and keeps all that it has.
    pub fn hide_last(&mut self) {
        let Some(seated) = self.lanes.pop() else {
            return;
        };
        if let Some(spec) = self.scenario.lanes.pop() {
            seated.lane.send(Command::Pause);
            self.hidden.push((spec, seated));
            self.with_pacer(Pacer::ring);
        }
    }

    /// Shows the lane again that was hidden last.
    pub fn show_hidden(&mut self) {
        if let Some((spec, seated)) = self.hidden.pop() {
            self.scenario.lanes.push(spec);
            self.lanes.push(seated);
        }
    }

    /// Lets hidden lanes end: nobody can ask for them any more. Their records stay.
    pub fn end_hidden(&mut self) {
        for (spec, seated) in std::mem::take(&mut self.hidden) {
            seated.lane.send(Command::Stop);
            self.ending.push(seated.lane);
            self.gone.push(spec);
        }
        self.with_pacer(Pacer::ring);
    }

    /// The scenario as it was opened, with the lanes that branched off.
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
            let cue = |a: &Applied| Cue {
                at: a.step,
                lane: Some(s.lane.clone()),
                set: a.control,
            };
            s.applied.iter().map(cue).collect()
        };
        let ahead: Vec<Cue> = scenario
            .script
            .drain(..)
            .flat_map(|cue| still_ahead(cue, &snapshots))
            .collect();
        scenario.script = snapshots.iter().flat_map(applied).chain(ahead).collect();
        scenario.script.sort_by_key(|cue| cue.at);
        let steps = scenario.train.steps.get();
        if scenario.script.iter().any(|cue| cue.at > steps) {
            scenario.train.then = Then::Continue;
        }
        scenario
    }

    /// The latest state of every lane, in the scenario's order. Cheap; never waits for training.
    pub fn snapshots(&self) -> Vec<Arc<Snapshot>> {
        self.lanes.iter().map(|s| s.lane.snapshot()).collect()
    }

    /// Tells one lane. A lane that pauses alone pauses where it is.
    pub fn send(&self, lane: usize, command: Command) {
        if let Some(Seated { lane, .. }) = self.lanes.get(lane) {
            if matches!(command, Command::Resume | Command::Step(_)) {
                self.with_pacer(Pacer::release);
            }
            lane.send(command);
            self.with_pacer(Pacer::ring);
        }
    }

    /// Changes dials of several lanes before the same step of all that are going, so that what they do
    /// from there on can be compared.
    pub fn apply(&self, changes: &[(usize, Control)]) {
        let commands = changes
            .iter()
            .map(|&(lane, control)| (lane, move |at| Command::ApplyAt(at, control)));
        self.send_together(&commands.collect::<Vec<_>>());
    }

    /// The same with a number, by which the change can be taken back and gone back behind.
    pub fn change(&self, number: u64, parts: &[(usize, Control)]) {
        let commands = by_lane(number, parts)
            .into_iter()
            .map(|(lane, change)| (lane, move |at| Command::ChangeAt(at, change.clone())));
        self.send_together(&commands.collect::<Vec<_>>());
    }

    /// Sets back what the change of this number set, before the same step of all lanes; the weights stay.
    pub fn take_back(&self, number: u64, parts: &[(usize, Control)]) {
        let commands = by_lane(number, parts)
            .into_iter()
            .map(|(lane, change)| (lane, move |at| Command::TakeBackAt(at, change.clone())));
        self.send_together(&commands.collect::<Vec<_>>());
    }

    /// Sends each lane what is made of the step at which all of them take it.
    fn send_together(&self, commands: &[(usize, impl Fn(u64) -> Command)]) {
        let known: Vec<_> = commands
            .iter()
            .filter_map(|(lane, command)| Some((self.lanes.get(*lane)?, command)))
            .collect();
        let seats: Vec<_> = known.iter().map(|(seated, _)| seated.seat).collect();
        let send = |at| {
            for (seated, command) in &known {
                seated.lane.send(command(at));
            }
        };
        match &self.watched {
            Some(watched) => watched.pacer.together(&seats, send),
            None => send(0),
        }
        self.with_pacer(Pacer::ring);
    }

    /// Tells all lanes. If they are to pause or to change a dial, all do so at the same step.
    pub fn send_all(&self, command: &Command) {
        match command {
            Command::Apply(control) => {
                let all: Vec<_> = (0..self.lanes.len()).map(|lane| (lane, *control)).collect();
                return self.apply(&all);
            }
            Command::Pause => self.with_pacer(Pacer::hold),
            Command::Resume | Command::Step(_) => self.with_pacer(Pacer::release),
            _ => {}
        }
        for Seated { lane, .. } in &self.lanes {
            lane.send(command.clone());
        }
        self.with_pacer(Pacer::ring);
    }

    /// Sets the least time from the start of a step to the start of the next.
    pub fn slow_down(&self, gap: Duration) {
        self.with_pacer(|pacer| pacer.slow_down(gap));
    }

    fn with_pacer(&self, act: impl FnOnce(&Pacer)) {
        if let Some(watched) = &self.watched {
            act(&watched.pacer);
        }
    }

    /// Stops all lanes after their current step and waits for them.
    ///
    /// # Errors
    /// What the first lane that failed failed with.
    pub fn close(mut self) -> Result<()> {
        self.end_hidden();
        self.send_all(&Command::Stop);
        let lanes = self.lanes.iter_mut().map(|seated| &mut seated.lane);
        let ends: Vec<_> = lanes.chain(&mut self.ending).map(Lane::join).collect();
        ends.into_iter().collect()
    }
}

/// What is left of a cue of the script: all of it, or that of the lanes that have not come so far.
fn still_ahead(cue: Cue, lanes: &[Arc<Snapshot>]) -> Vec<Cue> {
    // A lane takes the cues of a moment when it begins the step after it.
    let taken = |lane: &&Arc<Snapshot>| {
        let took = |a: &Applied| a.scripted() && a.step == cue.at && a.control == cue.set;
        lane.settings.is_some() && (cue.at < lane.step || lane.applied.iter().any(took))
    };
    let means = |lane: &&Arc<Snapshot>| cue.lane.as_ref().is_none_or(|name| *name == lane.lane);
    let meant = lanes.iter().filter(means);
    let left: Vec<_> = meant.clone().filter(|lane| !taken(lane)).collect();
    if left.len() == meant.count() {
        return vec![cue];
    }
    let own = |lane: &&Arc<Snapshot>| Cue {
        lane: Some(lane.lane.clone()),
        ..cue.clone()
    };
    left.iter().map(own).collect()
}

/// A change of several lanes, for each of them.
fn by_lane(number: u64, parts: &[(usize, Control)]) -> Vec<(usize, Change)> {
    let mut changes: Vec<(usize, Change)> = Vec::new();
    for &(lane, control) in parts {
        match changes.iter_mut().find(|(known, _)| *known == lane) {
            Some((_, change)) => change.controls.push(control),
            None => changes.push((
                lane,
                Change {
                    number,
                    controls: vec![control],
                },
            )),
        }
    }
    changes
}

/// Prepares for the first lane that asks, for all lanes. What it fails with, all of them fail with.
fn once(prepare: impl Fn() -> Result<Arc<Prepared>> + Send + Sync + 'static) -> Prepare {
    let shared: OnceLock<Result<Arc<Prepared>, Arc<Error>>> = OnceLock::new();
    Arc::new(move || {
        let prepared = shared.get_or_init(|| prepare().map_err(Arc::new));
        Ok(prepared.clone()?)
    })
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
            .map_err(|_| Error::Internal("no reader for this lane's records".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::scenario::load;
    use crate::telemetry::LaneStatus;

    type Preparation = fn() -> Result<Arc<Prepared>>;

    /// A lab of two lanes whose data is prepared like this, watched by a screen or read without one.
    fn open(watched: bool, prepare: Preparation) -> Lab {
        let scenario = load("softmax-vs-sigmoid").unwrap();
        let mut lab = Lab::new(scenario, &Options::default(), once(prepare));
        lab.watched = watched.then(|| Watched {
            pacer: Arc::default(),
            records: None,
        });
        for spec in lab.scenario.lanes.clone() {
            lab.spawn(spec, Box::new(()), None).unwrap();
        }
        lab
    }

    #[test]
    fn an_error_of_preparation_keeps_its_kind_and_its_text_in_every_lane() {
        let failures: [(Preparation, Kind, &str); 3] = [
            (
                || Err(Error::Internal("torn".into())),
                Kind::Internal,
                "internal error: torn",
            ),
            (
                || Err(Error::Usage("no such picture".into())),
                Kind::User,
                "no such picture",
            ),
            (
                || panic!("no memory"),
                Kind::Internal,
                "internal error: the trainer panicked: no memory",
            ),
        ];
        for (prepare, kind, text) in failures {
            for watched in [false, true] {
                let mut lab = open(watched, prepare);
                let failed: Vec<_> = lab
                    .lanes
                    .iter_mut()
                    .map(|l| l.lane.join().unwrap_err())
                    .collect();
                assert!(failed.iter().all(|error| error.kind() == kind));
                for lane in lab.snapshots() {
                    assert_eq!(lane.status, LaneStatus::Failed(text.into()));
                }
                let closed = open(watched, prepare).close().unwrap_err();
                assert_eq!((closed.kind(), closed.to_string()), (kind, text.into()));
            }
        }
    }
}
