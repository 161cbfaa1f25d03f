//! The landscape, explained.

use crate::ui::app::App;
use crate::ui::explain::{Card, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("the loss landscape")
        .formula("L(tau, b) for the cosines of this batch, with the weights as they are")
        .lanes(app, |seen| {
            let Some(land) = &seen.lane.landscape else {
                return format!("N = {}; no landscape yet", seen.settings.batch_size);
            };
            let (tau, bias) = (seen.settings.temperature, seen.settings.bias.unwrap_or(0.0));
            let here = land
                .between(seen.settings.loss, land.column(tau), land.row(bias))
                .map_or_else(|| "outside the map".into(), number);
            let lowest = land.lowest(seen.settings.loss).map_or_else(String::new, |low| {
                let bias = low
                    .bias
                    .map_or_else(String::new, |b| format!(", b {}", number(b)));
                format!(
                    "; lowest {} at tau {}{bias}",
                    number(low.loss),
                    number(low.temperature)
                )
            });
            format!("loss {} at tau {}{lowest}", here, number(tau))
        })
        .note(
            "The lowest point is that of these cosines only. Moving there changes the gradient of the weights, too: \
             a small tau that suits a trained model makes an untrained one follow its hardest negative.",
        )
        .note("The softmax cancels b, so its loss does not change along that axis. The sigmoid's valley slants: where negatives have \
             cosines above 0, a larger scale needs a lower b.")
}
