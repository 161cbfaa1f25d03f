//! The data's quality: random captions, noise images, and how often concepts occur. What the dial is set to, and what
//! the last batch held.

use super::{Card, Paper, Seen, Source, Write, count, number, percentage};
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
    Card::new("random captions")
        .formula("p N of the N captions become random words of all captions, drawn anew for each batch")
        .lanes(app, |seen| {
            let p = seen.settings.random_captions;
            part(seen, p, "captions are random words", |batch| batch.random_captions)
        })
        .note(
            "A random caption is a false positive, as a shuffled one is. It is not a false negative, since it belongs \
             to no other image.",
        )
        .claim(
            "In the paper (random tokens) the sigmoid stays above the softmax, and its lead grows with the share. \
             Here the two are level with half of the captions random: -0.0 +- 0.9 points.",
            &[
                Source::Paper(Paper::SigLip, "Figure 7"),
                Source::Measured("Noise (SigLIP, Figure 7)"),
            ],
        )
}

fn noise(app: &App) -> Card {
    Card::new("noise images")
        .formula("p N of the N images become noise: each pixel is drawn by itself, anew for each batch")
        .lanes(app, |seen| {
            let p = seen.settings.noise_images;
            part(seen, p, "images are noise", |batch| batch.noise_images)
        })
        .note(
            "All captions fit noise alike, so for its row InfoNCE cannot fall below a guess, ln N. \
             A single batch of noise makes a spike: see the scenario beta2.",
        )
        .claim(
            "In the paper the sigmoid stays above the softmax. Here, with half of the images noise, it does not: \
             -1.3 +- 2.1 points.",
            &[
                Source::Paper(Paper::SigLip, "Figure 7"),
                Source::Measured("Noise (SigLIP, Figure 7)"),
            ],
        )
}

/// A share of the pairs, as set and as counted.
fn part(seen: &Seen, p: f64, what: &str, counted: impl Fn(&DataReport) -> f64) -> String {
    format!(
        "p = {}: {} of {} {what}{}",
        number(p),
        (p * seen.n()).round(),
        seen.settings.batch_size,
        seen.measured(|batch| percentage(counted(batch)))
    )
}

fn duplicates(app: &App) -> Card {
    Card::new("near-duplicates")
        .formula("p N of the N pairs show a concept that the batch has twice, in another drawing or with another caption")
        .lanes(app, |seen| {
            let p = seen.settings.duplicates;
            format!(
                "p = {}: {} of {} pairs have a double, so InfoNCE cannot fall below p ln 2 = {}{}",
                number(p),
                (p * seen.n()).round(),
                seen.settings.batch_size,
                number(p * std::f64::consts::LN_2),
                seen.measured(|batch| format!(
                    "{} of the pairs; {} of the cells off the diagonal are false negatives",
                    percentage(batch.duplicates),
                    percentage(batch.false_negatives)
                ))
            )
        })
        .note(
            "Both captions fit both images, but each is the other's negative: the loss pushes apart what belongs \
             together. Equal captions tie, and a tie counts as wrong: batch accuracy cannot exceed 1 - p.",
        )
        .note("For more than two copies of a concept, use fewer concepts than pairs, or imbalance.")
}

fn imbalance(app: &App) -> Card {
    Card::new("imbalance")
        .formula("the k-th concept is drawn in proportion to k^-s (Zipf); s = 0 draws all alike")
        .lanes(app, |seen| {
            let s = seen.settings.imbalance;
            let all = seen.settings.all_concepts;
            let kept = seen.settings.concepts.map_or(all, |n| n.min(all));
            let sum: f64 = (1..=kept).map(|k| (k as f64).powf(-s)).sum();
            format!(
                "s = {}: the first of {kept} concepts is in {} of the pairs, the last in {}{}",
                number(s),
                percentage(1.0 / sum.max(1.0)),
                percentage((kept.max(1) as f64).powf(-s) / sum.max(1.0)),
                distinct(seen)
            )
        })
        .note(
            "Above 0 each pair is drawn by itself, so a frequent concept is in a batch several times. That gives false \
             negatives, and most of the loss comes from few concepts. Held-out R@1 counts every concept once.",
        )
}

fn concepts(app: &App) -> Card {
    Card::new("concepts")
        .formula("training draws from n concepts, the first of a random order that the seed fixes")
        .lanes(app, |seen| {
            let all = seen.settings.all_concepts;
            let kept = seen.settings.concepts.map_or(all, |n| n.min(all));
            let times = seen.n() / kept.max(1) as f64;
            format!(
                "{kept} of {all}: each is {} times in a batch of {}, on average{}",
                number(times),
                seen.settings.batch_size,
                distinct(seen)
            )
        })
        .note(
            "Evaluations ask for all names, also of concepts that training leaves out. With fewer concepts than pairs \
             a batch repeats concepts: false negatives.",
        )
        .claim(
            "Few clean pairs or many noisy ones? On COCO 3 M clean pairs reach an R@1 of 18.9, as many noisy ones 8.1, \
             6 M 15.8 and 12 M 23.8. The scenario alignment-noise asks the same here.",
            &[Source::Paper(Paper::Align, "Table 10")],
        )
}

fn distinct(seen: &Seen) -> String {
    seen.measured(|batch| {
        format!(
            "{} different concepts; {} of the cells off the diagonal are false negatives",
            count(batch.classes as f64),
            percentage(batch.false_negatives)
        )
    })
}
