//! The screen's history on a real lab with tiny models: whatever is done, the records replay bit for bit, and the
//! saved scenario makes the same run again.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::control::{Control, Dial};
use crate::lab::{Options, replay};
use crate::quantity::Temperature;
use crate::scenario;
use crate::telemetry::LaneStatus;
use crate::train::device::threads_per_lane;
use crate::train::{DeviceChoice, Trainer, start};
use crate::ui::action::{Action, Turn};

const TINY: &str = r#"(
    title: "tiny",
    data: Emoji(train: [Noto, Fluent], held_out: [Twemoji], limit: 48, captions: (name: 1, template: 0, keywords: 0)),
    model: (
        embed_dim: 8,
        image: ViT(image_size: 16, patch_size: 8, width: 16, head_width: 8, layers: 1),
        text: (context_length: 8, vocab_size: 400, width: 16, heads: 2, layers: 1),
    ),
    train: (steps: 10000, batch_size: 8, learning_rate: 0.001, warmup: 2, eval_every: 10000, seed: 7),
    lanes: [
        (name: "softmax", loss: InfoNce, temperature: 0.07),
        (name: "sigmoid", loss: SigLip, temperature: 0.1, bias: -10),
    ],
    script: [(at: 3, set: LearningRate(0.0005))],
)"#;

/// Dials of every kind.
const TURNED: [Dial; 4] = [
    Dial::Temperature,
    Dial::Loss,
    Dial::BatchSize,
    Dial::ShuffleCaptions,
];

/// A lab, and the screen that drives it.
struct Driven {
    lab: Lab,
    app: App,
    /// Refusals so far.
    fences: u64,
}

impl Driven {
    fn open(folder: &std::path::Path) -> Self {
        let scenario = scenario::parse(TINY, "tiny.ron").unwrap();
        let options = Options {
            device: DeviceChoice::Cpu,
            out: Some(folder.to_path_buf()),
            paused: true,
            ..Options::default()
        };
        let lab = Lab::open_with(scenario.clone(), &options, start::prepare).unwrap();
        let mut app = App::new(scenario, Vec::new());
        app.size = (120, 40);
        let mut driven = Self {
            lab,
            app,
            fences: 0,
        };
        driven.until(|lane| lane.status == LaneStatus::Paused);
        driven
    }

