//! [`Worker`]: the loop of a lane's thread. It owns the trainer, tells the [`State`] what happens and does
//! what that says; what follows from what is decided there.

use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::command::{Command, Dials, Reset};
use super::plan::{After, Birth, Plan, Prepare};
use super::publish::Publisher;
use super::state::{Depth, Effect, Happening, Phase, State, Stepped};
use crate::control::{Change, Control};
use crate::data::Prepared;
use crate::error::Result;
use crate::eval::Tasks;
use crate::lab::observer::Observer;
use crate::lab::stop_rule::StopRule;
use crate::scenario::LaneSpec;
use crate::telemetry::{Event, Report, Restarted, Snapshot, Started, StepReport};
use crate::train::{Progress, Trainer};

/// What became of a lane's turn to step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Something happened, or an evaluation goes on.
    Used,
    /// It waited for the others or for its time.
    Waited,
}

/// The lane's trainer before its first step.
fn new_trainer(prepared: &Arc<Prepared>, plan: &Plan) -> Result<Trainer> {
    let trainer = Trainer::new(prepared, &plan.spec, plan.seed, plan.device, plan.threads)?;
    Ok(trainer.running_on(plan.after != After::End))
}

pub(super) struct Worker<'a> {
    prepared: Arc<Prepared>,
    plan: Plan,
    trainer: Trainer,
    observer: Observer,
    inbox: Receiver<Command>,
    publisher: Publisher<'a>,
    state: State,
    stop_rule: StopRule,
    /// Taken from the inbox and not yet obeyed.
    next: Option<Command>,
    /// When the last step began.
    stepped: Option<Instant>,
    /// What the pacer was last told: steps done, whether it goes on.
    stands: (u64, bool),
    /// Things that the data had to say when it was looked at last.
    notices: usize,
    /// Told to end the thread.
    leaving: bool,
}

impl<'a> Worker<'a> {
    /// Builds the trainer and runs the lane to its end.
    pub fn run(
        mut plan: Plan,
        prepare: &Prepare,
        inbox: Receiver<Command>,
        slot: &'a Mutex<Arc<Snapshot>>,
    ) -> Result<()> {
        let prepared = prepare()?;
        let mut trainer = new_trainer(&prepared, &plan)?;
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
        let started = Started {
            seed: plan.seed,
            threads: plan.threads,
            device,
            parent,
            step: trainer.steps_done(),
        };
        let mut worker = Self {
            stop_rule: StopRule::new(prepared.scenario().train.stop),
            state: State::new(waits, plan.unattended, plan.steps, plan.after),
            publisher: Publisher::new(slot),
            prepared,
            plan,
            trainer,
            observer,
            inbox,
            next: None,
            stepped: None,
            stands: (0, false),
            notices: 0,
            leaving: false,
        };
        worker.hear_notices();
        worker.record(Event::Started(started))?;
        worker.record_applied()?;
        worker.publish(true)?;
        worker.work()
    }

    fn work(&mut self) -> Result<()> {
        loop {
            self.tell_pacer();
            if let Some(command) = self.next_command() {
                let effects = self.state.told(command, self.trainer.steps_done());
                self.carry_out(effects)?;
                self.publish(true)?;
                if self.leaving {
                    return Ok(());
                }
                continue;
            }
            if self.state.going() {
                if self.step_if_due()? == Turn::Waited {
                    // Nothing is new: there is nothing to show.
                    continue;
                }
            } else if self.trainer.evaluating().is_none() {
                let evaluated = self.observer.evaluated_until() >= self.trainer.steps_done();
                self.happened(Happening::Quiet { evaluated })?;
            }
            self.evaluate()?;
            self.publish(false)?;
            if self.plan.unattended && matches!(self.state.phase(), Phase::Ended(_)) {
                return Ok(());
            }
        }
    }

