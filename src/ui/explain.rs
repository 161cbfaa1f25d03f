//! Explain: a card for every dial and panel, with the formula and the present numbers of each addressed
//! lane filled in. Text only; the view draws it. Each family of dials has a file of its own, panels are
//! explained in theirs.

mod batch;
mod bias;
mod card;
pub(super) mod data;
mod lock;
mod loss;
mod numbers;
mod quality;
mod rate;
mod start;
mod temperature;

use super::app::{App, Focus};
use super::panel::{Panel, panels};
use crate::control::Dial;

pub use card::{Card, Kind, Line};

pub(super) use card::Seen;
pub(super) use numbers::{bytes, count, number};
pub(super) use start::{infonce_floor, siglip_start, sigmoid};

/// What is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A dial.
    Dial(Dial),
    /// A panel.
    Panel(Panel),
}

/// The card of what is in hand.
pub fn card(app: &App) -> Card {
    about(app, topic(app))
}

/// What is in hand.
pub fn topic(app: &App) -> Topic {
    match app.focus {
        Focus::Dials => Topic::Dial(app.dial),
        Focus::Panel => Topic::Panel(app.panel),
    }
}

/// The card of a topic.
pub fn about(app: &App, topic: Topic) -> Card {
    match topic {
        Topic::Dial(Dial::Temperature) => temperature::dial(app),
        Topic::Dial(Dial::Bias) => bias::dial(app),
        Topic::Dial(Dial::BatchSize) => batch::dial(app),
        Topic::Dial(Dial::LearningRate) => rate::dial(app),
        Topic::Dial(Dial::WeightDecay) => rate::decay(app),
        Topic::Dial(Dial::Loss) => loss::dial(app),
        Topic::Dial(Dial::ShuffleCaptions) => data::shuffle(app),
        Topic::Dial(Dial::RandomCaptions) => quality::random(app),
        Topic::Dial(Dial::NoiseImages) => quality::noise(app),
        Topic::Dial(Dial::Duplicates) => quality::duplicates(app),
        Topic::Dial(Dial::Imbalance) => quality::imbalance(app),
        Topic::Dial(Dial::Concepts) => quality::concepts(app),
        Topic::Dial(Dial::Augment) => data::augment(app),
        Topic::Dial(Dial::Lock) => lock::dial(app),
        Topic::Panel(panel) => of_panel(app, panel),
    }
}

macro_rules! dispatch {
    ($($panel:ident in $file:ident: $row:expr;)*) => {
        fn of_panel(app: &App, panel: Panel) -> Card {
            use super::panel;
            match panel {
                $(Panel::$panel => panel::$file::explain(app),)*
            }
        }
    };
}
panels!(dispatch);

#[cfg(test)]
mod tests;
