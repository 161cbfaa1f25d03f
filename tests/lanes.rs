//! Lanes that are driven: controls, resets, rewinds, branches and pauses, and that their records suffice to do
//! it all again.

use std::path::Path;
use std::time::{Duration, Instant};

use clip_lab::control::Control;
use clip_lab::lab::{Attention, Audience, Command, Dials, Lab, Options, Reset};
use clip_lab::quantity::{BatchSize, Loss, Steps, Temperature};
use clip_lab::scenario::Cue;
use clip_lab::telemetry::LaneStatus;

use crate::common::{headless, lines, tiny, until};

/// A lab with the first tiny lane, waiting before its first step.
fn one_lane_paused(out: Option<&Path>) -> Lab {
    let mut scenario = tiny();
    scenario.lanes.truncate(1);
    let options = Options {
        paused: true,
        out: out.map(Path::to_path_buf),
        ..Options::default()
    };
    Lab::open(scenario, &options).unwrap()
}

/// A record without who made a change.
fn unsigned(line: &str) -> String {
    let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
    event
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !["scripted", "change", "undoes", "kept"].contains(&key.as_str()));
    event.to_string()
}

fn new_seed(seed: u64) -> Reset {
    Reset {
        seed: Some(seed),
        ..Reset::default()
    }
}

fn change(name: &str, value: &str) -> Control {
    Control::parse(name, value).unwrap()
}

