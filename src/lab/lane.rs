//! [`Lane`]: a trainer on its own thread, driven by commands, observed through snapshots.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::observer::Observer;
use super::pacer::Pacer;
use super::stop_rule::StopRule;
use crate::control::{Applied, Control};
use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::eval::Tasks;
use crate::export::Sink;
use crate::scenario::LaneSpec;
use crate::telemetry::{Event, LaneStatus, Query, Reason, Report, Snapshot, Started};
use crate::train::{DeviceChoice, Progress, State, Trainer};

/// What a lane can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Change a dial, before the next step.
    Apply(Control),
    /// Change a dial once so many steps are done; at once if they are, or if the lane stands still.
    ApplyAt(u64, Control),
    /// Stop stepping; go on listening.
    Pause,
    /// Step until paused or done.
    Resume,
    /// So many steps, then pause.
    Step(u64),
    /// Start over with the same seed, or with another.
    Reset {
        /// A new seed; the same one if absent.
        seed: Option<u64>,
    },
    /// Go back to the state before the last change by hand.
    Rewind,
    /// Let a new lane of this name go on from the state before the last change by hand.
    Branch(String),
    /// Evaluate now.
    Evaluate,
    /// Evaluate now, with every task: prompts by the ten thousand, probes, languages.
    Examine,
    /// Look for what is nearest.
    Query(Query),
    /// Write the model into the run folder now.
    Checkpoint,
    /// From now on work out so much for whoever looks.
    Attend(Attention),
    /// Finish the current step and end the thread.
    Stop,
}

/// How much of a lane is looked at: what nobody sees is not worked out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Its curves.
    Curves,
    /// The batch, too: matrix, pairs, rows.
    #[default]
    Batch,
    /// How the batch lies in its space, too.
    Geometry,
    /// The batch and the loss landscape.
    Landscape,
}

/// What a lane needs to begin.
pub(super) struct Plan {
    pub spec: LaneSpec,
    pub seed: u64,
    pub steps: u64,
    pub device: DeviceChoice,
    /// Threads for libtorch in this lane.
    pub threads: usize,
    pub paused: bool,
    /// Whether nobody watches: nothing is drawn, and a diverged lane ends instead of waiting.
    pub unattended: bool,
    /// Folder for the lane's model, if there is a run folder.
    pub model_folder: Option<PathBuf>,
    pub sink: Box<dyn Sink>,
    /// Where it begins, if not with new weights.
    pub birth: Option<Birth>,
    /// Where lanes that branch off this one are announced.
    pub births: Arc<Mutex<Vec<Birth>>>,
    /// What keeps watched lanes together, and this one's place there.
    pub pacer: Option<(Arc<Pacer>, usize)>,
}

/// A lane that goes on from another one's state.
pub(super) struct Birth {
    pub spec: LaneSpec,
    pub seed: u64,
    pub parent: String,
    pub state: State,
    /// The changes behind that state.
    pub applied: Vec<Applied>,
    /// Whether it trains at once.
    pub going: bool,
}

/// Prepares the shared data, or waits for the lane that does.
pub(super) type Prepare = Arc<dyn Fn() -> Result<Arc<Prepared>> + Send + Sync>;

/// A lane's handle.
pub struct Lane {
    commands: Sender<Command>,
    slot: Arc<Mutex<Arc<Snapshot>>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Lane {
    /// Starts the lane's thread, which builds its own trainer: no tensor crosses a thread.
    pub(super) fn spawn(plan: Plan, prepare: Prepare) -> Result<Self> {
        let (commands, inbox) = channel();
        let first = Arc::new(Snapshot::starting(&plan.spec.name, plan.steps));
        let slot = Arc::new(Mutex::new(first));
        let name = format!("lane {}", plan.spec.name);
        let thread = {
            let slot = Arc::clone(&slot);
            thread::Builder::new()
                .name(name)
                .spawn(move || guard(plan, &prepare, inbox, &slot))
                .map_err(|e| Error::Internal(format!("cannot start a thread: {e}")))?
        };
        Ok(Self {
            commands,
            slot,
            thread: Some(thread),
        })
    }

    /// Tells the lane. A lane that has ended hears nothing.
    pub fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// The latest state. Never waits for training.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the thread to end; what it failed with, if it did.
    pub fn join(&mut self) -> Result<()> {
        // A panic of the trainer is an error already; there is no other in that thread.
        self.thread
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or(Ok(())))
    }
}

