//! Exercise 3: cats against dogs by words, with two templates and their ensemble, and what 120 images can tell.

use super::question::decimals;
use super::{Answer, Exercise, Given, Outcome, Question, Slip};
use crate::telemetry::{Share, Versus};

/// Images of the test, before an evaluation says it.
const IMAGES: u64 = 120;
/// The share of right answers that the question on noise supposes.
const SUPPOSED: f64 = 0.8;
/// Of two outcomes so unlikely, were both as good, one is ahead.
const CLEAR: f64 = 0.05;

const PREDICTIONS: &[&str] = &["photo", "picture", "ensemble", "same"];

pub(super) const EXERCISE: Exercise = Exercise {
    name: "cats-and-dogs",
    title: "Cats against dogs: two templates and their ensemble",
    about: "A classifier without training on labels: each class is a text, each image goes to the nearest. The \
            test has 120 images in the held-out drawing style: ten pictures in twelve views each.",
    scenario: "cats-and-dogs",
    on_paper: false,
    questions: &[
        Question {
            name: "your prediction",
            ask: |_| {
                "\"a photo of a {class}\", \"a picture of a {class}\", or the mean of both texts' features: which \
                 classifies best? Type photo, picture, ensemble, or same."
                    .into()
            },
            answer: Answer::Choice {
                words: PREDICTIONS,
                right: None,
            },
            hint: |_| "A prediction cannot be wrong yet.".into(),
            learned: |_| "Noted. Before you look: how large must a difference be to count?".into(),
            reveals: &[],
        },
        Question {
            name: "noise",
            ask: |given| {
                format!(
                    "Say {:.0} of {} images are right. How many percentage points does the 95% interval reach to either \
                     side? (Wilson's, or 1.96 sqrt(p (1 - p) / n): both count.)",
                    SUPPOSED * images(given) as f64,
                    images(given)
                )
            },
            answer: Answer::Number {
                right: |given| Some(half_width(given)),
                within: Some(0.2),
                slips: &[
                    Slip {
                        number: |given| half_width(given) / 1.96,
                        says: "That is the standard error. The 95% interval reaches 1.96 of them to either side.",
                    },
                    Slip {
                        number: |given| 2.0 * half_width(given),
                        says: "That is the whole interval. One side is asked for.",
                    },
                    Slip {
                        number: |given| half_width(given) / 100.0,
                        says: "That is a share. Percentage points are asked for: times 100.",
                    },
                ],
            },
            hint: |given| {
                format!(
                    "p = {SUPPOSED}, n = {}: sqrt(p (1 - p) / n) is the standard error.",
                    images(given)
                )
            },
            learned: |given| {
                format!(
                    "About {} points: two templates that differ by less may be as good. The same images help, though: \
                     only those count that one gets right and the other wrong.",
                    decimals((half_width(given) * 10.0).round() / 10.0)
                )
            },
            reveals: &[],
        },
        Question {
            name: "measure",
            ask: |_| {
                "Let the lanes train until step 100 or later: the lab then classifies the images by each template. \
                 Space starts and pauses; the panel zero-shot shows more."
                    .into()
            },
            answer: Answer::Deed(|given| compared(given).map(|_| table(given))),
            hint: |_| {
                "The evaluation comes at every 100th step. Space goes on if the lab is paused."
                    .into()
            },
            learned: table,
            reveals: &[],
        },
        Question {
            name: "the verdict",
            ask: |given| {
                match compared(given) {
                Some(found) => format!(
                    "{} Is the ensemble clearly better than {}, at p < {CLEAR}? Type yes or no.",
                    split(&found),
                    found.best.templates
                ),
                None => "Is the ensemble better than the best single template by more than noise? Type yes or no.".into(),
            }
            },
            answer: Answer::Choice {
                words: &["yes", "no"],
                right: Some(|given| compared(given).map(|found| usize::from(!found.ahead()))),
            },
            hint: |given| match compared(given) {
                Some(found) => format!(
                    "Were both as good, so uneven a split would come with p = {} (McNemar's exact test).",
                    decimals(found.versus.p)
                ),
                None => "Wait for the evaluation at step 100.".into(),
            },
            learned: verdict,
            reveals: &[],
        },
    ],
};

