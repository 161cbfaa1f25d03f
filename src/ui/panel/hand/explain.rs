//! The calculator, explained.

use crate::ui::app::App;
use crate::ui::explain::{Card, number};

/// What there is to know of it.
pub fn explain(app: &App) -> Card {
    Card::new("by hand")
        .formula("z = cos / tau (+ b); InfoNCE: softmax of rows and columns, -ln of the diagonal; SigLIP: softplus of each cell")
        .lanes(app, |seen| {
            let uses = seen.settings.loss.law().uses_bias();
            let bias = seen.settings.bias.filter(|_| uses);
            let bias = bias.map_or_else(String::new, |b| format!(", b {}", number(b)));
            format!(
                "its first pairs can be filled in, with tau {}{bias}",
                number(seen.settings.temperature)
            )
        })
        .note("Nothing here changes a lane. `clip-lab loss` prints the same for a matrix in a CSV file.")
        .note("Try all cosines 0: InfoNCE is ln N at any tau, SigLIP without a bias is N ln 2.")
}
