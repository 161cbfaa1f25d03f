//! What the numbers of a run are called: those of a step by their own names, those of an evaluation
//! `eval/SPLIT/TASK/...`. TensorBoard groups by `/`.

use crate::telemetry::{Listing, Measure, Report, StepReport};

/// A number and what it is called.
pub(super) type Scalar = (String, f64);

/// The numbers of a step. One that is not finite is said as it is: TensorBoard marks it.
pub(super) fn of_step(r: &StepReport) -> Vec<Scalar> {
    let rate = r.batch_size as f64 / r.seconds;
    let all = [
        ("loss", Some(r.loss)),
        ("loss_image_to_text", r.loss_image_to_text),
        ("loss_text_to_image", r.loss_text_to_image),
        ("temperature", Some(r.temperature)),
        ("logit_scale", Some(r.logit_scale)),
        ("logit_bias", r.logit_bias),
        ("learning_rate", Some(r.learning_rate)),
        ("grad_norm", Some(r.grad_norm)),
        ("param_norm", Some(r.param_norm)),
        ("update_norm", Some(r.update_norm)),
        ("accuracy_image_to_text", Some(r.accuracy_image_to_text)),
        ("accuracy_text_to_image", Some(r.accuracy_text_to_image)),
        ("batch_size", Some(r.batch_size as f64)),
        ("pairs_per_second", Some(rate).filter(|x| x.is_finite())),
    ];
    let said = |(name, value): (&str, Option<f64>)| value.map(|value| (name.to_owned(), value));
    all.into_iter().filter_map(said).collect()
}

/// The numbers of an evaluation, and the step of its weights. A share of nothing is no number, and left out.
pub(super) fn of_eval(report: &Report) -> (u64, Vec<Scalar>) {
    let charted = |m: &Measure| {
        matches!(m.listing, Listing::Everywhere | Listing::Charts) && m.value.is_finite()
    };
    let place = report.place();
    let tag = |m: Measure| {
        let parts = place.iter().copied().chain(m.name.split('/'));
        let tag = parts.fold("eval".to_owned(), |tag, part| tag + "/" + &word(part));
        (tag, m.value)
    };
    let scalars = report.measures().into_iter().filter(charted).map(tag);
    (report.step(), scalars.collect())
}

/// A name as a part of a tag.
fn word(name: &str) -> String {
    let part = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    name.chars().map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::tests::step;
    use super::*;
    use crate::telemetry::{EvalReport, Event, Split};

    #[test]
    fn evaluations_are_named_by_split_and_task() {
        let report = Report::Retrieval(EvalReport {
            step: 9,
            split: Split::HeldOut,
            r1_image_to_text: 0.25,
            r5_image_to_text: f64::NAN,
            r10_image_to_text: 0.5,
            r1_text_to_image: 0.5,
            r5_text_to_image: 0.5,
            r10_text_to_image: 0.5,
            median_rank: 4.0,
            candidates: 849,
            pictures: 849,
            seconds: 0.1,
        });
        let (step, scalars) = of_eval(&report);
        assert_eq!(step, 9);
        let tag = "eval/held_out/retrieval/r1_image_to_text".to_string();
        assert_eq!(scalars[0], (tag, 0.25));
        assert!(!scalars.iter().any(|(tag, _)| tag.contains("r5_image")));
        assert_eq!(word("linear probe: a/b"), "linear_probe__a_b");
    }

    /// A report of every kind, as records have them.
    #[test]
    fn tags_of_every_report_stay_what_they_are() {
        let mut text = String::new();
        for line in include_str!("../../../tests/fixtures/eval/reports.jsonl").lines() {
            let report: Report = serde_json::from_str(line).unwrap();
            let (step, mut scalars) = of_eval(&report);
            // A record's order says nothing.
            scalars.sort_by(|a, b| a.0.cmp(&b.0));
            for (tag, value) in scalars {
                let _ = writeln!(text, "{step} {tag} {value}");
            }
        }
        insta::assert_snapshot!("tags_of_reports", text);
    }

    #[test]
    fn a_step_says_all_that_the_contract_names() {
        let Event::Step(report) = step(1, f64::NAN) else {
            panic!()
        };
        let scalars = of_step(&report);
        for name in [
            "loss",
            "temperature",
            "logit_scale",
            "logit_bias",
            "learning_rate",
            "grad_norm",
            "pairs_per_second",
        ] {
            assert!(scalars.iter().any(|(tag, _)| tag == name), "{name}");
        }
        let rate = scalars.iter().find(|(tag, _)| tag == "pairs_per_second");
        assert_eq!(rate.unwrap().1, 128.0);
    }
}
