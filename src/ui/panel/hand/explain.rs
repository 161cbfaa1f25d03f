//! The hand calculator, explained.

use crate::ui::app::App;
use crate::ui::explain::{Card, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("by hand")
        .formula("S = cos / tau (+ b); softmax of rows and columns; -ln of the diagonal; or softplus of each cell")
        .lanes(app, |seen| {
            let uses = seen.settings.loss.law().uses_bias();
            let bias = seen.settings.bias.filter(|_| uses);
            let bias = bias.map_or_else(String::new, |b| format!(", b {}", number(b)));
            format!(
                "F takes its first pairs, with tau {}{bias}",
                number(seen.settings.temperature)
            )
        })
        .note("What is worked out here changes no lane. clip-lab loss prints the same for a CSV matrix.")
        .note("Try all cosines 0: InfoNCE says ln N whatever tau is, SigLIP N ln 2 without a bias.")
}
