//! [`State`]: where a lane is, and what follows from a command or from a step.
//!
//! A machine without a trainer, a clock or a thread: it takes what happens, changes, and says what is to be
//! done. The worker does that and nothing else, so whatever a lane does when can be read, and tested, here.
//!
//! ```text
//!             Resume, Step(n)
//!   Paused <------------------> Running, Stepping(n) ---> Finishing(reason) ---> Ended(reason)
//!             Pause, n steps,        the last step,            evaluated, saved
//!             divergence, rule       nobody to ask
//!
//!   Where somebody watches, the last step is evaluated and saved on the way: the lane goes on, or pauses there.
//!   Reset and Rewind lead from anywhere back to Paused, or go on running.
//! ```

use super::command::{Attention, Command, Reset};
use super::plan::After;
use crate::control::{Change, Control};
use crate::telemetry::{LaneStatus, Query, Reason};

/// Whether a lane steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// So many steps, then paused.
    Stepping(u64),
    Paused,
    /// No more steps; the last evaluation is still to be made.
    Finishing(Reason),
    Ended(Reason),
}

/// What happens to a lane, commands apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Happening {
    /// A step is about to begin, after so many.
    Due(u64),
    /// A step is complete.
    Stepped(Stepped),
    /// It has come to a step at which it waits for the learner.
    Moment,
    /// There was no step left to make.
    NoneLeft,
    /// All lanes that are to pause are at the same step.
    Level,
    /// No evaluation goes on. `evaluated`: held-out images by the weights as they are.
    Quiet { evaluated: bool },
    /// It went back to an earlier state.
    Rewound,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stepped {
    /// The loss or a gradient of this step is not a number.
    Diverged(u64),
    /// It was the scenario's last.
    Last,
    /// Any other: whether an evaluation is due, and which rule says that the lane should stop.
    Good {
        evaluate: bool,
        rule: Option<String>,
    },
}

/// What the worker is to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    Apply(Control),
    Change(Change),
    TakeBack(Change),
    Evaluate(Depth),
    /// Start over.
    Restart(Reset),
    /// Go back to before this change; before the latest if none is named.
    Rewind(Option<Change>),
    /// Let a lane of this name branch off; `going` if it trains at once.
    Branch {
        name: String,
        going: bool,
    },
    /// Write the model, if there is a run folder.
    Save,
    /// The same, because somebody asked for it: if there is none, that is said.
    Checkpoint,
    Attend(Attention),
    Say(String),
    /// Say that the scenario's steps are done; whether the lane goes on.
    SayDone {
        going: bool,
    },
    /// Record that it is finished, and why.
    Finish(Reason),
    /// End the thread.
    Leave,
}

/// What is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Depth {
    /// What is done again and again while training.
    Live,
    /// Everything.
    All,
    /// One question.
    Query(Query),
}

/// Where a lane is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    phase: Phase,
    /// Told to pause while it steps, and not yet where the others are.
    pausing: bool,
    /// The step whose loss was not a number, until it goes on or back.
    diverged: Option<u64>,
    /// Changes for after so many steps, in the order in which they came.
    later: Vec<(u64, Effect)>,
    /// Whether the evaluation of the final weights has been begun.
    last_evaluation: bool,
    /// The scenario's steps, and what comes after them.
    steps: u64,
    after: After,
    /// Nobody watches: a lane that diverges or meets a rule ends instead of waiting.
    unattended: bool,
}

