//! The dense losses against OpenCLIP's, against hand-computed cases and finite differences, and
//! `clip-lab loss` from file to text.

mod command;
mod parity;

use clip_lab::loss::{
    self, Loss, chance_level, diagnostics, mutual_information_bound, prior_matching_bias,
    sig_lip_at_zero,
};
use clip_lab::telemetry::Spread;
use tch::{Kind, Tensor};

const BOTH: [Loss; 2] = [Loss::InfoNce, Loss::SigLip];

fn parameter(value: f64) -> Tensor {
    Tensor::from(value).set_requires_grad(true)
}

fn matrix(rows: &[&[f64]]) -> Tensor {
    Tensor::from_slice2(rows)
}

/// Unit rows in a fixed pattern, no two alike, 64 bits.
fn features(n: i64, d: i64, phase: f64) -> Tensor {
    let raw = Tensor::arange(n * d, (Kind::Double, tch::Device::Cpu)) * 1.7 + phase;
    let raw = raw.sin().view([n, d]);
    let norm = raw.square().sum_dim_intlist(1, true, Kind::Double).sqrt();
    raw / norm
}

fn value(loss: Loss, cosines: &Tensor, temperature: f64, bias: Option<f64>) -> f64 {
    let bias = bias.map(Tensor::from);
    loss.from_cosines(cosines, &Tensor::from(-temperature.ln()), bias.as_ref())
        .loss
        .double_value(&[])
}

fn close(found: f64, wanted: f64, within: f64) {
    assert!(
        (found - wanted).abs() <= within,
        "{found} is not {wanted} within {within}"
    );
}

#[test]
fn two_by_two_by_hand() {
    // S = [[2, 0], [1, 3]] at temperature 0.25:
    // rows: ln(1 + e^-2), ln(1 + e^-2); columns: ln(1 + e^-1), ln(1 + e^-3).
    let cosines = matrix(&[&[0.5, 0.0], &[0.25, 0.75]]);
    let terms = Loss::InfoNce.from_cosines(&cosines, &Tensor::from(4f64.ln()), None);
    let image_to_text = 0.126_928_011_042_972_5;
    let text_to_image = f64::midpoint(0.313_261_687_518_222_8, 0.048_587_351_573_741_96);
    close(
        terms.image_to_text.unwrap().double_value(&[]),
        image_to_text,
        1e-12,
    );
    close(
        terms.text_to_image.unwrap().double_value(&[]),
        text_to_image,
        1e-12,
    );
    close(
        terms.loss.double_value(&[]),
        f64::midpoint(image_to_text, text_to_image),
        1e-12,
    );

    // b = -1: z = [[1, -1], [0, 2]]; softplus(-1) + softplus(-1) + softplus(0) + softplus(-2), over 2.
    let by_hand = (0.313_261_687_518_222_8 * 2.0 + 2f64.ln() + 0.126_928_011_042_972_5) / 2.0;
    close(
        value(Loss::SigLip, &cosines, 0.25, Some(-1.0)),
        by_hand,
        1e-12,
    );
}

#[test]
fn four_by_four_by_hand() {
    // The identity at temperature 1: every row and column is ln(e + 3) - 1.
    let cosines = Tensor::eye(4, (Kind::Double, tch::Device::Cpu));
    close(
        value(Loss::InfoNce, &cosines, 1.0, None),
        0.743_668_380_628_679,
        1e-12,
    );
    // Each of four rows: softplus(-1) + 3 ln 2.
    close(
        value(Loss::SigLip, &cosines, 1.0, None),
        0.313_261_687_518_222_8 + 3.0 * 2f64.ln(),
        1e-12,
    );
}

