//! [`Lane`]: a trainer on its own thread, driven by commands, observed through snapshots.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::observer::Observer;
use crate::control::Control;
use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::export::Sink;
use crate::scenario::LaneSpec;
use crate::telemetry::{Event, LaneStatus, Reason, Snapshot};
use crate::train::{DeviceChoice, Trainer, set_threads};

/// What a lane can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Change a dial, before the next step.
    Apply(Control),
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
    /// Evaluate now.
    Evaluate,
    /// Write the model into the run folder now.
    Checkpoint,
    /// Finish the current step and end the thread.
    Stop,
}

/// What a lane needs to begin.
pub(super) struct Plan {
    pub spec: LaneSpec,
    pub seed: u64,
    pub steps: u64,
    pub device: DeviceChoice,
    /// Threads for libtorch in this lane.
    pub threads: i32,
    pub paused: bool,
    /// Whether nobody watches: nothing is drawn, and a diverged lane ends instead of waiting.
    pub unattended: bool,
    /// Folder for the lane's model, if there is a run folder.
    pub model_folder: Option<PathBuf>,
    pub sink: Box<dyn Sink>,
}

/// Prepares the shared data, or waits for the lane that does.
pub(super) type Prepare = Arc<dyn Fn() -> Result<Arc<Prepared>, String> + Send + Sync>;

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
    let outcome = catch_unwind(AssertUnwindSafe(|| Worker::run(plan, prepare, inbox, slot)));
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
    looked: Option<Instant>,
    /// When the landscape may be surveyed again.
    survey_at: Option<Instant>,
    panics: bool,
}

impl<'a> Worker<'a> {
    fn run(
        plan: Plan,
        prepare: &Prepare,
        inbox: Receiver<Command>,
        slot: &'a Mutex<Arc<Snapshot>>,
    ) -> Result<()> {
        set_threads(plan.threads);
        let prepared = prepare().map_err(Error::Data)?;
        let trainer = Trainer::new(&prepared, &plan.spec, plan.seed, plan.device)?;
        let device = trainer.device_name(plan.threads);
        let mut observer = Observer::new(&plan.spec.name, plan.steps, device, &trainer, plan.seed);
        let pace = if plan.paused {
            Pace::Paused
        } else {
            Pace::Running
        };
        observer.set_status(if plan.paused {
            LaneStatus::Paused
        } else {
            LaneStatus::Running
        });
        let panics = std::env::var_os(PANIC).is_some_and(|lane| lane == *plan.spec.name);
        let mut worker = Self {
            prepared,
            plan,
            trainer,
            observer,
            inbox,
            slot,
            pace,
            looked: None,
            survey_at: None,
            panics,
        };
        worker.publish(true)?;
        worker.work()
    }

    fn work(&mut self) -> Result<()> {
        loop {
            let idle = matches!(self.pace, Pace::Paused | Pace::Ended)
                && self.trainer.evaluating().is_none();
            let command = if idle {
                self.inbox.recv().map_err(|_| TryRecvError::Disconnected)
            } else {
                self.inbox.try_recv()
            };
            match command {
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return self.stop(),
                Ok(command) => {
                    self.obey(&command)?;
                    self.publish(true)?;
                    continue;
                }
                Err(TryRecvError::Empty) => {}
            }
            match self.pace {
                Pace::Running | Pace::Stepping(_) => self.step()?,
                Pace::Finishing(reason) if self.trainer.evaluating().is_none() => {
                    self.finish(reason)?;
                }
                Pace::Finishing(_) | Pace::Paused | Pace::Ended => {}
            }
            for report in self.trainer.advance_evaluation()? {
                self.record(Event::Eval(report))?;
            }
            self.publish(false)?;
            if self.pace == Pace::Ended && self.plan.unattended {
                return Ok(());
            }
        }
    }

