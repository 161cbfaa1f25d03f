//! A step of the [`Trainer`], made part by part, so that the batch is bounded by time and not by memory, and
//! a change by hand need not wait for a long step's end.
//!
//! Gradient caching (Gao et al. 2021, arXiv:2101.06983): the loss needs all features of the batch at once, but
//! features are small; what is large is what the towers keep for their backward pass. So: encode part by
//! part without keeping that; find the loss and its gradients by the features; then encode each part once more
//! and hand its features' gradients back through the towers. The sum over the parts is the gradient of the
//! whole batch. What fits in memory is kept from the first pass and not encoded again.
//!
//! Nothing that outlives the step changes before its last part, so a step can be dropped at any time.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tch::Tensor;

use super::in_progress::{Progress, StepInProgress};
use super::memory::{self, Cut};
use super::phases::{Laps, Phases};
use super::precision;
use super::tower::{Tower, join};
use super::trainer::Trainer;
use crate::data::Batch;
use crate::error::Result;
use crate::loss::compare::compare;
use crate::loss::masked::masked;
use crate::model::Clip;
use crate::telemetry::StepReport;

impl Trainer {
    /// One optimizer step, after the script's controls for this moment. `None` when all are done.
    ///
    /// A loss or gradient that is not a number is reported as it is, and leaves the weights as they
    /// were: divergence is something that the lab shows.
    pub fn step(&mut self) -> Result<Option<StepReport>> {
        loop {
            match self.advance()? {
                Progress::Part => {}
                Progress::Step(report) => return Ok(Some(report)),
                Progress::Over => return Ok(None),
            }
        }
    }

    /// A part of a step: all of a small batch's, some hundred pairs of a large one's.
    pub fn advance(&mut self) -> Result<Progress> {
        let began = Instant::now();
        let mut step = match self.in_progress.take() {
            Some(step) => step,
            None if self.last.is_some_and(|last| self.now.step >= last) => {
                return Ok(Progress::Over);
            }
            None => self.begin()?,
        };
        let whole = step.parts() <= self.hands.count();
        loop {
            if step.encoded.len() < step.parts() {
                self.encode(&mut step)?;
            } else if step.compared.is_none() {
                self.compare(&mut step)?;
            } else if step.differentiated < step.parts() {
                self.differentiate(&mut step)?;
            } else {
                break;
            }
            if !whole && step.differentiated < step.parts() {
                step.spent += began.elapsed();
                self.in_progress = Some(step);
                return Ok(Progress::Part);
            }
        }
        self.finish(step, began).map(Progress::Step)
    }

    /// Time that went into the step that is being made.
    pub fn spent(&self) -> Duration {
        let step = self.in_progress.as_ref();
        step.map_or(Duration::ZERO, |step| step.spent)
    }

    /// Share done of the step that is being made, if it is made in parts.
    pub fn stepping(&self) -> Option<f64> {
        self.in_progress.as_ref().map(StepInProgress::done)
    }

    /// Whether the next call of [`Trainer::advance`] completes a step.
    pub fn completes(&self) -> bool {
        let hands = self.hands.count();
        if let Some(step) = &self.in_progress {
            return step.differentiated + hands >= step.parts();
        }
        let pairs = self.now.settings.batch_size as usize;
        pairs.div_ceil(self.cut(pairs).part) <= hands
    }

    fn begin(&mut self) -> Result<StepInProgress> {
        let mut laps = Laps::start();
        self.take_cues()?;
        let ahead = self.ahead.take().and_then(|thread| thread.join().ok());
        let batch = self.prepared.batch(&self.wanted(), self.threads);
        // If it was what is wanted, it is what was got.
        drop(ahead);
        let another = self.last.is_none_or(|last| self.now.step + 1 < last);
        if another && self.looks_ahead {
            self.ahead = Some(self.make_ahead());
        }
        memory::give_back(&mut self.largest, batch.len());
        let cut = self.cut(batch.len());
        let compute = precision::compute(self.train.precision, self.device, cut.part);
        self.hands.compute_in(&self.clip, compute)?;
        let several = batch.len() > cut.part;
        let buffers = self.clip.weights().buffers().filter(|_| several);
        let tracked = buffers.map(Tensor::copy).collect();
        Ok(StepInProgress {
            cut,
            locked: self.now.settings.locked,
            batch,
            encoded: Vec::new(),
            compared: None,
            gradients: None,
            differentiated: 0,
            tracked,
            spent: Duration::ZERO,
            phases: Phases {
                data: laps.lap(),
                ..Phases::default()
            },
        })
    }

