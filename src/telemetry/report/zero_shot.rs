//! [`ZeroShotReport`]: pictures against the words of a property's values.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Listing, Measure, Split, TaskReport, Unit, all_about};
use crate::telemetry::share::Share;

/// Classes of the largest table and confusion matrix.
pub const MOST_CLASSES: usize = 64;

/// Zero-shot classification of one property with one set of templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZeroShotReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Which pictures.
    pub split: Split,
    /// What is asked for: "name", "group", "colour".
    pub property: String,
    /// The set of templates: "bare", "one", "clip-7", "lab-88", a file's name.
    pub templates: String,
    /// Prompts that make a class.
    pub prompts: u64,
    /// Classes to choose from.
    pub classes: u64,
    /// Pictures whose class scores best; ties count against the model.
    pub top1: Share,
    /// Whose class is among the best five.
    pub top5: Share,
    /// Pictures that this set of templates got right and the bare names wrong, and the other way round.
    pub against_bare: Option<Versus>,
    /// The same against other sets of templates for the scenario's own classes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub against: Vec<Against>,
    /// Can it say "none of these"?
    pub rejection: Rejection,
    /// For each class; empty beyond [`MOST_CLASSES`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub table: Vec<ClassRow>,
    /// Rows true classes, columns chosen ones; empty beyond [`MOST_CLASSES`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub confusion: Vec<u64>,
}

/// Two classifiers on the same pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versus {
    /// Right here, wrong there.
    pub gained: u64,
    /// Wrong here, right there.
    pub lost: u64,
    /// `McNemar`'s exact p: how likely so uneven a split would be if both were as good.
    pub p: f64,
}

/// Two sets of templates on the same pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// The other set.
    pub templates: String,
    /// How this one did against it.
    pub versus: Versus,
}

/// One class of a zero-shot task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// The class.
    pub name: String,
    /// Its pictures.
    pub pictures: u64,
    /// Those found.
    pub found: u64,
    /// Pictures that were taken for it, its own included.
    pub chosen: u64,
}

/// What the scores say when a picture's own class is on the list, and when it is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Mean of the largest softmax probability, own class listed. It sums to one over any list.
    pub softmax_listed: f64,
    /// The same, own class taken off the list: the softmax still chooses.
    pub softmax_unlisted: f64,
    /// Pictures for which no class reaches a sigmoid of one half, own class listed; none without a bias.
    pub sigmoid_listed: Option<Share>,
    /// The same, own class taken off the list.
    pub sigmoid_unlisted: Option<Share>,
}

impl ZeroShotReport {
    /// Whether it is about this property with these templates.
    pub fn is(&self, property: &str, templates: &str, split: Split) -> bool {
        self.property == property && self.templates == templates && self.split == split
    }

    /// Each class as a share found, and what it is taken for most often.
    fn classes(&self) -> impl Iterator<Item = Measure> {
        self.table.iter().enumerate().map(|(i, class)| {
            let found = Share {
                hits: class.found,
                of: class.pictures,
            };
            let taken = self.confusion.chunks(self.table.len()).nth(i);
            let taken = taken.unwrap_or_default().iter().enumerate();
            let others = taken.filter(|(j, n)| *j != i && **n > 0);
            let label = match others.max_by_key(|(_, n)| **n) {
                Some((j, n)) => format!("correct; {n} taken for {}", self.table[j].name),
                None => "correct".into(),
            };
            Measure::share(self.split, format!("found/{}", class.name), label, found)
                .about(format!("{}, {}", class.name, self.templates))
                .only(Listing::PerClass)
        })
    }
}

impl TaskReport for ZeroShotReport {
    fn step(&self) -> u64 {
        self.step
    }

    fn split(&self) -> Option<Split> {
        Some(self.split)
    }

    fn subject(&self) -> Vec<&str> {
        vec![&self.property, &self.templates]
    }

    fn measures(&self) -> Vec<Measure> {
        let number =
            |name, label, value| Measure::number(self.split, name, label, value, Unit::Share);
        let share = |name, label, share| Measure::share(self.split, name, label, share);
        let mut list = vec![
            share("top1", "top-1", self.top1),
            share("top5", "top-5", self.top5),
        ];
        let classes = self.classes as f64;
        list.push(
            Measure::number(self.split, "classes", "classes", classes, Unit::Count)
                .only(Listing::Charts),
        );
        if let Some(versus) = self.against_bare.filter(|_| self.templates != "bare") {
            let label = format!("over bare: +{} -{}, p", versus.gained, versus.lost);
            list.push(
                Measure::number(self.split, "against_bare_p", label, versus.p, Unit::Share)
                    .only(Listing::Tables),
            );
        }
        let said = &self.rejection;
        list.extend([
            number("softmax_listed", "top softmax, listed", said.softmax_listed),
            number(
                "softmax_unlisted",
                "top softmax, unlisted",
                said.softmax_unlisted,
            ),
        ]);
        let silent = [
            (
                "rejected_listed",
                "sigmoid refuses, listed",
                said.sigmoid_listed,
            ),
            (
                "rejected_unlisted",
                "sigmoid refuses, unlisted",
                said.sigmoid_unlisted,
            ),
        ];
        let silent = silent.into_iter();
        list.extend(silent.filter_map(|(name, label, said)| Some(share(name, label, said?))));
        let about = format!("{} of {}, {}", self.property, self.classes, self.templates);
        let mut list = all_about(&about, list);
        list.extend(self.classes());
        list
    }
}
