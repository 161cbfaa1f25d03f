//! Whatever is done in whatever order: after an undo all is as it was before the change, and after a redo as it was
//! after it. The lanes are simulated: settings, and a number for the weights.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::control::{Applied, Before, By, Change, Dial, Settings};
use crate::lab::{Command, Dials, Reset};
use crate::quantity::Loss;
use crate::telemetry::{LaneStatus, Snapshot};
use crate::ui::action::{Action, Turn};
use crate::ui::app::{App, Effect};
use crate::ui::fixture;

/// All that a lane's next steps depend on.
#[derive(Clone, Debug, PartialEq)]
struct State {
    settings: Settings,
    weights: u64,
    step: u64,
    seed: u64,
    run: u64,
}

#[derive(Clone, Debug)]
struct Lane {
    name: String,
    now: State,
    start: Settings,
    before: Before<(State, Vec<Applied>)>,
    applied: Vec<Applied>,
}

impl Lane {
    fn new(name: &str, loss: Loss) -> Self {
        let start = fixture::settings(loss);
        Self {
            name: name.into(),
            now: State {
                settings: start.clone(),
                weights: 7,
                step: 0,
                seed: 7,
                run: 0,
            },
            start,
            before: Before::default(),
            applied: Vec::new(),
        }
    }

    /// A step: the weights depend on the dials, and a learned tau moves.
    fn step(&mut self) {
        let mut hasher = DefaultHasher::new();
        (self.now.weights, format!("{:?}", self.now.settings)).hash(&mut hasher);
        self.now.weights = hasher.finish();
        self.now.step += 1;
        if self.now.settings.learn_temperature {
            let tau = &mut self.now.settings.temperature;
            *tau = (*tau * 1.01).min(100.0);
        }
    }

    fn set(&mut self, control: Control, by: By) {
        self.applied.push(Applied {
            step: self.now.step,
            control,
            old: self.now.settings.value_like(control),
            new: control.value(),
            by,
        });
        self.now.settings.set(control);
    }

    fn remember(&mut self, number: u64) {
        if self.before.number() != number {
            let state = (self.now.clone(), self.applied.clone());
            self.before.push(number, state);
        }
    }

    fn told(&mut self, command: Command) {
        match command {
            Command::GoBack(Change { number, .. }) => {
                let state = self.before.take(number);
                (self.now, self.applied) = state.expect("the state before it is known");
            }
            Command::Reset(Reset {
                seed,
                dials: Dials::These(kept),
                number: Some(number),
            }) => {
                self.remember(number);
                let seed = seed.unwrap_or(self.now.seed);
                self.now = State {
                    settings: self.start.clone(),
                    weights: seed,
                    step: 0,
                    seed,
                    run: self.now.run + 1,
                };
                self.applied.clear();
                for control in kept {
                    self.set(control, By::Reset);
                }
            }
            Command::Resume => {}
            other => panic!("{other:?}"),
        }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        let mut lane = Snapshot::starting(&self.name, 1500);
        lane.status = LaneStatus::Running;
        lane.settings = Some(self.now.settings.clone());
        lane.step = self.now.step;
        lane.seed = self.now.seed;
        lane.resets = self.now.run;
        lane.applied = Arc::new(self.applied.clone());
        Arc::new(lane)
    }
}

/// Dials of every kind.
const TURNED: [Dial; 6] = [
    Dial::Temperature,
    Dial::Loss,
    Dial::BatchSize,
    Dial::Bias,
    Dial::ShuffleCaptions,
    Dial::Concepts,
];

/// A screen and the lanes that it drives.
struct World {
    app: App,
    lanes: Vec<Lane>,
    hidden: Vec<Lane>,
    /// Before each entry, and after it.
    known: HashMap<u64, (Vec<State>, Vec<State>)>,
}

impl World {
    fn new(lanes: usize) -> Self {
        let mut scenario = fixture::scenario();
        let third = crate::scenario::LaneSpec {
            name: "third".into(),
            ..scenario.lanes[0].clone()
        };
        scenario.lanes.push(third);
        scenario.lanes.truncate(lanes);
        let lane = |spec: &crate::scenario::LaneSpec| Lane::new(&spec.name, spec.loss);
        let mut world = Self {
            lanes: scenario.lanes.iter().map(lane).collect(),
            app: App::new(scenario, Vec::new()),
            hidden: Vec::new(),
            known: HashMap::new(),
        };
        world.app.size = (120, 40);
        world.look();
        world
    }

