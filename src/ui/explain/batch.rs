//! The batch: how many negatives, what guessing costs, why accumulation is not the same, what the
//! matrix weighs.

use super::{Card, Seen, Write, bytes};
use crate::control::Dial;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::BatchSize).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("N, the batch")
        .formula("N pairs: N - 1 negatives for each picture; guessing costs InfoNCE ln N")
        .lanes(app, lane)
        .note(
            "8 x 32 is not 256: summing the gradients of 8 batches of 32 leaves each picture 31 negatives. \
             All 255 need the whole matrix, as gradient caching has it, and the lab above 256 pairs.",
        )
        .note(super::data::false_negatives(app))
        .note(memory(app))
        .note(
            "Published: the sigmoid gains most in small batches, both are level at 32,768, and far larger \
             ones hurt at equal numbers of pairs.",
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
        "N x N logits of 4 bytes: {} here, 4 GiB at 32,768. Block by block saves little, for either loss, \
         while autograd keeps every block for its backward pass. The lab holds one tile at a time and works \
         the gradient out in it; towers encode large batches in parts, and again for their gradient: N costs \
         time, not memory.",
        bytes(4.0 * n * n)
    )
}