#[test]
fn gradients_agree_with_finite_differences() {
    let (image, text) = (features(5, 3, 0.0), features(5, 3, 0.4));
    for loss in BOTH {
        let inputs = [
            image.copy(),
            text.copy(),
            Tensor::from(1.2),
            Tensor::from(-0.7),
        ]
        .map(|x| x.set_requires_grad(true));
        let at = |x: &[Tensor; 4]| loss.forward(&x[0], &x[1], &x[2], Some(&x[3])).loss;
        at(&inputs).backward();
        for which in 0..4 {
            let gradient = inputs[which].grad().view([-1]);
            for element in 0..gradient.size()[0] {
                let moved = |by: f64| {
                    let copies = [0, 1, 2, 3].map(|i: usize| inputs[i].detach().copy());
                    let mut one = copies[which].view([-1]).get(element);
                    let _ = one.g_add_scalar_(by);
                    at(&copies).double_value(&[])
                };
                let step = 1e-6;
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                close(gradient.double_value(&[element]), difference, 1e-8);
            }
        }
    }
}

#[test]
fn extreme_temperatures_give_finite_losses_and_gradients() {
    for loss in BOTH {
        for temperature in [1e-3, 1e-2, 1.0, 100.0] {
            for bias in [None, Some(-1000.0), Some(1000.0)] {
                let image = features(16, 4, 0.0)
                    .to_kind(Kind::Float)
                    .set_requires_grad(true);
                let text = features(16, 4, 0.9)
                    .to_kind(Kind::Float)
                    .set_requires_grad(true);
                let scale = parameter(-f64::ln(temperature));
                let bias = bias.map(parameter);
                let terms = loss.forward(&image, &text, &scale, bias.as_ref());
                terms.loss.backward();
                for tensor in [&terms.loss, &image.grad(), &text.grad(), &scale.grad()] {
                    assert!(
                        tensor.isfinite().all().int64_value(&[]) == 1,
                        "{loss} at {temperature}"
                    );
                }
            }
        }
    }
}

#[test]
fn small_losses_keep_their_digits_in_32_bits() {
    // e^-16 is below what 32 bits can see beside 1: a subtraction of logarithms would give 0.
    let cosines = matrix(&[&[1.0, 0.2], &[0.2, 1.0]]).to_kind(Kind::Float);
    let found = value(Loss::InfoNce, &cosines, 0.05, None);
    close(found / (-16f64).exp(), 1.0, 1e-5);
    close(
        value(Loss::SigLip, &cosines, 0.02, Some(-30.0)),
        2.0 * (-20f64).exp(),
        1e-5 * (-20f64).exp(),
    );
}

#[test]
fn a_batch_of_one() {
    let (image, text) = (features(1, 4, 0.0), features(1, 4, 0.3));
    let image = image.set_requires_grad(true);
    let scale = parameter(1.0);
    let terms = Loss::InfoNce.forward(&image, &text, &scale, None);
    terms.loss.backward();
    assert_eq!(terms.loss.double_value(&[]), 0.0);
    assert_eq!(image.grad().abs().max().double_value(&[]), 0.0);
    assert_eq!(scale.grad().double_value(&[]), 0.0);

    let terms = Loss::SigLip.forward(&image, &text, &scale, None);
    let logit = terms.logits.double_value(&[0, 0]);
    close(terms.loss.double_value(&[]), (-logit).exp().ln_1p(), 1e-12);
}

#[test]
fn identical_rows_are_at_chance() {
    let row = features(1, 4, 0.0).repeat([8, 1]);
    let terms = Loss::InfoNce.forward(&row, &row, &Tensor::from(3.0), None);
    close(terms.loss.double_value(&[]), chance_level(8), 1e-12);
    let read = diagnostics(&terms.logits);
    assert_eq!(
        (read.accuracy_image_to_text, read.accuracy_text_to_image),
        (0.0, 0.0)
    );
}

