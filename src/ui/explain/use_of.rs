//! The panels of what a model is good for: zero-shot, space, three regimes, languages, nearest.

use super::{Card, number};
use crate::telemetry::{LanguageReport, QueryReport, RegimesReport, Share, Split, ZeroShotReport};
use crate::ui::app::App;

fn percent(share: Share) -> String {
    let (low, high) = share.interval();
    format!(
        "{} % ({} to {})",
        number(share.value() * 100.0),
        number(low * 100.0),
        number(high * 100.0)
    )
}

pub(super) fn zero_shot(app: &App) -> Card {
    let looked = app.property().zip(app.templates());
    let card = Card::new("zero-shot classification")
        .formula("class = argmax cos(picture, class vector); class vector = unit mean of its prompts' unit features")
        .lanes(app, |seen| {
            let report = looked.and_then(|(property, set)| {
                let find = |split| seen.lane.findings.all().find(|r: &&ZeroShotReport| r.is(property, set, split));
                find(Split::HeldOut).or_else(|| find(Split::Trained))
            });
            report.map_or_else(
                || "nothing evaluated yet: Enter does".into(),
                |r| {
                    format!(
                        "{} with {}: {} of {} classes, chance {} %",
                        r.property,
                        r.templates,
                        percent(r.top1),
                        r.classes,
                        number(100.0 / r.classes.max(1) as f64)
                    )
                },
            )
        });
    card.note(
        "Templates help where training captions looked like them. A model that was trained on bare names takes \
         \"a photo of a cat\" for something else: the template costs more than the ensemble gives back.",
    )
    .note(
        "Softmax sums to one over any list, so it always chooses. The sigmoid answers for each class by itself, and \
         can say no to all of them.",
    )
}

pub(super) fn geometry(app: &App) -> Card {
    Card::new("space")
        .formula("gap = |mean x - mean y|; alignment = E|x - y|^2; uniformity = ln E exp(-2|x - x'|^2)")
        .lanes(app, |seen| {
            seen.lane.geometry.as_ref().map_or_else(
                || format!("N = {}; no step yet", seen.settings.batch_size),
                |g| {
                    format!(
                        "gap {}, alignment {}, uniformity {}, tau {}",
                        number(g.gap),
                        number(g.alignment),
                        number(g.uniformity_image),
                        number(seen.settings.temperature)
                    )
                },
            )
        })
        .note(
            "Pictures and captions begin on two cones of their own, and a small tau keeps them there: only the order \
             of cosines counts for it. A larger tau pulls the cones together (Liang et al. 2022).",
        )
        .note(
            "Tolerance is the likeness of pictures of one group: a small tau drives them apart, too, since they are \
             negatives of each other (Wang and Liu 2021).",
        )
}

pub(super) fn transfer(app: &App) -> Card {
    Card::new("three regimes")
        .formula("WiSE-FT: weights = (1 - alpha) zero-shot + alpha fine-tuned")
        .lanes(app, |seen| {
            seen.lane.findings.first::<RegimesReport>().map_or_else(
                || "nothing evaluated yet: Enter does".into(),
                |r| {
                    let rows = r.rows.iter().map(|row| {
                        format!(
                            "{} {} -> {}",
                            row.name,
                            number(row.in_domain.value() * 100.0),
                            number(row.transfer.value() * 100.0)
                        )
                    });
                    rows.collect::<Vec<_>>().join("; ")
                },
            )
        })
        .note(
            "In domain are pictures of new concepts in the styles that were trained on; transfer is to the style that \
             was held out. Probe and fine-tuning learn labels of three fifths of the concepts.",
        )
        .note(
            "CLIP's finding: fine-tuning gains in domain and loses elsewhere; weights in between keep most of both \
             (Wortsman et al. 2022).",
        )
}

pub(super) fn languages(app: &App) -> Card {
    Card::new("languages")
        .formula("R@1: share of held-out pictures whose name in that language is the nearest of all in it")
        .lanes(app, |seen| {
            let reports: Vec<&LanguageReport> = seen.lane.findings.all().collect();
            let known = reports.iter().filter(|r| r.weight > 0.0).count() / 2;
            match reports.len() / 2 {
                0 => "nothing evaluated yet: Enter does".into(),
                all => format!("{known} languages trained on, {} not", all - known),
            }
        })
        .note(
            "A language that was never trained on is found only as far as its words look like known ones: the \
             tokenizer falls back on their letters.",
        )
}

pub(super) fn query(app: &App) -> Card {
    Card::new("nearest")
        .formula("all held-out pictures (or names), by their cosine with what is asked; p softmax, s sigmoid")
        .lanes(app, |seen| {
            let query = seen.lane.findings.first::<QueryReport>();
            query.and_then(|q| q.hits.first()).map_or_else(
                || "nothing asked yet: / types a caption".into(),
                |hit| format!("nearest: {}, cosine {}", hit.name, number(hit.cosine)),
            )
        })
        .note("The answer is of the weights when it was asked; ask again to see what training changed.")
}
