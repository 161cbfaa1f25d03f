//! Sentences about SigLIP.

use super::{SigLip, prior_matching_bias, sig_lip_at_zero};
use crate::loss::arithmetic::sigmoid;
use crate::loss::words::{Words, number};
use crate::telemetry::StepReport;

/// The prior's bias; a batch of one counts as a batch of two.
fn prior(pairs: u64) -> f64 {
    prior_matching_bias(pairs.max(2)).unwrap_or_default()
}

impl Words for SigLip {
    fn function(&self) -> &'static str {
        "sigmoid"
    }

    fn pull_sign(&self) -> [&'static str; 2] {
        ["1-σ", "1-s"]
    }

    fn push_head(&self) -> [&'static str; 2] {
        ["σ sigmoid", "s sigmoid"]
    }

    fn landscape(&self) -> Option<&'static str> {
        None
    }

    fn hint_of_bias(&self, pairs: u64, bias: Option<f64>) -> String {
        bias.map_or_else(
            || "no bias: every pair starts at p = 0.5, and the first steps push all cosines down".into(),
            |b| {
                format!(
                    "a cosine of 0 gives p = {:.2e}; 1 cell in {pairs} is a match, so b = {:.2} fits",
                    sigmoid(b),
                    prior(pairs)
                )
            },
        )
    }

    fn bias(&self, pairs: u64, bias: Option<f64>) -> String {
        let (others, prior) = (pairs.saturating_sub(1), number(prior(pairs)));
        match bias {
            Some(b) => format!(
                "b = {}: a pair with cosine 0 has p = sigma(b) = {}; the prior of N = {pairs} gives \
                 -ln {others} = {prior}",
                number(b),
                number(sigmoid(b)),
            ),
            None => format!(
                "no bias, the same as b = 0: every pair starts at p = 0.5, and the loss near N ln 2 = {}; the prior of \
                 N = {pairs} gives -ln {others} = {prior}",
                number(sig_lip_at_zero(pairs, 0.0)),
            ),
        }
    }

    fn batch(&self, pairs: u64, _: Option<f64>) -> String {
        let negatives = pairs.saturating_sub(1);
        format!(
            "{pairs} matches and {} mismatches in {} cells: 1 in {pairs} is a match",
            pairs * negatives,
            pairs * pairs
        )
    }

    fn value(&self, report: &StepReport) -> String {
        let n = report.batch_size as f64;
        format!(
            "SigLIP {} = sum {} / {}; a mean over all {} cells would be {}",
            number(report.loss),
            number(report.loss * n),
            report.batch_size,
            report.batch_size * report.batch_size,
            number(report.loss / n)
        )
    }

    fn margin(&self, pairs: u64, _: f64, own: f64) -> String {
        format!(
            "; a match of mean cosine has p = sigma({}) = {}, the prior is 1/{pairs} = {}",
            number(own),
            number(sigmoid(own)),
            number(1.0 / (pairs as f64).max(1.0))
        )
    }

    fn ends(&self, pairs: u64, _: f64, bias: f64, now: &str) -> String {
        format!(
            "softplus({}) + {} softplus({}) = {} with all cosines 0; {now}",
            number(-bias),
            pairs.saturating_sub(1),
            number(bias),
            number(sig_lip_at_zero(pairs, bias))
        )
    }

    fn untrained_sum(&self, pairs: u64, bias: f64) -> String {
        format!("cos 0, b {bias:.1} = {:.2}", sig_lip_at_zero(pairs, bias))
    }

    fn landmarks(
        &self,
        pairs: u64,
        bias: f64,
        _: f64,
        number: fn(f64) -> String,
    ) -> Vec<(&'static str, String)> {
        let value = sig_lip_at_zero(pairs, bias);
        vec![("with all cosines 0", number(value))]
    }
}
