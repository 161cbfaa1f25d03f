//! The gradient, explained.

use crate::loss::push::Push;
use crate::ui::app::App;
use crate::ui::explain::{Card, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    let row = app.cursor.0;
    Card::new("where the gradient goes")
        .formula("push on a negative: softmax P_ij x scale, sigmoid sigma(z_ij) x scale; effective = e^entropy")
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
                "picture {}: {} effective negatives of {n} at tau {}",
                row + 1,
                number(push.effective),
                number(seen.settings.temperature)
            )
        })
        .note(
            "Small tau: the softmax gives nearly all its push to the hardest negative, as a triplet loss \
             would. Large tau: to all alike. The sigmoid weighs each negative by itself: how hard the others \
             are does not matter.",
        )
        .note("A false negative is often the hardest one: then the push goes where it should not.")
}
