//! Exercise 2: what the bias of the sigmoid loss is for, where one pair stands against many others.

use super::question::decimals;
use super::{Answer, Exercise, Given, LaneSeen, Question, Slip};
use crate::loss::arithmetic::softplus;
use crate::loss::{prior_matching_bias, sig_lip_at_zero};

/// SigLIP's bias at the start.
const SIG_LIP: f64 = -10.0;

/// How near the dial must be to the right bias, and the loss to the computed one.
const BIAS_ROOM: f64 = 0.05;
const LOSS_ROOM: f64 = 0.2;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "bias",
    title: "The bias under imbalance",
    about: "SigLIP asks of each image and each caption: a pair, yes or no? In a batch of N pairs, N answers are yes \
            and N(N - 1) are no. Before training all cosines are near 0, so each logit is about b.",
    scenario: "bias-zero",
    on_paper: false,
    questions: &[
        Question {
            name: "imbalance",
            ask: |given| {
                format!(
                    "This batch has {} pairs. How many wrong captions does each image meet?",
                    given.batch()
                )
            },
            answer: Answer::Number {
                right: |given| Some(n(given) - 1.0),
                within: Some(0.0),
                slips: &[
                    Slip {
                        number: n,
                        says: "One of them is its own caption.",
                    },
                    Slip {
                        number: |given| n(given) * (n(given) - 1.0),
                        says: "That is for all images together. One image is asked for.",
                    },
                ],
            },
            hint: |_| "All captions of the batch but its own.".into(),
            learned: |given| {
                format!(
                    "One yes to {} no: a model that knows nothing is right to say no nearly always.",
                    given.batch() - 1
                )
            },
            reveals: &[],
        },
        Question {
            name: "the best bias",
            ask: |given| {
                format!(
                    "All cosines are 0, so the model says yes with probability sigma(b) = 1 / (1 + e^-b). Which b makes \
                     that 1/{}?",
                    given.batch()
                )
            },
            answer: Answer::Number {
                right: best,
                within: None,
                slips: &[
                    Slip {
                        number: |given| (n(given) - 1.0).ln(),
                        says: "The sign: a positive b says yes nearly always.",
                    },
                    Slip {
                        number: |given| -n(given).ln(),
                        says: "Nearly: e^-b is the ratio of no to yes, N - 1. The share is 1/N.",
                    },
                    Slip {
                        number: |given| -(n(given) - 1.0).log2(),
                        says: "You used log2. The sigmoid has e in it: use ln.",
                    },
                    Slip {
                        number: |given| -(n(given) - 1.0).log10(),
                        says: "You used log10. The sigmoid has e in it: use ln.",
                    },
                    Slip {
                        number: |_| SIG_LIP,
                        says: "SigLIP starts there: right for a batch of about 22,027. Work it out for this one.",
                    },
                ],
            },
            hint: |_| "1 + e^-b = N, so e^-b = N - 1.".into(),
            learned: |given| {
                format!(
                    "b* = -ln(N - 1) = -ln {} = {}. The larger the batch, the lower.",
                    given.batch() - 1,
                    decimals(best(given).unwrap_or(f64::NAN))
                )
            },
            reveals: &[],
        },
        Question {
            name: "loss at b = 0",
            ask: |given| {
                format!(
                    "The loss is the sum of -ln sigma(b) over the {0} pairs and -ln(1 - sigma(b)) over all other cells, \
                     divided by {0}. What is it at b = 0?",
                    given.batch()
                )
            },
            answer: Answer::Number {
                right: |given| Some(at(given, 0.0)),
                within: None,
                slips: &[
                    Slip {
                        number: |_| std::f64::consts::LN_2,
                        says: "That is one cell. Each image has N of them.",
                    },
                    Slip {
                        number: |given| n(given) * at(given, 0.0),
                        says: "That is the sum of all cells. The loss divides it by N, not by N squared.",
                    },
                    Slip {
                        number: n,
                        says: "You used log2. The loss counts in nats: ln 2 a cell.",
                    },
                ],
            },
            hint: |_| "sigma(0) = 1/2: each of the N cells of a row costs ln 2.".into(),
            learned: |given| {
                format!(
                    "N ln 2 = {}: lane zero starts about there. Nearly all of it comes from wrong captions.",
                    decimals(at(given, 0.0))
                )
            },
            reveals: &[],
        },
        Question {
            name: "loss at b = -10",
            ask: |_| {
                "And at b = -10, where SigLIP starts? softplus(x) = ln(1 + e^x): one cell of a row costs softplus(10), \
                 each other softplus(-10)."
                    .into()
            },
            answer: Answer::Number {
                right: |given| Some(at(given, SIG_LIP)),
                within: None,
                slips: &[
                    Slip {
                        number: |given| at(given, -SIG_LIP),
                        says: "The sign: you gave the wrong captions softplus(10).",
                    },
                    Slip {
                        number: |given| (n(given) - 1.0) * softplus(SIG_LIP),
                        says: "That is the part of the wrong captions. The own caption costs the rest.",
                    },
                ],
            },
            hint: |_| "softplus(10) = 10.00005, softplus(-10) = 0.0000454.".into(),
            learned: |_| {
                "Nearly all of it comes from the pairs: b = -10 is so low that the model first has to learn to say yes."
                    .into()
            },
            reveals: &[],
        },
        Question {
            name: "loss at b*",
            ask: |_| "And at the b* that you found?".into(),
            answer: Answer::Number {
                right: |given| Some(at(given, best(given)?)),
                within: None,
                slips: &[
                    Slip {
                        number: |given| n(given).ln(),
                        says: "That is the own caption's part, ln N. The wrong captions cost something, too.",
                    },
                    Slip {
                        number: |given| (n(given) - 1.0) * (n(given) / (n(given) - 1.0)).ln(),
                        says: "That is the part of the wrong captions. Add the own caption's, ln N.",
                    },
                ],
            },
            hint: |_| {
                "softplus(-b*) = ln N, and each of the N - 1 others costs ln(N / (N - 1)).".into()
            },
            learned: |given| {
                format!(
                    "{}: the least that any constant can reach. From here on every gain is knowledge of the pairs.",
                    decimals(at(given, best(given).unwrap_or(f64::NAN)))
                )
            },
            reveals: &[],
        },
        Question {
            name: "see it",
            ask: |_| {
                "Lane silent has tau = 100, so its logits are b and nothing else. Set its bias to your b*: a until it is \
                 addressed, b, Enter, the number. Then watch its loss."
                    .into()
            },
            answer: Answer::Deed(|given| {
                let bias = best(given)?;
                let lane = given.lanes.iter().find(|lane| fits(lane, bias))?;
                let value = lane.value?;
                let computed = at(given, bias);
                ((value - computed).abs() < LOSS_ROOM).then(|| {
                    format!(
                        "{}: the loss is {}, and you computed {}.",
                        lane.name,
                        decimals(value),
                        decimals(computed)
                    )
                })
            }),
            hint: |_| {
                "a goes through the lanes. With b in hand, Enter asks for a value. Space goes on if the lab is paused."
                    .into()
            },
            learned: |_| {
                "So b takes the imbalance upon itself: it says how rare a pair is, and cosines need not."
                    .into()
            },
            reveals: &[],
        },
    ],
};

fn n(given: &Given) -> f64 {
    given.batch() as f64
}

/// The bias that predicts the batch's share of pairs.
fn best(given: &Given) -> Option<f64> {
    prior_matching_bias(given.batch())
}

/// The loss of an untrained model.
fn at(given: &Given, bias: f64) -> f64 {
    sig_lip_at_zero(given.batch(), bias)
}

/// Whether the lane's latest batch was computed with this bias.
fn fits(lane: &LaneSeen, bias: f64) -> bool {
    let near = |value: Option<f64>| value.is_some_and(|value| (value - bias).abs() < BIAS_ROOM);
    near(lane.bias) && near(lane.value_bias)
}
