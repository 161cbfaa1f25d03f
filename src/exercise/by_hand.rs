//! Exercise 1: InfoNCE of four pairs, from cosines to the bound on mutual information.

use super::question::decimals;
use super::{Answer, Exercise, Given, Pairs, Question, Slip};
use crate::loss::arithmetic::{log_sum, softmax};
use crate::loss::mutual_information_bound;

/// Pieces of the working on paper, by their place in it: logits, softmax of rows, of columns, losses of rows, of
/// columns, the sum, the gradient.
const LOGITS: usize = 0;
const ROWS: usize = 1;
const COLUMNS: usize = 2;
const ROW_LOSSES: usize = 3;
const COLUMN_LOSSES: usize = 4;
const LOSS: usize = 5;
const GRADIENT: usize = 6;

/// The temperature at which fp32 overflows: CLIP lets it fall so far and not farther.
const COLDEST: f64 = 0.01;

pub(super) const EXERCISE: Exercise = Exercise {
    name: "by-hand",
    title: "InfoNCE by hand",
    about: "Four images (rows) and four captions (columns): their cosines and tau are given. Work out the loss on \
            paper or with a calculator, one number at a time. Two decimals are enough.",
    scenario: "first-look",
    on_paper: true,
    questions: &[
        Question {
            name: "a logit",
            ask: |given| {
                let (row, rival) = places(given);
                format!(
                    "S = cosine / tau, with tau = {}. What is S[{row}, {rival}], the logit of image {row} and \
                     caption {rival}?",
                    given.pairs.temperature
                )
            },
            answer: Answer::Number {
                right: |given| Some(cosine(given) / given.pairs.temperature),
                within: None,
                slips: &[
                    Slip {
                        number: cosine,
                        says: "That is the cosine itself. Divide it by tau.",
                    },
                    Slip {
                        number: |given| cosine(given) * given.pairs.temperature,
                        says: "You multiplied by tau. Divide by it.",
                    },
                    Slip {
                        number: |given| own(given) / given.pairs.temperature,
                        says: "That is the logit of the image and its own caption.",
                    },
                ],
            },
            hint: |given| {
                let (row, rival) = places(given);
                format!("The cosine stands in row {row}, column {rival}.")
            },
            learned: |given| {
                let p = &given.pairs;
                format!(
                    "{} / {} = {}. A small tau spreads the logits; all of them stand in S now.",
                    decimals(cosine(given)),
                    p.temperature,
                    decimals(cosine(given) / p.temperature)
                )
            },
            reveals: &[LOGITS],
        },
        Question {
            name: "overflow",
            ask: |_| {
                format!(
                    "The softmax needs e^S. In 32-bit floats e^x is infinite above x = {:.2}. At tau = {COLDEST}, \
                     the least that CLIP allows: above which cosine does e^S overflow?",
                    largest_exponent()
                )
            },
            answer: Answer::Number {
                right: |_| Some(largest_exponent() * COLDEST),
                within: None,
                slips: &[
                    Slip {
                        number: |_| largest_exponent() / COLDEST,
                        says: "You divided by tau. A cosine c gives S = c / tau, so c = S tau.",
                    },
                    Slip {
                        number: |_| largest_exponent(),
                        says: "That is the logit. Which cosine gives it?",
                    },
                    Slip {
                        number: |_| 1.0,
                        says: "A cosine of 1 gives S = 100, which overflows. It begins below that.",
                    },
                ],
            },
            hint: |_| format!("Solve c / {COLDEST} = {:.2} for c.", largest_exponent()),
            learned: |_| {
                "A pair may have a cosine of 0.95: then e^S is infinite, and infinite / infinite is not a number. The \
                 remedy: subtract the row's largest logit first. Next question."
                    .into()
            },
            reveals: &[],
        },
        Question {
            name: "the shift",
            ask: |given| {
                format!(
                    "Let m be the largest logit of row {}. What is the sum of e^(S - m) over that row?",
                    places(given).0
                )
            },
            answer: Answer::Number {
                right: |given| Some(shifted_sum(given, top(given))),
                within: None,
                slips: &[
                    Slip {
                        number: |given| shifted_sum(given, 0.0),
                        says: "That is the sum of e^S. Subtract the row's largest logit before the exponential.",
                    },
                    Slip {
                        number: |given| shifted_sum(given, logit(given)),
                        says: "You subtracted the image's own logit. Subtract the largest one of the row.",
                    },
                    Slip {
                        number: |given| {
                            let row = given.pairs.logits(given.pairs.row(), 1.0);
                            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                            row.iter().map(|c| (c - top).exp()).sum()
                        },
                        says: "You left tau out: use the logits, not the cosines.",
                    },
                    Slip {
                        number: |given| shifted_sum(given, top(given)) - 1.0,
                        says: "The largest logit counts, too: e^0 = 1.",
                    },
                ],
            },
            hint: |given| format!("m = {}. Its own term is e^0 = 1.", decimals(top(given))),
            learned: |given| {
                format!(
                    "No term exceeds 1, so nothing overflows. And nothing is lost: ln sum e^S = m + ln sum e^(S - m), \
                     here {} + ln {}.",
                    decimals(top(given)),
                    decimals(shifted_sum(given, top(given)))
                )
            },
            reveals: &[],
        },
        Question {
            name: "log-sum-exp",
            ask: |given| {
                format!(
                    "What is the log-sum-exp of row {}: m + ln of that sum?",
                    places(given).0
                )
            },
            answer: Answer::Number {
                right: |given| Some(row_log_sum(given)),
                within: None,
                slips: &[
                    Slip {
                        number: |given| row_log_sum(given) - top(given),
                        says: "You did not add m back.",
                    },
                    Slip {
                        number: |given| top(given) + shifted_sum(given, top(given)),
                        says: "You added the sum itself. Take its logarithm first.",
                    },
                    Slip {
                        number: |given| top(given) + shifted_sum(given, top(given)).log2(),
                        says: "You used log2. The loss uses the natural logarithm.",
                    },
                    Slip {
                        number: |given| top(given) + shifted_sum(given, top(given)).log10(),
                        says: "You used log10. The loss uses the natural logarithm.",
                    },
                    Slip {
                        number: |given| log_sum(&given.pairs.logits(given.pairs.row(), 1.0)),
                        says: "You left tau out: use the logits, not the cosines.",
                    },
                ],
            },
            hint: |given| {
                format!(
                    "{} + ln {}",
                    decimals(top(given)),
                    decimals(shifted_sum(given, top(given)))
                )
            },
            learned: |_| {
                "It lies a little above the largest logit: a smooth maximum. With tau towards 0 it becomes the maximum."
                    .into()
            },
            reveals: &[],
        },
        Question {
            name: "p of the pair",
            ask: |given| {
                let row = places(given).0;
                format!(
                    "Softmax: P = e^(S - log-sum-exp). What probability P[{row}, {row}] does image {row} give its own \
                     caption?"
                )
            },
            answer: Answer::Number {
                right: |given| Some(softmax(&row(given))[given.pairs.row()]),
                within: None,
                slips: &[
                    Slip {
                        number: |given| softmax(&row(given))[given.pairs.rival()],
                        says: "That is the probability of the other caption. The diagonal is asked for.",
                    },
                    Slip {
                        number: |given| {
                            softmax(&given.pairs.logits(given.pairs.row(), 1.0))[given.pairs.row()]
                        },
                        says: "You left tau out: use the logits, not the cosines.",
                    },
                    Slip {
                        number: |given| {
                            let (p, at) = (&given.pairs, given.pairs.row());
                            let column: Vec<f64> = (0..p.n)
                                .map(|row| p.cosine(row, at) / p.temperature)
                                .collect();
                            softmax(&column)[at]
                        },
                        says: "That is the softmax of the column. Image to text goes along the row.",
                    },
                    Slip {
                        number: |given| (logit(given) - top(given)).exp(),
                        says: "That is e^(S - m). Divide it by the sum.",
                    },
                ],
            },
            hint: |given| {
                format!(
                    "e^({} - {})",
                    decimals(logit(given)),
                    decimals(row_log_sum(given))
                )
            },
            learned: |given| {
                let rival = softmax(&row(given))[given.pairs.rival()];
                let (row, other) = places(given);
                format!(
                    "The four probabilities of a row add up to 1. Caption {other} got {}: for image {row} it is a hard \
                     negative.",
                    decimals(rival)
                )
            },
            reveals: &[ROWS],
        },
        Question {
            name: "loss of the row",
            ask: |given| {
                let row = places(given).0;
                format!("Cross-entropy: what is the loss of row {row}, -ln P[{row}, {row}]?")
            },
            answer: Answer::Number {
                right: |given| Some(row_loss(given)),
                within: None,
                slips: &[
                    Slip {
                        number: |given| -row_loss(given),
                        says: "The logarithm of a probability is negative; the loss is minus that.",
                    },
                    Slip {
                        number: |given| row_loss(given) / std::f64::consts::LN_2,
                        says: "You used log2: that is the loss in bits. The lab counts in nats, by ln.",
                    },
                    Slip {
                        number: |given| row_loss(given) / std::f64::consts::LN_10,
                        says: "You used log10. The loss uses the natural logarithm.",
                    },
                ],
            },
            hint: |_| "The same as log-sum-exp minus the own logit.".into(),
            learned: |given| {
                format!(
                    "Guessing among {} captions would cost ln {} = {}.",
                    given.pairs.n,
                    given.pairs.n,
                    decimals((given.pairs.n as f64).ln())
                )
            },
            reveals: &[],
        },
        Question {
            name: "image to text",
            ask: |_| "Do the same for the other rows. What is the mean loss of all rows?".into(),
            answer: Answer::Number {
                right: |given| Some(given.pairs.directions().0),
                within: None,
                slips: &[
                    Slip {
                        number: |given| given.pairs.directions().0 * given.pairs.n as f64,
                        says: "That is the sum over the rows. The loss is their mean.",
                    },
                    Slip {
                        number: |given| given.pairs.directions().0 / std::f64::consts::LN_2,
                        says: "You used log2. The lab counts in nats, by ln.",
                    },
                    Slip {
                        number: |given| given.pairs.directions().1,
                        says: "That is the mean over the columns.",
                    },
                ],
            },
            hint: |_| {
                "P stands on the panel now: take -ln of each number on its diagonal, and the mean."
                    .into()
            },
            learned: |_| "That is one direction: each image looks for its caption.".into(),
            reveals: &[ROW_LOSSES],
        },
        Question {
            name: "text to image",
            ask: |_| {
                "The other direction: softmax down each column, -ln of the diagonal. What is the mean loss of the \
                 columns?"
                    .into()
            },
            answer: Answer::Number {
                right: |given| Some(given.pairs.directions().1),
                within: None,
                slips: &[
                    Slip {
                        number: |given| given.pairs.directions().1 * given.pairs.n as f64,
                        says: "That is the sum over the columns. The loss is their mean.",
                    },
                    Slip {
                        number: |given| given.pairs.directions().1 / std::f64::consts::LN_2,
                        says: "You used log2. The lab counts in nats, by ln.",
                    },
                    Slip {
                        number: |given| given.pairs.directions().0,
                        says: "That is the mean over the rows again.",
                    },
                ],
            },
            hint: |_| {
                "The logits are the same; the sum now runs over the images of one caption.".into()
            },
            learned: |_| "Each caption looks for its image: the rivals are other ones.".into(),
            reveals: &[COLUMNS, COLUMN_LOSSES],
        },
        Question {
            name: "InfoNCE",
            ask: |_| "CLIP's loss takes both directions. What is it?".into(),
            answer: Answer::Number {
                right: |given| Some(given.pairs.loss()),
                within: None,
                slips: &[
                    Slip {
                        number: |given| 2.0 * given.pairs.loss(),
                        says: "That is the sum of both, which ALIGN uses. CLIP takes their mean.",
                    },
                    Slip {
                        number: |given| given.pairs.directions().0,
                        says: "That is only the direction image to text.",
                    },
                    Slip {
                        number: |given| given.pairs.directions().1,
                        says: "That is only the direction text to image.",
                    },
                ],
            },
            hint: |_| "The mean of the last two answers.".into(),
            learned: |_| {
                "The panel shows the whole working now; clip-lab loss prints the same for a matrix of your own.".into()
            },
            reveals: &[LOSS, GRADIENT],
        },
        Question {
            name: "mutual information",
            ask: |given| {
                format!(
                    "What an image tells of its caption, I(X;Y), is at least ln N - L nats. What does this batch of {} \
                     give? (i derives it.)",
                    given.pairs.n
                )
            },
            answer: Answer::Number {
                right: |given| Some(bound(&given.pairs)),
                within: None,
                slips: &[
                    Slip {
                        number: |given| -bound(&given.pairs),
                        says: "The other way round: ln N minus the loss.",
                    },
                    Slip {
                        number: |given| bound(&given.pairs) / std::f64::consts::LN_2,
                        says: "That is in bits. Nats are asked for: use ln.",
                    },
                    Slip {
                        number: |given| (given.pairs.n as f64).ln(),
                        says: "That is the ceiling, ln N: a loss of 0 would give it. Subtract the loss.",
                    },
                ],
            },
            hint: |given| format!("ln {} - {}", given.pairs.n, decimals(given.pairs.loss())),
            learned: |given| {
                format!(
                    "A lower bound, never an estimate: the truth may be far above, and no batch of {} can show more \
                     than ln {} = {}. Press i for the derivation.",
                    given.pairs.n,
                    given.pairs.n,
                    decimals((given.pairs.n as f64).ln())
                )
            },
            reveals: &[],
        },
    ],
};