impl State {
    /// A lane before its first step.
    pub const fn new(paused: bool, unattended: bool, steps: u64, after: After) -> Self {
        Self {
            phase: if paused {
                Phase::Paused
            } else {
                Phase::Running
            },
            pausing: false,
            diverged: None,
            later: Vec::new(),
            last_evaluation: false,
            steps,
            after,
            unattended,
        }
    }

    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether it is to make a step.
    pub const fn going(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Stepping(_))
    }

    /// Whether it is to pause at the step where the others do.
    pub const fn pausing(&self) -> bool {
        self.pausing
    }

    /// Whether it does nothing by itself until it is told to.
    pub const fn halted(&self) -> bool {
        matches!(self.phase, Phase::Paused | Phase::Ended(_))
    }

    const fn over(&self) -> bool {
        matches!(self.phase, Phase::Finishing(_) | Phase::Ended(_))
    }

    /// What the screen says of it.
    pub fn status(&self) -> LaneStatus {
        match self.phase {
            Phase::Ended(Reason::Completed) => LaneStatus::Finished,
            Phase::Running | Phase::Stepping(_) | Phase::Finishing(Reason::Completed) => {
                LaneStatus::Running
            }
            Phase::Paused | Phase::Finishing(_) | Phase::Ended(_) => self
                .diverged
                .map_or(LaneStatus::Paused, LaneStatus::Diverged),
        }
    }

    /// Takes a command, after so many steps.
    pub fn told(&mut self, command: Command, steps: u64) -> Vec<Effect> {
        match command {
            Command::Apply(control) => self.make(0, Effect::Apply(control), steps),
            Command::ApplyAt(at, control) => self.make(at, Effect::Apply(control), steps),
            Command::ChangeAt(at, change) => self.make(at, Effect::Change(change), steps),
            Command::TakeBackAt(at, change) => self.make(at, Effect::TakeBack(change), steps),
            Command::Pause => {
                self.pausing |= self.going();
                Vec::new()
            }
            Command::Resume => self.go(Phase::Running),
            Command::Step(0) => Vec::new(),
            Command::Step(n) => self.go(Phase::Stepping(n)),
            Command::Reset(reset) => {
                self.forget();
                if !self.going() {
                    self.stand();
                }
                vec![Effect::Restart(reset)]
            }
            Command::Rewind => {
                self.forget();
                vec![Effect::Rewind(None)]
            }
            Command::GoBack(change) => self.go_back(change),
            Command::Branch(name) => vec![Effect::Branch {
                name,
                going: self.going() && !self.pausing,
            }],
            Command::Evaluate => vec![Effect::Evaluate(Depth::Live)],
            Command::Examine => vec![Effect::Evaluate(Depth::All)],
            Command::Query(query) => vec![Effect::Evaluate(Depth::Query(query))],
            Command::Checkpoint => vec![Effect::Checkpoint],
            Command::Attend(attention) => vec![Effect::Attend(attention)],
            Command::Stop if matches!(self.phase, Phase::Ended(_)) => vec![Effect::Leave],
            Command::Stop => {
                let reason = if steps >= self.steps {
                    Reason::Completed
                } else {
                    Reason::Stopped
                };
                vec![Effect::Save, Effect::Finish(reason), Effect::Leave]
            }
        }
    }

    /// Takes what happened.
    pub fn happened(&mut self, happening: Happening) -> Vec<Effect> {
        match happening {
            Happening::Due(steps) => self.due(steps),
            Happening::Stepped(Stepped::Diverged(step)) => {
                let effects = self.pause();
                self.diverged = Some(step);
                self.end_unless_watched(Reason::Diverged);
                effects
            }
            Happening::Stepped(Stepped::Last) if self.after != After::End => self.last(),
            Happening::Stepped(Stepped::Last) | Happening::NoneLeft => {
                self.finish(Reason::Completed);
                Vec::new()
            }
            Happening::Stepped(Stepped::Good { evaluate, rule }) => self.stepped(evaluate, rule),
            Happening::Level if self.pausing => self.pause(),
            Happening::Moment if self.going() => self.pause(),
            Happening::Rewound if !self.going() => {
                self.stand();
                Vec::new()
            }
            Happening::Quiet { evaluated } => self.quiet(evaluated),
            Happening::Level | Happening::Moment | Happening::Rewound => Vec::new(),
        }
    }

    /// The scenario's last step, and not the lane's: what belongs to it is done on the way.
    fn last(&mut self) -> Vec<Effect> {
        let mut effects = self.stepped(true, None);
        effects.push(Effect::Save);
        if self.after == After::Pause {
            effects.extend(self.pause());
        }
        let going = self.going();
        effects.push(Effect::SayDone { going });
        effects
    }

    fn stepped(&mut self, evaluate: bool, rule: Option<String>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if evaluate {
            effects.push(Effect::Evaluate(Depth::Live));
        }
        match self.phase {
            Phase::Stepping(1) => effects.extend(self.pause()),
            Phase::Stepping(n) => self.phase = Phase::Stepping(n - 1),
            _ => {}
        }
        if let Some(rule) = rule {
            effects.push(Effect::Say(rule));
            effects.extend(self.pause());
            self.end_unless_watched(Reason::Rule);
        }
        effects
    }

    /// Evaluates the final weights if that has not been done, then closes the records.
    fn quiet(&mut self, evaluated: bool) -> Vec<Effect> {
        let Phase::Finishing(reason) = self.phase else {
            return Vec::new();
        };
        if reason == Reason::Completed && !evaluated && !self.last_evaluation {
            // Once: it may have nothing to say of held-out images, since there are none.
            self.last_evaluation = true;
            return vec![Effect::Evaluate(Depth::Live)];
        }
        self.phase = Phase::Ended(reason);
        vec![Effect::Save, Effect::Finish(reason)]
    }

    fn go(&mut self, phase: Phase) -> Vec<Effect> {
        if !self.over() {
            self.phase = phase;
            self.pausing = false;
            self.diverged = None;
        }
        Vec::new()
    }

    /// Stops stepping; makes the changes that were to wait, for there is nothing to be waited for any more.
    fn pause(&mut self) -> Vec<Effect> {
        self.stand();
        self.due(u64::MAX)
    }

    fn stand(&mut self) {
        self.phase = Phase::Paused;
        self.pausing = false;
        self.diverged = None;
    }

    fn finish(&mut self, reason: Reason) {
        self.phase = Phase::Finishing(reason);
        self.pausing = false;
    }

    fn end_unless_watched(&mut self, reason: Reason) {
        if self.unattended {
            self.finish(reason);
        }
    }

    /// Makes a change once so many steps are done, and never before one that came earlier.
    fn make(&mut self, at: u64, change: Effect, steps: u64) -> Vec<Effect> {
        let at = self.later.last().map_or(at, |(last, _)| at.max(*last));
        if self.going() && at > steps {
            self.later.push((at, change));
            return Vec::new();
        }
        vec![change]
    }

    fn go_back(&mut self, change: Change) -> Vec<Effect> {
        let waits = |(_, later): &(u64, Effect)| matches!(later, Effect::Change(known) if known.number == change.number);
        let place = self.later.iter().position(waits);
        if let Some(place) = place {
            // It has not been made yet: this is the state before it.
            self.later.truncate(place);
            return Vec::new();
        }
        self.forget();
        vec![Effect::Rewind(Some(change))]
    }

    /// What was to be done later is of a path that is left.
    fn forget(&mut self) {
        self.later.clear();
        self.last_evaluation = false;
    }

    /// The changes that were to wait for so many steps.
    fn due(&mut self, steps: u64) -> Vec<Effect> {
        let later = std::mem::take(&mut self.later);
        let (due, later): (Vec<_>, _) = later.into_iter().partition(|(at, _)| *at <= steps);
        self.later = later;
        due.into_iter().map(|(_, change)| change).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::quantity::{BatchSize, LearningRate};

    /// A name for each state of the table below: `!` has been told to pause and waits for the others.
    fn name(state: &State) -> String {
        let phase = match state.phase {
            Phase::Running => "running".into(),
            Phase::Stepping(n) => format!("stepping{n}"),
            Phase::Paused => match state.diverged {
                Some(step) => format!("diverged{step}"),
                None => "paused".into(),
            },
            Phase::Finishing(reason) => format!("finishing-{reason:?}").to_lowercase(),
            Phase::Ended(reason) => format!("ended-{reason:?}").to_lowercase(),
        };
        format!("{phase}{}", if state.pausing { "!" } else { "" })
    }

    /// A lane of so many steps that ends after them.
    const STEPS: u64 = 100;

    fn lane(unattended: bool) -> State {
        State::new(false, unattended, STEPS, After::End)
    }

    fn told(state: &State, command: Command) -> (State, Vec<Effect>) {
        let mut state = state.clone();
        let effects = state.told(command, 5);
        (state, effects)
    }

    fn happened(state: &State, happening: Happening) -> (State, Vec<Effect>) {
        let mut state = state.clone();
        let effects = state.happened(happening);
        (state, effects)
    }

    fn good(rule: Option<&str>) -> Happening {
        Happening::Stepped(Stepped::Good {
            evaluate: false,
            rule: rule.map(Into::into),
        })
    }

    /// Every state that a lane can be in, watched or not.
    fn states(unattended: bool) -> Vec<State> {
        let phases = [
            Phase::Running,
            Phase::Stepping(2),
            Phase::Stepping(1),
            Phase::Paused,
            Phase::Finishing(Reason::Completed),
            Phase::Finishing(Reason::Diverged),
            Phase::Finishing(Reason::Rule),
            Phase::Ended(Reason::Completed),
            Phase::Ended(Reason::Diverged),
            Phase::Ended(Reason::Rule),
        ];
        let mut states = Vec::new();
        for phase in phases {
            let mut state = lane(unattended);
            state.phase = phase;
            if matches!(
                phase,
                Phase::Finishing(Reason::Diverged) | Phase::Ended(Reason::Diverged)
            ) {
                state.diverged = Some(7);
            }
            states.push(state.clone());
            if state.going() {
                state.pausing = true;
                states.push(state);
            } else if phase == Phase::Paused {
                state.diverged = Some(7);
                states.push(state);
            }
        }
        states
    }

    /// Where a command or a step leads from each state of a lane that is watched; `-` does not happen there.
    const TABLE: &str = "
        state               Pause               Resume              Step3               Reset      Rewind     Level     Moment              Good       Last                Diverged  Rule   Quiet
        running             running!            running             stepping3           running    running    running   paused              running    finishing-completed diverged9 paused -
        running!            running!            running             stepping3           running!   running!   paused    paused              running!   finishing-completed diverged9 paused -
        stepping2           stepping2!          running             stepping3           stepping2  stepping2  stepping2 paused              stepping1  finishing-completed diverged9 paused -
        stepping2!          stepping2!          running             stepping3           stepping2! stepping2! paused    paused              stepping1! finishing-completed diverged9 paused -
        stepping1           stepping1!          running             stepping3           stepping1  stepping1  stepping1 paused              paused     finishing-completed diverged9 paused -
        stepping1!          stepping1!          running             stepping3           stepping1! stepping1! paused    paused              paused     finishing-completed diverged9 paused -
        paused              paused              running             stepping3           paused     paused     -         paused              -          -                   -         -      paused
        diverged7           diverged7           running             stepping3           paused     paused     -         diverged7           -          -                   -         -      diverged7
        finishing-completed finishing-completed finishing-completed finishing-completed paused     paused     -         finishing-completed -          -                   -         -      ended-completed
        finishing-diverged  finishing-diverged  finishing-diverged  finishing-diverged  paused     paused     -         finishing-diverged  -          -                   -         -      ended-diverged
        finishing-rule      finishing-rule      finishing-rule      finishing-rule      paused     paused     -         finishing-rule      -          -                   -         -      ended-rule
        ended-completed     ended-completed     ended-completed     ended-completed     paused     paused     -         ended-completed     -          -                   -         -      ended-completed
        ended-diverged      ended-diverged      ended-diverged      ended-diverged      paused     paused     -         ended-diverged      -          -                   -         -      ended-diverged
        ended-rule          ended-rule          ended-rule          ended-rule          paused     paused     -         ended-rule          -          -                   -         -      ended-rule
    ";

    fn arrive(from: &State, by: &str) -> State {
        match by {
            "Pause" => told(from, Command::Pause).0,
            "Resume" => told(from, Command::Resume).0,
            "Step3" => told(from, Command::Step(3)).0,
            "Reset" => told(from, Command::Reset(Reset::default())).0,
            "Rewind" => happened(&told(from, Command::Rewind).0, Happening::Rewound).0,
            "Level" => happened(from, Happening::Level).0,
            "Moment" => happened(from, Happening::Moment).0,
            "Good" => happened(from, good(None)).0,
            "Last" => happened(from, Happening::Stepped(Stepped::Last)).0,
            "Diverged" => happened(from, Happening::Stepped(Stepped::Diverged(9))).0,
            "Rule" => happened(from, good(Some("a rule"))).0,
            "Quiet" => happened(from, Happening::Quiet { evaluated: true }).0,
            _ => panic!("{by}"),
        }
    }

    #[test]
    fn every_command_in_every_state() {
        let mut lines = TABLE
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let columns = lines.nth(1).unwrap();
        let rows: Vec<_> = lines.filter(|row| !row.is_empty()).collect();
        let states = states(false);
        let names: Vec<_> = states.iter().map(name).collect();
        assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), names);
        for (row, state) in rows.iter().zip(&states) {
            assert_eq!(row.len(), columns.len(), "{row:?}");
            for (by, to) in columns
                .iter()
                .zip(row)
                .skip(1)
                .filter(|(_, to)| **to != "-")
            {
                assert_eq!(name(&arrive(state, by)), *to, "{} by {by}", row[0]);
            }
        }
    }

    #[test]
    fn what_changes_no_state_is_done_in_every_state() {
        let query = Query::Picture(3);
        let size = Control::BatchSize(BatchSize::new(8).unwrap());
        let attention = Attention::Landscape;
        let done = [
            (Command::Step(0), vec![]),
            (Command::Apply(size), vec![Effect::Apply(size)]),
            // So many steps are done already.
            (Command::ApplyAt(5, size), vec![Effect::Apply(size)]),
            (Command::Evaluate, vec![Effect::Evaluate(Depth::Live)]),
            (Command::Examine, vec![Effect::Evaluate(Depth::All)]),
            (
                Command::Query(query.clone()),
                vec![Effect::Evaluate(Depth::Query(query))],
            ),
            (Command::Checkpoint, vec![Effect::Checkpoint]),
            (Command::Attend(attention), vec![Effect::Attend(attention)]),
        ];
        for state in states(false).into_iter().chain(states(true)) {
            for (command, effects) in &done {
                assert_eq!(
                    told(&state, command.clone()),
                    (state.clone(), effects.clone())
                );
            }
            let going = matches!(state.phase, Phase::Running | Phase::Stepping(_));
            let branch = vec![Effect::Branch {
                name: "b".into(),
                going: going && !state.pausing,
            }];
            assert_eq!(
                told(&state, Command::Branch("b".into())),
                (state.clone(), branch)
            );
            let mut stop = vec![Effect::Save, Effect::Finish(Reason::Stopped), Effect::Leave];
            if matches!(state.phase, Phase::Ended(_)) {
                stop.drain(..2);
            }
            assert_eq!(told(&state, Command::Stop), (state.clone(), stop));
        }
    }

    #[test]
    fn nobody_to_ask_is_the_end_of_a_lane_that_diverges_or_meets_a_rule() {
        let running = lane(true);
        let (diverged, _) = happened(&running, Happening::Stepped(Stepped::Diverged(9)));
        assert_eq!(name(&diverged), "finishing-diverged");
        assert_eq!(diverged.status(), LaneStatus::Diverged(9));
        let (ended, effects) = happened(&diverged, Happening::Quiet { evaluated: false });
        assert_eq!(effects, [Effect::Save, Effect::Finish(Reason::Diverged)]);
        assert_eq!(ended.status(), LaneStatus::Diverged(9));
        let (ruled, effects) = happened(&running, good(Some("enough")));
        assert_eq!(effects, [Effect::Say("enough".into())]);
        assert_eq!(
            (name(&ruled).as_str(), ruled.status()),
            ("finishing-rule", LaneStatus::Paused)
        );
    }

    #[test]
    fn the_final_weights_are_evaluated_once_then_saved_and_the_records_closed() {
        let (last, _) = happened(&lane(false), Happening::NoneLeft);
        assert_eq!(last.status(), LaneStatus::Running);
        let quiet = || Happening::Quiet { evaluated: false };
        let (evaluating, effects) = happened(&last, quiet());
        assert_eq!(effects, [Effect::Evaluate(Depth::Live)]);
        let (ended, effects) = happened(&evaluating, quiet());
        assert_eq!(effects, [Effect::Save, Effect::Finish(Reason::Completed)]);
        assert_eq!(ended.status(), LaneStatus::Finished);
        assert_eq!(happened(&ended, quiet()), (ended, vec![]));
        let (_, effects) = happened(&last, Happening::Quiet { evaluated: true });
        assert_eq!(effects, [Effect::Save, Effect::Finish(Reason::Completed)]);
    }

    #[test]
    fn a_watched_lane_passes_the_last_step_evaluated_and_saved_or_pauses_there() {
        let on_the_way = [Effect::Evaluate(Depth::Live), Effect::Save];
        let cases = [
            (After::GoOn, "running", "stepping1", true),
            (After::Pause, "paused", "paused", false),
        ];
        for (after, running, stepping, going) in cases {
            let mut state = State::new(false, false, STEPS, after);
            let effects = state.happened(Happening::Stepped(Stepped::Last));
            assert_eq!(effects[..2], on_the_way, "{after:?}");
            assert_eq!(effects[2..], [Effect::SayDone { going }], "{after:?}");
            assert_eq!(name(&state), running);
            // It is one of the steps that were asked for.
            state.told(Command::Step(2), STEPS - 1);
            state.happened(Happening::Stepped(Stepped::Last));
            assert_eq!(name(&state), stepping);
            state.told(Command::Resume, STEPS);
            assert_eq!(name(&happened(&state, good(None)).0), "running");
        }
    }

    #[test]
    fn the_records_are_closed_once_when_a_lane_that_went_on_is_stopped() {
        for (steps, reason) in [
            (STEPS - 1, Reason::Stopped),
            (STEPS, Reason::Completed),
            (STEPS + 900, Reason::Completed),
        ] {
            let mut state = State::new(false, false, STEPS, After::GoOn);
            let effects = state.told(Command::Stop, steps);
            let closed = [Effect::Save, Effect::Finish(reason), Effect::Leave];
            assert_eq!(effects, closed, "{steps}");
        }
    }

    #[test]
    fn changes_for_a_later_step_wait_for_it_or_for_the_pause() {
        let size = Control::BatchSize(BatchSize::new(8).unwrap());
        let rate = Control::LearningRate(LearningRate::new(0.5).unwrap());
        let mut state = lane(false);
        assert!(state.told(Command::ApplyAt(7, rate), 5).is_empty());
        assert!(state.told(Command::ApplyAt(9, size), 5).is_empty());
        assert!(state.happened(Happening::Due(6)).is_empty());
        assert_eq!(state.happened(Happening::Due(7)), [Effect::Apply(rate)]);
        // One that comes later is made later, also if it could be made at once.
        assert!(state.told(Command::Apply(rate), 7).is_empty());
        assert!(state.happened(Happening::Due(8)).is_empty());
        let both = [Effect::Apply(size), Effect::Apply(rate)];
        assert_eq!(state.clone().happened(Happening::Due(9)), both);
        let change = Change {
            number: 3,
            controls: vec![size],
        };
        assert!(
            state
                .told(Command::ChangeAt(8, change.clone()), 7)
                .is_empty()
        );
        // What has not been made yet needs no way back.
        assert!(state.told(Command::GoBack(change), 7).is_empty());
        // It stands still: nothing is to be waited for any more.
        state.told(Command::Pause, 7);
        let all = [Effect::Apply(size), Effect::Apply(rate)];
        assert_eq!(state.happened(Happening::Level), all);
        assert_eq!(
            state.told(Command::ApplyAt(9, size), 7),
            [Effect::Apply(size)]
        );
        // A step's own evaluation sees the dials of that step.
        state.told(Command::Step(1), 7);
        state.told(Command::ApplyAt(99, size), 7);
        let step = Stepped::Good {
            evaluate: true,
            rule: Some("enough".into()),
        };
        let effects = state.happened(Happening::Stepped(step));
        let order = [
            Effect::Evaluate(Depth::Live),
            Effect::Apply(size),
            Effect::Say("enough".into()),
        ];
        assert_eq!(effects, order);
        // They are of a path that is left.
        let back = Change {
            number: 1,
            controls: Vec::new(),
        };
        let leaves = [
            Command::Rewind,
            Command::GoBack(back),
            Command::Reset(Reset::default()),
        ];
        for leave in leaves {
            state.told(Command::Resume, 8);
            state.told(Command::ApplyAt(9, size), 8);
            state.told(leave, 8);
            assert!(state.happened(Happening::Due(u64::MAX)).is_empty());
        }
    }

    /// A command, or what the worker may report in this state.
    fn take(state: &mut State, choice: u8, steps: u64) -> Vec<Effect> {
        let control = Control::BatchSize(BatchSize::new(1 + u64::from(choice)).unwrap());
        let command = match choice % 16 {
            0 => Command::Pause,
            1 => Command::Resume,
            2 => Command::Step(u64::from(choice / 16) % 4),
            3 => Command::Reset(Reset::default()),
            4 => Command::Rewind,
            5 => Command::ApplyAt(steps + u64::from(choice / 32), control),
            6 => Command::Apply(control),
            7 => Command::Stop,
            _ if state.going() => {
                let happening = match choice % 8 {
                    0 => Happening::Level,
                    1 => Happening::Stepped(Stepped::Last),
                    2 => Happening::Stepped(Stepped::Diverged(steps)),
                    3 => good(Some("enough")),
                    4 => Happening::Due(steps),
                    5 => Happening::Moment,
                    _ => good(None),
                };
                return state.happened(happening);
            }
            _ => {
                return state.happened(Happening::Quiet {
                    evaluated: choice.is_multiple_of(2),
                });
            }
        };
        let effects = state.told(command, steps);
        if effects == [Effect::Rewind(None)] && choice >= 128 {
            return [effects, state.happened(Happening::Rewound)].concat();
        }
        effects
    }

    proptest! {
        #[test]
        fn whatever_happens_the_lane_makes_sense(
            choices in prop::collection::vec(any::<u8>(), 0..200),
            unattended: bool,
            after in prop::sample::select(vec![After::End, After::GoOn, After::Pause]),
        ) {
            let mut state = State::new(false, unattended, STEPS, after);
            let (mut waiting, mut finished) = (0, false);
            for (steps, choice) in choices.into_iter().enumerate() {
                let before = state.clone();
                let effects = take(&mut state, choice, steps as u64);
                // Waiting for the others, and waiting for a step, are for lanes that step.
                prop_assert!(!state.pausing || state.going());
                prop_assert!(state.later.is_empty() || state.going() || state.over());
                prop_assert!(state.diverged.is_none() || !state.going());
                // Who has ended makes no step until it starts over or goes back.
                let back = effects.iter().any(|e| matches!(e, Effect::Restart(_) | Effect::Rewind(_)));
                prop_assert!(!before.over() || state.over() || back);
                // The records are closed once, and the model is saved before.
                let closes: Vec<_> = effects.iter().filter(|e| matches!(e, Effect::Finish(_))).collect();
                prop_assert!(closes.len() <= 1);
                if let [Effect::Finish(Reason::Completed)] = closes.as_slice() {
                    prop_assert!(!finished && effects[0] == Effect::Save);
                }
                finished = matches!(state.phase, Phase::Ended(_));
                // No change is lost but by starting over, going back or the end, and none is made twice.
                let held = state.later.len() + effects.iter().filter(|e| matches!(e, Effect::Apply(_))).count();
                let new = usize::from(matches!(choice % 16, 5 | 6));
                prop_assert!(back || held == waiting + new);
                waiting = state.later.len();
            }
        }
    }
}
