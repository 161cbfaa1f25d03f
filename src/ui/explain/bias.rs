//! The bias: the prior that it states, why it starts at -10, and what a probability means then.

use super::{Card, Write, number, siglip_start, sigmoid};
use crate::control::Dial;
use crate::quantity::Loss;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::Bias).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("b, the bias")
        .formula("logit = scale x cos + b; one match among N: sigma(b*) = 1/N, so b* = -ln(N - 1)")
        .lanes(app, |seen| {
            let n = seen.settings.batch_size;
            let prior = -((n.max(2) - 1) as f64).ln();
            match (seen.settings.loss, seen.settings.bias) {
                (Loss::InfoNce, _) => {
                    "softmax cancels a bias: e^(z+b) / sum e^(z+b) = e^z / sum e^z".into()
                }
                (Loss::SigLip, Some(b)) => format!(
                    "b = {}: a pair of cosine 0 counts as a match with p = sigma(b) = {}; N = {n} wants \
                     -ln {} = {}",
                    number(b),
                    number(sigmoid(b)),
                    n.saturating_sub(1),
                    number(prior)
                ),
                (Loss::SigLip, None) => format!(
                    "no bias, as b = 0: every pair starts at p = 0.5, and the loss near N ln 2 = {}; N = {n} \
                     wants -ln {} = {}",
                    number(siglip_start(n as f64, 0.0)),
                    n.saturating_sub(1),
                    number(prior)
                ),
            }
        })
        .note(starts(app))
        .note(
            "A match at p = 0.22 is not low: p is measured against a prior of 1/N, and only the order of \
             the candidates ranks them.",
        )
        .note(
            "SigLIP learns b with tau; the published table has -10 with tau 0.1 first, 0 with tau 1 last.",
        )
}

/// Why -10, in the numbers of the first addressed lane.
fn starts(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let Some(settings) = lanes.into_iter().find_map(|lane| app.settings(lane)) else {
        return String::new();
    };
    let n = settings.batch_size as f64;
    format!(
        "Why -10? It is the prior of a batch of 22,027, near the 32,768 of the paper. At N = {} the loss \
         starts near {} with -10 (each match costs 10, the rest nothing), {} with b*, {} = N ln 2 with 0: \
         the first steps then only push all cosines down.",
        settings.batch_size,
        number(siglip_start(n, -10.0)),
        number(siglip_start(n, -(n.max(2.0) - 1.0).ln())),
        number(siglip_start(n, 0.0)),
    )
}
