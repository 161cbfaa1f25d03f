//! Sentences about InfoNCE.

use super::{InfoNce, chance_level, floor, mutual_information_bound};
use crate::loss::law::Law;
use crate::loss::words::{Words, number};
use crate::telemetry::StepReport;

impl Words for InfoNce {
    fn function(&self) -> &'static str {
        "softmax"
    }

    fn pull_sign(&self) -> [&'static str; 2] {
        ["1-P"; 2]
    }

    fn push_head(&self) -> [&'static str; 2] {
        ["P softmax"; 2]
    }

    fn landscape(&self) -> Option<&'static str> {
        Some("b cancels")
    }

    fn hint_of_bias(&self, _: u64, _: Option<f64>) -> String {
        "no effect: the softmax cancels a bias; SigLIP uses it".into()
    }

    fn bias(&self, _: u64, _: Option<f64>) -> String {
        "no effect: the softmax cancels a bias, e^(z+b) / sum e^(z+b) = e^z / sum e^z".into()
    }

    fn batch(&self, pairs: u64, value: Option<f64>) -> String {
        let negatives = pairs.saturating_sub(1);
        let ln = chance_level(pairs.max(1));
        let head = format!("{negatives} negatives; ln {pairs} = {}", number(ln));
        value.map_or_else(
            || head.clone(),
            |value| {
                format!(
                    "{head}; L = {}, so ln N - L = {} nats: a lower bound on the mutual information of image and \
                     caption, at most ln N",
                    number(value),
                    number(ln - value)
                )
            },
        )
    }

    fn value(&self, report: &StepReport) -> String {
        let rows = report.loss_image_to_text.unwrap_or(report.loss);
        let columns = report.loss_text_to_image.unwrap_or(report.loss);
        format!(
            "InfoNCE ({} + {}) / 2 = {}; the geometric mean probability of a match is e^-{} = {}",
            number(rows),
            number(columns),
            number(report.loss),
            number(report.loss),
            number((-report.loss).exp())
        )
    }

    fn margin(&self, pairs: u64, margin: f64, _: f64) -> String {
        format!(
            ", so a match weighs e^{} = {} times as much as a negative of mean cosine; chance is 1/{pairs}",
            number(margin),
            number(margin.exp()),
        )
    }

    fn ends(&self, pairs: u64, scale: f64, bias: f64, now: &str) -> String {
        let n = pairs as f64;
        format!(
            "ln {pairs} = {}; {now}; at this tau no model can get below {}",
            number(self.untrained(n, bias)),
            number(floor(n, scale))
        )
    }

    fn untrained_sum(&self, pairs: u64, bias: f64) -> String {
        let value = self.untrained(pairs as f64, bias);
        format!("ln {pairs} = {value:.2}")
    }

    fn landmarks(
        &self,
        pairs: u64,
        _: f64,
        value: f64,
        number: fn(f64) -> String,
    ) -> Vec<(&'static str, String)> {
        let (bound, ceiling) = mutual_information_bound(value, pairs);
        vec![
            ("a guess, ln N", number(chance_level(pairs))),
            (
                "mutual information at least",
                format!("{bound:.6} of at most {ceiling:.6} nats"),
            ),
        ]
    }
}
