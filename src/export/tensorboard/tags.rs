//! What the numbers of a run are called: those of a step by their own names, those of an evaluation
//! `eval/SPLIT/TASK/...`. TensorBoard groups by `/`.

use crate::telemetry::{
    EvalReport, GeometryReport, LanguageReport, ProbeReport, RegimesReport, Report, Share, Split,
    StepReport, ZeroShotReport,
};

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
    let (step, mut scalars) = match report {
        Report::Retrieval(r) => (r.step, retrieval(r)),
        Report::ZeroShot(r) => (r.step, zero_shot(r)),
        Report::Geometry(r) => (r.step, geometry(r)),
        Report::LinearProbe(r) => (r.step, probe(r)),
        Report::Regimes(r) => (r.step, regimes(r)),
        Report::Language(r) => (r.step, language(r)),
        // What somebody asked is no result of the run.
        Report::Query(_) => (0, Vec::new()),
    };
    scalars.retain(|(_, value)| value.is_finite());
    (step, scalars)
}

fn named(place: &str, numbers: &[(&str, f64)]) -> Vec<Scalar> {
    let tag = |(name, value): &(&str, f64)| (format!("eval/{place}/{name}"), *value);
    numbers.iter().map(tag).collect()
}

fn retrieval(r: &EvalReport) -> Vec<Scalar> {
    let numbers = [
        ("r1_image_to_text", r.r1_image_to_text),
        ("r5_image_to_text", r.r5_image_to_text),
        ("r10_image_to_text", r.r10_image_to_text),
        ("r1_text_to_image", r.r1_text_to_image),
        ("r5_text_to_image", r.r5_text_to_image),
        ("r10_text_to_image", r.r10_text_to_image),
        ("median_rank", r.median_rank),
        ("candidates", r.candidates as f64),
        ("pictures", r.pictures as f64),
    ];
    named(&format!("{}/retrieval", split(r.split)), &numbers)
}

fn zero_shot(r: &ZeroShotReport) -> Vec<Scalar> {
    let reject = &r.rejection;
    let share = |s: Option<Share>| s.map_or(f64::NAN, Share::value);
    let numbers = [
        ("top1", r.top1.value()),
        ("top5", r.top5.value()),
        ("classes", r.classes as f64),
        ("softmax_listed", reject.softmax_listed),
        ("softmax_unlisted", reject.softmax_unlisted),
        ("rejected_listed", share(reject.sigmoid_listed)),
        ("rejected_unlisted", share(reject.sigmoid_unlisted)),
    ];
    let (property, templates) = (word(&r.property), word(&r.templates));
    named(
        &format!("{}/zero_shot/{property}/{templates}", split(r.split)),
        &numbers,
    )
}

/// The report does not say which pictures it is about: held-out ones.
fn geometry(r: &GeometryReport) -> Vec<Scalar> {
    let numbers = [
        ("alignment", r.alignment),
        ("uniformity_image", r.uniformity_image),
        ("uniformity_text", r.uniformity_text),
        ("tolerance", r.tolerance),
        ("gap", r.gap),
        ("rank_image", r.rank_image),
        ("rank_text", r.rank_text),
    ];
    named("geometry", &numbers)
}

fn probe(r: &ProbeReport) -> Vec<Scalar> {
    let place = format!("linear_probe/{}", word(&r.property));
    let numbers = [
        ("validation", r.validation.value()),
        ("in_domain", r.in_domain.value()),
        ("transfer", r.transfer.value()),
        ("zero_shot_in_domain", r.zero_shot_in_domain.value()),
        ("zero_shot_transfer", r.zero_shot_transfer.value()),
        ("worth", r.worth.unwrap_or(f64::NAN)),
    ];
    let few = r.few_shot.iter().flat_map(|few| {
        let place = format!("{place}/{}_shot", few.shots);
        both(&place, few.in_domain, few.transfer)
    });
    named(&place, &numbers).into_iter().chain(few).collect()
}

fn regimes(r: &RegimesReport) -> Vec<Scalar> {
    let place = format!("regimes/{}", word(&r.property));
    let rows = r.rows.iter().flat_map(|row| {
        let place = format!("{place}/{}", word(&row.name));
        both(&place, row.in_domain, row.transfer)
    });
    let wise = r.wise.iter().flat_map(|wise| {
        let place = format!("{place}/wise_{:.2}", wise.alpha);
        both(&place, wise.in_domain, wise.transfer)
    });
    rows.chain(wise).collect()
}

fn both(place: &str, in_domain: Share, transfer: Share) -> Vec<Scalar> {
    let numbers = [
        ("in_domain", in_domain.value()),
        ("transfer", transfer.value()),
    ];
    named(place, &numbers)
}

fn language(r: &LanguageReport) -> Vec<Scalar> {
    let numbers = [
        ("r1_image_to_text", r.r1_image_to_text.value()),
        ("r5_image_to_text", r.r5_image_to_text.value()),
        ("r1_text_to_image", r.r1_text_to_image.value()),
    ];
    let place = format!("{}/language/{}", split(r.split), word(&r.language));
    named(&place, &numbers)
}

const fn split(split: Split) -> &'static str {
    match split {
        Split::Trained => "trained",
        Split::HeldOut => "held_out",
    }
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
    use super::super::tests::step;
    use super::*;
    use crate::telemetry::Event;

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
