//! Values and gradients against OpenCLIP's `ClipLoss` and `SigLipLoss`, as `fixtures/loss/make.py`
//! recorded them.
//!
//! Relative means max|ours - theirs| / max|theirs| over a tensor, with theirs from the float64 run;
//! where all of theirs is rounding noise about zero, below [`NOISE`], so must ours be.

use std::path::Path;

use clip_lab::loss::Loss;
use safetensors::SafeTensors;
use serde::Deserialize;
use tch::{Kind, Tensor};

/// What is left in float64 where the truth is 0 or too small for a subtraction of logarithms to see.
const NOISE: f64 = 1e-12;

#[derive(Deserialize)]
struct Fixture {
    torch: String,
    open_clip: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    loss: String,
    n: usize,
    temperature: f64,
    bias: Option<f64>,
    gradients: String,
    float64: Scalars,
    float32: Scalars,
}

#[derive(Deserialize)]
struct Scalars {
    loss: f64,
    grad_logit_scale: f64,
    grad_logit_bias: Option<f64>,
}

struct Ours {
    loss: f64,
    grad_logit_scale: f64,
    grad_logit_bias: Option<f64>,
    image: Tensor,
    text: Tensor,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/loss")
}

fn tensor(file: &SafeTensors<'_>, name: &str) -> Tensor {
    let view = file.tensor(name).unwrap();
    let size: Vec<i64> = view.shape().iter().map(|&size| size as i64).collect();
    Tensor::from_data_size(view.data(), &size, Kind::Float)
}

fn ours(case: &Case, file: &SafeTensors<'_>, kind: Kind) -> Ours {
    let loss: Loss = case.loss.parse().unwrap();
    let side = |name: &str| {
        tensor(file, &format!("{name}.{}", case.n))
            .to_kind(kind)
            .set_requires_grad(true)
    };
    let (image, text) = (side("image"), side("text"));
    let parameter = |value: f64| Tensor::from(value).to_kind(kind).set_requires_grad(true);
    let scale = parameter(-case.temperature.ln());
    let bias = case.bias.map(parameter);
    let terms = loss.forward(&image, &text, &scale, bias.as_ref());
    terms.loss.backward();
    Ours {
        loss: terms.loss.double_value(&[]),
        grad_logit_scale: scale.grad().double_value(&[]),
        grad_logit_bias: bias.map(|bias| bias.grad().double_value(&[])),
        image: image.grad(),
        text: text.grad(),
    }
}

fn scalar(found: f64, wanted: f64) -> f64 {
    if wanted.abs() < NOISE {
        (found.abs() - NOISE).max(0.0) / NOISE
    } else {
        (found / wanted - 1.0).abs()
    }
}

fn whole(found: &Tensor, wanted: &Tensor) -> f64 {
    let largest = |tensor: &Tensor| tensor.to_kind(Kind::Double).abs().max().double_value(&[]);
    let scale = largest(wanted);
    if scale < NOISE {
        return (largest(found) - NOISE).max(0.0) / NOISE;
    }
    largest(&(found.to_kind(Kind::Double) - wanted.to_kind(Kind::Double))) / scale
}

/// The largest relative distance of each quantity from the reference.
fn distances(case: &Case, file: &SafeTensors<'_>, kind: Kind) -> [f64; 5] {
    let ours = ours(case, file, kind);
    let theirs = |side: &str| tensor(file, &format!("{}.{side}", case.gradients));
    let bias = ours.grad_logit_bias.zip(case.float64.grad_logit_bias);
    assert_eq!(bias.is_some(), case.bias.is_some());
    [
        scalar(ours.loss, case.float64.loss),
        scalar(ours.grad_logit_scale, case.float64.grad_logit_scale),
        bias.map_or(0.0, |(found, wanted)| scalar(found, wanted)),
        whole(&ours.image, &theirs("image")),
        whole(&ours.text, &theirs("text")),
    ]
}

fn each_case(check: impl Fn(&Case, &SafeTensors<'_>)) {
    let bytes = std::fs::read(folder().join("loss.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let text = std::fs::read_to_string(folder().join("loss.json")).unwrap();
    let fixture: Fixture = serde_json::from_str(&text).unwrap();
    assert!(fixture.torch.starts_with("2.11.0"), "{}", fixture.torch);
    assert_eq!(fixture.open_clip, "3.3.0");
    assert_eq!(fixture.cases.len(), 5 * 5 * 3 * 2);
    for case in &fixture.cases {
        check(case, &file);
    }
}

#[test]
fn in_32_bits_to_1e_5() {
    each_case(|case, file| {
        let distances = distances(case, file, Kind::Float);
        assert!(
            distances.iter().all(|&distance| distance <= 1e-5),
            "{} bias {:?}: loss, scale, bias, image, text off by {distances:?}",
            case.gradients,
            case.bias
        );
    });
}

#[test]
fn in_64_bits_to_the_fixture_s_own_digits() {
    each_case(|case, file| {
        let [loss, scale, bias, image, text] = distances(case, file, Kind::Double);
        // Their loss is a difference of logarithms: it has fewer digits the smaller it is.
        let digits = 1e-9_f64.max(1e-12 / case.float64.loss.abs().max(1e-12));
        assert!(
            loss <= digits && scale <= digits && bias <= digits,
            "{}: {loss} {scale} {bias}",
            case.gradients
        );
        assert!(
            image <= 1e-6 && text <= 1e-6,
            "{}: {image} {text}",
            case.gradients
        );
    });
}

/// The reference's own float32 run, where it is itself within 1e-6 of its float64 run.
#[test]
fn the_reference_in_32_bits_says_the_same() {
    each_case(|case, file| {
        let theirs = &case.float32;
        let ours = ours(case, file, Kind::Float);
        let pairs = [
            (ours.loss, theirs.loss, case.float64.loss),
            (
                ours.grad_logit_scale,
                theirs.grad_logit_scale,
                case.float64.grad_logit_scale,
            ),
        ];
        for (found, wanted, exact) in pairs {
            if scalar(wanted, exact) <= 1e-6 {
                assert!(
                    scalar(found, wanted) <= 1e-5,
                    "{}: {found} {wanted}",
                    case.gradients
                );
            }
        }
        assert_eq!(theirs.grad_logit_bias.is_some(), case.bias.is_some());
    });
}
