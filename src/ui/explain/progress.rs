//! What is seen of learning besides the loss: traces, and retrieval on held-out pictures.

use super::{Card, count, number};
use crate::quantity::Locked;
use crate::ui::app::App;

pub(super) fn traces(app: &App) -> Card {
    Card::new("the traces")
        .formula("tau and b where they are learned; gradient norm = |dL/dw| over all weights, before clipping")
        .lanes(app, |seen| match &seen.lane.report {
            None => "no step yet".into(),
            Some(report) => {
                let bias = report
                    .logit_bias
                    .map_or_else(String::new, |b| format!(", b {}", number(b)));
                format!(
                    "tau {} (scale {}){bias}; gradient norm {}; {} of {} pictures found their caption",
                    number(report.temperature),
                    number(1.0 / report.temperature),
                    number(report.grad_norm),
                    count((report.accuracy_image_to_text * report.batch_size as f64).round()),
                    report.batch_size
                )
            }
        })
        .note(
            "Falling tau is a rising scale, and normal. A spike of the gradient norm comes before the spike \
             of the loss: with a large beta2 Adam has forgotten how to take it small.",
        )
        .note("Batch accuracy is among N captions only: a smaller batch makes it better by itself.")
}

pub(super) fn lock(app: &App) -> Card {
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

pub(super) fn retrieval(app: &App) -> Card {
    Card::new("retrieval on held-out pictures")
        .formula("R@k = share of pictures whose own name is among the k best of all C names; chance k/C")
        .lanes(app, |seen| match seen.lane.held_out.last() {
            None => "no evaluation yet".into(),
            Some(held_out) => {
                let p = held_out.r1_image_to_text;
                let n = held_out.pictures.max(1) as f64;
                let error = (p * (1.0 - p) / n).sqrt();
                let trained = seen.lane.trained.last().map_or_else(String::new, |t| {
                    format!("; trained pictures {}", number(t.r1_image_to_text))
                });
                format!(
                    "R@1 {} +- {} at step {}, chance 1/{} = {}; median rank {}{trained}",
                    number(p),
                    number(error),
                    held_out.step,
                    held_out.candidates,
                    number(1.0 / held_out.candidates.max(1) as f64),
                    number(held_out.median_rank)
                )
            }
        })
        .note(
            "The honest score: another drawing style, or combinations that were never trained. The +- is \
             what chance does to so few pictures; seeds differ by more, so compare over several (R).",
        )
        .note("Trained far above held-out: learned by heart. Both low: not yet learned.")
}
