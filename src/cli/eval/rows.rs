//! Reports as rows of one measure each, for tables and CSV.

use crate::telemetry::{
    EvalReport, GeometryReport, LanguageReport, ProbeReport, RegimesReport, Report, Share, Split,
    ZeroShotReport,
};

/// One measured number.
pub struct Row {
    /// Steps completed.
    pub step: u64,
    /// "retrieval", "zero_shot".
    pub task: &'static str,
    /// "held out", "trained", "in domain", "transfer", or nothing.
    pub split: &'static str,
    /// What was asked: a property and templates, a language, a number of examples.
    pub what: String,
    /// "top-1", "alignment".
    pub measure: String,
    /// The number.
    pub value: f64,
    /// Its 95 % interval, if it is a share.
    pub interval: Option<(f64, f64)>,
    /// Of so many.
    pub of: Option<u64>,
}

/// A report as rows; `per_class` adds the classes of zero-shot tasks and what they are taken for.
pub fn rows(report: &Report, per_class: bool) -> Vec<Row> {
    let mut rows = Rows::default();
    match report {
        Report::Retrieval(r) => rows.retrieval(r),
        Report::ZeroShot(r) => rows.zero_shot(r, per_class),
        Report::Geometry(r) => rows.geometry(r),
        Report::LinearProbe(r) => rows.probe(r),
        Report::Regimes(r) => rows.regimes(r),
        Report::Language(r) => rows.language(r),
        Report::Query(_) => {}
    }
    rows.made
}

const fn name(split: Split) -> &'static str {
    match split {
        Split::HeldOut => "held out",
        Split::Trained => "trained",
    }
}

/// Rows in the making, and what they have in common.
#[derive(Default)]
struct Rows {
    step: u64,
    task: &'static str,
    split: &'static str,
    made: Vec<Row>,
}

impl Rows {
    fn retrieval(&mut self, r: &EvalReport) {
        self.begin(r.step, "retrieval", name(r.split));
        let what = format!("{} names", r.candidates);
        let each = [
            ("picture to name R@1", r.r1_image_to_text),
            ("picture to name R@5", r.r5_image_to_text),
            ("picture to name R@10", r.r10_image_to_text),
            ("name to picture R@1", r.r1_text_to_image),
            ("name to picture R@5", r.r5_text_to_image),
            ("name to picture R@10", r.r10_text_to_image),
            ("median rank", r.median_rank),
        ];
        for (measure, value) in each {
            self.number(&what, measure, value);
        }
    }

    fn zero_shot(&mut self, r: &ZeroShotReport, per_class: bool) {
        self.begin(r.step, "zero_shot", name(r.split));
        let what = format!("{} of {}, {}", r.property, r.classes, r.templates);
        self.share(&what, "top-1", r.top1);
        self.share(&what, "top-5", r.top5);
        if let Some(versus) = r.against_bare.filter(|_| r.templates != "bare") {
            let text = format!("over bare: +{} -{}, p", versus.gained, versus.lost);
            self.number(&what, &text, versus.p);
        }
        self.number(&what, "softmax, class listed", r.rejection.softmax_listed);
        self.number(
            &what,
            "softmax, class left out",
            r.rejection.softmax_unlisted,
        );
        let silent = [
            ("sigmoid: none, listed", r.rejection.sigmoid_listed),
            ("sigmoid: none, left out", r.rejection.sigmoid_unlisted),
        ];
        for (measure, share) in silent {
            if let Some(share) = share {
                self.share(&what, measure, share);
            }
        }
        for (i, class) in r.table.iter().enumerate().filter(|_| per_class) {
            let found = Share {
                hits: class.found,
                of: class.pictures,
            };
            let taken = r.confusion.chunks(r.table.len()).nth(i).unwrap_or_default();
            let others = taken.iter().enumerate().filter(|(j, n)| *j != i && **n > 0);
            let measure = match others.max_by_key(|(_, n)| **n) {
                Some((j, n)) => format!("found; {n} for {}", r.table[j].name),
                None => "found".into(),
            };
            self.share(&format!("{}, {}", class.name, r.templates), &measure, found);
        }
    }

    fn geometry(&mut self, r: &GeometryReport) {
        self.begin(r.step, "geometry", "held out");
        let what = format!("{} pairs", r.pairs);
        let each = [
            ("alignment", r.alignment),
            ("uniformity, pictures", r.uniformity_image),
            ("uniformity, texts", r.uniformity_text),
            ("tolerance", r.tolerance),
            ("modality gap", r.gap),
            ("effective rank, pictures", r.rank_image),
            ("effective rank, texts", r.rank_text),
        ];
        for (measure, value) in each {
            self.number(&what, measure, value);
        }
        for slide in &r.slide {
            let measure = format!("loss at gap {:.3}", slide.gap);
            self.number(&format!("moved by {}", slide.lambda), &measure, slide.loss);
        }
    }

    fn probe(&mut self, r: &ProbeReport) {
        let what = format!("{} of {}", r.property, r.classes);
        self.begin(r.step, "linear_probe", "in domain");
        self.share(&what, &format!("probe, C = {}", r.c), r.in_domain);
        self.share(&what, "zero-shot", r.zero_shot_in_domain);
        for row in &r.few_shot {
            self.share(
                &what,
                &format!("{} of each class", row.shots),
                row.in_domain,
            );
        }
        self.number(
            &what,
            "zero-shot is worth, shots",
            r.worth.unwrap_or(f64::NAN),
        );
        self.begin(r.step, "linear_probe", "transfer");
        self.share(&what, "probe", r.transfer);
        self.share(&what, "zero-shot", r.zero_shot_transfer);
        for row in &r.few_shot {
            self.share(&what, &format!("{} of each class", row.shots), row.transfer);
        }
    }

    fn regimes(&mut self, r: &RegimesReport) {
        for (split, inside) in [("in domain", true), ("transfer", false)] {
            self.begin(r.step, "regimes", split);
            let of = |a, b| if inside { a } else { b };
            for regime in &r.rows {
                self.share(
                    &r.property,
                    &regime.name,
                    of(regime.in_domain, regime.transfer),
                );
            }
            for wise in &r.wise {
                let measure = format!("WiSE-FT, alpha {}", wise.alpha);
                self.share(&r.property, &measure, of(wise.in_domain, wise.transfer));
            }
        }
    }

    fn language(&mut self, r: &LanguageReport) {
        self.begin(r.step, "language", name(r.split));
        let what = if r.weight > 0.0 {
            format!("{}, {:.1} % of captions", r.language, r.weight * 100.0)
        } else {
            format!("{}, never trained on", r.language)
        };
        self.share(&what, "picture to name R@1", r.r1_image_to_text);
        self.share(&what, "picture to name R@5", r.r5_image_to_text);
        self.share(&what, "name to picture R@1", r.r1_text_to_image);
    }

    const fn begin(&mut self, step: u64, task: &'static str, split: &'static str) {
        self.step = step;
        self.task = task;
        self.split = split;
    }

    fn number(&mut self, what: &str, measure: &str, value: f64) {
        self.made.push(Row {
            step: self.step,
            task: self.task,
            split: self.split,
            what: what.into(),
            measure: measure.into(),
            value,
            interval: None,
            of: None,
        });
    }

    fn share(&mut self, what: &str, measure: &str, share: Share) {
        self.number(what, measure, share.value());
        if let Some(row) = self.made.last_mut() {
            row.interval = Some(share.interval());
            row.of = Some(share.of);
        }
    }
}
