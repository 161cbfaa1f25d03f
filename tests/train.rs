//! Training as a whole: determinism, what lanes share, divergence, learning.

use std::path::Path;

use clip_lab::data::Prepared;
use clip_lab::quantity::{BatchSize, Fraction, Steps};
use clip_lab::scenario::Scenario;
use clip_lab::telemetry::{EvalReport, Report, StepReport};
use clip_lab::train::{DeviceChoice, Trainer};

use crate::common::{headless, lines, tiny};

fn solo(scenario: &Scenario, lane: usize) -> Vec<StepReport> {
    let prepared = Prepared::new(scenario).unwrap();
    let spec = &scenario.lanes[lane];
    let mut trainer =
        Trainer::new(&prepared, spec, scenario.train.seed, DeviceChoice::Cpu, 1).unwrap();
    std::iter::from_fn(|| trainer.step().unwrap()).collect()
}

#[test]
fn landscape_and_rows_leave_no_trace_in_training() {
    let scenario = tiny();
    for lane in 0..scenario.lanes.len() {
        let undisturbed = solo(&scenario, lane);
        let prepared = Prepared::new(&scenario).unwrap();
        let spec = &scenario.lanes[lane];
        let mut trainer =
            Trainer::new(&prepared, spec, scenario.train.seed, DeviceChoice::Cpu, 1).unwrap();
        assert_eq!(trainer.landscape().unwrap(), None, "there is no batch yet");
        for before in &undisturbed {
            let report = trainer.step().unwrap().unwrap();
            assert_eq!(numbers(&report), numbers(before));
            let land = trainer.landscape().unwrap().unwrap();
            let rows = trainer.rows().unwrap().unwrap();
            assert_eq!((land.step, land.pairs), (report.step, 16));
            assert_eq!((rows.step, rows.cosines.len()), (report.step, 16 * 16));
            // The loss that was trained on lies on the landscape, up to what lies between its stops.
            let found = land
                .between(
                    spec.loss,
                    land.column(report.temperature),
                    land.row(report.logit_bias.unwrap_or(0.0)),
                )
                .unwrap();
            assert!(
                (found / report.loss - 1.0).abs() < 0.05,
                "{found} for {}",
                report.loss
            );
        }
    }
}

/// Everything but the clock, bit for bit.
fn numbers(report: &StepReport) -> String {
    let mut report = report.clone();
    report.seconds = 0.0;
    format!("{report:?}")
}

#[test]
fn same_seed_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    headless(&tiny(), &a);
    headless(&tiny(), &b);
    for lane in ["softmax", "sigmoid"] {
        assert_eq!(lines(&a, lane), lines(&b, lane));
        assert_eq!(
            lines(&a, lane)
                .iter()
                .filter(|l| l.contains("\"step\"") && l.contains("\"event\":\"step\""))
                .count(),
            12
        );
        let weights = |run: &Path| {
            std::fs::read(
                run.join("model")
                    .join(lane)
                    .join("open_clip_model.safetensors"),
            )
            .unwrap()
        };
        assert!(weights(&a) == weights(&b), "the weights of {lane} differ");
    }
    let mut other = tiny();
    other.train.seed = 8;
    assert_ne!(numbers(&solo(&other, 0)[0]), numbers(&solo(&tiny(), 0)[0]));
}

#[test]
fn lanes_do_not_touch_one_another() {
    let both = tiny();
    let folder = tempfile::tempdir().unwrap();
    headless(&both, folder.path());
    for (index, lane) in ["softmax", "sigmoid"].into_iter().enumerate() {
        let mut alone = both.clone();
        alone.lanes = vec![both.lanes[index].clone()];
        let other = tempfile::tempdir().unwrap();
        headless(&alone, other.path());
        // Thread counts differ (all cores for one lane, a share for each of two), sums may round
        // differently; the first step shows that batches and initial weights are the same.
        let first =
            |run: &Path| serde_json::from_str::<serde_json::Value>(&lines(run, lane)[1]).unwrap();
        let (a, b) = (first(folder.path()), first(other.path()));
        assert!(
            (a["loss"].as_f64().unwrap() - b["loss"].as_f64().unwrap()).abs() < 1e-5,
            "{a} {b}"
        );
    }
}

