//! A training that starts at a checkpoint, and towers that are locked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clip_lab::control::Control;
use clip_lab::model::checkpoint;
use clip_lab::quantity::{Bias, Locked, Loss, Steps, Temperature};
use clip_lab::scenario::{self, Scenario};
use clip_lab::train::{DeviceChoice, Trainer, start};
use tch::{Device, Tensor};

use crate::common::tiny;

fn trainer(scenario: &Scenario) -> Trainer {
    let prepared = start::prepare(scenario).unwrap();
    let lane = &scenario.lanes[0];
    Trainer::new(&prepared, lane, scenario.train.seed, DeviceChoice::Cpu, 1).unwrap()
}

fn weights(trainer: &mut Trainer) -> HashMap<String, Tensor> {
    let dir = tempfile::tempdir().unwrap();
    trainer.save(dir.path()).unwrap();
    let clip = checkpoint::load(dir.path(), Device::Cpu).unwrap();
    let entries = clip.weights().entries().iter();
    entries
        .map(|entry| (entry.name.clone(), entry.tensor.copy()))
        .collect()
}

/// Whether anything of the tower moved between two looks.
fn moved(before: &HashMap<String, Tensor>, after: &HashMap<String, Tensor>, visual: bool) -> bool {
    let tower = before
        .iter()
        .filter(|(name, _)| name.starts_with("visual.") == visual && !name.starts_with("logit_"));
    tower
        .map(|(name, tensor)| *tensor != after[name])
        .collect::<Vec<_>>()
        .contains(&true)
}

#[test]
fn a_locked_tower_stays_as_it_is_to_the_bit_until_it_is_let_go() {
    let resnet = scenario::load("clip").unwrap().model;
    let mut with_statistics = tiny();
    with_statistics.model.image = resnet.image;
    for mut scenario in [tiny(), with_statistics] {
        scenario.lanes[0].locked = Locked::Image;
        let mut trainer = trainer(&scenario);
        let steps = |trainer: &mut Trainer| {
            for _ in 0..2 {
                let report = trainer.step().unwrap().unwrap();
                assert!(report.loss.is_finite() && report.update_norm > 0.0);
            }
            weights(trainer)
        };
        let first = weights(&mut trainer);
        let second = steps(&mut trainer);
        assert!(!moved(&first, &second, true) && moved(&first, &second, false));
        trainer.apply(Control::Lock(Locked::Text)).unwrap();
        let third = steps(&mut trainer);
        assert!(moved(&second, &third, true) && !moved(&second, &third, false));
        trainer.apply(Control::Lock(Locked::Nothing)).unwrap();
        let fourth = steps(&mut trainer);
        assert!(moved(&third, &fourth, true) && moved(&third, &fourth, false));
    }
}

#[test]
fn a_training_goes_on_from_what_another_saved() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = tiny();
    let mut first = trainer(&scenario);
    let _ = first.step().unwrap();
    first.save(dir.path()).unwrap();
    let saved = weights(&mut first);
    let again = start::adopt(scenario, dir.path()).unwrap();
    let text = again.to_ron();
    assert_eq!(scenario::parse(&text, "again.ron").unwrap(), again);
    let mut second = trainer(&again);
    let taken = weights(&mut second);
    for (name, tensor) in &saved {
        let off = (tensor - &taken[name]).abs().max().double_value(&[]);
        // Temperature and bias went through text.
        let most = if name.starts_with("logit_") {
            1e-6
        } else {
            0.0
        };
        assert!(off <= most, "{name}: {off}");
    }
    assert!(second.step().unwrap().unwrap().loss.is_finite());
}

