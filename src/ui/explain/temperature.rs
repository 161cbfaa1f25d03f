//! tau: why there is a scale, what its rising means, and why the clamp binds.

use super::{Card, Paper, Seen, Source, Write, number};
use crate::control::Dial;
use crate::loss::info_nce::floor;
use crate::telemetry::Curve;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    (dial == Dial::Temperature).then_some(write)
}

fn write(app: &App) -> Card {
    Card::new("tau, the temperature")
        .formula("logit = cos / tau = scale x cos; learned as logit_scale = ln(1/tau)")
        .lanes(app, |seen| {
            let scale = seen.scale();
            format!(
                "scale = 1/{} = {}, logit_scale = ln {} = {}; {}; {}",
                number(seen.settings.temperature),
                number(scale),
                number(scale),
                number(scale.ln()),
                clamp(seen),
                trend(&seen.lane.temperature),
            )
        })
        .claim(
            "A rising scale is normal. CLIP clamps it at 100, to keep training stable.",
            &[
                Source::Paper(Paper::Clip, "section 2.5"),
                Source::Test("every_bundled_scenario_shows_what_it_claims"),
            ],
        )
        .note(
            "The softmax's gradient raises the scale while a match has a larger cosine than the mean of its row, \
             weighed by P. It lowers the scale when wrong captions outweigh the match: with noise, or too high a rate.",
        )
        .note(why(app))
        .claim(
            "Small tau: nearly all the push goes to the hardest negative. Large tau: all negatives get the same.",
            &[Source::Paper(Paper::WangLiu, "eqs 4 to 7")],
        )
        .claim(
            "The best tau lies between: 0.3 in the paper (tried: 0.07, 0.3, 0.7, 1 on CIFAR-10), 0.07 here \
             (tried: 0.02, 0.07, 0.3, 1).",
            &[
                Source::Paper(Paper::WangLiu, "Table 1"),
                Source::Measured("Temperature (Wang and Liu, Table 1)"),
            ],
        )
}

fn clamp(seen: &Seen) -> String {
    let most = seen.settings.max_logit_scale;
    if seen.scale() >= most * 0.999 {
        format!(
            "the clamp binds: logit_scale stops at ln {} = {}",
            number(most),
            number(most.ln())
        )
    } else {
        format!("the scale is below its clamp, {}", number(most))
    }
}

fn trend(curve: &Curve) -> String {
    match (curve.points().first(), curve.last()) {
        (Some(first), Some(last)) if last.value.is_finite() && first.value.is_finite() => {
            let way = match (1.0 / last.value) / (1.0 / first.value) {
                ratio if ratio > 1.01 => "it rose",
                ratio if ratio < 0.99 => "it fell",
                _ => "it stayed",
            };
            format!(
                "{way} from {} at step {}",
                number(1.0 / first.value),
                first.step
            )
        }
        _ => "no step yet".into(),
    }
}

/// Why a scale at all: what the loss could not go below without one.
fn why(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let found = lanes.into_iter().filter_map(|lane| app.settings(lane));
    let Some(settings) = found
        .clone()
        .find(|s| s.loss.law().floor(2.0, 1.0).is_some())
        .or_else(|| found.clone().next())
    else {
        return String::new();
    };
    let n = settings.batch_size as f64;
    format!(
        "Why a scale at all? A cosine is at most 1. With N = {} and scale 1 a perfect model still has an InfoNCE \
         of ln(1 + {} e^-{}) = {}; with scale {} it has {}.",
        settings.batch_size,
        settings.batch_size.saturating_sub(1),
        number(n / (n - 1.0).max(1.0)),
        number(floor(n, 1.0)),
        number(1.0 / settings.temperature),
        number(floor(n, 1.0 / settings.temperature)),
    )
}
