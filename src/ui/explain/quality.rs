//! The data's quality: words that say nothing, pictures that show nothing, concepts that stand twice,
//! come often, or are few. What was set, and what was counted in the last batch.

use super::{Card, Seen, Write, count, number};
use crate::control::Dial;
use crate::telemetry::DataReport;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    match dial {
        Dial::RandomCaptions => Some(random),
        Dial::NoiseImages => Some(noise),
        Dial::Duplicates => Some(duplicates),
        Dial::Imbalance => Some(imbalance),
        Dial::Concepts => Some(concepts),
        _ => None,
    }
}

fn random(app: &App) -> Card {
    Card::new("captions of random words")
        .formula("of N captions, p N become as many words drawn from all captions, anew in each batch")
        .lanes(app, |seen| {
            let p = seen.settings.random_captions;
            part(seen, p, "captions say nothing", |batch| batch.random_captions)
        })
        .note(
            "A random caption is a wrong positive, as an exchanged one is, but no false negative: it is the \
             true caption of no other picture.",
        )
        .note(
            "SigLIP's Figure 7 has the same noise, of random tokens: the sigmoid stays above the softmax, \
             more so with more of it.",
        )
}

fn noise(app: &App) -> Card {
    Card::new("pictures of noise")
        .formula("of N pictures, p N become uniform noise, every pixel by itself, anew in each batch")
        .lanes(app, |seen| {
            let p = seen.settings.noise_images;
            part(seen, p, "pictures show nothing", |batch| batch.noise_images)
        })
        .note(
            "No caption fits noise better than another: under InfoNCE its row can do no better than guess, at \
             ln N. All noise looks alike to the tower, which may learn to give it one place of its own."
        )
        .note("A single batch of it is a spike: see the scenario beta2.")
}

/// A share of the pairs, as it was set and as it was counted.
fn part(seen: &Seen, p: f64, what: &str, counted: impl Fn(&DataReport) -> f64) -> String {
    format!(
        "p = {}: {} of {} {what}{}",
        number(p),
        (p * seen.n()).round(),
        seen.settings.batch_size,
        seen.measured(|batch| number(counted(batch)))
    )
}

fn duplicates(app: &App) -> Card {
    Card::new("near-duplicates")
        .formula("of N pairs, p N have their concept twice in the batch: another drawing or caption of it")
        .lanes(app, |seen| {
            let p = seen.settings.duplicates;
            format!(
                "p = {}: {} of {} pairs have a double, and InfoNCE a floor of p ln 2 = {}{}",
                number(p),
                (p * seen.n()).round(),
                seen.settings.batch_size,
                number(p * std::f64::consts::LN_2),
                seen.measured(|batch| format!(
                    "{} of the pairs; {} of the cells off the diagonal are false negatives",
                    number(batch.duplicates),
                    number(batch.false_negatives)
                ))
            )
        })
        .note(
            "Each double is the other's negative though it is right: the loss pushes apart what belongs \
             together. The two captions tie, and the batch accuracy falls by p.",
        )
        .note("More copies than two of each: fewer concepts than pairs, or a skewed set.")
}

fn imbalance(app: &App) -> Card {
    Card::new("imbalance")
        .formula("the k-th concept comes in proportion to k^-s (Zipf): s = 0 is even, words have s near 1")
        .lanes(app, |seen| {
            let s = seen.settings.imbalance;
            let all = seen.settings.all_concepts;
            let kept = seen.settings.concepts.map_or(all, |n| n.min(all));
            let sum: f64 = (1..=kept).map(|k| (k as f64).powf(-s)).sum();
            format!(
                "s = {}: the first of {kept} concepts is {} of all pairs, the last {}{}",
                number(s),
                number(1.0 / sum.max(1.0)),
                number((kept.max(1) as f64).powf(-s) / sum.max(1.0)),
                distinct(seen)
            )
        })
        .note(
            "Above 0 each pair is drawn by itself, so that what is frequent stands several times in a batch: \
             false negatives, and most of the loss spent on few concepts. Held-out R@1 counts all alike.",
        )
}

fn concepts(app: &App) -> Card {
    Card::new("concepts")
        .formula("training draws from the first n concepts of a random order of the run's own")
        .lanes(app, |seen| {
            let all = seen.settings.all_concepts;
            let kept = seen.settings.concepts.map_or(all, |n| n.min(all));
            let times = seen.n() / kept.max(1) as f64;
            format!(
                "{kept} of {all}: each stands {} times in a batch of {}{}",
                number(times),
                seen.settings.batch_size,
                distinct(seen)
            )
        })
        .note(
            "Evaluations ask for all names, also those never trained on: what is not seen is not learned. \
             With fewer concepts than pairs the rest are false negatives.",
        )
        .note(
            "Published (ALIGN, Table 10): about four times the noisy data matches clean data: see the \
             scenario alignment-noise.",
        )
}

fn distinct(seen: &Seen) -> String {
    seen.measured(|batch| {
        format!(
            "{} different; {} of the cells off the diagonal are false negatives",
            count(batch.classes as f64),
            number(batch.false_negatives)
        )
    })
}