/// Runs the lane; a failure or a panic becomes its status, and the other lanes go on.
fn guard(
    plan: Plan,
    prepare: &Prepare,
    inbox: Receiver<Command>,
    slot: &Mutex<Arc<Snapshot>>,
) -> Result<()> {
    let pacer = plan.pacer.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| Worker::run(plan, prepare, inbox, slot)));
    if let Some((pacer, seat)) = pacer {
        pacer.stands(seat, 0, false);
    }
    let failed = match outcome {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(panic) => {
            let text = panic_text(panic.as_ref());
            Error::Internal(format!("the trainer panicked: {text}"))
        }
    };
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    let mut snapshot = Snapshot::clone(&slot);
    snapshot.status = LaneStatus::Failed(failed.to_string());
    *slot = Arc::new(snapshot);
    Err(failed)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// How the worker goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Running,
    /// So many steps, then paused.
    Stepping(u64),
    Paused,
    /// No more steps; the last evaluation is still to be made.
    Finishing(Reason),
    Ended,
}

/// What became of a lane's turn to step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Something happened, or an evaluation goes on.
    Used,
    /// It waited for the others or for its time.
    Waited,
}

/// Cells of the snapshot's matrix on a side, and pairs shown beside it.
const MATRIX_SIDE: usize = 64;
const PAIRS: usize = 128;
/// Least time between two looks at the batch: more often than the screen draws is waste.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Least time between two surveys of the loss landscape, and their largest share of the time: one
/// that took long is not soon repeated, whatever the batch.
const SURVEY_EVERY: Duration = Duration::from_millis(400);
const SURVEY_SHARE: f64 = 0.03;

/// Names the lane that panics after its third step, for the tests of what a panic does.
const PANIC: &str = "CLIP_LAB_TEST_PANIC";

struct Worker<'a> {
    prepared: Arc<Prepared>,
    plan: Plan,
    trainer: Trainer,
    observer: Observer,
    inbox: Receiver<Command>,
    slot: &'a Mutex<Arc<Snapshot>>,
    pace: Pace,
    /// Told to pause, and not yet where the others are.
    pausing: bool,
    stop_rule: StopRule,
    attention: Attention,
    /// Taken from the inbox and not yet obeyed.
    next: Option<Command>,
    /// Changes for after so many steps.
    later: Vec<(u64, Control)>,
    /// Step of the last look.
    looked: Option<u64>,
    /// When the landscape may be surveyed again.
    survey_at: Option<Instant>,
    /// When the last step began.
    stepped: Option<Instant>,
    /// What the pacer was last told: steps done, whether it goes on.
    stands: (u64, bool),
    /// Things that the data had to say when it was looked at last.
    notices: usize,
    /// Whether the evaluation of the final weights has been begun.
    last_evaluation: bool,
    panics: bool,
}

