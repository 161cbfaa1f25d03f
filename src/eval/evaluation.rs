//! [`Evaluation`]: what a copy of the weights is good for, in slices between training steps. A small scheduler of jobs:
//! what they do, it does not know.

use std::collections::VecDeque;
use std::sync::Arc;

use tch::Device;

use super::job::{EvalJob, Slice};
use super::store::Store;
use super::tasks::Tasks;
use crate::data::Prepared;
use crate::error::Result;
use crate::loss::Head;
use crate::model::Clip;
use crate::telemetry::Report;

/// An evaluation under way, on a copy of the weights.
pub struct Evaluation {
    store: Store,
    jobs: VecDeque<Box<dyn EvalJob>>,
    /// Slices in all, and done.
    slices: (usize, usize),
}

impl Evaluation {
    /// Takes the model over, which is to be a copy if another trains on; computes nothing yet.
    pub fn begin(
        prepared: &Arc<Prepared>,
        clip: Clip,
        head: Head,
        step: u64,
        device: Device,
        tasks: &Tasks,
    ) -> Self {
        let store = Store::new(prepared, clip, head, step, device);
        let jobs = tasks.plan(prepared, store.names.ncols());
        let all = jobs.iter().map(|job| job.slices(&store)).sum();
        Self {
            store,
            jobs,
            slices: (all, 0),
        }
    }

    /// Share done.
    pub fn progress(&self) -> f64 {
        (self.slices.1 as f64 / self.slices.0.max(1) as f64).min(1.0)
    }

    /// Whether everything is done.
    pub fn done(&self) -> bool {
        self.jobs.is_empty()
    }

    /// The job whose slice is next.
    pub fn next_job(&self) -> Option<&'static str> {
        self.jobs.front().map(|job| job.name())
    }

    /// Does the next slice; the reports that it completes.
    pub fn advance(&mut self) -> Result<Vec<Report>> {
        let _guard = tch::no_grad_guard();
        let Some(job) = self.jobs.front_mut() else {
            return Ok(Vec::new());
        };
        self.store.clock.start();
        let slice = job.advance(&mut self.store);
        self.store.clock.stop();
        let slice = slice?;
        // Waiting is no work.
        self.slices.1 += usize::from(!matches!(slice, Slice::Waiting));
        match slice {
            Slice::More | Slice::Waiting => Ok(Vec::new()),
            Slice::Done(reports) => {
                self.jobs.pop_front();
                Ok(reports)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::eval::tasks::examined;
    use crate::eval::templates::Templates;
    use crate::scenario;

    #[test]
    fn features_that_are_no_numbers_cost_the_probe_and_score_nothing() {
        let text = "(
            title: \"broken\",
            data: Emoji(train: [Noto, Fluent], held_out: [Twemoji], limit: 40),
            model: (
                embed_dim: 8,
                image: ViT(image_size: 32, patch_size: 16, width: 16, head_width: 8, layers: 1),
                text: (context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 1),
            ),
            train: (steps: 1, batch_size: 4, learning_rate: 1e-3),
            lanes: [(name: \"a\", loss: SigLip, temperature: 0.1, bias: -10)],
        )";
        let scenario = scenario::parse(text, "broken.ron").unwrap();
        let prepared = Prepared::new(&scenario).unwrap();
        let vocabulary = prepared.tokenizer().vocab_size();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let clip = Clip::new(&scenario.model, vocabulary, &mut rng, Device::Cpu).unwrap();
        let mut projection = clip.weights().get("visual.proj").unwrap().detach();
        let _ = projection.fill_(f64::NAN);
        let head = Head {
            loss: crate::loss::Loss::SigLip,
            logit_scale: 2.3,
            logit_bias: Some(-10.0),
        };
        let bare = Templates::bundled().into_iter().take(1).collect();
        let tasks = Tasks::named(&examined().collect::<Vec<_>>(), bare);
        let mut evaluation = Evaluation::begin(&prepared, clip, head, 0, Device::Cpu, &tasks);
        let mut scores = Vec::new();
        let fault = loop {
            match evaluation.advance() {
                Ok(reports) => scores.extend(reports.into_iter().filter_map(|r| match r {
                    Report::Retrieval(r) => Some(r.r1_image_to_text),
                    Report::ZeroShot(r) if r.classes > 1 => Some(r.top1.value()),
                    _ => None,
                })),
                Err(fault) => break fault.to_string(),
            }
        };
        assert!(fault.contains("features are NaN or infinite"), "{fault}");
        assert!(
            scores.len() > 3 && scores.iter().all(|s| *s == 0.0),
            "{scores:?}"
        );
    }

    #[test]
    fn own_classes_are_tested_on_several_views_of_each_picture_and_with_each_set_of_templates() {
        let text = "(
            title: \"views\",
            data: Emoji(train: [Noto, Fluent], held_out: [Twemoji], limit: 40),
            model: (
                embed_dim: 8,
                image: ViT(image_size: 32, patch_size: 16, width: 16, head_width: 8, layers: 1),
                text: (context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 1),
            ),
            train: (steps: 1, batch_size: 4, learning_rate: 1e-3),
            lanes: [(name: \"a\", loss: SigLip, temperature: 0.1, bias: -10)],
            zero_shot: (
                classes: [(name: \"cat\", of: [\"cat\", \"cat face\"]), (name: \"dog\", of: [\"dog\"])],
                templates: [\"a {}\", \"the {}\"],
                views: 4,
            ),
        )";
        let scenario = scenario::parse(text, "views.ron").unwrap();
        let prepared = Prepared::new(&scenario).unwrap();
        let vocabulary = prepared.tokenizer().vocab_size();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let clip = Clip::new(&scenario.model, vocabulary, &mut rng, Device::Cpu).unwrap();
        let head = Head {
            loss: crate::loss::Loss::SigLip,
            logit_scale: 2.3,
            logit_bias: Some(-10.0),
        };
        let tasks = Tasks::live();
        let mut evaluation = Evaluation::begin(&prepared, clip, head, 0, Device::Cpu, &tasks);
        let mut own = Vec::new();
        while !evaluation.done() {
            let reports = evaluation.advance().unwrap();
            own.extend(reports.into_iter().filter_map(|report| match report {
                Report::ZeroShot(report) if report.property == "cat or dog" => Some(report),
                _ => None,
            }));
        }
        assert_eq!(own.len(), 8, "four sets of templates on two splits");
        for report in &own {
            assert_eq!(report.top1.of, 12, "{}", report.templates);
            let pictures: Vec<u64> = report.table.iter().map(|row| row.pictures).collect();
            assert_eq!(pictures, [8, 4]);
            let against: Vec<&str> = report.against.iter().map(|a| &*a.templates).collect();
            let before: &[&str] = match report.templates.as_str() {
                "the {}" => &["a {}"],
                "all of them" => &["a {}", "the {}"],
                _ => &[],
            };
            assert_eq!(against, before, "{}", report.templates);
        }
    }
}