    fn states(&self) -> Vec<State> {
        self.lanes.iter().map(|lane| lane.now.clone()).collect()
    }

    fn look(&mut self) {
        let lanes = self.lanes.iter().map(Lane::snapshot).collect();
        self.app.observe(lanes);
    }

    fn act(&mut self, action: Action) {
        for effect in self.app.update(action) {
            self.carry_out(effect);
        }
        self.look();
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Change { number, parts } => {
                for (lane, control) in parts {
                    self.lanes[lane].remember(number);
                    self.lanes[lane].set(control, By::Hand(number));
                }
            }
            Effect::TakeBack { number, parts } => {
                for (lane, control) in parts {
                    self.lanes[lane].set(control, By::Undo(number));
                    self.lanes[lane].before.forget(number);
                }
            }
            Effect::Send {
                lane: Some(lane),
                command,
            } => self.lanes[lane].told(command),
            Effect::Branch(parent) => {
                let parent = &self.lanes[parent];
                let last = parent.before.last().map(|(_, state)| state.clone());
                let (now, applied) = last
                    .filter(|(state, _)| state.run == parent.now.run)
                    .unwrap_or_else(|| (parent.now.clone(), parent.applied.clone()));
                let name = format!("{}-{}", parent.name, self.lanes.len());
                let spec = crate::scenario::LaneSpec {
                    name: name.clone(),
                    ..self.app.scenario.lanes[0].clone()
                };
                let start = parent.start.clone();
                self.lanes.push(Lane {
                    name,
                    now,
                    start,
                    before: Before::default(),
                    applied,
                });
                let mut scenario = self.app.scenario.clone();
                scenario.lanes.push(spec);
                self.app.branched(scenario);
            }
            Effect::Hide => self.hidden.push(self.lanes.pop().expect("a lane to hide")),
            Effect::Show => {
                let lane = self.hidden.pop().expect("a lane to show");
                let mut scenario = self.app.scenario.clone();
                scenario.lanes.push(crate::scenario::LaneSpec {
                    name: lane.name.clone(),
                    ..scenario.lanes[0].clone()
                });
                self.app.scenario = scenario;
                self.lanes.push(lane);
            }
            Effect::EndHidden => self.hidden.clear(),
            other => panic!("{other:?}"),
        }
    }

    /// Something new: it can be undone, and nothing can be redone.
    fn change(&mut self, action: Action) {
        let (before, count) = (self.states(), self.app.changes.count);
        self.act(action);
        if self.app.changes.count > count {
            assert_eq!(self.app.changes.count, count + 1, "one press, one entry");
            assert!(self.app.changes.last_undone().is_none() && self.hidden.is_empty());
            let known = (before, self.states());
            self.known.insert(count + 1, known);
        }
    }

    fn undo(&mut self) {
        let Some(entry) = self.app.changes.last().cloned() else {
            return;
        };
        let now = self.states();
        self.act(Action::Undo);
        let (before, after) = self.known[&entry.number].clone();
        match &entry.deed {
            Deed::Set(parts) => {
                for part in parts {
                    let settings = &self.lanes[part.lane].now.settings;
                    assert_eq!(settings.control_like(part.from), Some(part.from));
                }
                for (lane, (was, is)) in now.iter().zip(self.states()).enumerate() {
                    assert_eq!((was.weights, was.step), (is.weights, is.step));
                    let own = parts.iter().filter(|part| part.lane == lane);
                    let mut expected = was.clone();
                    own.rev().for_each(|part| expected.settings.set(part.from));
                    assert_eq!(is, expected);
                    if now[lane] == after[lane] && parts.iter().any(|part| part.lane == lane) {
                        assert_eq!(is, before[lane]);
                    }
                }
            }
            Deed::Restart(..) => assert_eq!(self.states(), before),
            Deed::Branch { .. } => assert_eq!(self.states(), now[..now.len() - 1]),
        }
    }

    fn redo(&mut self) {
        let Some(entry) = self.app.changes.last_undone().cloned() else {
            return;
        };
        let now = self.states();
        let hidden = self.hidden.last().map(|lane| lane.now.clone());
        self.act(Action::Redo);
        match &entry.deed {
            Deed::Set(parts) => {
                let mut expected = now.clone();
                for part in parts {
                    expected[part.lane].settings.set(part.to);
                }
                assert_eq!(self.states(), expected);
            }
            Deed::Restart(..) => assert_eq!(self.states(), self.known[&entry.number].1),
            Deed::Branch { .. } => {
                assert_eq!(self.states()[..now.len()], now);
                assert_eq!(self.lanes.last().map(|lane| lane.now.clone()), hidden);
            }
        }
        let after = self.states();
        match (&entry.deed, self.known.get_mut(&entry.number)) {
            // The part of another lane may stand on its own by now.
            (Deed::Set(parts), Some(known)) => {
                for part in parts {
                    known.0[part.lane] = now[part.lane].clone();
                    known.1[part.lane] = after[part.lane].clone();
                }
            }
            _ => {
                self.known.insert(entry.number, (now, after));
            }
        }
    }

    fn rewind(&mut self) {
        let Some(entry) = self.app.changes.last().cloned() else {
            return;
        };
        let Deed::Set(parts) = &entry.deed else {
            let Deed::Branch { lane, .. } = entry.deed else {
                return self.undo();
            };
            // Of others than itself a branch is no change.
            if self.app.target.is_none_or(|target| target == lane) {
                self.undo();
            }
            return;
        };
        let addressed = self.app.addressed(self.app.target);
        let (before, now) = (self.known[&entry.number].0.clone(), self.states());
        self.act(Action::Rewind);
        for (lane, is) in self.states().into_iter().enumerate() {
            let meant = addressed.contains(&lane) && parts.iter().any(|part| part.lane == lane);
            let expected = if meant { &before } else { &now };
            assert_eq!(is, expected[lane]);
        }
    }

    fn take(&mut self, choice: u8, how: u8) {
        let n = self.lanes.len();
        self.app.target = (usize::from(how) % (n + 1)).checked_sub(1);
        let turn = Turn::ALL[usize::from(how / 16) % Turn::ALL.len()];
        match choice % 16 {
            0..=4 => {
                self.app
                    .hold(TURNED[usize::from(choice / 16) % TURNED.len()]);
                self.change(Action::Turn(turn));
            }
            5 => {
                self.app.hold(Dial::Temperature);
                self.change(Action::ToggleLearned);
            }
            6 => self.change(Action::ApplyToAll),
            7 => self.change(Action::Reset),
            8 if choice > 128 => self.change(Action::Defaults),
            8 => self.change(Action::Reseed),
            9 if n < 5 => self.change(Action::Branch),
            10 | 11 => self.undo(),
            12 => self.redo(),
            13 => self.rewind(),
            _ => {
                self.lanes.iter_mut().for_each(Lane::step);
                self.look();
            }
        }
        // What the screen shows is what is.
        for (i, lane) in self.lanes.iter().enumerate() {
            assert_eq!(self.app.settings(i).as_ref(), Some(&lane.now.settings));
        }
    }
}