impl<'a> Worker<'a> {
    fn run(
        plan: Plan,
        prepare: &Prepare,
        inbox: Receiver<Command>,
        slot: &'a Mutex<Arc<Snapshot>>,
    ) -> Result<()> {
        let prepared = prepare()?;
        let mut plan = plan;
        let mut trainer =
            Trainer::new(&prepared, &plan.spec, plan.seed, plan.device, plan.threads)?;
        let device = trainer.device_name();
        let mut observer = Observer::new(
            &plan.spec.name,
            plan.steps,
            device.clone(),
            &trainer,
            plan.seed,
        );
        let mut parent = None;
        let mut waits = plan.paused;
        if let Some(birth) = plan.birth.take() {
            trainer.restore(&birth.state)?;
            // The script's first cues are in the state already.
            trainer.take_applied();
            observer.begin_at(birth.state.step(), birth.applied);
            parent = Some(birth.parent);
            waits = !birth.going;
        }
        let (pace, status) = if waits {
            (Pace::Paused, LaneStatus::Paused)
        } else {
            (Pace::Running, LaneStatus::Running)
        };
        observer.set_status(status);
        let notices = prepared.dataset().notices();
        if !notices.is_empty() {
            observer.say(notices.join("; "));
        }
        let panics = std::env::var_os(PANIC).is_some_and(|lane| lane == *plan.spec.name);
        let stop_rule = StopRule::new(prepared.scenario().train.stop);
        let mut worker = Self {
            prepared,
            plan,
            trainer,
            observer,
            inbox,
            slot,
            pace,
            pausing: false,
            stop_rule,
            attention: Attention::default(),
            next: None,
            later: Vec::new(),
            looked: None,
            survey_at: None,
            stepped: None,
            stands: (0, false),
            notices: notices.len(),
            last_evaluation: false,
            panics,
        };
        worker.record(Event::Started(Started {
            seed: worker.plan.seed,
            threads: worker.plan.threads,
            device,
            parent,
            step: worker.trainer.steps_done(),
        }))?;
        worker.record_applied()?;
        worker.publish(true)?;
        worker.work()
    }

    fn work(&mut self) -> Result<()> {
        loop {
            let idle = matches!(self.pace, Pace::Paused | Pace::Ended)
                && self.trainer.evaluating().is_none();
            self.tell_pacer();
            let command = if let Some(command) = self.next.take() {
                Ok(command)
            } else if idle {
                self.inbox.recv().map_err(|_| TryRecvError::Disconnected)
            } else {
                self.inbox.try_recv()
            };
            match command {
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return self.stop(),
                Ok(command) => {
                    self.obey(command)?;
                    self.publish(true)?;
                    continue;
                }
                Err(TryRecvError::Empty) => {}
            }
            match self.pace {
                Pace::Running | Pace::Stepping(_) => {
                    if self.step_if_due()? == Turn::Waited {
                        // Nothing is new: there is nothing to show.
                        continue;
                    }
                }
                Pace::Finishing(reason) if self.trainer.evaluating().is_none() => {
                    self.finish(reason)?;
                }
                Pace::Finishing(_) | Pace::Paused | Pace::Ended => {}
            }
            for report in self.evaluate() {
                if matches!(report, Report::Query(_)) {
                    // An answer to whoever looks, no result of the run.
                    self.observer.observe(Event::Eval(report));
                } else {
                    self.record(Event::Eval(report))?;
                }
            }
            self.publish(false)?;
            if self.pace == Pace::Ended && self.plan.unattended {
                return Ok(());
            }
        }
    }

    fn begin_evaluation(&mut self, tasks: &Tasks) -> Result<()> {
        let began = Instant::now();
        let begun = self.trainer.begin_evaluation(tasks);
        self.observer.note_evaluating(began.elapsed());
        begun
    }

    /// A slice of the evaluations under way. What cannot be evaluated, such as the features of a model that has
    /// diverged, is said, and costs the lane nothing else.
    fn evaluate(&mut self) -> Vec<Report> {
        let began = Instant::now();
        let reports = self.trainer.advance_evaluation().unwrap_or_else(|error| {
            self.observer.say(format!("not evaluated: {error}"));
            Vec::new()
        });
        self.observer.note_evaluating(began.elapsed());
        reports
    }

    /// Where the lane stands, for those that keep in step with it.
    fn tell_pacer(&mut self) {
        let going = matches!(self.pace, Pace::Running | Pace::Stepping(_));
        let stands = (self.trainer.steps_done(), going);
        if let Some((pacer, seat)) = &self.plan.pacer
            && stands != self.stands
        {
            pacer.stands(*seat, stands.0, stands.1);
            self.stands = stands;
        }
    }

