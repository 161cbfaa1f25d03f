//! Hand-made snapshots: a run that never ran, for looking at the screen and testing it without
//! training.

use std::sync::Arc;

use crate::control::Settings;
use crate::control::{Applied, By, Control};
use crate::quantity::Value;
use crate::quantity::{BatchSize, Loss, Temperature};
use crate::scenario::Scenario;
use crate::telemetry::{
    Curve, DataReport, EvalReport, Landscape, LaneStatus, Matrix, Rows, Snapshot, Split, Spread,
    StepReport, Surface,
};
use crate::ui::app::App;

#[path = "fixture/findings.rs"]
mod findings;
#[path = "fixture/noise.rs"]
mod noise;
#[path = "fixture/pictures.rs"]
mod pictures;

pub use pictures::pairs;

use noise::{bell, noise};

/// A scenario with two lanes.
pub const SCENARIO: &str = r#"(
    title: "Softmax and sigmoid, side by side",
    watch: "Both lanes start from the same weights and see the same pairs. Which one finds the held-out style first, and how do tau and the bias move?",
    data: Emoji((train: [Noto, Twemoji], held_out: [Fluent])),
    model: (
        embed_dim: 128,
        image: ResNet(image_size: 64, layers: (1, 1, 1, 1), width: 24),
        text: (context_length: 16, vocab_size: 1000, width: 128, heads: 4, layers: 2),
    ),
    train: (steps: 1500, batch_size: 64, learning_rate: 0.0005),
    lanes: [
        (name: "softmax", loss: InfoNce, temperature: 0.07),
        (name: "sigmoid", loss: SigLip, temperature: 0.1, bias: Some(-10.0)),
    ],
)"#;

/// A screen of 120 x 40 on such a run.
pub fn app(step: u64) -> App {
    let mut app = App::new(scenario(), Vec::new());
    app.size = (120, 40);
    app.observe(running(step));
    app.message = None;
    app
}

/// The scenario of the mock run.
pub fn scenario() -> Scenario {
    ron::from_str(SCENARIO).unwrap_or_else(|e| panic!("the fixture's scenario: {e}"))
}

/// Settings of a lane with this loss.
pub fn settings(loss: Loss) -> Settings {
    let scenario = scenario();
    let lane = scenario.lanes.iter().find(|lane| lane.loss == loss);
    let lane = lane.unwrap_or(&scenario.lanes[0]);
    Settings {
        loss,
        temperature: if loss == Loss::InfoNce {
            0.0431
        } else {
            0.0782
        },
        learn_temperature: true,
        max_logit_scale: 100.0,
        bias: (loss == Loss::SigLip).then_some(-8.37),
        learn_bias: true,
        batch_size: 64,
        learning_rate: 5e-4,
        weight_decay: 0.2,
        ..lane.start(&scenario.train, true, 847)
    }
}

/// Two lanes after `step` of 1,500 steps.
pub fn running(step: u64) -> Vec<Arc<Snapshot>> {
    [Loss::InfoNce, Loss::SigLip]
        .into_iter()
        .map(|loss| Arc::new(lane(loss, step)))
        .collect()
}

/// Two lanes that have not begun.
pub fn starting() -> Vec<Arc<Snapshot>> {
    ["softmax", "sigmoid"]
        .map(|name| Arc::new(Snapshot::starting(name, 1500)))
        .to_vec()
}

/// Two lanes, changed by `edit`.
pub fn edited(step: u64, edit: impl Fn(usize, &mut Snapshot)) -> Vec<Arc<Snapshot>> {
    let lanes = running(step).into_iter().enumerate();
    lanes
        .map(|(i, lane)| {
            let mut lane = Arc::unwrap_or_clone(lane);
            edit(i, &mut lane);
            Arc::new(lane)
        })
        .collect()
}