    /// The next command, if there is one; waits for it if there is nothing else to do. Nobody there to
    /// command is a command to stop.
    fn next_command(&mut self) -> Option<Command> {
        let idle = self.state.halted() && self.trainer.evaluating().is_none();
        let command = match self.next.take() {
            Some(command) => Ok(command),
            None if idle => self.inbox.recv().map_err(|_| TryRecvError::Disconnected),
            None => self.inbox.try_recv(),
        };
        match command {
            Ok(command) => Some(command),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Command::Stop),
        }
    }

    fn happened(&mut self, happening: Happening) -> Result<()> {
        let effects = self.state.happened(happening);
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Apply(control) => self.apply(control)?,
                Effect::Change(change) => self.change(&change)?,
                Effect::TakeBack(change) => self.take_back(&change)?,
                Effect::Evaluate(depth) => self.begin_evaluation(depth)?,
                Effect::Restart(reset) => self.restart(reset)?,
                Effect::Rewind(change) => self.rewind(change)?,
                Effect::Branch { name, going } => self.branch(name, going)?,
                Effect::Save => self.save()?,
                Effect::Checkpoint if self.plan.model_folder.is_some() => self.save()?,
                Effect::Checkpoint => self
                    .observer
                    .say("nothing saved: no run folder; start with --out DIR".into()),
                Effect::Attend(attention) => self.publisher.attention = attention,
                Effect::Say(text) => self.observer.say(text),
                Effect::SayDone { going } => self.say_done(going),
                Effect::Finish(reason) => {
                    self.record(Event::Finished(self.observer.finished(reason)))?;
                }
                Effect::Leave => self.leaving = true,
            }
        }
        Ok(())
    }

    fn begin_evaluation(&mut self, depth: Depth) -> Result<()> {
        let tasks = match depth {
            Depth::Live => Tasks::live(),
            Depth::All => Tasks::all(),
            Depth::Query(query) => Tasks::query(query),
        };
        let began = Instant::now();
        let begun = self.trainer.begin_evaluation(&tasks);
        self.observer.note_evaluating(began.elapsed());
        begun
    }

    /// A slice of the evaluations that go on. What cannot be evaluated, such as the features of a model that has
    /// diverged, is said, and costs the lane nothing else.
    fn evaluate(&mut self) -> Result<()> {
        let began = Instant::now();
        let reports = self.trainer.advance_evaluation().unwrap_or_else(|error| {
            self.observer.say(format!("not evaluated: {error}"));
            Vec::new()
        });
        self.observer.note_evaluating(began.elapsed());
        for report in reports {
            if matches!(report, Report::Query(_)) {
                // An answer to whoever looks, no result of the run.
                self.observer.observe(Event::Eval(report));
            } else {
                self.record(Event::Eval(report))?;
            }
        }
        Ok(())
    }

    /// Where the lane stands, for those that keep in step with it.
    fn tell_pacer(&mut self) {
        let stands = (self.trainer.steps_done(), self.state.going());
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
        let begun = self.trainer.stepping().is_some();
        if self.state.pausing() && !begun && pacer.level(done) {
            self.happened(Happening::Level)?;
        } else if begun || pacer.may_step(seat, self.stepped) {
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
            if !begun {
                self.happened(Happening::Due(done))?;
                self.stepped = Some(Instant::now());
            }
            self.step()?;
        } else if self.trainer.evaluating().is_none() {
            pacer.nap();
            return Ok(Turn::Waited);
        }
        Ok(Turn::Used)
    }

    fn apply(&mut self, control: Control) -> Result<()> {
        self.change(&Change {
            number: self.trainer.last_change().map_or(0, |(number, _)| number) + 1,
            controls: vec![control],
        })
    }

    fn change(&mut self, change: &Change) -> Result<()> {
        match self.trainer.change(change) {
            Ok(()) => {
                self.observer.keep(change.number);
                self.record_applied()
            }
            Err(error) => {
                self.observer.say(error.to_string());
                Ok(())
            }
        }
    }

    /// Sets back what a change set; the weights stay.
    fn take_back(&mut self, change: &Change) -> Result<()> {
        match self.trainer.take_back(change) {
            Ok(()) => self.record_applied(),
            Err(error) => {
                self.observer.say(error.to_string());
                Ok(())
            }
        }
    }

    fn step(&mut self) -> Result<()> {
        let progress = self.trainer.advance()?;
        self.record_applied()?;
        let report = match progress {
            Progress::Step(report) => report,
            Progress::Part => return Ok(()),
            Progress::Over => return self.happened(Happening::NoneLeft),
        };
        let stepped = self.judge(&report);
        self.record(Event::Step(report))?;
        let suspect = match &stepped {
            Stepped::Diverged(step) => self.trainer.suspect().map(|suspect| {
                format!("step {step}: {suspect} is NaN or infinite; press U to rewind")
            }),
            Stepped::Good { evaluate: true, .. } => {
                self.hear_notices();
                None
            }
            Stepped::Good { .. } | Stepped::Last => None,
        };
        let step = self.trainer.steps_done();
        self.happened(Happening::Stepped(stepped))?;
        self.come_to(step)?;
        if let Some(suspect) = suspect {
            self.observer.say(suspect);
        }
        Ok(())
    }

    /// Pauses if the learner is waited for after so many steps.
    fn come_to(&mut self, steps: u64) -> Result<()> {
        if self.plan.pauses.contains(&steps) {
            self.happened(Happening::Moment)?;
        }
        Ok(())
    }

    /// What a step came to.
    fn judge(&mut self, report: &StepReport) -> Stepped {
        let (step, loss) = (report.step, report.loss);
        let every = self.prepared.scenario().train.eval_every.get();
        if !(loss.is_finite() && report.grad_norm.is_finite()) {
            Stepped::Diverged(step)
        } else if step == self.plan.steps {
            Stepped::Last
        } else {
            Stepped::Good {
                evaluate: step.is_multiple_of(every),
                rule: self.stop_rule.observe(step, loss),
            }
        }
    }

    /// Says what the data has to say since: images that turned out to be damaged.
    fn hear_notices(&mut self) {
        let notices = self.prepared.dataset().notices();
        if notices.len() > self.notices {
            self.observer.say(notices[self.notices..].join("; "));
            self.notices = notices.len();
        }
    }

    fn rewind(&mut self, change: Option<Change>) -> Result<()> {
        let from = self.trainer.steps_done();
        let last = self.trainer.last_change().map(|(number, _)| number);
        let Some(number) = change.as_ref().map(|change| change.number).or(last) else {
            self.observer.say("no change to rewind to".into());
            return Ok(());
        };
        let Some(to) = self.trainer.rewind(number)? else {
            if let Some(change) = change {
                self.take_back(&change)?;
            }
            self.observer.say(
                "the weights from before that change are no longer in memory; the weights stay as they are".into(),
            );
            return Ok(());
        };
        self.plan.seed = self.trainer.seed();
        self.publisher.look_again();
        self.happened(Happening::Rewound)?;
        self.come_to(to)?;
        let change = number;
        self.record(Event::Rewind { from, to, change })
    }

    fn branch(&mut self, name: String, going: bool) -> Result<()> {
        let state = self.trainer.before_last_change()?;
        let birth = Birth {
            spec: LaneSpec {
                name: name.clone(),
                ..self.plan.spec.clone()
            },
            seed: self.plan.seed,
            parent: self.plan.spec.name.clone(),
            applied: self.observer.before_last_change(),
            going,
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

    fn restart(&mut self, reset: Reset) -> Result<()> {
        let seed = reset.seed.unwrap_or(self.plan.seed);
        let keep = match reset.dials {
            Dials::Kept => self.observer.set_by_hand(),
            Dials::These(controls) => controls,
            Dials::Scenario => Vec::new(),
        };
        let change = reset.number;
        let refused = self
            .trainer
            .restart(change, seed, &keep, self.plan.device)?;
        self.plan.seed = seed;
        if let Some(number) = change {
            self.observer.keep(number);
        }
        self.observer.reset(&self.trainer, seed);
        self.publisher.look_again();
        self.stop_rule = StopRule::new(self.prepared.scenario().train.stop);
        self.come_to(0)?;
        self.record(Event::Reset(Restarted { seed, change }))?;
        self.record_applied()?;
        if !refused.is_empty() {
            self.observer.say(refused.join("; "));
        }
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        let Some(folder) = &self.plan.model_folder else {
            return Ok(());
        };
        self.trainer.save(folder)?;
        self.observer.say(format!("saved {}", folder.display()));
        Ok(())
    }

    /// Says that the scenario's steps are done, and how it goes on.
    fn say_done(&mut self, going: bool) {
        let steps = self.plan.steps;
        let goes_on = if going {
            let rate = self.trainer.next_rate();
            format!("training goes on at a learning rate of {rate:.1e}")
        } else {
            "paused; Space goes on".into()
        };
        let text = format!("all {steps} steps of the schedule are done; {goes_on}");
        self.observer.say(text);
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

    /// Shows the latest state to whoever watches.
    fn publish(&mut self, now: bool) -> Result<()> {
        if self.plan.unattended {
            return Ok(());
        }
        let Self {
            publisher,
            trainer,
            observer,
            state,
            ..
        } = self;
        publisher.publish(now, trainer, observer, state)
    }
}