    /// Makes the batch of the next step, if nothing changes, while this one is computed. A CPU has its hands full,
    /// except where the text tower leaves its thread time, or where pictures must be waited for or decoded: then a
    /// step that waits for its turn is one that has data.
    fn make_ahead(&self) -> JoinHandle<Arc<Batch>> {
        let prepared = Arc::clone(&self.prepared);
        let threads = if self.hands.have_time() {
            1
        } else {
            self.threads
        };
        let mut request = self.wanted();
        request.step += 1;
        thread::spawn(move || prepared.batch(&request, threads))
    }

    pub(super) fn cut(&self, pairs: usize) -> Cut {
        let model = &self.prepared.scenario().model;
        memory::cut(model, pairs, self.device, self.hands.count())
    }

    /// Encodes the next parts, as many as are worked on at a time.
    fn encode(&mut self, step: &mut StepInProgress) -> Result<()> {
        self.exchange_statistics(&mut step.tracked)?;
        let first = step.encoded.len();
        let mut jobs = Vec::new();
        for index in (first..step.parts()).take(self.hands.count()) {
            let keep = index < step.cut.kept;
            for towers in self.hands.jobs() {
                let part = step.part(index, &self.prepared, self.device);
                jobs.push(move |clip: &Clip| {
                    let mut phases = Phases::default();
                    let encode = |tower: &Tower| part.encode(clip, *tower, keep, &mut phases);
                    let made = towers.iter().map(encode).collect::<Result<Vec<_>>>()?;
                    Ok((made, phases))
                });
            }
        }
        let (made, phases) = self.hands.work(jobs)?;
        let mut made = made.into_iter().flatten();
        while let (Some(image), Some(text)) = (made.next(), made.next()) {
            step.encoded.push([image, text]);
        }
        step.phases += phases;
        self.exchange_statistics(&mut step.tracked)
    }