/// One lane after `step` steps.
pub fn lane(loss: Loss, step: u64) -> Snapshot {
    let name = if loss == Loss::InfoNce {
        "softmax"
    } else {
        "sigmoid"
    };
    let mut lane = Snapshot::starting(name, 1500);
    let salt = if loss == Loss::InfoNce { 0 } else { 1 << 32 };
    for s in 1..=step {
        let t = s as f64;
        let bump = if (420..=460).contains(&s) {
            0.5 * (-(t - 420.0) / 14.0).exp()
        } else {
            0.0
        };
        let (floor, height, pace) = if loss == Loss::InfoNce {
            (0.62, 3.6, 210.0)
        } else {
            (0.85, 3.3, 170.0)
        };
        let start = if loss == Loss::SigLip {
            6.1 * (-t / 9.0).exp()
        } else {
            0.0
        };
        let value = floor + height * (-t / pace).exp() + start + bump;
        lane.loss.push(s, value * (1.0 + 0.07 * bell(s + salt)));
        let (from, to) = if loss == Loss::InfoNce {
            (0.07, 0.036)
        } else {
            (0.1, 0.061)
        };
        let tau = if loss == Loss::InfoNce && s >= 420 {
            0.02 + (0.043 - 0.02) * (1.0 - (-(t - 420.0) / 120.0).exp())
        } else {
            to + (from - to) * (-t / 600.0).exp()
        };
        lane.temperature.push(s, tau);
        if loss == Loss::SigLip {
            lane.bias.push(
                s,
                -7.6 - 2.4 * (-t / 500.0).exp() - 0.3 * (t / 40.0).min(1.0),
            );
        }
        lane.accuracy.push(
            s,
            (1.0 - (-t / 240.0).exp()) * 0.86 + 0.02 * bell(s + salt + 7),
        );
        lane.grad_norm.push(
            s,
            1.2 + 2.5 * (-t / 90.0).exp() + 0.25 * bell(s + salt + 9).abs() + bump * 4.0,
        );
    }
    let settings = settings(loss);
    lane.status = LaneStatus::Running;
    lane.step = step;
    lane.device = "CPU, 1 thread".into();
    lane.parameters = 3_412_225;
    lane.seed = 0;
    lane.report = Some(report(
        &settings,
        step,
        lane.loss.last().map_or(0.0, |p| p.value),
    ));
    lane.held_out = Arc::new(evals(loss, step, Split::HeldOut));
    lane.trained = Arc::new(evals(loss, step, Split::Trained));
    lane.evaluating = (loss == Loss::SigLip).then_some(0.4);
    lane.applied = Arc::new(changes(loss, step));
    let matrix = matrix(step, salt);
    lane.rows = Some(Arc::new(Rows {
        step,
        pairs: matrix.side,
        cosines: matrix.cosines.clone(),
    }));
    lane.landscape = Some(Arc::new(landscape(step)));
    lane.findings = Arc::new(findings::findings(loss, step));
    lane.geometry = Some(Arc::new(findings::geometry(loss, step)));
    lane.matrix = Some(Arc::new(matrix));
    lane.pairs = Arc::new(pairs());
    lane.pairs_per_second = if loss == Loss::InfoNce { 412.0 } else { 405.0 };
    lane.seconds = step as f64 * 0.155;
    lane.settings = Some(settings);
    lane
}

fn report(settings: &Settings, step: u64, loss: f64) -> StepReport {
    let directed = (settings.loss == Loss::InfoNce).then_some(loss);
    StepReport {
        step,
        loss,
        loss_image_to_text: directed,
        loss_text_to_image: directed,
        logit_scale: (1.0 / settings.temperature).ln(),
        temperature: settings.temperature,
        logit_bias: settings.bias,
        learning_rate: 3.9e-4,
        grad_norm: 1.31,
        param_norm: 88.2,
        update_norm: 0.034,
        positive_logits: Spread {
            min: 1.0,
            mean: 9.2,
            max: 14.0,
        },
        negative_logits: Some(Spread {
            min: -6.0,
            mean: 0.3,
            max: 9.0,
        }),
        accuracy_image_to_text: 0.77,
        accuracy_text_to_image: 0.75,
        batch_size: settings.batch_size,
        data: DataReport {
            classes: settings.batch_size,
            ..DataReport::default()
        },
        seconds: 0.155,
    }
}

fn evals(loss: Loss, step: u64, split: Split) -> Vec<EvalReport> {
    let salt = if loss == Loss::InfoNce { 3 } else { 5 };
    let every = if split == Split::HeldOut { 100 } else { 300 };
    (1..=step / every)
        .map(|i| {
            let t = (i * every) as f64;
            let (top, pace) = match split {
                Split::HeldOut if loss == Loss::InfoNce => (0.31, 650.0),
                Split::HeldOut => (0.28, 620.0),
                Split::Trained => (0.9, 380.0),
            };
            let r1 =
                top * (1.0 - (-(t / pace).powf(1.4)).exp()) * (1.0 + 0.06 * noise(i * 13 + salt));
            EvalReport {
                step: i * every,
                split,
                r1_image_to_text: r1,
                r5_image_to_text: (r1 * 2.05).min(0.97),
                r10_image_to_text: (r1 * 2.6).min(0.985),
                r1_text_to_image: r1 * 0.94,
                r5_text_to_image: (r1 * 1.97).min(0.96),
                r10_text_to_image: (r1 * 2.5).min(0.98),
                median_rank: (18.0 * (0.21 / r1.max(0.002)).powf(1.2)).round().max(1.0),
                candidates: 849,
                pictures: 849,
                seconds: 0.8,
            }
        })
        .collect()
}

