//! The bias: the prior that it states, why it starts at -10, and what a probability means then.

use super::{Card, Write, number};
use crate::control::Dial;
use crate::loss::{prior_matching_bias, sig_lip_at_zero};
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::Bias).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("b, the bias")
        .formula("logit = scale x cos + b; one match among N: sigma(b*) = 1/N, so b* = -ln(N - 1)")
        .lanes(app, |seen| {
            let words = seen.settings.loss.law().words();
            words.bias(seen.settings.batch_size, seen.settings.bias)
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
    let n = settings.batch_size;
    format!(
        "Why -10? It is the prior of a batch of 22,027, near the 32,768 of the paper. At N = {} the loss \
         starts near {} with -10 (each match costs 10, the rest nothing), {} with b*, {} = N ln 2 with 0: \
         the first steps then only push all cosines down.",
        settings.batch_size,
        number(sig_lip_at_zero(n, -10.0)),
        number(sig_lip_at_zero(
            n,
            prior_matching_bias(n.max(2)).unwrap_or_default()
        )),
        number(sig_lip_at_zero(n, 0.0)),
    )
}
