//! What a dial says of itself when it has no effect is true: with it turned, the losses are the same, bit for bit.

use clip_lab::control::{Control, Dial};
use clip_lab::data::Prepared;
use clip_lab::telemetry::LaneStatus;
use clip_lab::train::{DeviceChoice, Trainer};

use crate::common::tiny;

/// Losses of the first steps of a lane with these changes.
fn losses(lane: usize, changes: &[(&str, &str)], dial: Option<Dial>) -> Vec<u64> {
    let scenario = tiny();
    let prepared = Prepared::new(&scenario).unwrap();
    let spec = &scenario.lanes[lane];
    let mut trainer = Trainer::new(&prepared, spec, 7, DeviceChoice::Cpu, 1).unwrap();
    for (name, value) in changes {
        trainer.apply(Control::parse(name, value).unwrap()).unwrap();
    }
    if let Some(dial) = dial {
        let idle = dial.idle(&trainer.settings(), &LaneStatus::Running);
        assert!(idle.is_some(), "{dial:?} with {changes:?}");
    }
    let steps = (0..4).map(|_| trainer.step().unwrap().unwrap().loss.to_bits());
    steps.collect()
}

/// A lane, what makes the dial idle, and the dial turned.
type Case = (
    usize,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

#[test]
fn a_dial_that_says_it_has_no_effect_has_none() {
    let (softmax, sigmoid) = (0, 1);
    let cases: [Case; 9] = [
        (softmax, &[], "bias", "-5"),
        (softmax, &[("batch_size", "1")], "temperature", "0.5"),
        (sigmoid, &[("learning_rate", "0")], "weight_decay", "0.9"),
        (sigmoid, &[("learning_rate", "0")], "beta2", "0.5"),
        (sigmoid, &[("batch_size", "1")], "duplicates", "1"),
        (sigmoid, &[("noise_images", "1")], "augment", "off"),
        (sigmoid, &[("batch_size", "8")], "shuffle_captions", "0.1"),
        (sigmoid, &[("batch_size", "8")], "random_captions", "0.05"),
        (sigmoid, &[("batch_size", "8")], "duplicates", "0.1"),
    ];
    for (lane, before, name, value) in cases {
        let dial = Dial::called(name).unwrap();
        let turned = [before, &[(name, value)]].concat();
        assert_eq!(
            losses(lane, before, None),
            losses(lane, &turned, Some(dial)),
            "{name} {value} with {before:?}"
        );
    }
    // The test can fail: tau has an effect.
    assert_ne!(
        losses(softmax, &[], None),
        losses(softmax, &[("temperature", "0.5")], None)
    );
}
