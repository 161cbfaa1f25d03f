//! Learning rate and weight decay: how far a step goes.

use super::{Card, Paper, Seen, Source, Write, number, percentage};
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
                    percentage(report.update_norm / report.param_norm),
                    number(report.grad_norm),
                ),
                None => format!("{peak}; no step yet"),
            }
        })
        .note(
            "A cosine schedule ends at 0, where no dial has an effect. On the screen training goes on at a tenth of \
             the peak, and the dial still sets the peak.",
        )
        .claim(
            "Adam moves each number by about the rate, whatever the size of its gradient. That holds for logit_scale, \
             too: in a step the scale changes by a factor of about e^rate at most.",
            &[Source::Paper(Paper::Adam, "section 2.1")],
        )
        .claim(
            "Too high a rate: the loss goes to ln N and stays there, since the features have collapsed. The \
             scenario rate-too-high shows it.",
            &[Source::Test("every_bundled_scenario_shows_what_it_claims")],
        )
        .claim(
            "Spikes come in this order: gradient norm, update, loss. Lower the rate, warm up longer, or lower beta2 \
             from 0.999 to 0.95.",
            &[Source::Paper(Paper::SigLip, "Figure 5")],
        )
}

fn decay(app: &App) -> Card {
    Card::new("weight decay")
        .formula("w <- w (1 - rate x decay), for matrices only: gains, biases and tau do not decay")
        .lanes(app, shrink)
        .claim(
            "Features are scaled to length 1, so the length of the last layer's weights does not matter to the \
             cosines. Decay there makes the weights shorter, and the same rate then turns them further.",
            &[Source::Paper(Paper::Decay, "section 2")],
        )
        .claim(
            "CLIP uses 0.2 and SigLIP 1e-4. When SigLIP tunes pretrained weights, no decay on them is best.",
            &[
                Source::Paper(Paper::Clip, "Table 18"),
                Source::Paper(Paper::SigLip, "Figure 4"),
            ],
        )
}

fn shrink(seen: &Seen) -> String {
    let decay = seen.settings.weight_decay;
    let report = seen.lane.report.as_ref();
    let rate = report.map_or(seen.settings.learning_rate, |r| r.learning_rate);
    let each = rate * decay;
    if each <= 0.0 {
        return format!(
            "{} x {} = 0: no weight shrinks",
            number(rate),
            number(decay)
        );
    }
    format!(
        "{} x {} = {} a step: without a gradient the weights would halve in {} steps",
        number(rate),
        number(decay),
        number(each),
        number(std::f64::consts::LN_2 / each)
    )
}

fn beta2(app: &App) -> Card {
    Card::new("Adam's beta2")
        .formula("v <- beta2 v + (1 - beta2) g^2: the gradient of n steps ago has weight beta2^n")
        .lanes(app, |seen| {
            let beta2 = seen.settings.beta2;
            format!(
                "beta2 = {beta2}: after {} steps a gradient has half its weight in v; v averages over about {} steps",
                number(std::f64::consts::LN_2 / -beta2.ln()),
                number(1.0 / (1.0 - beta2))
            )
        })
        .claim(
            "One large gradient moves a weight by up to (1 - beta1) / sqrt(1 - beta2) times the rate. With beta1 0.9 \
             that is 3.2 at beta2 0.999, and 0.45 at 0.95: a long memory takes hardly any notice of a spike while \
             it happens, and then keeps it in v for a thousand steps.",
            &[Source::Paper(Paper::Adam, "section 2.1")],
        )
        .claim(
            "SigLIP lowers beta2 from 0.999 to 0.95, and its large batches then recover from spikes. The scenario \
             beta2 makes one spike: at this size both lanes recover.",
            &[
                Source::Paper(Paper::SigLip, "Figure 5"),
                Source::Test("every_bundled_scenario_shows_what_it_claims"),
            ],
        )
        .note("Turning it keeps both moments, as PyTorch does.")
}
