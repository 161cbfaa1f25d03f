//! The batch: how many negatives, what guessing costs, why accumulation is not the same, what the
//! matrix weighs.

use super::{Card, Seen, Write, bytes, number};
use crate::control::Dial;
use crate::quantity::Loss;
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
    let n = seen.settings.batch_size;
    let ln = (n.max(1) as f64).ln();
    let negatives = n.saturating_sub(1);
    match (seen.settings.loss, seen.loss()) {
        (Loss::InfoNce, Some(loss)) => format!(
            "{negatives} negatives; ln {n} = {}; L = {}, so ln N - L = {} nats: a bound on what picture \
             and caption tell of each other, never above ln N",
            number(ln),
            number(loss),
            number(ln - loss)
        ),
        (Loss::InfoNce, None) => format!("{negatives} negatives; ln {n} = {}", number(ln)),
        (Loss::SigLip, _) => format!(
            "{n} matches and {} others in {} questions of yes or no: 1 in {n} is yes",
            n * negatives,
            n * n
        ),
    }
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