#[test]
fn divergence_is_a_status_and_spares_the_neighbour() {
    let mut scenario = tiny();
    scenario.train.grad_clip = None;
    scenario.train.warmup = 0;
    scenario.lanes[0].learning_rate = Some(clip_lab::quantity::LearningRate::new(10.0).unwrap());
    scenario.lanes[0].name = "wild".into();
    // At this rate with this decay weights grow past what a float can hold.
    scenario.train.weight_decay = clip_lab::quantity::WeightDecay::new(10.0).unwrap();
    scenario.train.steps = Steps::new(400).unwrap();
    scenario.train.eval_every = Steps::new(1000).unwrap();
    scenario.lanes[1].learning_rate = Some(clip_lab::quantity::LearningRate::new(1e-4).unwrap());
    let folder = tempfile::tempdir().unwrap();
    headless(&scenario, folder.path());
    let wild = lines(folder.path(), "wild");
    assert!(
        wild.last().unwrap().contains("\"reason\":\"diverged\""),
        "{}",
        wild.last().unwrap()
    );
    let tame = lines(folder.path(), "sigmoid");
    assert!(tame.last().unwrap().contains("\"reason\":\"completed\""));
}

#[test]
fn a_lane_s_own_betas_are_used_instead_of_the_shared_ones() {
    use clip_lab::quantity::Beta;
    let betas = |x| (Beta::new(0.9).unwrap(), Beta::new(x).unwrap());
    let losses = |lane: Option<f64>, shared: f64| -> Vec<u64> {
        let mut scenario = tiny();
        scenario.train.steps = Steps::new(4).unwrap();
        scenario.train.betas = betas(shared);
        scenario.lanes[0].betas = lane.map(betas);
        let reports = solo(&scenario, 0);
        reports.iter().map(|report| report.loss.to_bits()).collect()
    };
    let (low, high) = (losses(None, 0.5), losses(None, 0.999));
    assert_eq!(losses(Some(0.5), 0.999), low);
    assert_ne!(low, high);
    // The first step comes before the first update.
    assert_eq!(low[0], high[0]);
}

#[test]
fn it_learns_what_it_is_shown() {
    let mut scenario = tiny();
    scenario.train.steps = Steps::new(300).unwrap();
    scenario.train.batch_size = BatchSize::new(32).unwrap();
    scenario.train.learning_rate = clip_lab::quantity::LearningRate::new(3e-3).unwrap();
    scenario.lanes.truncate(1);
    let trained = final_eval(&scenario);
    // 48 names: chance is 0.02.
    assert!(trained.r1_image_to_text > 0.4, "{trained:?}");
    scenario.lanes[0].shuffle_captions = Fraction::new(1.0).unwrap();
    let shuffled = final_eval(&scenario);
    assert!(shuffled.r1_image_to_text < 0.15, "{shuffled:?}");
}

fn final_eval(scenario: &Scenario) -> EvalReport {
    let prepared = Prepared::new(scenario).unwrap();
    let mut trainer = Trainer::new(
        &prepared,
        &scenario.lanes[0],
        scenario.train.seed,
        DeviceChoice::Cpu,
        1,
    )
    .unwrap();
    while trainer.step().unwrap().is_some() {}
    trainer
        .begin_evaluation(&clip_lab::eval::Tasks::live())
        .unwrap();
    loop {
        let reports = trainer.advance_evaluation().unwrap();
        for report in reports {
            if let Report::Retrieval(report) = report
                && report.split == clip_lab::telemetry::Split::Trained
            {
                return report;
            }
        }
    }
}