    /// Puts the running statistics of the step in the place of the model's, and the other way round; nothing
    /// if the step is made in one go.
    pub(super) fn exchange_statistics(&self, tracked: &mut [Tensor]) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (buffer, tracked) in self.clip.weights().buffers().zip(tracked) {
            let before = buffer.copy();
            // Behind autograd's back: graphs that are kept hold the buffer, and never look at it.
            buffer.data().f_copy_(tracked)?;
            *tracked = before;
        }
        Ok(())
    }

    fn compare(&self, step: &mut StepInProgress) -> Result<()> {
        let mut laps = Laps::start();
        let all = |tower: usize| -> Result<Tensor> {
            let parts = step.encoded.iter().map(|part| &part[tower].features);
            Ok(Tensor::f_cat(&parts.collect::<Vec<_>>(), 0)?)
        };
        let head = self.head();
        let features = [all(0)?, all(1)?];
        let kept = self.spec.negatives;
        step.compared = Some(
            if kept.is_all() || !head.loss.law().can_choose_negatives() {
                compare(features, head, self.threads)?
            } else {
                // Another choice in every step of every run.
                let seed = self.train.seed.rotate_left(32) ^ self.now.step;
                masked(features, head, kept, seed)?
            },
        );
        step.phases.loss += laps.lap();
        Ok(())
    }

    /// Hands the gradients of the next parts' features back through the towers.
    fn differentiate(&mut self, step: &mut StepInProgress) -> Result<()> {
        let Some(compared) = &step.compared else {
            return Ok(());
        };
        let first = step.differentiated;
        let parts = first..step.parts().min(first + self.hands.count());
        let mut jobs = Vec::new();
        for index in parts.clone() {
            for towers in self.hands.jobs() {
                let part = step.part(index, &self.prepared, self.device);
                let (from, count) = (part.pairs.start as i64, part.pairs.len() as i64);
                let mut work = Vec::new();
                for &tower in *towers {
                    let by = match tower {
                        Tower::Image => &compared.image_gradient,
                        Tower::Text => &compared.text_gradient,
                    };
                    let graph = step.encoded[index][tower as usize].graph.take();
                    work.push((tower, graph, by.f_narrow(0, from, count)?));
                }
                jobs.push(move |clip: &Clip| {
                    let (mut phases, mut rows) = (Phases::default(), Vec::new());
                    let several = work.len() > 1;
                    for (tower, graph, by) in work {
                        rows.extend(part.differentiate(clip, tower, graph, &by, &mut phases)?);
                    }
                    if several {
                        rows = vec![(0, join(rows)?)];
                    }
                    Ok((rows, phases))
                });
            }
        }
        let (made, phases) = self.hands.work(jobs)?;
        let mut made = made.into_iter();
        for _ in parts.clone() {
            let rows = made.by_ref().take(self.hands.jobs().len()).flatten();
            let gradients = join(rows.collect())?;
            match &mut step.gradients {
                Some(sum) => {
                    let _ = sum.f_add_(&gradients)?;
                }
                None => step.gradients = Some(gradients),
            }
        }
        step.differentiated = parts.end;
        step.phases += phases;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;
    use crate::control::Control;
    use crate::data::Prepared;
    use crate::quantity::{BatchSize, LearningRate, Locked, Loss, Temperature};
    use crate::scenario::{self};

    fn trainer(model: &str) -> Trainer {
        with_threads(model, 1)
    }

    fn with_threads(model: &str, threads: usize) -> Trainer {
        let data = "Emoji(train: [Noto, Fluent], held_out: [Twemoji], limit: 40)";
        of(data, model, threads)
    }

    fn of(data: &str, model: &str, threads: usize) -> Trainer {
        let text = format!(
            r#"(
            title: "parts",
            data: {data},
            model: {model},
            train: (steps: 100, batch_size: 23, learning_rate: 0.001, seed: 7, precision: fp32),
            lanes: [(name: "a", loss: SigLip, temperature: 0.1, bias: -10)],
        )"#
        );
        let scenario = scenario::parse(&text, "parts.ron").unwrap();
        let prepared = Prepared::new(&scenario).unwrap();
        let spec = &scenario.lanes[0];
        Trainer::new(&prepared, spec, 7, super::super::DeviceChoice::Cpu, threads).unwrap()
    }

    const VIT: &str = "(embed_dim: 16, \
        image: ViT(image_size: 32, patch_size: 8, width: 32, head_width: 16, layers: 2), \
        text: (context_length: 12, vocab_size: 400, width: 32, heads: 2, layers: 2))";
    const AVG: &str = "(embed_dim: 16, \
        image: ViT(image_size: 32, patch_size: 8, width: 32, head_width: 16, layers: 2, pool: Avg), \
        text: (context_length: 12, vocab_size: 400, width: 32, heads: 2, layers: 2))";
    const SIGLIP: &str = "(embed_dim: 32, \
        image: ViT(image_size: 32, patch_size: 8, width: 32, head_width: 16, layers: 2, pool: Map), \
        text: (context_length: 12, vocab_size: 400, width: 32, heads: 2, layers: 2, pool: Last))";
    const RESNET: &str = "(embed_dim: 16, \
        image: ResNet(image_size: 32, layers: (1, 1, 1, 1), width: 4, head_width: 16), \
        text: (context_length: 12, vocab_size: 400, width: 32, heads: 2, layers: 2))";

    /// A step cut in a way of the test's own.
    fn begun(trainer: &mut Trainer, part: usize, kept: usize) -> StepInProgress {
        let mut step = trainer.begin().unwrap();
        step.cut = Cut { part, kept };
        if step.parts() > 1 {
            let buffers = trainer.clip.weights().buffers();
            step.tracked = buffers.map(Tensor::copy).collect();
        }
        step
    }

    /// Makes parts until so many calls were made or the step is complete.
    fn make(trainer: &mut Trainer, step: StepInProgress, calls: usize) -> Option<StepReport> {
        trainer.in_progress = Some(step);
        for _ in 0..calls {
            if let Progress::Step(report) = trainer.advance().unwrap() {
                return Some(report);
            }
        }
        None
    }

    fn weights(trainer: &Trainer) -> Vec<f64> {
        let all = trainer.clip.weights().entries().iter();
        all.flat_map(|e| {
            Vec::<f64>::try_from(e.tensor.to_kind(Kind::Double).reshape([-1])).unwrap()
        })
        .collect()
    }

    fn apart(a: &[f64], b: &[f64]) -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn a_cut_step_has_the_gradient_of_the_whole_one() {
        for model in [VIT, AVG, SIGLIP] {
            let made = |part, kept| {
                let mut trainer = trainer(model);
                let step = begun(&mut trainer, part, kept);
                let report = make(&mut trainer, step, 100).unwrap();
                (report, weights(&trainer))
            };
            let whole = made(23, 1);
            for (part, kept) in [(1, 1), (7, 1), (7, 3), (8, 2), (22, 1)] {
                assert_same_step(&made(part, kept), &whole);
            }
            // What is kept saves time and changes nothing.
            let bits = |(report, weights): (StepReport, Vec<f64>)| {
                (report.loss, report.grad_norm, weights)
            };
            assert_eq!(bits(made(7, 1)), bits(made(7, 4)));
        }
    }

    #[test]
    fn two_hands_make_the_step_of_one() {
        for model in [AVG, SIGLIP] {
            let made = |threads| {
                let mut trainer = with_threads(model, threads);
                assert_eq!(trainer.hands.count(), threads);
                let report = trainer.step().unwrap().unwrap();
                (report, weights(&trainer))
            };
            assert_same_step(&made(2), &made(1));
        }
    }

    #[test]
    fn two_hands_make_the_step_of_one_bit_by_bit_where_each_has_a_tower() {
        for changes in [
            vec![],
            vec![Control::Lock(Locked::Image)],
            vec![Control::Lock(Locked::Text)],
        ] {
            let made = |threads| {
                let mut trainer = with_threads(RESNET, threads);
                assert_eq!(trainer.hands.jobs().len(), threads);
                assert_eq!(trainer.looks_ahead, threads > 1);
                for change in &changes {
                    trainer.apply(*change).unwrap();
                }
                let steps = (0..3).map(|_| trainer.step().unwrap().unwrap());
                let bits: Vec<_> = steps
                    .map(|s| (s.loss.to_bits(), s.grad_norm.to_bits()))
                    .collect();
                (bits, weights(&trainer))
            };
            assert!(made(2) == made(1), "{changes:?}");
        }
    }

    #[test]
    fn a_step_in_parts_is_the_same_where_each_hand_has_a_tower() {
        let made = |threads| {
            let mut trainer = with_threads(RESNET, threads);
            let step = begun(&mut trainer, 6, 2);
            let report = make(&mut trainer, step, 100).unwrap();
            (
                report.loss.to_bits(),
                report.grad_norm.to_bits(),
                weights(&trainer),
            )
        };
        assert!(made(2) == made(1));
    }

    #[test]
    fn three_threads_share_towers_unevenly_and_make_nearly_the_same_step() {
        let made = |threads| {
            let mut trainer = with_threads(RESNET, threads);
            let report = trainer.step().unwrap().unwrap();
            (report, weights(&trainer))
        };
        let (three, one) = (made(3), made(1));
        assert!(
            (three.0.loss / one.0.loss - 1.0).abs() < 1e-4,
            "{three:?}",
            three = three.0
        );
        // Twice the same, bit by bit.
        assert!(made(3).1 == three.1);
    }

    #[test]
    fn parts_that_are_dealt_out_make_the_same_step_every_time() {
        let made = || {
            let mut trainer = with_threads(SIGLIP, 2);
            let step = begun(&mut trainer, 12, 2);
            assert_eq!(step.parts(), trainer.hands.count());
            let report = make(&mut trainer, step, 1).expect("all parts in one go");
            (
                report.loss.to_bits(),
                report.grad_norm.to_bits(),
                weights(&trainer),
            )
        };
        let first = made();
        assert!((0..5).all(|_| made() == first));
    }

    fn assert_same_step(
        (report, weights): &(StepReport, Vec<f64>),
        (whole, after): &(StepReport, Vec<f64>),
    ) {
        assert!((report.loss / whole.loss - 1.0).abs() < 1e-6, "{report:?}");
        let norms = report.grad_norm / whole.grad_norm;
        assert!((norms - 1.0).abs() < 1e-5, "{norms}");
        // Adam's first step is the learning rate times the sign, where a gradient is not nearly 0.
        let update = (report.update_norm / whole.update_norm - 1.0).abs();
        assert!(update < 1e-3, "{update}");
        assert!(apart(weights, after) < 1e-3);
    }

    #[test]
    fn a_change_within_a_step_is_a_change_before_it() {
        let changes = [
            Control::Temperature(Temperature::new(0.02).unwrap()),
            Control::Loss(Loss::InfoNce),
            Control::LearningRate(LearningRate::new(0.1).unwrap()),
            Control::BatchSize(BatchSize::new(9).unwrap()),
            Control::Augment(false),
        ];
        for model in [VIT, SIGLIP, RESNET] {
            for change in changes {
                let made = |calls: usize| {
                    let mut trainer = trainer(model);
                    let step = begun(&mut trainer, 6, 2);
                    assert!(make(&mut trainer, step, calls).is_none());
                    assert!(calls == 0 || trainer.stepping().unwrap() > 0.0);
                    trainer.apply(change).unwrap();
                    assert_eq!(trainer.take_applied()[0].step, 0);
                    let step = match trainer.in_progress.take() {
                        Some(step) => step,
                        None => begun(&mut trainer, 6, 2),
                    };
                    let report = make(&mut trainer, step, 100).unwrap();
                    let before = trainer.before_last_change().unwrap();
                    (
                        report.loss,
                        report.grad_norm,
                        weights(&trainer),
                        format!("{before:?}"),
                    )
                };
                let before = made(0);
                // 4 parts forward, the loss, 4 parts back: after one, before and after the loss, at the end.
                for calls in [1, 4, 5, 7, 8] {
                    assert!(made(calls) == before, "{change:?} after {calls} calls");
                }
            }
        }
    }

    #[test]
    fn a_batch_made_ahead_is_the_one_that_is_got() {
        let mut trainer = trainer(VIT);
        trainer.step().unwrap();
        let mut request = trainer.wanted();
        request.step += 1;
        let ahead = trainer.make_ahead().join().unwrap();
        assert!(Arc::ptr_eq(&ahead, &trainer.prepared.batch(&request, 1)));
        trainer.ahead = Some(trainer.make_ahead());
        trainer.step().unwrap();
        trainer.step().unwrap();
        assert!(Arc::ptr_eq(&ahead, &trainer.latest.unwrap().batch));
    }

    #[test]
    fn batches_made_ahead_are_those_that_would_have_been_made_in_time() {
        for data in [
            "path: \"photos.csv\", held_out: 0.0",
            "path: \"shard-{000000..000002}.tar\", held_out: 0.0",
            "path: \"classes\", format: Folders, held_out: 0.3",
        ] {
            let data = data.replace("path: \"", "path: \"tests/fixtures/pairs/");
            let losses = |ahead| {
                let mut trainer = of(&format!("Pairs({data})"), VIT, 1);
                assert!(trainer.looks_ahead, "images are decoded");
                trainer.looks_ahead = ahead;
                let step = |_| trainer.step().unwrap().unwrap().loss.to_bits();
                (0..12).map(step).collect::<Vec<_>>()
            };
            assert_eq!(losses(true), losses(false), "{data}");
        }
    }

    #[test]
    fn statistics_follow_every_part_once() {
        let mut trainer = trainer(RESNET);
        let count = |trainer: &Trainer| {
            let all = trainer.clip.weights().entries().iter();
            let counter =
                |e: &&crate::model::weights::Entry| e.name.ends_with("num_batches_tracked");
            all.filter(counter).map(|e| e.tensor.int64_value(&[])).max()
        };
        let step = begun(&mut trainer, 6, 2);
        assert!(make(&mut trainer, step, 6).is_none());
        assert_eq!(count(&trainer), Some(0), "not before the step is complete");
        let step = trainer.in_progress.take().unwrap();
        make(&mut trainer, step, 100).unwrap();
        assert_eq!(count(&trainer), Some(4));
    }
}
