//! Explain: a card for every dial and panel, with the formula and the present numbers of each addressed
//! lane filled in. Text only; the view draws it. Each family of topics has a file of its own.

mod batch;
mod bench;
mod bias;
mod data;
mod loss;
mod matrix;
mod progress;
mod quality;
mod rate;
mod temperature;
mod use_of;

use crate::control::Settings;
use crate::quantity::Loss;
use crate::telemetry::{DataReport, Matrix, Snapshot};

use super::app::{App, Focus};
use super::panel::Panel;
use crate::control::Dial;

/// What is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A dial.
    Dial(Dial),
    /// A panel.
    Panel(Panel),
}

/// An explanation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// What it is about.
    pub title: String,
    /// What it says, in order of weight: where room is short the last lines go.
    pub lines: Vec<Line>,
}

/// A line of a card, as long as it likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What kind it is.
    pub kind: Kind,
    /// What it says.
    pub text: String,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The formula.
    Formula,
    /// The numbers of this lane.
    Lane(usize),
    /// What it means.
    Note,
}

impl Card {
    fn new(title: &str) -> Self {
        Self {
            title: title.into(),
            lines: Vec::new(),
        }
    }

    fn formula(mut self, text: impl Into<String>) -> Self {
        self.push(Kind::Formula, text.into());
        self
    }

    fn note(mut self, text: impl Into<String>) -> Self {
        self.push(Kind::Note, text.into());
        self
    }

    fn push(&mut self, kind: Kind, text: String) {
        if !text.is_empty() {
            self.lines.push(Line { kind, text });
        }
    }

    /// A line for each addressed lane whose dials are known.
    fn lanes(mut self, app: &App, say: impl Fn(&Seen) -> String) -> Self {
        for lane in app.addressed(app.target) {
            let Some(settings) = app.settings(lane) else {
                continue;
            };
            let seen = Seen {
                settings,
                lane: &app.lanes[lane],
            };
            self.push(Kind::Lane(lane), say(&seen));
        }
        self
    }
}

/// A lane as an explanation sees it: its dials as they will be at the next step, and its snapshot.
struct Seen<'a> {
    settings: Settings,
    lane: &'a Snapshot,
}

impl Seen<'_> {
    /// Pairs in a batch.
    fn n(&self) -> f64 {
        self.settings.batch_size as f64
    }

    /// What was counted in the last batch, as the end of a sentence.
    fn measured(&self, say: impl Fn(&DataReport) -> String) -> String {
        let report = self.lane.report.as_ref();
        report.map_or_else(String::new, |report| {
            format!("; measured in the last batch: {}", say(&report.data))
        })
    }

    fn scale(&self) -> f64 {
        1.0 / self.settings.temperature
    }

    fn is(&self, loss: Loss) -> bool {
        self.settings.loss == loss
    }

    /// The loss of the last step, if it is a number.
    fn loss(&self) -> Option<f64> {
        let report = self.lane.report.as_ref()?;
        Some(report.loss).filter(|loss| loss.is_finite())
    }

    /// Mean cosines of the pairs and of all the rest, from a matrix that was not pooled.
    fn cosines(&self) -> Option<(f64, f64)> {
        self.lane.matrix.as_ref().and_then(|m| means(m))
    }
}

fn means(matrix: &Matrix) -> Option<(f64, f64)> {
    let side = matrix.side;
    if matrix.pool != 1 || side < 2 || matrix.cosines.len() != side * side {
        return None;
    }
    let (mut own, mut rest) = (0.0, 0.0);
    for (i, &cosine) in matrix.cosines.iter().enumerate() {
        *(if i / side == i % side {
            &mut own
        } else {
            &mut rest
        }) += f64::from(cosine);
    }
    let pair = (own / side as f64, rest / (side * (side - 1)) as f64);
    (pair.0.is_finite() && pair.1.is_finite()).then_some(pair)
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
        Topic::Dial(Dial::Lock) => progress::lock(app),
        Topic::Panel(Panel::Loss) => loss::curve(app),
        Topic::Panel(Panel::Traces) => progress::traces(app),
        Topic::Panel(Panel::Retrieval) => progress::retrieval(app),
        Topic::Panel(Panel::Matrix) => matrix::cosines(app),
        Topic::Panel(Panel::Pictures) => data::pictures(app),
        Topic::Panel(Panel::Landscape) => bench::landscape(app),
        Topic::Panel(Panel::Gradient) => bench::gradient(app),
        Topic::Panel(Panel::Hand) => bench::hand(app),
        Topic::Panel(Panel::ZeroShot) => use_of::zero_shot(app),
        Topic::Panel(Panel::Geometry) => use_of::geometry(app),
        Topic::Panel(Panel::Transfer) => use_of::transfer(app),
        Topic::Panel(Panel::Languages) => use_of::languages(app),
        Topic::Panel(Panel::Query) => use_of::query(app),
    }
}

/// ln(1 + e^x), also where e^x is too large for a number.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// SigLIP's loss while all cosines are 0: each pair costs softplus(-b), each of the others softplus(b).
fn siglip_start(n: f64, bias: f64) -> f64 {
    softplus(-bias) + (n - 1.0) * softplus(bias)
}

/// The least InfoNCE loss that cosines allow: pairs at 1, all else as far apart as N points can be.
fn infonce_floor(n: f64, scale: f64) -> f64 {
    if n < 2.0 {
        return 0.0;
    }
    ((n - 1.0) * (-scale * n / (n - 1.0)).exp()).ln_1p()
}

/// A number in few characters.
fn number(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        "0".into()
    } else if !(1e-3..1e5).contains(&size) {
        format!("{x:.1e}")
    } else if size < 0.1 {
        format!("{x:.4}")
    } else if size < 100.0 {
        format!("{x:.2}")
    } else {
        format!("{x:.0}")
    }
}

/// How many: without decimals where there are none.
fn count(x: f64) -> String {
    if x.fract() == 0.0 {
        format!("{x:.0}")
    } else {
        number(x)
    }
}

/// Bytes in a unit that suits them.
fn bytes(x: f64) -> String {
    for (unit, size) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] {
        let size = 2_f64.powi(size);
        if x >= size {
            let n = x / size;
            return if n < 10.0 && n.fract() > 0.0 {
                format!("{n:.1} {unit}")
            } else {
                format!("{n:.0} {unit}")
            };
        }
    }
    format!("{x:.0} bytes")
}

#[cfg(test)]
mod tests;