    /// Makes a step, unless the others must catch up first, or all are to pause here.
    fn step_if_due(&mut self) -> Result<Turn> {
        let Some((pacer, seat)) = self.plan.pacer.clone() else {
            self.step()?;
            return Ok(Turn::Used);
        };
        let done = self.trainer.steps_done();
        let underway = self.trainer.stepping().is_some();
        if self.pausing && !underway && pacer.level(done) {
            self.pause(LaneStatus::Paused)?;
        } else if underway || pacer.may_step(seat, self.stepped) {
            // Only what completes a step cannot be told anything: a change is still for this step before.
            if self.trainer.completes() {
                pacer.commits(seat, true);
                // What was sent to several lanes before this one was about to step comes before the step.
                self.next = self.inbox.try_recv().ok();
                if self.next.is_some() {
                    pacer.commits(seat, false);
                    return Ok(Turn::Used);
                }
            }
            if !underway {
                self.apply_due(done)?;
                self.stepped = Some(Instant::now());
            }
            self.step()?;
        } else if self.trainer.evaluating().is_none() {
            pacer.nap();
            return Ok(Turn::Waited);
        }
        Ok(Turn::Used)
    }

    fn obey(&mut self, command: Command) -> Result<()> {
        match command {
            Command::Apply(control) => self.apply(control)?,
            Command::ApplyAt(at, control) => {
                let going = matches!(self.pace, Pace::Running | Pace::Stepping(_));
                if going && at > self.trainer.steps_done() {
                    self.later.push((at, control));
                } else {
                    self.apply(control)?;
                }
            }
            Command::Pause if matches!(self.pace, Pace::Running | Pace::Stepping(_)) => {
                // Where all lanes pause; without others at once.
                self.pausing = true;
            }
            Command::Resume => self.go(Pace::Running),
            Command::Step(n) if n > 0 => self.go(Pace::Stepping(n)),
            Command::Reset { seed } => self.reset(seed)?,
            Command::Rewind => self.rewind()?,
            Command::Branch(name) => self.branch(name)?,
            Command::Evaluate => self.begin_evaluation(&Tasks::live())?,
            Command::Query(query) => self.begin_evaluation(&Tasks::query(query))?,
            Command::Examine => self.begin_evaluation(&Tasks::all())?,
            Command::Checkpoint if self.plan.model_folder.is_none() => self
                .observer
                .say("nothing is saved: there is no run folder, start with --out DIR".into()),
            Command::Checkpoint => self.save()?,
            Command::Attend(attention) => self.attention = attention,
            Command::Pause | Command::Step(_) | Command::Stop => {}
        }
        Ok(())
    }

    fn apply(&mut self, control: Control) -> Result<()> {
        match self.trainer.apply(control) {
            Ok(_) => self.record_applied(),
            Err(error) => {
                self.observer.say(error.to_string());
                Ok(())
            }
        }
    }

    /// Makes the changes that were to wait for so many steps.
    fn apply_due(&mut self, steps: u64) -> Result<()> {
        let later = std::mem::take(&mut self.later);
        for (at, control) in later {
            if at <= steps {
                self.apply(control)?;
            } else {
                self.later.push((at, control));
            }
        }
        Ok(())
    }

    fn over(&self) -> bool {
        matches!(self.pace, Pace::Finishing(_) | Pace::Ended)
    }

    fn go(&mut self, pace: Pace) {
        if !self.over() {
            self.pace = pace;
            self.pausing = false;
            self.observer.set_status(LaneStatus::Running);
        }
    }

