//! [`Report`]: what one task of an evaluation found. Each kind is a file; the table below names them. Bounded in
//! size, except tables and matrices of classes, which are left out beyond [`MOST_CLASSES`].

mod calibration;
mod geometry;
mod language;
mod linear_probe;
mod query;
mod regimes;
mod retrieval;
mod zero_shot;

use serde::{Deserialize, Serialize};

use super::measure::{Measure, Split, TaskReport};

pub use calibration::{CalibrationReport, Reliability, ReliabilityBin, Threshold};
pub use geometry::{GeometryReport, Histogram, Map, Slide};
pub use language::LanguageReport;
pub use linear_probe::{FewShot, ProbeReport};
pub use query::{Hit, Query, QueryReport};
pub use regimes::{Regime, RegimesReport, Wise};
pub use retrieval::EvalReport;
pub use zero_shot::{Against, ClassRow, MOST_CLASSES, Rejection, Versus, ZeroShotReport};

/// A report of one kind.
pub trait OfTask: TaskReport {
    /// The report, if it is of this kind.
    fn of(report: &Report) -> Option<&Self>;
}

macro_rules! reports {
    ($($(#[$about:meta])* $task:literal $kind:ident($report:ty),)+) => {
        /// What one task of an evaluation found.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "task")]
        pub enum Report {
            $($(#[$about])* #[serde(rename = $task)] $kind($report),)+
        }

        impl Report {
            /// The task, as records have it: "zero_shot".
            pub const fn task(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $task,)+
                }
            }

            fn inner(&self) -> &dyn TaskReport {
                match self {
                    $(Self::$kind(report) => report,)+
                }
            }
        }

        $(
            impl From<$report> for Report {
                fn from(report: $report) -> Self {
                    Self::$kind(report)
                }
            }

            impl OfTask for $report {
                fn of(report: &Report) -> Option<&Self> {
                    match report {
                        Report::$kind(report) => Some(report),
                        _ => None,
                    }
                }
            }
        )+
    };
}

reports! {
    /// Pictures against all names, both ways.
    "retrieval" Retrieval(EvalReport),
    /// Pictures against the words of a property's values.
    "zero_shot" ZeroShot(ZeroShotReport),
    /// How both modalities lie in their space.
    "geometry" Geometry(GeometryReport),
    /// Logistic regression on frozen features.
    "linear_probe" LinearProbe(ProbeReport),
    /// Zero-shot, probe and fine-tuning in one table.
    "regimes" Regimes(RegimesReport),
    /// Retrieval by the names of one language.
    "language" Language(LanguageReport),
    /// Whether probabilities are worth what they say.
    "calibration" Calibration(CalibrationReport),
    /// What is nearest to a caption or a picture; for the screen, not for the records.
    "query" Query(QueryReport),
}

impl Report {
    /// Steps completed when the weights were taken.
    pub fn step(&self) -> u64 {
        self.inner().step()
    }

    /// Its numbers, in the order of tables.
    pub fn measures(&self) -> Vec<Measure> {
        self.inner().measures()
    }

    /// What it is of, from the general to the particular: split, task, property. A later report of the same place
    /// replaces an earlier one.
    pub fn place(&self) -> Vec<&str> {
        let report = self.inner();
        let split = report.split().map(Split::name);
        let general = split.into_iter().chain([self.task()]);
        general.chain(report.subject()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::{Listing, Unit};
    use super::*;

    fn reports() -> Vec<Report> {
        let lines = include_str!("../../tests/fixtures/eval/reports.jsonl").lines();
        lines.map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    #[test]
    fn measures_have_names_of_their_own_and_shares_are_shares() {
        for report in reports() {
            let measures = report.measures();
            let charted = measures
                .iter()
                .filter(|m| matches!(m.listing, Listing::Everywhere | Listing::Charts));
            let mut names: Vec<&str> = charted.map(|m| m.name.as_str()).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{:?}", report.place());
            for m in measures.iter().filter(|m| m.unit == Unit::Share) {
                assert!(m.value.is_nan() || (0.0..=1.0).contains(&m.value), "{m:?}");
            }
        }
    }

    #[test]
    fn a_place_is_split_task_and_subject() {
        let places: Vec<String> = reports().iter().map(|r| r.place().join("/")).collect();
        for place in [
            "held_out/retrieval",
            "held_out/zero_shot/cat or dog/bare",
            "geometry",
            "linear_probe/group",
            "held_out/language/en",
            "query",
        ] {
            assert!(places.iter().any(|p| p == place), "{place}: {places:?}");
        }
    }
}
