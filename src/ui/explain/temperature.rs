//! tau: why there is a scale, what its rising means, and why the clamp binds.

use super::{Card, Seen, Write, number};
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
        .note(
            "A rising scale is normal: a model that tells pairs apart sharpens its softmax, and CLIP's \
             ends at 100. A scale that falls towards 1 says that it is often sure of the wrong one: \
             noise, or too high a rate.",
        )
        .note(why(app))
        .note(
            "Small tau: only the hardest negative counts. Large tau: all count alike. The best lies between.",
        )
}

fn clamp(seen: &Seen) -> String {
    let most = seen.settings.max_logit_scale;
    if seen.scale() >= most * 0.999 {
        format!(
            "the clamp binds at logit_scale <= ln {} = {}: the gradient asks for more, and beyond it one \
             hard negative would take it all",
            number(most),
            number(most.ln())
        )
    } else {
        format!("the clamp at {} is not reached", number(most))
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
        "Why a scale at all? Cosines end at 1. With N = {} and scale 1 even a perfect model's InfoNCE is \
         ln(1 + {} e^-{}) = {}; with scale {} it is {}.",
        settings.batch_size,
        settings.batch_size.saturating_sub(1),
        number(n / (n - 1.0).max(1.0)),
        number(floor(n, 1.0)),
        number(1.0 / settings.temperature),
        number(floor(n, 1.0 / settings.temperature)),
    )
}
