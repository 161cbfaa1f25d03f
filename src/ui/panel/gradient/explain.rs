//! The gradient, explained.

use crate::loss::push::Push;
use crate::ui::app::App;
use crate::ui::explain::{Card, Paper, Source, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    let row = app.cursor.0;
    Card::new("where the gradient goes")
        .formula("row i pushes negative j in proportion to P_ij (softmax) or sigma(z_ij) (sigmoid); effective = e^(entropy of the pushes)")
        .lanes(app, |seen| {
            let found = seen.lane.rows.as_ref().and_then(|rows| {
                let bias = seen.settings.bias.unwrap_or(0.0);
                let tau = seen.settings.temperature;
                Push::of(rows.row(row)?, row, seen.settings.loss, tau, bias)
            });
            let Some(push) = found else {
                return format!("N = {}; no row yet", seen.settings.batch_size);
            };
            let n = seen.settings.batch_size.saturating_sub(1);
            format!(
                "image {}: {} effective negatives of {n} at tau {}",
                row + 1,
                number(push.effective),
                number(seen.settings.temperature)
            )
        })
        .claim(
            "Small tau: the softmax gives nearly all its push to the hardest negative, like a triplet loss. Large \
             tau: it gives the same to all.",
            &[Source::Paper(Paper::WangLiu, "eqs 4 to 7")],
        )
        .note("The sigmoid weighs each negative by itself: how hard the others are does not matter.")
        .note(
            "InfoNCE also pushes down the columns, by Q_ij. By the cosine the gradient is (P_ij + Q_ij) x scale / (2N) \
             for InfoNCE and sigma(z_ij) x scale / N for SigLIP. The bars show the row's part.",
        )
        .note("A false negative fits the image, so it is among the hardest: the push then does harm.")
}
