//! The losses and their curve: sum or mean, the ln N line, what SigLIP starts from.

use super::{Card, Write};
use crate::control::Dial;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::Loss).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("the loss")
        .formula("InfoNCE = (cross-entropy of rows + of columns) / 2,  each row one choice among N")
        .formula("SigLIP = (1/N) [ sum softplus(z) - sum z_ii ],  each of the N^2 cells a yes or no")
        .lanes(app, |seen| match &seen.lane.report {
            None => format!("{}; no step yet", seen.settings.loss),
            Some(report) => seen.settings.loss.law().words().value(report),
        })
        .note(
            "Sum or mean? SigLIP sums over N^2 cells and divides by N, not by N^2: a mean over cells would \
             make its gradient N times smaller, and the same rate too low.",
        )
        .note(
            "The two numbers cannot be compared with each other: compare accuracy, or R@1 on held-out \
             pictures.",
        )
        .note(
            "Softmax needs the sum of a whole row, the sigmoid nothing but its cell. A negative is pushed by \
             P_ij x scale in the one (a row's pushes sum to that of its pair), by sigma(z_ij) x scale / N in \
             the other.",
        )
}
