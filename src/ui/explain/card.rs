//! [`Card`]: an explanation, and [`Seen`]: a lane as a card sees it.

use super::source::Source;
use crate::control::Settings;
use crate::telemetry::{Cells, DataReport, Snapshot};
use crate::ui::app::App;

/// Writes a dial's card.
pub type Write = fn(&App) -> Card;

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
    /// What bears it out, if it claims something about the world.
    pub sources: &'static [Source],
}

impl Line {
    /// What a reader sees: the text, and its sources in brackets.
    pub fn said(&self) -> String {
        let sources: Vec<String> = self.sources.iter().filter_map(|s| s.short()).collect();
        if sources.is_empty() {
            self.text.clone()
        } else {
            format!("{} [{}]", self.text, sources.join("; "))
        }
    }
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
    /// A card that says nothing yet.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.into(),
            lines: Vec::new(),
        }
    }

    /// Adds a formula.
    #[must_use]
    pub fn formula(mut self, text: impl Into<String>) -> Self {
        self.push(Kind::Formula, text.into(), &[]);
        self
    }

    /// Adds what follows from the formula, or what the lab does: it needs no source. What papers found or runs
    /// showed is a [`Card::claim`].
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.push(Kind::Note, text.into(), &[]);
        self
    }

    /// Adds a claim about the world, and what bears it out.
    #[must_use]
    pub fn claim(mut self, text: impl Into<String>, sources: &'static [Source]) -> Self {
        self.push(Kind::Note, text.into(), sources);
        self
    }

    fn push(&mut self, kind: Kind, text: String, sources: &'static [Source]) {
        if !text.is_empty() {
            self.lines.push(Line {
                kind,
                text,
                sources,
            });
        }
    }

    /// A line for each addressed lane whose dials are known.
    #[must_use]
    pub fn lanes(mut self, app: &App, say: impl Fn(&Seen) -> String) -> Self {
        for lane in app.addressed(app.target) {
            let Some(settings) = app.settings(lane) else {
                continue;
            };
            let seen = Seen {
                settings,
                lane: &app.lanes[lane],
            };
            self.push(Kind::Lane(lane), say(&seen), &[]);
        }
        self
    }
}

/// A lane as an explanation sees it: its dials as they will be at the next step, and its snapshot.
pub struct Seen<'a> {
    pub settings: Settings,
    pub lane: &'a Snapshot,
}

impl Seen<'_> {
    /// Pairs in a batch.
    pub fn n(&self) -> f64 {
        self.settings.batch_size as f64
    }

    /// What the last batch held, as the end of a sentence.
    pub fn measured(&self, say: impl Fn(&DataReport) -> String) -> String {
        let report = self.lane.report.as_ref();
        report.map_or_else(String::new, |report| {
            format!("; in the last batch: {}", say(&report.data))
        })
    }

    pub fn scale(&self) -> f64 {
        1.0 / self.settings.temperature
    }

    /// The loss of the last step, if it is a number.
    pub fn loss(&self) -> Option<f64> {
        let report = self.lane.report.as_ref()?;
        Some(report.loss).filter(|loss| loss.is_finite())
    }

    /// Mean cosines of the matches and of all the rest, from the pairs of the last batch that are kept.
    pub fn cosines(&self) -> Option<(f64, f64)> {
        let matrix = self.lane.matrix.as_deref()?;
        means(&Cells::of(matrix, self.lane.rows.as_deref())?)
    }
}

fn means(cells: &Cells) -> Option<(f64, f64)> {
    let (rows, pairs) = (cells.rows(), cells.pairs());
    if pairs < 2 {
        return None;
    }
    let (mut own, mut rest) = (0.0, 0.0);
    for (i, &cosine) in cells.all().iter().enumerate() {
        *(if i / pairs == i % pairs {
            &mut own
        } else {
            &mut rest
        }) += f64::from(cosine);
    }
    let pair = (own / rows as f64, rest / (rows * (pairs - 1)) as f64);
    (pair.0.is_finite() && pair.1.is_finite()).then_some(pair)
}