fn changes(loss: Loss, step: u64) -> Vec<Applied> {
    let tau = |x| Control::Temperature(Temperature::new(x).unwrap_or_else(|e| panic!("{e}")));
    let batch = Control::BatchSize(BatchSize::new(64).unwrap_or_else(|e| panic!("{e}")));
    let mut all = vec![Applied {
        step: 200,
        control: batch,
        old: Some(Value::Whole(48)),
        new: Some(Value::Whole(64)),
        by: By::Hand(1),
    }];
    if loss == Loss::InfoNce {
        all.push(Applied {
            step: 420,
            control: tau(0.02),
            old: Some(Value::Real(0.0529)),
            new: Some(Value::Real(0.02)),
            by: By::Hand(1),
        });
    }
    all.retain(|applied| applied.step <= step);
    all
}

fn matrix(step: u64, salt: u64) -> Matrix {
    let side = 64;
    let learned = 1.0 - (-(step as f64) / 350.0).exp();
    let kind = |i: usize| i * 7 / 3 % 9;
    let cosines = (0..side * side).map(|cell| {
        let (row, column) = (cell / side, cell % side);
        let texture = 0.10 * bell(cell as u64 + salt + 77)
            + 0.06 * bell((row + 900) as u64)
            + 0.06 * bell((column + 1900) as u64);
        let related = if kind(row) == kind(column) { 0.20 } else { 0.0 };
        let own = if row == column {
            0.62 + 0.12 * noise(row as u64 + salt)
        } else {
            0.0
        };
        (0.04 + texture + learned * (related + own)).clamp(-1.0, 1.0) as f32
    });
    Matrix {
        step,
        side,
        pool: 1,
        cosines: cosines.collect(),
    }
}

/// Both losses of 64 pairs whose cosines are 0.5 and whose negatives' are spread around 0.05.
fn landscape(step: u64) -> Landscape {
    const DECADE: [f64; 10] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
    let pairs = 64;
    let own = 0.5 - 0.3 * (-(step as f64) / 350.0).exp();
    let negatives: Vec<f64> = (0..21)
        .map(|i| 0.05 + 0.022 * (f64::from(i) - 10.0))
        .collect();
    let weight = |c: f64| (-((c - 0.05) / 0.1).powi(2) / 2.0).exp() / 11.4;
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let temperatures: Vec<f64> = (-2..=0)
        .flat_map(|e| DECADE.map(|d| format!("{d}e{e}").parse().unwrap_or(d)))
        .filter(|tau| *tau <= 1.0)
        .collect();
    let biases: Vec<f64> = (-16..=4).map(f64::from).collect();
    let rivals = f64::from(pairs - 1);
    let info_nce = |tau: &f64| {
        let sum: f64 = negatives
            .iter()
            .map(|c| rivals * weight(*c) * ((c - own) / tau).exp())
            .sum();
        sum.ln_1p()
    };
    let sig_lip = |tau: f64, b: f64| {
        let pushed = negatives.iter().map(|c| weight(*c) * softplus(c / tau + b));
        softplus(-own / tau - b) + rivals * pushed.sum::<f64>()
    };
    Landscape {
        step,
        pairs: pairs as usize,
        anchors: pairs as usize,
        surfaces: vec![
            Surface {
                loss: Loss::InfoNce,
                values: temperatures.iter().map(info_nce).collect(),
            },
            Surface {
                loss: Loss::SigLip,
                values: biases
                    .iter()
                    .flat_map(|b| temperatures.iter().map(|tau| sig_lip(*tau, *b)))
                    .collect(),
            },
        ],
        temperatures,
        biases,
    }
}

/// A curve of these values, from step 1.
pub fn curve(values: &[f64]) -> Curve {
    let mut curve = Curve::default();
    for (i, value) in values.iter().enumerate() {
        curve.push(i as u64 + 1, *value);
    }
    curve
}
