//! Locking a tower.

use super::{Card, Write, number};
use crate::control::Dial;
use crate::quantity::Locked;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::Lock).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("a locked tower")
        .formula("locked: no gradient, no decay, no moments; the other tower learns to meet it where it is")
        .lanes(app, |seen| {
            let norm = seen
                .lane
                .report
                .as_ref()
                .map_or_else(|| "0 steps yet".into(), |report| format!("gradient norm {}", number(report.grad_norm)));
            match seen.settings.locked {
                Locked::Nothing => format!("both towers learn; {norm}"),
                tower => format!("the {tower} tower is held; {norm} of the other"),
            }
        })
        .note(
            "With the image tower of a checkpoint locked (LiT) its features stay as good as they were, and only the \
             words are learned; a step is cheaper, too. A tower that has learned nothing yet is no use locked.",
        )
}
