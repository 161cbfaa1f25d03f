//! Data: captions exchanged, pictures augmented, and negatives that are none.

use std::collections::BTreeMap;

use super::{Card, Write, number};
use crate::control::Dial;
use crate::telemetry::Pair;
use crate::ui::app::App;

/// The card of a dial of this family.
pub(super) fn card(dial: Dial) -> Option<Write> {
    match dial {
        Dial::ShuffleCaptions => Some(shuffle),
        Dial::Augment => Some(augment),
        _ => None,
    }
}

fn shuffle(app: &App) -> Card {
    Card::new("captions exchanged")
        .formula("of N pairs, p N exchange their captions among themselves, anew in each batch")
        .lanes(app, |seen| {
            let p = seen.settings.shuffle_captions;
            let lies = (p * seen.n()).round();
            format!(
                "p = {}: {lies} of {} pairs lie, and each lie is a positive that is none and a negative \
                 that is none{}",
                number(p),
                seen.settings.batch_size,
                seen.measured(|batch| format!(
                    "{} of the captions are of another name",
                    number(batch.wrong_captions)
                ))
            )
        })
        .note(guess(app))
        .note(
            "Published: with noise of any kind the sigmoid stays above the softmax, more so with more of \
             it; about four times the noisy data matches clean data.",
        )
}

fn guess(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let settings = lanes.into_iter().find_map(|lane| app.settings(lane));
    settings.map_or_else(String::new, |settings| {
        format!(
            "With all of them exchanged nothing can be learned: InfoNCE stays at ln {} = {}. What a lane \
             reaches below that comes from the pairing alone.",
            settings.batch_size,
            number((settings.batch_size.max(1) as f64).ln())
        )
    })
}

fn augment(app: &App) -> Card {
    Card::new("augmentation")
        .formula("each training picture is shifted, scaled and tinted at random, anew at each step")
        .lanes(app, |seen| {
            let on = if seen.settings.augment { "on" } else { "off" };
            match (seen.lane.trained.last(), seen.lane.held_out.last()) {
                (Some(trained), Some(held_out)) => format!(
                    "{on}; R@1 {} on trained pictures, {} on held-out ones: {} of it is memory",
                    number(trained.r1_image_to_text),
                    number(held_out.r1_image_to_text),
                    number(trained.r1_image_to_text - held_out.r1_image_to_text)
                ),
                _ => format!("{on}; the first evaluation will say how much is memory"),
            }
        })
        .note(
            "Off, the model sees the same pixels each time and can learn them by heart: the trained score \
             rises sooner, the held-out one less.",
        )
}

/// How often names repeat among some pairs.
pub struct Doubles {
    pairs: usize,
    /// Pairs whose name another has, too.
    doubled: usize,
    /// Mean of ln c.
    floor: f64,
    /// The name that stands most often, and how often.
    most: Option<(String, usize)>,
}

pub fn doubles(pairs: &[Pair]) -> Doubles {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for pair in pairs {
        let name = if pair.name.is_empty() {
            &pair.caption
        } else {
            &pair.name
        };
        *counts.entry(name).or_default() += 1;
    }
    let several = || counts.iter().filter(|(_, count)| **count > 1);
    let floor: f64 = several().map(|(_, &c)| c as f64 * (c as f64).ln()).sum();
    Doubles {
        pairs: pairs.len(),
        doubled: several().map(|(_, count)| count).sum(),
        floor: floor / pairs.len().max(1) as f64,
        most: several()
            .max_by_key(|(_, count)| **count)
            .map(|(name, count)| ((*name).to_string(), *count)),
    }
}

impl Doubles {
    pub fn tell(&self) -> String {
        match &self.most {
            _ if self.pairs == 0 => "no batch yet".into(),
            None => format!(
                "the {} pairs looked at have {} different names: no false negative among them",
                self.pairs, self.pairs
            ),
            Some((name, count)) => format!(
                "{} of the {} pairs looked at share their name with another ({name}: {count} times): false \
                 negatives, and a floor of {} under InfoNCE",
                self.doubled,
                self.pairs,
                number(self.floor)
            ),
        }
    }
}

/// False negatives in the batch of the first addressed lane.
pub(super) fn false_negatives(app: &App) -> String {
    let lanes = app.addressed(app.target);
    let lane = lanes
        .into_iter()
        .map(|i| &app.lanes[i])
        .find(|lane| !lane.pairs.is_empty());
    lane.map_or_else(String::new, |lane| {
        format!("False negatives: {}.", doubles(&lane.pairs).tell())
    })
}
