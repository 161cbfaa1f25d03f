//! Explain: a card for every dial and panel, with the formula and the present numbers of each addressed
//! lane filled in. Text only; the view draws it. Each family of dials has a file of its own, panels are
//! explained in theirs.

mod batch;
mod bias;
mod card;
pub(super) mod data;
mod exercise;
mod lock;
mod loss;
mod numbers;
mod quality;
mod rate;
mod source;
mod temperature;

use super::app::{App, Focus};
use super::panel::{Panel, panels};
use crate::control::Dial;

pub use card::{Card, Kind, Line};

pub(super) use card::{Seen, Write};
pub(super) use numbers::{bytes, count, number, percentage};
pub(super) use source::{Paper, Source};

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
    match app.desk.work() {
        Some(work) if app.desk.in_hand() => exercise::card(app, work),
        _ => about(app, topic(app)),
    }
}

/// What is in hand.
pub fn topic(app: &App) -> Topic {
    match app.focus {
        Focus::Dials => Topic::Dial(app.dial),
        Focus::Panel => Topic::Panel(app.panel),
    }
}

/// The families of dials: each knows the cards of its own.
const FAMILIES: [fn(Dial) -> Option<Write>; 8] = [
    temperature::card,
    bias::card,
    batch::card,
    rate::card,
    loss::card,
    data::card,
    quality::card,
    lock::card,
];

/// The card of a topic.
pub fn about(app: &App, topic: Topic) -> Card {
    match topic {
        Topic::Dial(dial) => {
            let write = FAMILIES.iter().find_map(|family| family(dial));
            write.map_or_else(|| Card::new(dial.about()), |write| write(app))
        }
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
