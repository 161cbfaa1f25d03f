//! Watched lanes pass the scenario's last step: what belongs to that step is recorded on the way, and the records of
//! what follows suffice to do it again.

use std::path::Path;

use clip_lab::control::Control;
use clip_lab::lab::{Command, Lab, Options, Reset};
use clip_lab::scenario::{RUNNING_ON, Scenario, Then, parse};
use clip_lab::telemetry::LaneStatus;
use serde_json::Value;

use crate::common::{headless, lines, tiny, until};

/// Steps of [`tiny`], and its peak of the learning rate.
const STEPS: u64 = 12;
const PEAK: f64 = 0.001;

fn one_lane(then: Then) -> Scenario {
    let mut scenario = tiny();
    scenario.lanes.truncate(1);
    scenario.train.then = then;
    scenario
}

fn open(scenario: Scenario, out: &Path) -> Lab {
    let options = Options {
        out: Some(out.to_path_buf()),
        paused: true,
        ..Options::default()
    };
    Lab::open(scenario, &options).unwrap()
}

fn steps(lab: &Lab, lane: usize, n: u64) {
    let before = until(lab, lane, |s| s.status == LaneStatus::Paused).step;
    lab.send(lane, Command::Step(n));
    until(lab, lane, |s| {
        s.step == before + n && s.status == LaneStatus::Paused
    });
}

fn records(out: &Path) -> Vec<Value> {
    let lines = lines(out, "softmax").into_iter();
    lines
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
}

fn of(records: &[Value], event: &str) -> Vec<Value> {
    let of = |record: &&Value| record["event"] == event;
    records.iter().filter(of).cloned().collect()
}

#[test]
fn a_lane_goes_on_at_a_tenth_of_the_peak_evaluated_and_saved_at_the_last_step() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let lab = open(one_lane(Then::Continue), &out);
    steps(&lab, 0, STEPS);
    let last = lab.snapshots()[0].clone();
    let said = last.message.clone().unwrap();
    assert!(
        said.contains("all 12 steps of the schedule are done"),
        "{said}"
    );
    let model = clip_lab::export::model_folder(&out, "softmax");
    assert!(model.join("open_clip_model.safetensors").exists());
    until(&lab, 0, |s| {
        s.held_out.last().is_some_and(|r| r.step == STEPS)
    });
    steps(&lab, 0, 8);
    lab.close().unwrap();

    let records = records(&out);
    let rates: Vec<_> = of(&records, "step")
        .iter()
        .map(|step| step["learning_rate"].as_f64().unwrap())
        .collect();
    assert_eq!(rates.len(), 20);
    assert!(rates[11] < 1e-12, "the cosine ends at 0");
    assert!(rates[12..].iter().all(|rate| *rate == PEAK * RUNNING_ON));
    // The step at which a screen's lane used to end, and the one record of its end, when the lab is closed.
    let evaluated = of(&records, "eval");
    assert!(evaluated.iter().any(|eval| eval["step"] == STEPS));
    let finished = of(&records, "finished");
    assert_eq!(finished.len(), 1);
    assert_eq!(finished[0]["reason"], "completed");
    assert_eq!(finished[0]["step"], 20);
    assert_eq!(records.last(), finished.last());
}

#[test]
fn the_first_steps_of_a_lane_that_goes_on_are_those_of_a_run_without_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let [watched, alone] = ["watched", "alone"].map(|name| folder.path().join(name));
    let lab = open(one_lane(Then::Continue), &watched);
    steps(&lab, 0, STEPS + 3);
    lab.close().unwrap();
    headless(&one_lane(Then::Continue), &alone);
    let made = |out: &Path| of(&records(out), "step");
    assert_eq!(made(&alone).len(), STEPS as usize);
    assert_eq!(made(&watched)[..STEPS as usize], made(&alone));
    let finished = of(&records(&alone), "finished");
    assert_eq!(
        (finished[0]["step"].clone(), finished.len()),
        (STEPS.into(), 1)
    );
}

#[test]
fn changes_rewinds_branches_and_resets_past_the_last_step_replay_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut lab = open(one_lane(Then::Continue), &out);
    let set = |lab: &Lab, lane, name: &str, value: &str| {
        lab.send(lane, Command::Apply(Control::parse(name, value).unwrap()));
    };
    steps(&lab, 0, 10);
    set(&lab, 0, "batch_size", "8");
    steps(&lab, 0, 6);
    set(&lab, 0, "temperature", "0.05");
    steps(&lab, 0, 2);
    lab.branch(0).unwrap();
    while !lab.adopt().unwrap() {
        std::thread::yield_now();
    }
    let child = until(&lab, 1, |s| s.status == LaneStatus::Paused);
    assert_eq!(child.step, 16, "it goes on past the last step");
    steps(&lab, 1, 5);
    // Back to before the last step, and past it again.
    lab.send(0, Command::Rewind);
    until(&lab, 0, |s| s.step == 16);
    lab.send(0, Command::Rewind);
    until(&lab, 0, |s| s.step == 10);
    steps(&lab, 0, 4);
    set(&lab, 0, "learning_rate", "0.01");
    steps(&lab, 0, 2);
    let recorded = lab.recorded();
    lab.send(0, Command::Reset(Reset::default()));
    until(&lab, 0, |s| s.step == 0);
    steps(&lab, 0, STEPS + 1);
    lab.close().unwrap();

    let replayed = clip_lab::lab::replay(&out, |_, _, _| {}).unwrap();
    assert_eq!(replayed.len(), 2);
    for lane in &replayed {
        assert_eq!(lane.difference, None, "{}", lane.lane);
    }
    assert_eq!((replayed[0].steps, replayed[1].steps), (37, 5));

    // A change past the last step is a scenario that can be read.
    assert!(recorded.script.iter().any(|cue| cue.at > STEPS));
    assert_eq!(parse(&recorded.to_ron(), "recorded.ron").unwrap(), recorded);
}

#[test]
fn a_lane_that_is_to_pause_pauses_at_the_last_step_and_can_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let lab = open(one_lane(Then::Pause), &out);
    lab.send(0, Command::Resume);
    let paused = until(&lab, 0, |s| s.step > 0 && s.status == LaneStatus::Paused);
    assert_eq!(paused.step, STEPS);
    assert!(paused.message.clone().unwrap().contains("Space goes on"));
    steps(&lab, 0, 1);
    lab.close().unwrap();
    assert_eq!(of(&records(&out), "finished").len(), 1);
}
