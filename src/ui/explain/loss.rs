//! The losses and their curve: sum or mean, the ln N line, what SigLIP starts from.

use super::{Card, Paper, Source, Write};
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
            "By the cosine of a negative the gradient is (P_ij + Q_ij) x scale / (2N) for InfoNCE and \
             sigma(z_ij) x scale / N for SigLIP. P is the softmax of row i, Q that of column j. A row's P_ij add up \
             to the pull on its own pair; the sigmoid looks at each cell alone.",
        )
        .note("Do not compare the two values with each other. Compare accuracy, or held-out R@1.")
        .claim(
            "Sum or mean? SigLIP sums over N^2 cells and divides by N. A mean over cells would make the value and its \
             gradient N times smaller.",
            &[Source::Paper(Paper::SigLip, "Algorithm 1")],
        )
        .claim(
            "Plain SGD would then need a rate N times larger. Adam divides a gradient by its own size, so a constant \
             factor changes little, as long as the gradient stays far above epsilon.",
            &[Source::Paper(Paper::Adam, "section 2.1")],
        )
}