#[test]
fn driven_by_hand_equals_the_script() {
    // By hand, through the lab's lanes, as the screen does it.
    let changes = [
        (3, Control::Temperature(Temperature::new(0.05).unwrap())),
        (5, Control::BatchSize(BatchSize::new(24).unwrap())),
        (8, Control::Loss(Loss::SigLip)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let by_hand = folder.path().join("by-hand");
    let mut scenario = tiny();
    scenario.lanes.truncate(1);
    let options = Options {
        out: Some(by_hand.clone()),
        paused: true,
        audience: Audience::Pipe,
        ..Options::default()
    };
    let lab = Lab::open(scenario.clone(), &options).unwrap();
    let mut step = 0;
    for (at, control) in changes {
        lab.send(0, Command::Step(at - step));
        step = at;
        until(&lab, 0, |s| s.step == at && s.status == LaneStatus::Paused);
        lab.send(0, Command::Apply(control));
    }
    lab.send(0, Command::Resume);
    until(&lab, 0, |s| s.status == LaneStatus::Finished);
    let recorded = lab.recorded();
    lab.close().unwrap();
    assert_eq!(recorded.script.len(), 3);
    assert_eq!(recorded.script[1].at, 5);

    // Again without a screen, from what was recorded; saved and read back on the way.
    let text = recorded.to_ron();
    let again = clip_lab::scenario::parse(&text, "recorded.ron").unwrap();
    assert_eq!(again, recorded);
    let headless_run = folder.path().join("headless");
    headless(&again, &headless_run);
    // Whether a script or a hand did it is the one thing that differs. An evaluation goes on while the lane is paused, so it may stand elsewhere among the lines.
    let sorted = |run: &Path| {
        let mut lines: Vec<_> = lines(run, "softmax")
            .iter()
            .map(|line| unsigned(line))
            .collect();
        lines.sort();
        lines
    };
    assert!(
        sorted(&by_hand) == sorted(&headless_run),
        "{by_hand:?} and {headless_run:?} differ"
    );
}

#[test]
fn reset_repeats_the_first_fifty_losses_bit_for_bit_and_keeps_the_dials() {
    let mut scenario = tiny();
    scenario.lanes.truncate(1);
    scenario.train.steps = Steps::new(100).unwrap();
    let options = Options {
        paused: true,
        ..Options::default()
    };
    let lab = Lab::open(scenario, &options).unwrap();
    lab.send(0, Command::Step(50));
    let paused = |resets| {
        until(&lab, 0, |s| {
            s.step == 50 && s.status == LaneStatus::Paused && s.resets == resets
        })
    };
    let first = paused(0);
    lab.send(0, Command::Reset(Reset::default()));
    lab.send(0, Command::Step(50));
    assert_eq!(first.loss, paused(1).loss);
    // What was set by hand is kept, from the first step on.
    lab.send(0, Command::Apply(change("temperature", "1")));
    lab.send(0, Command::Reset(Reset::default()));
    lab.send(0, Command::Step(50));
    let kept = paused(2);
    assert_ne!(first.loss, kept.loss);
    assert_eq!(kept.temperature.points()[0].value, 1.0);
    // Unless the scenario's dials are asked for.
    let defaults = Reset {
        dials: Dials::Scenario,
        ..Reset::default()
    };
    lab.send(0, Command::Reset(defaults));
    lab.send(0, Command::Step(50));
    assert_eq!(first.loss, paused(3).loss);
    lab.send(0, Command::Reset(new_seed(99)));
    lab.send(0, Command::Step(50));
    let third = until(&lab, 0, |s| {
        s.seed == 99 && s.step == 50 && s.status == LaneStatus::Paused
    });
    assert_ne!(first.loss, third.loss);
    lab.close().unwrap();
}

/// One turn of a dial for all lanes, made while they train, comes before the same step in each.
#[test]
fn a_change_to_all_lanes_comes_at_the_same_step() {
    let mut scenario = tiny();
    scenario.train.steps = clip_lab::quantity::Steps::new(100_000).unwrap();
    let lab = Lab::open(scenario, &Options::default()).unwrap();
    until(&lab, 0, |s| s.step > 2);
    until(&lab, 1, |s| s.step > 2);
    for change in 1..=30_usize {
        let tau = Temperature::new(0.05 + 0.001 * change as f64).unwrap();
        lab.apply(&[
            (0, Control::Temperature(tau)),
            (1, Control::Temperature(tau)),
        ]);
        until(&lab, 0, |s| s.applied.len() == change);
        until(&lab, 1, |s| s.applied.len() == change);
    }
    let steps: Vec<Vec<u64>> = lab
        .snapshots()
        .iter()
        .map(|s| s.applied.iter().map(|a| a.step).collect())
        .collect();
    assert_eq!(steps[0], steps[1]);
    lab.close().unwrap();
}

#[test]
fn a_run_folder_follows_a_reset_with_another_seed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let lab = one_lane_paused(Some(&out));
    lab.send(
        0,
        Command::Apply(Control::Temperature(Temperature::new(1.0).unwrap())),
    );
    lab.send(0, Command::Step(2));
    until(&lab, 0, |s| s.step == 2 && s.status == LaneStatus::Paused);
    lab.send(0, Command::Reset(new_seed(99)));
    lab.send(0, Command::Step(3));
    until(&lab, 0, |s| s.seed == 99 && s.step == 3);
    lab.close().unwrap();
    // The folder describes the run that went on; the table tells the two apart.
    assert_eq!(
        clip_lab::scenario::load(out.join("scenario.ron"))
            .unwrap()
            .train
            .seed,
        99
    );
    // What was set by hand was kept.
    let controls = std::fs::read_to_string(out.join("controls.ron")).unwrap();
    assert_eq!(controls.matches("set:").count(), 1, "{controls}");
    assert!(controls.contains("Temperature(1.0)"), "{controls}");
    let csv = std::fs::read_to_string(out.join("metrics.csv")).unwrap();
    let rows: Vec<_> = csv
        .lines()
        .map(|row| row.splitn(4, ',').take(3).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(
        rows,
        [
            "lane,run,step",
            "softmax,1,1",
            "softmax,1,2",
            "softmax,2,1",
            "softmax,2,2",
            "softmax,2,3"
        ]
    );
}

/// Everything that a hand can do to a run, in two lanes and a branch; the records must suffice to do it
/// all again.
#[test]
fn twenty_changes_by_hand_replay_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut scenario = tiny();
    scenario.train.steps = Steps::new(400).unwrap();
    scenario.script = vec![Cue {
        at: 9,
        lane: None,
        set: Control::parse("learning_rate", "0.0005").unwrap(),
    }];
    let options = Options {
        paused: true,
        out: Some(out.clone()),
        ..Options::default()
    };
    let mut lab = Lab::open(scenario, &options).unwrap();
    let set = |lab: &Lab, lane, name: &str, value: &str| {
        lab.send(lane, Command::Apply(Control::parse(name, value).unwrap()));
    };
    let steps = |lab: &Lab, n: u64| {
        let before: Vec<_> = lab.snapshots().iter().map(|s| s.step).collect();
        lab.send_all(&Command::Step(n));
        for (lane, before) in before.iter().enumerate() {
            until(lab, lane, |s| {
                s.step == before + n && s.status == LaneStatus::Paused
            });
        }
    };
    for lane in 0..2 {
        until(&lab, lane, |s| s.status == LaneStatus::Paused);
    }
    steps(&lab, 3);
    set(&lab, 0, "temperature", "0.0712345678912345"); // 1
    set(&lab, 1, "bias", "-7.1"); // 2
    steps(&lab, 3);
    let learned = lab.snapshots()[0].settings.clone().unwrap().temperature;
    set(&lab, 0, "batch_size", "8"); // 3
    set(&lab, 1, "loss", "infonce"); // 4
    steps(&lab, 4);
    set(&lab, 1, "loss", "siglip"); // 5: undoes 4
    set(&lab, 0, "shuffle_captions", "0.5"); // 6
    set(&lab, 0, "learn_temperature", "off"); // 7
    steps(&lab, 2);
    lab.send(0, Command::Rewind); // 8
    let back = until(&lab, 0, |s| s.step == 10);
    assert!(back.loss.points().iter().all(|p| p.step <= 10));
    set(&lab, 0, "weight_decay", "0.3"); // 9
    set(&lab, 1, "bias", "none"); // 10
    steps(&lab, 2);
    lab.branch(1).unwrap(); // 11
    let began = Instant::now();
    while !lab.adopt().unwrap() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::yield_now();
    }
    assert_eq!(lab.scenario().lanes[2].name, "sigmoid-2");
    let child = until(&lab, 2, |s| s.status == LaneStatus::Paused);
    assert_eq!(child.step, 12);
    set(&lab, 2, "temperature", "0.2"); // 12
    set(&lab, 0, "augment", "off"); // 13
    steps(&lab, 3);
    set(&lab, 2, "learning_rate", "0.01"); // 14
    lab.send(1, Command::Rewind); // 15
    until(&lab, 1, |s| s.step == 12);
    set(&lab, 0, "temperature", &learned.to_string()); // 16: undoes 1
    steps(&lab, 2);
    lab.send(0, Command::Reset(Reset::default())); // 17
    until(&lab, 0, |s| s.step == 0);
    set(&lab, 0, "loss", "siglip"); // 18
    steps(&lab, 3);
    lab.send(2, Command::Rewind); // 19
    until(&lab, 2, |s| s.step == 15);
    lab.send(0, Command::Reset(new_seed(11))); // 20
    until(&lab, 0, |s| s.seed == 11);
    steps(&lab, 3);
    lab.close().unwrap();

    let replayed = clip_lab::lab::replay(&out, |_, _, _| {}).unwrap();
    let changes: u64 = replayed.iter().map(|lane| lane.changes).sum();
    let names: Vec<_> = replayed.iter().map(|lane| lane.lane.as_str()).collect();
    assert_eq!(names, ["softmax", "sigmoid", "sigmoid-2"]);
    assert_eq!(changes, 20);
    for lane in &replayed {
        assert_eq!(lane.difference, None, "{}", lane.lane);
        assert!(lane.steps > 7);
    }

    // A record that was tampered with is found.
    let path = out.join("metrics.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"new\":-7.1", "\"new\":-7.2", 1)).unwrap();
    let replayed = clip_lab::lab::replay(&out, |_, _, _| {}).unwrap();
    assert_eq!(replayed[1].difference.unwrap().step, 4);
    assert_eq!(replayed[0].difference, None);
}

