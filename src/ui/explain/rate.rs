//! Learning rate and weight decay: how far a step goes.

use super::{Card, Seen, Write, number};
use crate::control::Dial;
use crate::ui::app::App;
use crate::ui::dial::Rate;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    match dial {
        Dial::LearningRate => Some(rate),
        Dial::WeightDecay => Some(decay),
        Dial::Beta2 => Some(beta2),
        _ => None,
    }
}

fn rate(app: &App) -> Card {
    Card::new("the learning rate")
        .formula("w <- w - rate x m / (sqrt(v) + eps); rate = peak x warm-up x schedule")
        .lanes(app, |seen| {
            let train = &app.scenario.train;
            let rate = Rate::at(train, seen.settings.learning_rate, seen.lane.step + 1);
            let peak = format!("peak {}, {}", number(seen.settings.learning_rate), rate.sentence());
            match &seen.lane.report {
                Some(report) => format!(
                    "{peak}. Step {} moved the weights by {} of {} = {}; gradient norm {}",
                    report.step,
                    number(report.update_norm),
                    number(report.param_norm),
                    number(report.update_norm / report.param_norm),
                    number(report.grad_norm),
                ),
                None => format!("{peak}; no step yet"),
            }
        })
        .note(
            "A cosine ends at 0: no dial would have an effect after it. On the screen training goes on at a tenth of \
             the peak, which the dial still sets.",
        )
        .note(
            "Adam moves each number by about the rate, however small the gradient: logit_scale too, so the \
             scale changes by a factor of about e^rate at most in each step.",
        )
        .note(
            "Too high: the gradient norm spikes, then the update, then the loss, which may end at ln N for \
             good; the scale sticks or falls. Lower the rate, warm up longer, or lower beta2 from .999 \
             to .95.",
        )
}

fn decay(app: &App) -> Card {
    Card::new("weight decay")
        .formula("w <- w (1 - rate x decay); matrices only: gains, biases and tau are spared")
        .lanes(app, shrink)
        .note(
            "The cosines do not see the length of the last layer's weights: decay there acts on how far a \
             step of the rate turns them, more than on what they compute.",
        )
        .note("CLIP uses 0.2, SigLIP 1e-4; on pretrained weights that are tuned further, none is better.")
}

fn shrink(seen: &Seen) -> String {
    let decay = seen.settings.weight_decay;
    let report = seen.lane.report.as_ref();
    let rate = report.map_or(seen.settings.learning_rate, |r| r.learning_rate);
    let each = rate * decay;
    if each <= 0.0 {
        return format!("{} x {} = 0: nothing shrinks", number(rate), number(decay));
    }
    format!(
        "{} x {} = {} a step: without gradients the weights would halve in {} steps",
        number(rate),
        number(decay),
        number(each),
        number(std::f64::consts::LN_2 / each)
    )
}

fn beta2(app: &App) -> Card {
    Card::new("Adam's beta2")
        .formula("v <- beta2 v + (1 - beta2) g^2: a gradient of n steps ago counts beta2^n")
        .lanes(app, |seen| {
            let beta2 = seen.settings.beta2;
            format!(
                "beta2 = {beta2}: after {} steps half of v is forgotten",
                number(std::f64::consts::LN_2 / -beta2.ln())
            )
        })
        .note(
            "A spike in the gradient is divided by a root that does not know it yet: with a long memory the \
             steps that follow are too long, and stay so. SigLIP lowers beta2 from 0.999 to 0.95 for that \
             (Zhai et al. 2023, section 3.3, Figure 5).",
        )
        .note("Both moments stay when it is turned, as when PyTorch's optimizer is given another beta2.")
}
