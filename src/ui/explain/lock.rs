//! Locking a tower.

use super::{Card, Paper, Source, Write, number};
use crate::control::Dial;
use crate::quantity::Locked;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::Lock).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("a locked tower")
        .formula("a locked tower keeps its weights: no gradient, no decay, no moments; the other tower adapts to it")
        .lanes(app, |seen| {
            let norm = seen
                .lane
                .report
                .as_ref()
                .map_or_else(|| "0 steps yet".into(), |report| format!("gradient norm {}", number(report.grad_norm)));
            match seen.settings.locked {
                Locked::Nothing => format!("both towers learn; {norm}"),
                tower => format!("the {tower} tower is locked; the other has a {norm}"),
            }
        })
        .claim(
            "LiT locks a pretrained image tower: its features stay as good as they were, and the text tower learns to \
             match them. Do not lock a tower that has learned nothing yet.",
            &[Source::Paper(Paper::Lit, "section 3")],
        )
        .note("A step costs less, since the locked tower needs no backward pass.")
}