    fn pause(&mut self, status: LaneStatus) -> Result<()> {
        if !self.over() {
            self.pace = Pace::Paused;
            self.pausing = false;
            self.observer.set_status(status);
            // Nothing is to be waited for any more.
            self.apply_due(u64::MAX)?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        assert!(
            !self.panics || self.trainer.steps_done() < 3,
            "{PANIC} asked for it"
        );
        let progress = self.trainer.advance()?;
        self.record_applied()?;
        let report = match progress {
            Progress::Step(report) => report,
            Progress::Part => return Ok(()),
            Progress::Over => {
                self.pace = Pace::Finishing(Reason::Completed);
                return Ok(());
            }
        };
        let (step, loss) = (report.step, report.loss);
        let real = loss.is_finite() && report.grad_norm.is_finite();
        self.record(Event::Step(report))?;
        if !real {
            self.pause(LaneStatus::Diverged(step))?;
            if let Some(suspect) = self.trainer.suspect() {
                self.observer.say(format!(
                    "step {step}: not a number in {suspect}; U goes back"
                ));
            }
            if self.plan.unattended {
                self.pace = Pace::Finishing(Reason::Diverged);
            }
        } else if step == self.plan.steps {
            self.pace = Pace::Finishing(Reason::Completed);
        } else {
            if step % self.prepared.scenario().train.eval_every.get() == 0 {
                self.hear_notices();
                self.begin_evaluation(&Tasks::live())?;
            }
            match self.pace {
                Pace::Stepping(1) => self.pause(LaneStatus::Paused)?,
                Pace::Stepping(n) => self.pace = Pace::Stepping(n - 1),
                _ => {}
            }
            if let Some(rule) = self.stop_rule.observe(step, loss) {
                self.observer.say(rule);
                self.pause(LaneStatus::Paused)?;
                if self.plan.unattended {
                    self.pace = Pace::Finishing(Reason::Rule);
                }
            }
        }
        Ok(())
    }

    /// Says what the data has to say since: pictures that turned out to be damaged.
    fn hear_notices(&mut self) {
        let notices = self.prepared.dataset().notices();
        if notices.len() > self.notices {
            self.observer.say(notices[self.notices..].join("; "));
            self.notices = notices.len();
        }
    }

    /// Evaluates the final weights if that has not been done, then closes the records.
    fn finish(&mut self, reason: Reason) -> Result<()> {
        if reason == Reason::Completed
            && self.observer.evaluated_until() < self.trainer.steps_done()
            && !self.last_evaluation
        {
            // Once: it may have nothing to say of held-out pictures, since there are none.
            self.last_evaluation = true;
            return self.begin_evaluation(&Tasks::live());
        }
        self.save()?;
        if reason == Reason::Completed {
            self.observer.set_status(LaneStatus::Finished);
        }
        self.pace = Pace::Ended;
        self.record(Event::Finished(self.observer.finished(reason)))
    }

    fn stop(&mut self) -> Result<()> {
        if self.pace != Pace::Ended {
            self.save()?;
            self.record(Event::Finished(self.observer.finished(Reason::Stopped)))?;
        }
        self.publish(true)
    }

    fn rewind(&mut self) -> Result<()> {
        self.later.clear();
        self.last_evaluation = false;
        let from = self.trainer.steps_done();
        let Some(to) = self.trainer.rewind()? else {
            self.observer
                .say("there is no change by hand to go back to".into());
            return Ok(());
        };
        self.looked = None;
        if !matches!(self.pace, Pace::Running | Pace::Stepping(_)) {
            self.pace = Pace::Paused;
            self.observer.set_status(LaneStatus::Paused);
        }
        self.record(Event::Rewind { from, to })
    }

    fn branch(&mut self, name: String) -> Result<()> {
        let state = self.trainer.before_last_change()?;
        let birth = Birth {
            spec: LaneSpec {
                name: name.clone(),
                ..self.plan.spec.clone()
            },
            seed: self.plan.seed,
            parent: self.plan.spec.name.clone(),
            applied: self.observer.applied_before(state.step()),
            going: matches!(self.pace, Pace::Running | Pace::Stepping(_)) && !self.pausing,
            state,
        };
        // Recorded before the new lane can record anything.
        self.record(Event::Branch(name))?;
        self.plan
            .births
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(birth);
        Ok(())
    }

    fn reset(&mut self, seed: Option<u64>) -> Result<()> {
        self.later.clear();
        self.last_evaluation = false;
        self.plan.seed = seed.unwrap_or(self.plan.seed);
        self.trainer = Trainer::new(
            &self.prepared,
            &self.plan.spec,
            self.plan.seed,
            self.plan.device,
            self.plan.threads,
        )?;
        self.observer.reset(&self.trainer, self.plan.seed);
        self.looked = None;
        self.stop_rule = StopRule::new(self.prepared.scenario().train.stop);
        let running = matches!(self.pace, Pace::Running | Pace::Stepping(_));
        self.pace = if running { self.pace } else { Pace::Paused };
        self.observer.set_status(if running {
            LaneStatus::Running
        } else {
            LaneStatus::Paused
        });
        self.record(Event::Reset(self.plan.seed))
    }

    fn save(&mut self) -> Result<()> {
        let Some(folder) = &self.plan.model_folder else {
            return Ok(());
        };
        self.trainer.save(folder)?;
        self.observer.say(format!("saved {}", folder.display()));
        Ok(())
    }

    fn record_applied(&mut self) -> Result<()> {
        for applied in self.trainer.take_applied() {
            self.record(Event::Control(applied))?;
        }
        Ok(())
    }

    fn record(&mut self, event: Event) -> Result<()> {
        self.plan.sink.record(&self.plan.spec.name, &event)?;
        self.observer.observe(event);
        Ok(())
    }

    /// Puts the latest state where the screen finds it; looks at the batch now and then.
    fn publish(&mut self, now: bool) -> Result<()> {
        if self.plan.unattended {
            return Ok(());
        }
        let began = Instant::now();
        let step = self.trainer.steps_done();
        let seen = self.attention >= Attention::Batch && self.looked != Some(step);
        if seen && (now || step.is_multiple_of(self.look_stride())) {
            if let Some((matrix, pairs)) = self.trainer.look(MATRIX_SIDE, PAIRS)? {
                self.observer.look(matrix, pairs);
            }
            if let Some(rows) = self.trainer.rows()? {
                self.observer.look_closely(rows);
            }
            if self.attention == Attention::Geometry
                && let Some(geometry) = self.trainer.geometry()?
            {
                self.observer.look_around(geometry);
            }
            self.looked = Some(step);
        }
        self.survey()?;
        self.observer.note_showing(began.elapsed());
        let snapshot = Arc::new(self.observer.snapshot(&self.trainer));
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    /// Steps from one look at the batch to the next. A power of two, so that lanes of different pace look
    /// at the same steps: only then can their matrices be compared.
    fn look_stride(&self) -> u64 {
        let seconds = self.observer.step_seconds().max(1e-6);
        let steps = (LOOK_EVERY.as_secs_f64() / seconds).ceil() as u64;
        steps.max(1).next_power_of_two()
    }

    /// Surveys the loss landscape now and then: always once a pause has come, so that what is looked
    /// at at leisure is that of the last step.
    fn survey(&mut self) -> Result<()> {
        let step = self.trainer.steps_done();
        let halted = matches!(self.pace, Pace::Paused | Pace::Ended);
        let due = halted || self.survey_at.is_none_or(|at| Instant::now() >= at);
        if self.attention != Attention::Landscape
            || !due
            || step == 0
            || self.observer.surveyed() == Some(step)
        {
            return Ok(());
        }
        let start = Instant::now();
        self.observer.survey(self.trainer.landscape()?);
        let wait = start.elapsed().div_f64(SURVEY_SHARE).max(SURVEY_EVERY);
        self.survey_at = Some(Instant::now() + wait);
        Ok(())
    }
}