    fn obey(&mut self, command: &Command) -> Result<()> {
        match command {
            Command::Apply(control) => match self.trainer.apply(*control) {
                Ok(_) => self.record_applied()?,
                Err(error) => self.observer.say(error.to_string()),
            },
            Command::Pause => self.pause(LaneStatus::Paused),
            Command::Resume => self.go(Pace::Running),
            Command::Step(n) if *n > 0 => self.go(Pace::Stepping(*n)),
            Command::Reset { seed } => self.reset(*seed)?,
            Command::Evaluate => self.trainer.begin_evaluation()?,
            Command::Checkpoint => self.save()?,
            Command::Step(_) | Command::Stop => {}
        }
        Ok(())
    }

    fn over(&self) -> bool {
        matches!(self.pace, Pace::Finishing(_) | Pace::Ended)
    }

    fn go(&mut self, pace: Pace) {
        if !self.over() {
            self.pace = pace;
            self.observer.set_status(LaneStatus::Running);
        }
    }

    fn pause(&mut self, status: LaneStatus) {
        if !self.over() {
            self.pace = Pace::Paused;
            self.observer.set_status(status);
        }
    }

    fn step(&mut self) -> Result<()> {
        assert!(
            !self.panics || self.trainer.steps_done() < 3,
            "{PANIC} asked for it"
        );
        let report = self.trainer.step()?;
        self.record_applied()?;
        let Some(report) = report else {
            self.pace = Pace::Finishing(Reason::Completed);
            return Ok(());
        };
        let (step, real) = (
            report.step,
            report.loss.is_finite() && report.grad_norm.is_finite(),
        );
        self.record(Event::Step(report))?;
        if !real {
            self.pause(LaneStatus::Diverged(step));
            if self.plan.unattended {
                self.pace = Pace::Finishing(Reason::Diverged);
            }
        } else if step == self.plan.steps {
            self.pace = Pace::Finishing(Reason::Completed);
        } else {
            if step % self.prepared.scenario().train.eval_every.get() == 0 {
                self.trainer.begin_evaluation()?;
            }
            match self.pace {
                Pace::Stepping(1) => self.pause(LaneStatus::Paused),
                Pace::Stepping(n) => self.pace = Pace::Stepping(n - 1),
                _ => {}
            }
        }
        Ok(())
    }

    /// Evaluates the final weights if that has not been done, then closes the records.
    fn finish(&mut self, reason: Reason) -> Result<()> {
        if reason == Reason::Completed
            && self.observer.evaluated_until() < self.trainer.steps_done()
        {
            return self.trainer.begin_evaluation();
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

    fn reset(&mut self, seed: Option<u64>) -> Result<()> {
        self.plan.seed = seed.unwrap_or(self.plan.seed);
        self.trainer = Trainer::new(
            &self.prepared,
            &self.plan.spec,
            self.plan.seed,
            self.plan.device,
        )?;
        self.observer.reset(&self.trainer, self.plan.seed);
        self.looked = None;
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
        if now || self.looked.is_none_or(|t| t.elapsed() >= LOOK_EVERY) {
            if let Some((matrix, pairs)) = self.trainer.look(MATRIX_SIDE, PAIRS)? {
                self.observer.look(matrix, pairs);
            }
            if let Some(rows) = self.trainer.rows()? {
                self.observer.look_closely(rows);
            }
            self.looked = Some(Instant::now());
        }
        self.survey()?;
        let snapshot = Arc::new(self.observer.snapshot(&self.trainer));
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    /// Surveys the loss landscape now and then: always once a pause has come, so that what is looked
    /// at at leisure is that of the last step.
    fn survey(&mut self) -> Result<()> {
        let step = self.trainer.steps_done();
        let halted = matches!(self.pace, Pace::Paused | Pace::Ended);
        let due = halted || self.survey_at.is_none_or(|at| Instant::now() >= at);
        if !due || step == 0 || self.observer.surveyed() == Some(step) {
            return Ok(());
        }
        let start = Instant::now();
        if let Some(landscape) = self.trainer.landscape()? {
            self.observer.survey(landscape);
        }
        let wait = start.elapsed().div_f64(SURVEY_SHARE).max(SURVEY_EVERY);
        self.survey_at = Some(Instant::now() + wait);
        Ok(())
    }
}
