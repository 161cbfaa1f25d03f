//! [`ProbeReport`]: logistic regression on frozen image features.

use serde::{Deserialize, Serialize};

use crate::telemetry::measure::{Listing, Measure, Subset, TaskReport, Unit, all_about, both};
use crate::telemetry::share::Share;

/// Logistic regression on frozen image features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// What is predicted: "group".
    pub property: String,
    /// Its values.
    pub classes: u64,
    /// Inverse strength of the regularisation, as scikit-learn counts it; chosen on the validation pictures.
    pub c: f64,
    /// Pictures that it was fitted on.
    pub fitted: u64,
    /// Accuracy on the validation pictures.
    pub validation: Share,
    /// On pictures of other concepts in the trained styles.
    pub in_domain: Share,
    /// On pictures of other concepts, held out.
    pub transfer: Share,
    /// Zero-shot on the same pictures, in domain.
    pub zero_shot_in_domain: Share,
    /// Zero-shot on the same pictures, held out.
    pub zero_shot_transfer: Share,
    /// With few examples of each class.
    pub few_shot: Vec<FewShot>,
    /// Examples of each class whose probe is worth zero-shot in domain, if any number of them is.
    pub worth: Option<f64>,
}

/// A probe on so many examples of each class, over some draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FewShot {
    /// Examples of each class.
    pub shots: u64,
    /// Draws of examples; shares are their mean.
    pub draws: u64,
    /// In domain.
    pub in_domain: Share,
    /// Held out.
    pub transfer: Share,
}

impl TaskReport for ProbeReport {
    fn step(&self) -> u64 {
        self.step
    }

    fn subject(&self) -> Vec<&str> {
        vec![&self.property]
    }

    fn measures(&self) -> Vec<Measure> {
        let inside =
            |name, label: &str, share| Measure::share(Subset::InDomain, name, label, share);
        let outside =
            |name, label: &str, share| Measure::share(Subset::Transfer, name, label, share);
        let fitted = format!("probe, C = {}", self.c);
        let mut list = vec![
            inside("validation", "validation", self.validation).only(Listing::Charts),
            inside("in_domain", &fitted, self.in_domain),
            outside("transfer", "probe", self.transfer),
            inside("zero_shot_in_domain", "zero-shot", self.zero_shot_in_domain),
            outside("zero_shot_transfer", "zero-shot", self.zero_shot_transfer),
        ];
        for few in &self.few_shot {
            let (name, label) = (
                format!("{}_shot", few.shots),
                format!("{} of each class", few.shots),
            );
            list.extend(both(&name, &label, few.in_domain, few.transfer));
        }
        let worth = self.worth.unwrap_or(f64::NAN);
        list.push(Measure::number(
            Subset::InDomain,
            "worth",
            "shots that match zero-shot",
            worth,
            Unit::Count,
        ));
        all_about(&format!("{} of {}", self.property, self.classes), list)
    }
}