/// The ensemble beside the better of the single templates.
struct Compared<'a> {
    ensemble: &'a Outcome,
    best: &'a Outcome,
    versus: Versus,
}

impl Compared<'_> {
    fn clear(&self) -> bool {
        self.versus.p < CLEAR
    }

    fn ahead(&self) -> bool {
        self.clear() && self.versus.gained > self.versus.lost
    }
}

fn compared(given: &Given) -> Option<Compared<'_>> {
    let ensemble = given.outcomes.iter().find(|outcome| outcome.prompts > 1)?;
    let singles = given.outcomes.iter();
    let singles = singles.filter_map(|outcome| {
        let mut against = ensemble.against.iter();
        let against = against.find(|a| a.templates == outcome.templates)?;
        Some((outcome, against.versus))
    });
    // Of equal ones the first of the scenario.
    let (best, versus) = singles.reduce(|best, next| {
        if next.0.right.hits > best.0.right.hits {
            next
        } else {
            best
        }
    })?;
    Some(Compared {
        ensemble,
        best,
        versus,
    })
}

fn images(given: &Given) -> u64 {
    given.outcomes.first().map_or(IMAGES, |o| o.right.of)
}

/// Half of Wilson's interval at the supposed share, in percentage points.
fn half_width(given: &Given) -> f64 {
    let of = images(given);
    let hits = (SUPPOSED * of as f64).round() as u64;
    let (low, high) = Share { hits, of }.interval();
    50.0 * (high - low)
}

fn percent(share: Share) -> String {
    let (low, high) = share.interval();
    format!(
        "{:.1}% ({:.1} to {:.1})",
        100.0 * share.value(),
        100.0 * low,
        100.0 * high
    )
}

/// What each set of templates came to.
fn table(given: &Given) -> String {
    let rows = given.outcomes.iter().map(|outcome| {
        let name = match (outcome.prompts, outcome.templates.as_str()) {
            (1, name) => name,
            _ => "ensemble",
        };
        format!("{name}: {}", percent(outcome.right))
    });
    format!(
        "At step {}, top-1 with 95% intervals: {}.",
        given.evaluated,
        rows.collect::<Vec<_>>().join("; ")
    )
}

fn split(found: &Compared) -> String {
    let images = |n: u64| {
        if n == 1 {
            "1 image".into()
        } else {
            format!("{n} images")
        }
    };
    format!(
        "The ensemble gets {} right that \"{}\" gets wrong, and {} the other way round.",
        images(found.versus.gained),
        found.best.templates,
        images(found.versus.lost)
    )
}

fn verdict(given: &Given) -> String {
    let Some(found) = compared(given) else {
        return table(given);
    };
    let p = decimals(found.versus.p);
    let winner = match (found.clear(), found.versus.gained > found.versus.lost) {
        (false, _) => "same",
        (true, true) => "ensemble",
        (true, false) if found.best.templates.contains("photo") => "photo",
        (true, false) => "picture",
    };
    let outcome = if found.clear() {
        format!("p = {p}: the difference is more than noise.")
    } else {
        format!("p = {p}: the difference is within noise.")
    };
    let predicted = given.predicted.and_then(|place| PREDICTIONS.get(place));
    let predicted = match predicted {
        Some(word) if *word == winner => format!(" You predicted {word}: so it is, on this run."),
        Some(word) => format!(" You predicted {word}; this run says {winner}."),
        None => String::new(),
    };
    format!(
        "{outcome}{predicted} The ensemble: {}. Captions in training used both templates alike, and so does the model; \
         CLIP gained 3.5 points on ImageNet with 80 templates over one. The interval speaks of other views of these ten \
         pictures, not of other animals.",
        percent(found.ensemble.right)
    )
}
