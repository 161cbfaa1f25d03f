//! The panels that work on the one matrix of the batch: landscape, gradient, hand calculator.

use super::{Card, number};
use crate::loss::push::Push;
use crate::quantity::Loss;
use crate::ui::app::App;

pub(super) fn landscape(app: &App) -> Card {
    Card::new("the loss landscape")
        .formula("L(tau, b) on the cosines of this one batch: the weights stay as they are")
        .lanes(app, |seen| {
            let Some(land) = &seen.lane.landscape else {
                return format!("N = {}; no landscape yet", seen.settings.batch_size);
            };
            let (tau, bias) = (seen.settings.temperature, seen.settings.bias.unwrap_or(0.0));
            let here = land
                .between(seen.settings.loss, land.column(tau), land.row(bias))
                .map_or_else(|| "off the map".into(), number);
            let lowest = land.lowest(seen.settings.loss).map_or_else(String::new, |low| {
                let bias = low
                    .bias
                    .map_or_else(String::new, |b| format!(", b {}", number(b)));
                format!(
                    "; the lowest is {} at tau {}{bias}",
                    number(low.loss),
                    number(low.temperature)
                )
            });
            format!("{} here, at tau {}{lowest}", here, number(tau))
        })
        .note(
            "The lowest place is best for these cosines alone. Going there at once changes what the gradient \
             asks of the weights: a tau that suits a finished model drives one that has just begun after its \
             single hardest negative.",
        )
        .note("Softmax cancels b: its valley does not change along it. The sigmoid's does, and slants.")
}

pub(super) fn gradient(app: &App) -> Card {
    let row = app.cursor.0;
    Card::new("where the gradient goes")
        .formula("push on a negative: softmax P_ij x scale, sigmoid sigma(z_ij) x scale; effective = e^entropy")
        .lanes(app, |seen| {
            let found = seen.lane.rows.as_ref().and_then(|rows| {
                let pool = seen.lane.matrix.as_ref().map_or(1, |m| m.pool);
                let own = row * pool;
                let bias = seen.settings.bias.unwrap_or(0.0);
                let tau = seen.settings.temperature;
                Push::of(rows.row(own)?, own, seen.settings.loss, tau, bias)
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

pub(super) fn hand(app: &App) -> Card {
    Card::new("by hand")
        .formula("S = cos / tau (+ b); softmax of rows and columns; -ln of the diagonal; or softplus of each cell")
        .lanes(app, |seen| {
            let bias = match (seen.settings.loss, seen.settings.bias) {
                (Loss::SigLip, Some(b)) => format!(", b {}", number(b)),
                _ => String::new(),
            };
            format!(
                "F takes its first pairs, with tau {}{bias}",
                number(seen.settings.temperature)
            )
        })
        .note("What is worked out here changes no lane. clip-lab loss prints the same for a CSV matrix.")
        .note("Try all cosines 0: InfoNCE says ln N whatever tau is, SigLIP N ln 2 without a bias.")
}