#[test]
fn watched_lanes_pause_at_the_same_step() {
    let mut scenario = tiny();
    scenario.train.steps = Steps::new(100_000).unwrap();
    scenario.train.eval_every = Steps::new(7).unwrap();
    let lab = Lab::open(scenario, &Options::default()).unwrap();
    for round in 1..6 {
        until(&lab, 0, |s| s.step > round * 10);
        lab.send_all(&Command::Pause);
        let a = until(&lab, 0, |s| s.status == LaneStatus::Paused);
        let b = until(&lab, 1, |s| s.status == LaneStatus::Paused);
        assert_eq!(a.step, b.step);
        lab.send_all(&Command::Resume);
    }
    lab.close().unwrap();
}

#[test]
fn a_paused_lane_measures_its_geometry_when_somebody_begins_to_look() {
    let lab = one_lane_paused(None);
    lab.send(0, Command::Step(2));
    let paused = until(&lab, 0, |s| s.step == 2 && s.status == LaneStatus::Paused);
    assert!(paused.geometry.is_none(), "nobody has looked");
    lab.send(0, Command::Attend(Attention::Geometry));
    let seen = until(&lab, 0, |s| s.geometry.is_some());
    let report = seen.geometry.clone().unwrap();
    assert_eq!((report.step, seen.status.clone()), (2, LaneStatus::Paused));
    // Measured once: whoever looks away and back sees the same.
    lab.send(0, Command::Attend(Attention::Batch));
    lab.send(0, Command::Attend(Attention::Geometry));
    lab.send(0, Command::Step(1));
    let later = until(&lab, 0, |s| s.step == 3 && s.status == LaneStatus::Paused);
    let later = until(&lab, 0, |_| later.geometry.is_some());
    assert_eq!(later.geometry.clone().unwrap().step, 3);
    lab.close().unwrap();
}

