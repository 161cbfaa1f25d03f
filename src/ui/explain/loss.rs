//! The losses and their curve: sum or mean, the ln N line, what SigLIP starts from.

use super::{Card, Seen, infonce_floor, number, siglip_start};
use crate::quantity::Loss;
use crate::ui::app::App;

pub(super) fn dial(app: &App) -> Card {
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

pub(super) fn curve(app: &App) -> Card {
    Card::new("the loss curve")
        .formula("InfoNCE: guessing = ln N; SigLIP at cos 0: softplus(-b) + (N - 1) softplus(b)")
        .lanes(app, stands)
        .note(
            "Stuck at ln N: the model does not tell pairs apart: captions that do not belong to their \
             pictures, too high a rate, features that collapsed to one point, or logits of 0.",
        )
        .note(zero_logits(app))
        .note(
            "The faint line is what each step measured, on its own batch: it jumps because batches differ. \
             A smaller N lowers ln N without anything being learned.",
        )
}

fn stands(seen: &Seen) -> String {
    let n = seen.n();
    let now = seen.loss().map_or_else(
        || "no step yet".into(),
        |loss| format!("now {}", number(loss)),
    );
    if seen.is(Loss::InfoNce) {
        format!(
            "ln {} = {}; {now}; at this tau no model could get below {}",
            seen.settings.batch_size,
            number(n.ln()),
            number(infonce_floor(n, seen.scale()))
        )
    } else {
        let bias = seen.settings.bias.unwrap_or(0.0);
        format!(
            "softplus({}) + {} softplus({}) = {} while cosines are 0; {now}",
            number(-bias),
            seen.settings.batch_size.saturating_sub(1),
            number(bias),
            number(siglip_start(n, bias))
        )
    }
}

/// The value that repeats when all logits are zero.
fn zero_logits(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let settings = lanes.into_iter().find_map(|lane| app.settings(lane));
    settings.map_or_else(String::new, |settings| {
        format!(
            "A SigLIP loss that repeats N ln 2 exactly ({} here; 354.89 at N = 512) means that all logits \
             are 0: cosines or a scale of 0, and no bias.",
            number(settings.batch_size as f64 * std::f64::consts::LN_2)
        )
    })
}
