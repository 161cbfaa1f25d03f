//! The batch: how many negatives, what guessing costs, why accumulation is not the same, what the
//! matrix weighs.

use super::{Card, Paper, Seen, Source, Write, bytes};
use crate::control::Dial;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::BatchSize).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("N, the batch")
        .formula("N pairs: N - 1 negatives for each image; a guess costs InfoNCE ln N")
        .lanes(app, lane)
        .claim(
            "8 x 32 is not 256: with the summed gradients of 8 batches of 32, each image has 31 negatives, not 255. \
             Gradient caching keeps all 255: it encodes in parts, and compares all features at once. The lab does \
             so in batches that it encodes in parts.",
            &[Source::Paper(Paper::GradCache, "section 3")],
        )
        .note(super::data::false_negatives(app))
        .note(memory(app))
        .claim(
            "In the paper the sigmoid leads most in small batches (51.5 to 47.7 at 512), both are level at 32,768, \
             and larger batches hurt at an equal number of pairs. Here too large a batch hurts as well, and the \
             sigmoid does not lead: -0.7 +- 0.8 points at 8, -4.1 +- 1.7 at 64.",
            &[
                Source::Paper(Paper::SigLip, "Table 5"),
                Source::Measured("The batch at a fixed number of pairs (SigLIP, Table 5)"),
            ],
        )
}

fn lane(seen: &Seen) -> String {
    let words = seen.settings.loss.law().words();
    words.batch(seen.settings.batch_size, seen.loss())
}

/// The logits' memory, here and at the paper's size.
fn memory(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let Some(settings) = lanes.into_iter().find_map(|lane| app.settings(lane)) else {
        return String::new();
    };
    let n = settings.batch_size as f64;
    format!(
        "The N x N logits take 4 bytes each: {} here, 4 GiB at 32,768. Computing them in blocks saves memory only \
         if the backward pass computes them again; autograd alone would keep every block. The lab holds one tile \
         at a time and works out its gradient there. Towers encode large batches in parts, and once more for the \
         gradient: N costs time, and little memory.",
        bytes(4.0 * n * n)
    )
}