#[test]
fn a_diverged_lane_names_the_tensor_and_can_go_back() {
    let lab = one_lane_paused(None);
    lab.send(0, Command::Step(2));
    until(&lab, 0, |s| s.step == 2 && s.status == LaneStatus::Paused);
    for (name, value) in [("learning_rate", "10"), ("weight_decay", "10")] {
        lab.send(0, Command::Apply(Control::parse(name, value).unwrap()));
    }
    lab.send(0, Command::Step(30));
    let end = until(&lab, 0, |s| {
        matches!(s.status, LaneStatus::Diverged(_) | LaneStatus::Paused) && s.step > 2
    });
    if let LaneStatus::Diverged(_) = end.status {
        let message = end.message.clone().unwrap();
        assert!(message.contains("is NaN or infinite"), "{message}");
    }
    lab.send(0, Command::Rewind);
    lab.send(0, Command::Rewind);
    let back = until(&lab, 0, |s| {
        s.step == 2 && s.status == LaneStatus::Paused && s.applied.is_empty()
    });
    assert!((back.settings.as_ref().unwrap().learning_rate - 0.001).abs() < 1e-12);
    lab.send(0, Command::Step(1));
    let on = until(&lab, 0, |s| s.step == 3);
    assert!(on.report.as_ref().unwrap().loss.is_finite());
    lab.close().unwrap();
}

#[test]
fn a_refused_control_says_why_and_changes_nothing() {
    let lab = one_lane_paused(None);
    until(&lab, 0, |s| s.status == LaneStatus::Paused);
    lab.send(
        0,
        Command::Apply(Control::Temperature(Temperature::new(0.001).unwrap())),
    );
    let snapshot = until(&lab, 0, |s| s.message.is_some());
    assert!(
        snapshot
            .message
            .as_deref()
            .unwrap()
            .contains("max_logit_scale"),
        "{:?}",
        snapshot.message
    );
    assert!((snapshot.settings.as_ref().unwrap().temperature - 0.07).abs() < 1e-12);
    lab.close().unwrap();
}