proptest! {
    #[test]
    fn undo_leads_back_and_redo_forth(
        lanes in 1_usize..=3,
        choices in prop::collection::vec(any::<(u8, u8)>(), 0..60),
    ) {
        let mut world = World::new(lanes);
        let first = world.states();
        for (choice, how) in choices {
            world.take(choice, how);
        }
        while world.app.changes.last().is_some() {
            world.undo();
        }
        prop_assert_eq!(world.lanes.len(), lanes);
        // All taken back, and whatever is learned aside, the dials are the first ones.
        for (lane, first) in world.lanes.iter().zip(first) {
            let mut settings = lane.now.settings.clone();
            settings.temperature = first.settings.temperature;
            prop_assert_eq!(settings, first.settings);
        }
    }
}

/// A reset keeps what stands set by hand, and nothing that was taken back or belongs to the scenario.
#[test]
fn a_reset_keeps_what_stands_set_by_hand() {
    let mut world = World::new(1);
    let start = world.states()[0].settings.clone();
    world.app.hold(Dial::Temperature);
    world.change(Action::Turn(Turn::Up));
    world.act(Action::ToggleLearned);
    world.app.hold(Dial::BatchSize);
    world.change(Action::Turn(Turn::Up));
    world.undo();
    let set = world.states()[0].settings.clone();
    world.take(15, 0);
    world.change(Action::Reset);
    assert_eq!(world.states()[0].settings, set);
    assert_eq!((world.states()[0].step, world.states()[0].weights), (0, 7));
    world.change(Action::Defaults);
    assert_eq!(world.states()[0].settings, start);
    // The scenario's dials are from now on what was set.
    world.change(Action::Reset);
    assert_eq!(world.states()[0].settings, start);
}
