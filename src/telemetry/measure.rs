//! [`Measure`]: a number with a name, as tables, CSV and TensorBoard read it of every report alike; and
//! [`TaskReport`], what all reports have in common. They know no task.

use serde::{Deserialize, Serialize};

use super::share::Share;

/// Which pictures an evaluation used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Pictures like those that were trained on.
    Trained,
    /// Pictures that training never saw: another drawing style, or other attribute combinations.
    HeldOut,
}

impl Split {
    /// As records have it: "held_out".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::HeldOut => "held_out",
        }
    }
}

/// Which pictures a measure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subset {
    /// All that were held out.
    HeldOut,
    /// All of the trained ones.
    Trained,
    /// Trained pictures of concepts that a probe was not fitted to.
    InDomain,
    /// Held-out pictures of such concepts.
    Transfer,
}

impl Subset {
    /// In tables: "held out".
    pub const fn name(self) -> &'static str {
        match self {
            Self::HeldOut => "held out",
            Self::Trained => "trained",
            Self::InDomain => "in domain",
            Self::Transfer => "transfer",
        }
    }
}

impl From<Split> for Subset {
    fn from(split: Split) -> Self {
        match split {
            Split::HeldOut => Self::HeldOut,
            Split::Trained => Self::Trained,
        }
    }
}

/// What a value counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share or a probability, 0 to 1.
    Share,
    /// A place among candidates, from 1.
    Rank,
    /// So many of something.
    Count,
    /// A loss, or another logarithm.
    Nats,
    /// A length or a cosine on the sphere of features.
    Length,
}

/// Where a measure is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// In tables and in charts over steps.
    Everywhere,
    /// Only in charts.
    Charts,
    /// Only in tables.
    Tables,
    /// Only in tables that go into classes.
    PerClass,
}

/// A measured number.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// In records and charts: "r1_image_to_text", "4_shot/transfer".
    pub name: String,
    /// In tables: "picture to name R@1".
    pub label: String,
    /// What was asked, in tables: a property and templates, a language.
    pub about: String,
    /// Of which pictures.
    pub subset: Subset,
    /// The number; not one if there is nothing to measure.
    pub value: f64,
    /// What it counts in.
    pub unit: Unit,
    /// Its 95 % interval, if one is known.
    pub interval: Option<(f64, f64)>,
    /// Trials that a share is of.
    pub n: Option<u64>,
    /// Where it is listed.
    pub listing: Listing,
}

impl Measure {
    /// A number without an interval.
    pub(super) fn number(
        subset: impl Into<Subset>,
        name: impl Into<String>,
        label: impl Into<String>,
        value: f64,
        unit: Unit,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            about: String::new(),
            subset: subset.into(),
            value,
            unit,
            interval: None,
            n: None,
            listing: Listing::Everywhere,
        }
    }

    /// A share with its interval.
    pub(super) fn share(
        subset: impl Into<Subset>,
        name: impl Into<String>,
        label: impl Into<String>,
        share: Share,
    ) -> Self {
        Self {
            interval: Some(share.interval()),
            n: Some(share.of),
            ..Self::number(subset, name, label, share.value(), Unit::Share)
        }
    }

    /// Listed only there.
    pub(super) fn only(self, listing: Listing) -> Self {
        Self { listing, ..self }
    }

    /// About this, whatever the others of its report are about.
    pub(super) fn about(self, about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            ..self
        }
    }
}

/// The same in domain and transferred, as probes and fine-tuning are measured.
pub(super) fn both(name: &str, label: &str, in_domain: Share, transfer: Share) -> [Measure; 2] {
    [
        Measure::share(
            Subset::InDomain,
            format!("{name}/in_domain"),
            label,
            in_domain,
        ),
        Measure::share(
            Subset::Transfer,
            format!("{name}/transfer"),
            label,
            transfer,
        ),
    ]
}

/// All about the same.
pub(super) fn all_about(about: &str, measures: impl IntoIterator<Item = Measure>) -> Vec<Measure> {
    measures.into_iter().map(|m| m.about(about)).collect()
}

/// What the report of every task says.
pub trait TaskReport {
    /// Steps completed when the weights were taken.
    fn step(&self) -> u64;
    /// Of which pictures all of it is.
    fn split(&self) -> Option<Split> {
        None
    }
    /// What it is about, from the general to the particular: a property, a set of templates. A later report about
    /// the same takes the place of an earlier one.
    fn subject(&self) -> Vec<&str> {
        Vec::new()
    }
    /// Its numbers, in the order of tables.
    fn measures(&self) -> Vec<Measure>;
}
