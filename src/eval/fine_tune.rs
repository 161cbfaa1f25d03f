//! Full fine-tuning of the image tower for one property, and WiSE-FT (Wortsman et al. 2022, 2109.01903): the
//! weights between the zero-shot and the fine-tuned model.
//!
//! The head begins as the zero-shot classifier, `exp(logit_scale)` times the class vectors, so that the first
//! fine-tuned model *is* the zero-shot one. Tower and head then learn the cross-entropy of the labels, with
//! AdamW and without decay towards zero, which would pull pretrained weights from where they are good (SigLIP,
//! figure 4). Statistics of batch normalisation stay as they are: the weights between two models then need no
//! new ones.

use std::sync::Arc;

use ndarray::Array2;
use tch::{Device, Tensor};

use super::answers::answer;
use super::features::rows;
use super::sides::Sides;
use crate::data::{Gallery, Prepared};
use crate::error::Result;
use crate::model::{Clip, Pass};
use crate::optim::{AdamW, Hyperparameters, finite, gradients};
use crate::random::{Purpose, generator, shuffle_front};
use crate::scenario::Train;
use crate::telemetry::{Share, Split, Wise};

/// Steps.
pub const STEPS: u64 = 120;
/// Pictures in a step.
const BATCH: usize = 64;
/// Peak learning rate.
const RATE: f64 = 3e-4;
/// Steps of warm-up.
const WARM_UP: u64 = 10;
/// Pictures that are encoded at a time.
const SLICE: usize = 128;
/// Parts of the way from zero-shot to fine-tuned.
pub const ALPHAS: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// A fine-tuning under way.
pub struct FineTune {
    prepared: Arc<Prepared>,
    clip: Clip,
    head: Tensor,
    optimizer: AdamW,
    train: Train,
    device: Device,
    /// Trained pictures to learn from.
    examples: Vec<usize>,
    sides: Sides,
    step: u64,
    /// Weights at the start, in the order of [`FineTune::learned`].
    start: Vec<Tensor>,
    wise: Vec<Wise>,
    tuned: Vec<Tensor>,
}

impl FineTune {
    /// Takes the model over. `classifier`, `[C, D]`, are the zero-shot class vectors.
    pub fn begin(
        prepared: &Arc<Prepared>,
        clip: Clip,
        classifier: &Array2<f32>,
        scale: f64,
        sides: Sides,
        device: Device,
    ) -> Result<Self> {
        let flat: Vec<f32> = classifier.iter().map(|x| x * scale as f32).collect();
        let shape = [classifier.nrows() as i64, classifier.ncols() as i64];
        let head = Tensor::f_from_slice(&flat)?
            .f_reshape(shape)?
            .f_to_device(device)?
            .set_requires_grad(true);
        let mut train = prepared.scenario().train.clone();
        (train.warmup, train.steps) = (WARM_UP, steps());
        let optimizer = {
            let mut learned: Vec<_> = tower(&clip).collect();
            learned.push(("head", &head, true));
            AdamW::new(&learned, 1)?
        };
        let examples = sides.fit.iter().chain(&sides.validation).copied().collect();
        let mut made = Self {
            prepared: Arc::clone(prepared),
            clip,
            head,
            optimizer,
            train,
            device,
            examples,
            sides,
            step: 0,
            start: Vec::new(),
            wise: Vec::new(),
            tuned: Vec::new(),
        };
        made.start = made.weights();
        Ok(made)
    }

    /// Calls of [`FineTune::advance`] in all.
    pub const fn slices() -> usize {
        STEPS as usize + ALPHAS.len()
    }

    /// A step, or a point of the curve over alpha; false once all is done.
    pub fn advance(&mut self) -> Result<bool> {
        if self.step < STEPS {
            self.learn()?;
            return Ok(true);
        }
        if self.tuned.is_empty() {
            self.tuned = self.weights();
        }
        let Some(&alpha) = ALPHAS.get(self.wise.len()) else {
            return Ok(false);
        };
        let _guard = tch::no_grad_guard();
        let between = interpolate(&self.start, &self.tuned, alpha);
        for (mut weight, value) in self.learned().into_iter().zip(&between) {
            weight.f_copy_(value)?;
        }
        let [in_domain, transfer] = self.test()?;
        self.wise.push(Wise {
            alpha,
            in_domain,
            transfer,
        });
        Ok(true)
    }

