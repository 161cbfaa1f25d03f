//! The bias: the prior that it states, why it starts at -10, and what a probability means then.

use super::{Card, Paper, Source, Write, number};
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
        .claim(starts(app), &[Source::Paper(Paper::SigLip, "section 3.2")])
        .note(
            "A match with p = 0.22 is not low: compare it with the prior, 1/N. Ranking needs the order of the \
             candidates only.",
        )
        .claim(
            "SigLIP learns b and tau. In the paper b = -10 with scale 10 is first (63.0), b = 0 with scale 1 last \
             (53.7). Here the order of these two is the same, and the lanes with b = 0 or none trail by more.",
            &[
                Source::Paper(Paper::SigLip, "Table 4"),
                Source::Measured("Bias and scale at the start (SigLIP, Table 4)"),
            ],
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
        "Why -10? It is b* of a batch of 22,027 pairs; the paper trains with up to 32,768 and more. At N = {} the loss \
         starts near {} with -10 (each match costs 10, each mismatch almost nothing), {} with b*, and \
         {} = N ln 2 with 0. From 0 the first steps only push all cosines down.",
        settings.batch_size,
        number(sig_lip_at_zero(n, -10.0)),
        number(sig_lip_at_zero(
            n,
            prior_matching_bias(n.max(2)).unwrap_or_default()
        )),
        number(sig_lip_at_zero(n, 0.0)),
    )
}