#[test]
fn info_nce_does_not_see_a_bias() {
    let (image, text) = (features(6, 4, 0.0), features(6, 4, 0.5));
    let run = |bias: Option<Tensor>| {
        let image = image.copy().set_requires_grad(true);
        let terms = Loss::InfoNce.forward(&image, &text, &Tensor::from(2.0), bias.as_ref());
        terms.loss.backward();
        (terms.loss.double_value(&[]), image.grad(), terms.logits)
    };
    let bias = parameter(-10.0);
    let (without, gradient, logits) = run(None);
    let (with, gradient_with, logits_with) = run(Some(bias.shallow_clone()));
    assert_eq!(without, with);
    assert!(gradient.equal(&gradient_with));
    assert!(logits_with.allclose(&(logits - 10.0), 0.0, 1e-12, false));
    assert_eq!(bias.grad().double_value(&[]), 0.0);
}

#[test]
fn sig_lip_at_cosines_of_zero() {
    let zeros = Tensor::zeros([64, 64], (Kind::Double, tch::Device::Cpu));
    close(
        value(Loss::SigLip, &zeros, 0.1, None),
        64.0 * 2f64.ln(),
        1e-9,
    );
    close(value(Loss::SigLip, &zeros, 0.1, Some(-10.0)), 10.0, 0.01);
    close(
        value(Loss::SigLip, &zeros, 0.1, Some(-10.0)),
        sig_lip_at_zero(64, -10.0),
        1e-9,
    );
    close(sig_lip_at_zero(32_768, -10.0), 11.5, 0.02);
    // A loss that stands still at B ln 2 says that all logits are zero.
    close(sig_lip_at_zero(512, 0.0), 512.0 * 2f64.ln(), 1e-9);
}

#[test]
fn landmarks() {
    close(chance_level(64), 4.158_883, 1e-6);
    assert_eq!(prior_matching_bias(1), None);
    close(prior_matching_bias(64).unwrap(), -4.143_135, 1e-6);
    close(prior_matching_bias(22_027).unwrap(), -10.0, 1e-4);
    let (bound, ceiling) = mutual_information_bound(1.0, 64);
    close(bound, 3.158_883, 1e-6);
    close(ceiling, 4.158_883, 1e-6);
}

#[test]
fn diagnostics_read_the_logits() {
    let logits = matrix(&[&[3.0, 1.0, -2.0], &[0.0, 2.0, 2.0], &[5.0, -1.0, 4.0]]);
    let read = diagnostics(&logits);
    assert_eq!(
        read.positive_logits,
        Spread {
            min: 2.0,
            mean: 3.0,
            max: 4.0
        }
    );
    let negatives = read.negative_logits.unwrap();
    assert_eq!((negatives.min, negatives.max), (-2.0, 5.0));
    close(negatives.mean, 5.0 / 6.0, 1e-12);
    // Rows: the first is right, the second a tie, the third wrong. Columns: wrong, right, right.
    close(read.accuracy_image_to_text, 1.0 / 3.0, 1e-12);
    close(read.accuracy_text_to_image, 2.0 / 3.0, 1e-12);
}

#[test]
fn diagnostics_of_one_pair() {
    let read = diagnostics(&matrix(&[&[0.5]]));
    assert_eq!(
        read.positive_logits,
        Spread {
            min: 0.5,
            mean: 0.5,
            max: 0.5
        }
    );
    assert_eq!(read.negative_logits, None);
    assert_eq!(
        (read.accuracy_image_to_text, read.accuracy_text_to_image),
        (1.0, 1.0)
    );
    assert_eq!(
        diagnostics(&matrix(&[&[f64::NAN]])).accuracy_image_to_text,
        0.0
    );
}

#[test]
fn a_row_that_is_not_finite_is_wrong() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let off = loss::diagnostics(&matrix(&[&[2.0, bad], &[0.0, 2.0]]));
        assert_eq!(
            (off.accuracy_image_to_text, off.accuracy_text_to_image),
            (0.5, 0.5),
            "{bad}"
        );
        let on = loss::diagnostics(&matrix(&[&[bad, 0.0], &[0.0, 2.0]]));
        assert_eq!(
            (on.accuracy_image_to_text, on.accuracy_text_to_image),
            (0.5, 0.5),
            "{bad}"
        );
    }
}