#[test]
fn a_relative_bias_takes_another_way_and_is_saved_as_it_stands_in_the_logits() {
    let made = |loss: Loss, learn_bias: bool| {
        let mut scenario = tiny();
        let lane = &mut scenario.lanes[0];
        lane.loss = loss;
        lane.temperature = Temperature::new(0.1).unwrap();
        lane.bias = Some(Bias::new(-10.0).unwrap());
        lane.learn_bias = learn_bias;
        let mut trainer = trainer(&scenario);
        let first = trainer.step().unwrap().unwrap();
        for _ in 0..2 {
            let _ = trainer.step().unwrap();
        }
        (first, trainer)
    };
    let (plain, mut siglip) = made(Loss::SigLip, true);
    let (relative, mut trainer) = made(Loss::SigLipRelative, true);
    assert_eq!(plain.loss.to_bits(), relative.loss.to_bits());
    assert_ne!(siglip.settings().bias, trainer.settings().bias);
    for trainer in [&mut siglip, &mut trainer] {
        let saved = weights(trainer);
        let bias = trainer.settings().bias.unwrap();
        assert!((saved["logit_bias"].double_value(&[]) - bias).abs() < 1e-5);
    }
    // What is held is b_rel = -b tau: b moves with the temperature.
    let (_, held) = made(Loss::SigLipRelative, false);
    let settings = held.settings();
    assert!((settings.temperature - 0.1).abs() > 1e-6);
    assert!((settings.bias.unwrap() * settings.temperature + 1.0).abs() < 1e-9);
}

#[test]
fn a_bias_that_is_learned_by_another_parameter_starts_with_no_memory() {
    let mut scenario = tiny();
    let lane = &mut scenario.lanes[0];
    (lane.loss, lane.bias) = (Loss::SigLip, Some(Bias::new(-3.0).unwrap()));
    let mut trainer = trainer(&scenario);
    let relative = |trainer: &Trainer| {
        let settings = trainer.settings();
        -settings.bias.unwrap() * settings.temperature
    };
    for _ in 0..3 {
        let _ = trainer.step().unwrap();
    }
    trainer.apply(Control::Loss(Loss::SigLipRelative)).unwrap();
    let before = relative(&trainer);
    let report = trainer.step().unwrap().unwrap();
    // The first step of Adam goes as far as the rate, whatever the gradient.
    let moved = (relative(&trainer) - before).abs();
    let rate = report.learning_rate;
    assert!(
        (0.9 * rate..1.001 * rate).contains(&moved),
        "{moved} at a rate of {rate}"
    );
}

#[test]
fn published_checkpoints_are_tuned_in_the_lab() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoint");
    for name in ["hf_clip", "hf_siglip", "open_clip", "open_clip_siglip"] {
        let dir: PathBuf = fixtures.join(name);
        let scenario = scenario::load("softmax-vs-sigmoid").unwrap();
        let scenario = start::adopt(scenario, &dir)
            .unwrap()
            .with_steps(Steps::new(2).unwrap());
        let mut trainer = trainer(&scenario);
        while let Some(report) = trainer.step().unwrap() {
            assert!(report.loss.is_finite(), "{name}");
        }
        let out = tempfile::tempdir().unwrap();
        trainer.save(out.path()).unwrap();
        let (before, after) = [dir.as_path(), out.path()]
            .map(|dir| checkpoint::open(dir, Device::Cpu).unwrap())
            .into();
        assert_eq!(before.preprocess.mean, after.preprocess.mean, "{name}");
        let ids = |tokenizer: &clip_lab::data::tokenizer::Tokenizer| {
            tokenizer.ids("a photo of a cat").unwrap()
        };
        assert_eq!(ids(&before.tokenizer), ids(&after.tokenizer), "{name}");
    }
}

#[test]
fn another_model_than_the_checkpoint_s_is_refused_with_the_right_one() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoint");
    let mut scenario = tiny();
    scenario.checkpoint = Some(fixtures.join("hf_clip"));
    let fault = start::prepare(&scenario).err().unwrap();
    let text = fault.to_string();
    assert_eq!(fault.exit_code(), 2);
    assert!(
        text.contains("embed_dim: 20") && text.contains("scenarios NAME --from"),
        "{text}"
    );
}