    /// The points so far: the first is zero-shot, the last fine-tuned.
    pub fn wise(&self) -> &[Wise] {
        &self.wise
    }

    /// Learned numbers.
    pub fn parameters(&self) -> u64 {
        self.optimizer.parameter_count() as u64
    }

    /// One step. Its time is that of a step of training with as many pictures, without a text tower.
    fn learn(&mut self) -> Result<()> {
        let mut order = self.examples.clone();
        let count = BATCH.min(order.len());
        shuffle_front(
            &mut generator(self.train.seed, Purpose::Gallery, 9, self.step),
            &mut order,
            count,
        );
        let chosen = &order[..count];
        let loss = tch::with_grad(|| -> Result<Tensor> {
            let pixels = self.pixels(self.prepared.gallery(Split::Trained), chosen)?;
            let logits = self
                .clip
                .encode_image(&pixels, Pass::Evaluate)
                .f_mm(&self.head.f_tr()?)?;
            let labels: Vec<i64> = chosen
                .iter()
                .map(|i| self.sides.trained[*i] as i64)
                .collect();
            let labels = Tensor::f_from_slice(&labels)?.f_to_device(self.device)?;
            Ok(logits.cross_entropy_for_logits(&labels))
        })?;
        let learned = self.learned();
        let made = gradients(&loss, &learned.iter().collect::<Vec<_>>())?;
        self.step += 1;
        let by = Hyperparameters::plain(&self.train, self.train.rate(RATE, self.step));
        if finite(&made)? {
            let _ = self.optimizer.update(&made, &by, None)?;
        }
        Ok(())
    }

    /// Accuracy in domain and transferred, as the weights are.
    fn test(&self) -> Result<[Share; 2]> {
        let head = rows(&self.head.detach())?;
        let inside = (
            Split::Trained,
            &self.sides.in_domain,
            self.sides.labels(&self.sides.in_domain),
        );
        let outside = (
            Split::HeldOut,
            &self.sides.transfer,
            self.sides.transfer_labels(),
        );
        let mut shares = [Share::default(); 2];
        for (share, (split, places, labels)) in shares.iter_mut().zip([inside, outside]) {
            for (places, labels) in places.chunks(SLICE).zip(labels.chunks(SLICE)) {
                let pixels = self.pixels(self.prepared.gallery(split), places)?;
                let features = rows(&self.clip.encode_image(&pixels, Pass::Evaluate))?;
                let part = answer(&features.dot(&head.t()), labels).top(1);
                share.hits += part.hits;
                share.of += part.of;
            }
        }
        Ok(shares)
    }

    fn pixels(&self, gallery: &Gallery, places: &[usize]) -> Result<Tensor> {
        let bytes = gallery.images.len() / gallery.classes.len().max(1);
        let of = |place: &usize| gallery.images[place * bytes..(place + 1) * bytes].iter();
        let chosen: Vec<u8> = places.iter().flat_map(of).copied().collect();
        self.prepared.pixels(&chosen, self.device)
    }

    /// Handles on what is learned.
    fn learned(&self) -> Vec<Tensor> {
        let tower = tower(&self.clip).map(|(_, tensor, _)| tensor.shallow_clone());
        tower.chain([self.head.shallow_clone()]).collect()
    }

    /// Copies of what is learned.
    fn weights(&self) -> Vec<Tensor> {
        let copy = |tensor: &Tensor| tensor.detach().copy();
        self.learned().iter().map(copy).collect()
    }
}

fn tower(clip: &Clip) -> impl Iterator<Item = (&str, &Tensor, bool)> {
    clip.parameters()
        .filter(|(name, ..)| name.starts_with("visual."))
}

fn steps() -> crate::quantity::Steps {
    crate::quantity::Steps::new(STEPS).unwrap_or_else(|e| unreachable!("{e}"))
}

/// `(1 - alpha) start + alpha end`, tensor by tensor.
pub fn interpolate(start: &[Tensor], end: &[Tensor], alpha: f64) -> Vec<Tensor> {
    start
        .iter()
        .zip(end)
        .map(|(a, b)| a * (1.0 - alpha) + b * alpha)
        .collect()
}
