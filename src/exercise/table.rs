//! [`EXERCISES`]: the one table of them.

use super::question::Exercise;
use super::{by_hand, imbalance, templates};
use crate::error::{Error, Result};

/// All exercises, in their order.
pub static EXERCISES: [Exercise; 5] = [
    by_hand::EXERCISE,
    imbalance::EXERCISE,
    templates::EXERCISE,
    Exercise {
        name: "communication",
        title: "What softmax and sigmoid send between devices",
        about: "512 devices, 32,768 pairs: how many bytes does each loss send, and which matrix must a device hold?",
        scenario: "",
        on_paper: false,
        questions: &[],
    },
    Exercise {
        name: "data-scaling",
        title: "Accuracy and the amount of data",
        about: "The same model on more and more pairs: which line fits zero-shot accuracy against the logarithm of \
                their number, and where does it end?",
        scenario: "",
        on_paper: false,
        questions: &[],
    },
];

/// The exercise of this name or number.
///
/// # Errors
/// [`Error::Usage`] if there is none, or if it comes with a later release.
pub fn find(name: &str) -> Result<usize> {
    let number = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let at = EXERCISES
        .iter()
        .position(|exercise| exercise.name == name)
        .or(number.filter(|n| *n < EXERCISES.len()));
    let names = || EXERCISES.iter().map(|e| e.name).collect::<Vec<_>>();
    let at = at.ok_or_else(|| {
        Error::Usage(format!(
            "no exercise called `{name}`\n  exercises: 1 to {}, or {}",
            EXERCISES.len(),
            names().join(", ")
        ))
    })?;
    if EXERCISES[at].is_there() {
        return Ok(at);
    }
    Err(Error::Usage(format!(
        "the exercise `{}` comes with a later release",
        EXERCISES[at].name
    )))
}