/// The dials of the data, turned while training runs: each shows in what is counted, all are on disk, and
/// the records suffice to do it again.
#[test]
fn the_data_s_dials_take_effect_at_the_next_step_and_replay_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let lab = one_lane_paused(Some(&out));
    until(&lab, 0, |s| s.status == LaneStatus::Paused);
    let counted = |name: &str, value: &str| {
        lab.send(0, Command::Apply(Control::parse(name, value).unwrap()));
        let step = lab.snapshots()[0].step + 1;
        lab.send(0, Command::Step(1));
        let seen = until(&lab, 0, |s| {
            s.step == step && s.status == LaneStatus::Paused
        });
        seen.report.clone().unwrap().data
    };
    assert_eq!(counted("noise_images", "0.5").noise_images, 0.5);
    assert_eq!(counted("random_captions", "0.25").random_captions, 0.25);
    assert_eq!(counted("duplicates", "1").duplicates, 1.0);
    assert!(counted("shuffle_captions", "1").wrong_captions > 0.5);
    assert_eq!(counted("concepts", "2").classes, 2);
    assert!(counted("imbalance", "1").false_negatives > 0.05);
    assert_eq!(counted("noise_images", "0").noise_images, 0.0);
    assert!(counted("concepts", "all").classes > 2);
    lab.send(0, Command::Rewind);
    until(&lab, 0, |s| s.step == 7);
    assert_eq!(counted("duplicates", "0").classes, 2);
    lab.close().unwrap();

    let csv = std::fs::read_to_string(out.join("metrics.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|row| row.split(',').collect()).collect();
    let column = |name| rows[0].iter().position(|cell| *cell == name).unwrap();
    assert_eq!(rows[1][column("noise_images")], "0.5");
    assert_eq!(rows[5][column("classes")], "2");
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let steps = lines(&out, "softmax");
    assert!(
        steps
            .iter()
            .any(|line| line.contains("\"noise_images\":0.5"))
    );
    let replayed = clip_lab::lab::replay(&out, |_, _, _| {}).unwrap();
    assert_eq!(replayed[0].difference, None);
    assert_eq!((replayed[0].steps, replayed[0].changes), (9, 10));

    // Records that do not count changes replay as they did when there were no others.
    let path = out.join("metrics.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let uncounted = text.lines().map(|line| {
        let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
        event.as_object_mut().unwrap().remove("change");
        event.to_string() + "\n"
    });
    let uncounted: String = uncounted.collect();
    assert!(!uncounted.contains("change"), "{uncounted}");
    std::fs::write(&path, uncounted).unwrap();
    let replayed = clip_lab::lab::replay(&out, |_, _, _| {}).unwrap();
    assert_eq!(replayed[0].difference, None);
    assert_eq!((replayed[0].steps, replayed[0].changes), (9, 10));
}

/// A lab with one lane whose steps are made in parts.
fn one_lane_in_parts() -> Lab {
    let mut scenario = tiny();
    scenario.lanes.truncate(1);
    scenario.train.batch_size = BatchSize::new(2000).unwrap();
    Lab::open(scenario, &Options::default()).unwrap()
}

#[test]
fn a_change_within_a_long_step_is_for_that_step() {
    let lab = one_lane_in_parts();
    until(&lab, 0, |s| s.stepping.is_some());
    let tau = Temperature::new(0.5).unwrap();
    lab.send_all(&Command::Apply(Control::Temperature(tau)));
    let heard = until(&lab, 0, |s| !s.applied.is_empty());
    let applied = &heard.applied[0];
    let next = until(&lab, 0, |s| s.step > applied.step);
    let report = next.report.as_ref().unwrap();
    if next.step == applied.step + 1 {
        // For the step in hand, exactly, before anything is learned.
        assert!((report.temperature - 0.5).abs() < 1e-6, "{report:?}");
    }
    lab.close().unwrap();
}

#[test]
fn a_lane_ends_within_a_long_step() {
    let lab = one_lane_in_parts();
    let within = until(&lab, 0, |s| s.stepping.is_some());
    lab.send_all(&Command::Stop);
    lab.close().unwrap();
    assert!(within.stepping.is_some_and(|share| share < 1.0));
    assert!(within.steps_text().contains('.'));
}