/// Row and rival, counted from 1.
fn places(given: &Given) -> (usize, usize) {
    (given.pairs.row() + 1, given.pairs.rival() + 1)
}

/// The largest x whose e^x is a 32-bit float.
fn largest_exponent() -> f64 {
    f64::from(f32::MAX).ln()
}

fn cosine(given: &Given) -> f64 {
    given.pairs.cosine(given.pairs.row(), given.pairs.rival())
}

fn own(given: &Given) -> f64 {
    given.pairs.cosine(given.pairs.row(), given.pairs.row())
}

fn row(given: &Given) -> Vec<f64> {
    given
        .pairs
        .logits(given.pairs.row(), given.pairs.temperature)
}

fn logit(given: &Given) -> f64 {
    own(given) / given.pairs.temperature
}

fn top(given: &Given) -> f64 {
    row(given).into_iter().fold(f64::NEG_INFINITY, f64::max)
}

fn shifted_sum(given: &Given, by: f64) -> f64 {
    row(given).iter().map(|z| (z - by).exp()).sum()
}

fn row_log_sum(given: &Given) -> f64 {
    log_sum(&row(given))
}

fn row_loss(given: &Given) -> f64 {
    row_log_sum(given) - logit(given)
}

fn bound(pairs: &Pairs) -> f64 {
    mutual_information_bound(pairs.loss(), pairs.n as u64).0
}