    /// Waits until every lane is like this, and shows them.
    fn until(&mut self, done: impl Fn(&Snapshot) -> bool) {
        let began = Instant::now();
        loop {
            if self.lab.adopt().unwrap() {
                self.app.branched(self.lab.scenario().clone());
            }
            let lanes = self.lab.snapshots();
            if lanes.iter().all(|lane| done(lane)) {
                return self.app.observe(lanes);
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{lanes:?}");
            std::thread::yield_now();
        }
    }

    /// Waits until every lane has done what it was told: a change that it refuses is the last of that.
    fn settle(&mut self) {
        self.fences += 1;
        let fence = 0.001 + 1e-7 * self.fences as f64;
        let control = Control::Temperature(Temperature::new(fence).unwrap());
        self.lab.send_all(&Command::Apply(control));
        let clamp = self.lab.scenario().lanes[0].max_logit_scale.get();
        let refusal = control.fits_clamp(clamp).unwrap_err();
        let heard = |lane: &Snapshot| lane.message.as_ref().is_some_and(|m| m.contains(&refusal));
        self.until(heard);
    }

    fn act(&mut self, action: Action) {
        let lanes = self.app.lanes.len();
        let effects = self.app.update(action);
        let branched = effects.iter().any(|e| matches!(e, Effect::Branch(_)));
        for effect in effects {
            assert_eq!(drive(&mut self.lab, &mut self.app, effect), None);
        }
        if branched {
            let began = Instant::now();
            while !self.lab.adopt().unwrap() {
                assert!(began.elapsed() < Duration::from_secs(60));
                std::thread::yield_now();
            }
            self.app.branched(self.lab.scenario().clone());
            assert_eq!(self.lab.snapshots().len(), lanes + 1);
            self.until(|lane| lane.status == LaneStatus::Paused);
        }
        self.settle();
    }

    fn train(&mut self, steps: u64) {
        let ends: HashMap<_, _> = self
            .lab
            .snapshots()
            .iter()
            .map(|lane| (lane.lane.clone(), lane.step + steps))
            .collect();
        self.lab.send_all(&Command::Step(steps));
        self.until(|lane| lane.status == LaneStatus::Paused && lane.step == ends[&lane.lane]);
    }

    fn take(&mut self, choice: u8, how: u8) {
        let n = self.lab.snapshots().len();
        self.app.target = (usize::from(how) % (n + 1)).checked_sub(1);
        let turn = Turn::ALL[usize::from(how / 16) % Turn::ALL.len()];
        match choice % 14 {
            0..=3 => {
                let dial = TURNED[usize::from(choice / 14) % TURNED.len()];
                drop(self.app.update(Action::Dial(dial)));
                self.act(Action::Turn(turn));
            }
            4 => {
                drop(self.app.update(Action::Dial(Dial::Temperature)));
                self.act(Action::ToggleLearned);
            }
            5 => self.act(Action::ApplyToAll),
            6 => self.act(Action::Reset),
            7 if how > 128 => self.act(Action::Defaults),
            7 => self.act(Action::Reseed),
            8 if n < 4 => self.act(Action::Branch),
            9 => self.act(Action::Undo),
            10 => self.act(Action::Redo),
            11 => self.act(Action::Rewind),
            _ => self.train(1 + u64::from(how % 3)),
        }
    }
}

/// The scenario's losses by lane and step, made without a lab.
fn losses(scenario: &Scenario, threads: usize, steps: &[u64]) -> Vec<Vec<(u64, u64)>> {
    let prepared = start::prepare(scenario).unwrap();
    let lanes = scenario.lanes.iter().zip(steps);
    lanes
        .map(|(spec, steps)| {
            let seed = scenario.train.seed;
            let cpu = DeviceChoice::Cpu;
            let mut trainer = Trainer::new(&prepared, spec, seed, cpu, threads).unwrap();
            (0..*steps)
                .map(|_| trainer.step().unwrap().unwrap())
                .map(|report| (report.step, report.loss.to_bits()))
                .collect()
        })
        .collect()
}

/// What the lanes' curves hold: each value, for they are short.
fn seen(lanes: &[Arc<Snapshot>]) -> Vec<Vec<(u64, u64)>> {
    let points = |lane: &Arc<Snapshot>| {
        let points = lane.loss.points().iter();
        points.map(|p| (p.step, p.value.to_bits())).collect()
    };
    lanes.iter().map(points).collect()
}

fn check(choices: &[(u8, u8)]) {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut driven = Driven::open(&run);
    driven.train(2);
    for (choice, how) in choices {
        driven.take(*choice, *how);
    }
    driven.train(3);
    let lanes = driven.lab.snapshots();
    let saved = driven.lab.recorded().to_ron();
    driven.lab.close().unwrap();

    let saved = scenario::parse(&saved, "saved.ron").unwrap_or_else(|e| panic!("{e}"));
    let steps: Vec<u64> = lanes.iter().map(|lane| lane.step).collect();
    let again = losses(&saved, threads_per_lane(2), &steps);
    for ((lane, seen), again) in lanes.iter().zip(seen(&lanes)).zip(again) {
        // A branch has no curve before its first step.
        let same = seen.iter().all(|point| again.contains(point));
        assert!(
            same && !seen.is_empty(),
            "{}: {choices:?}\n{}",
            lane.lane,
            saved.to_ron()
        );
    }
    for lane in replay(&run, |_, _, _| {}).unwrap() {
        assert_eq!(lane.difference, None, "{}: {choices:?}", lane.lane);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_done_is_saved_and_replayed_bit_for_bit(
        choices in prop::collection::vec(any::<(u8, u8)>(), 0..16),
    ) {
        check(&choices);
    }
}

/// Every kind of thing once, so that no run of the test misses one.
#[test]
fn all_that_can_be_done_is_saved_and_replayed_bit_for_bit() {
    check(&[
        (0, 1),   // tau of the first lane
        (13, 2),  // three steps
        (14, 17), // its loss, with a bias
        (12, 1),
        (9, 0),  // undo
        (10, 0), // redo
        (13, 0),
        (11, 1), // rewind
        (6, 0),  // reset
        (13, 1),
        (8, 2), // branch of the second lane
        (13, 1),
        (1, 3), // tau of the branch
        (9, 0),
        (9, 0),  // the branch goes
        (10, 0), // and comes back
        (13, 0),
        (7, 0), // a new seed
        (13, 0),
        (9, 0),   // the run before
        (7, 200), // the scenario's dials
        (13, 2),
        (5, 0),
    ]);
}
