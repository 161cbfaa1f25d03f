//! The losses and their curve: sum or mean, the ln N line, what SigLIP starts from.

use super::{Card, Write, number};
use crate::control::Dial;
use crate::quantity::Loss;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::Loss).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("the loss")
        .formula("InfoNCE = (cross-entropy of rows + of columns) / 2,  each row one choice among N")
        .formula("SigLIP = (1/N) [ sum softplus(z) - sum z_ii ],  each of the N^2 cells a yes or no")
        .lanes(app, |seen| match (seen.settings.loss, &seen.lane.report) {
            (_, None) => format!("{}; no step yet", seen.settings.loss),
            (Loss::InfoNce, Some(report)) => {
                let rows = report.loss_image_to_text.unwrap_or(report.loss);
                let columns = report.loss_text_to_image.unwrap_or(report.loss);
                format!(
                    "InfoNCE ({} + {}) / 2 = {}; the right choice has p = e^-{} = {}, as a geometric mean",
                    number(rows),
                    number(columns),
                    number(report.loss),
                    number(report.loss),
                    number((-report.loss).exp())
                )
            }
            (Loss::SigLip, Some(report)) => {
                let n = report.batch_size as f64;
                format!(
                    "SigLIP {} = sum {} / {}; a mean over all {} cells would read {}",
                    number(report.loss),
                    number(report.loss * n),
                    report.batch_size,
                    report.batch_size * report.batch_size,
                    number(report.loss / n)
                )
            }
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
