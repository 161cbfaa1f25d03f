//! The landscape, explained.

use crate::ui::app::App;
use crate::ui::explain::{Card, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
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
