//! [`Trainer`]: owns the tensors of one lane. No threads, no terminal.
//!
//! A step reads as the algorithm does: sample, encode, compare, differentiate, clip, update.

pub mod device;
mod latest;
mod memory;
mod optim;
mod phases;
mod state;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tch::{Device, Kind, Tensor};

pub use optim::schedule;
pub use phases::Phases;
pub use state::State;

use crate::control::{Applied, Control, Value};
use crate::data::{Prepared, sample};
use crate::error::{Error, Result};
use crate::eval::Retrieval;
use crate::loss::{LossTerms, diagnostics, landscape};
use crate::model::{Clip, checkpoint};
use crate::scenario::{LaneSpec, Train};
use crate::telemetry::{EvalReport, Landscape, Matrix, Pair, Rows, Settings, StepReport};
use latest::Latest;
use optim::{AdamW, Dial, finite};
use phases::Laps;
use state::{History, Standing};

/// Which device the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA if libtorch reports one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The first CUDA device, or an error.
    Cuda,
}

/// Lower clamp of the log logit scale, as in OpenCLIP: a scale of one.
const MIN_LOGIT_SCALE: f64 = 0.0;

/// One model in training.
pub struct Trainer {
    prepared: Arc<Prepared>,
    spec: LaneSpec,
    train: Train,
    device: Device,
    clip: Clip,
    optimizer: AdamW,
    /// Everything else that a step changes or depends on.
    now: Standing,
    /// States before changes by hand, to go back to.
    history: History,
    applied: Vec<Applied>,
    latest: Option<Latest>,
    evaluation: Option<Retrieval>,
    /// What was found not to be a number, once something was.
    suspect: Option<String>,
    phases: Phases,
}

impl Trainer {
    /// A lane of the prepared scenario, before its first step. Lanes of one scenario and seed start
    /// from the same weights.
    pub fn new(
        prepared: &Arc<Prepared>,
        spec: &LaneSpec,
        seed: u64,
        device: DeviceChoice,
    ) -> Result<Self> {
        let device = device::resolve(device)?;
        let scenario = prepared.scenario();
        let mut train = scenario.train.clone();
        train.seed = seed;
        let clip = Clip::new(
            &scenario.model,
            prepared.tokenizer().vocab_size(),
            &mut weights_rng(seed),
            device,
        )?;
        let towers = clip
            .parameters()
            .filter(|(name, _, _)| !matches!(*name, "logit_scale" | "logit_bias"));
        let towers = towers
            .map(|(_, tensor, decays)| (tensor.shallow_clone(), decays))
            .collect();
        let optimizer = AdamW::new(towers, &train)?;
        let now = Standing {
            step: 0,
            logit_scale: Dial::new(-spec.temperature.get().ln(), spec.learn_temperature),
            logit_bias: spec.bias.map(|bias| Dial::new(bias.get(), spec.learn_bias)),
            learn_bias: spec.learn_bias,
            loss: spec.loss,
            batch_size: spec.batch_size.unwrap_or(train.batch_size).get(),
            learning_rate: spec.learning_rate.unwrap_or(train.learning_rate).get(),
            weight_decay: train.weight_decay.get(),
            shuffle_captions: spec.shuffle_captions.get(),
            augment: prepared.augment(),
            cues: scenario.cues(&spec.name).into(),
        };
        let mut trainer = Self {
            spec: spec.clone(),
            device,
            clip,
            optimizer,
            now,
            history: History::default(),
            applied: Vec::new(),
            latest: None,
            evaluation: None,
            suspect: None,
            phases: Phases::default(),
            train,
            prepared: Arc::clone(prepared),
        };
        trainer.check_memory(trainer.now.batch_size)?;
        trainer.take_cues()?;
        Ok(trainer)
    }

    /// One optimizer step, after the script's controls for this moment. `None` when all are done.
    ///
    /// A loss or gradient that is not a number is reported as it is, and leaves the weights as they
    /// were: divergence is something that the lab shows.
    pub fn step(&mut self) -> Result<Option<StepReport>> {
        if self.now.step >= self.train.steps.get() {
            return Ok(None);
        }
        let began = Instant::now();
        let mut laps = Laps::start();
        self.take_cues()?;
        let batch = sample(
            self.prepared.dataset(),
            self.train.seed,
            self.now.step,
            self.now.batch_size as usize,
            self.prepared.image_size(),
            self.now.augment,
            self.now.shuffle_captions,
        );
        self.now.step += 1;
        let pixels = self.prepared.pixels(&batch.images, self.device)?;
        let tokens = self.prepared.tokens(&batch.captions, self.device)?;
        let mut phases = Phases {
            data: laps.lap(),
            ..Phases::default()
        };
        let image_features = self.clip.encode_image(&pixels, true);
        phases.image_tower = laps.lap();
        let text_features = self.clip.encode_text(&tokens);
        phases.text_tower = laps.lap();

        let logit_scale = self.leaf(self.now.logit_scale.value);
        let logit_bias = self.now.logit_bias.map(|bias| self.leaf(bias.value));
        let terms = self.now.loss.forward(
            &image_features,
            &text_features,
            &logit_scale,
            logit_bias.as_ref(),
        );

        phases.loss = laps.lap();
        let dials: Vec<&Tensor> = std::iter::once(&logit_scale).chain(&logit_bias).collect();
        let (mut gradients, dial_gradients) = self.optimizer.gradients(&terms.loss, &dials)?;
        let scalars = scalars(&terms, &gradients, dial_gradients)?;
        phases.backward = laps.lap();
        let (loss, tower_norm) = (scalars[0], scalars[1]);
        let (dial_gradients, parts) = scalars[2..].split_at(dials.len());
        let seen = diagnostics(&terms.logits);
        phases.loss += laps.lap();

        let grad_norm = dial_gradients
            .iter()
            .fold(tower_norm.powi(2), |sum, g| sum + g * g)
            .sqrt();
        let learning_rate = schedule(&self.train, self.now.learning_rate, self.now.step);
        let mut report = StepReport {
            step: self.now.step,
            loss,
            loss_image_to_text: parts.first().copied(),
            loss_text_to_image: parts.get(1).copied(),
            logit_scale: self.now.logit_scale.value,
            temperature: (-self.now.logit_scale.value).exp(),
            logit_bias: self.now.logit_bias.map(|bias| bias.value),
            learning_rate,
            grad_norm,
            param_norm: f64::NAN,
            update_norm: f64::NAN,
            positive_logits: seen.positive_logits,
            negative_logits: seen.negative_logits,
            accuracy_image_to_text: seen.accuracy_image_to_text,
            accuracy_text_to_image: seen.accuracy_text_to_image,
            batch_size: self.now.batch_size,
            seconds: 0.0,
        };
        if loss.is_finite() && grad_norm.is_finite() {
            let shrink = self
                .train
                .grad_clip
                .map_or(1.0, |most| (most.get() / (grad_norm + 1e-6)).min(1.0));
            if shrink < 1.0 {
                let _ = gradients.f_mul_scalar_(shrink)?;
            }
            let norms = self
                .optimizer
                .update(&gradients, learning_rate, self.now.weight_decay)?;
            let moved = self.update_dials(dial_gradients, shrink, learning_rate);
            report.param_norm = norms.parameters;
            report.update_norm = (norms.update.powi(2) + moved).sqrt();
        } else {
            let features = [&image_features, &text_features];
            self.suspect = self.find_suspect(features, &terms, &gradients)?;
        }
        phases.optimizer = laps.lap();
        self.phases = phases;
        self.latest = Some(Latest {
            step: self.now.step,
            batch,
            image_features: image_features.detach(),
            text_features: text_features.detach(),
        });
        report.seconds = began.elapsed().as_secs_f64();
        Ok(Some(report))
    }

    /// Applies a control by hand, between two steps, and remembers the state before it.
    pub fn apply(&mut self, control: Control) -> Result<Applied> {
        let before = self.memorable()?;
        let applied = self.set(control, false)?;
        self.remember(before);
        Ok(applied)
    }

    fn set(&mut self, control: Control, scripted: bool) -> Result<Applied> {
        let settings = self.settings();
        let old = match control {
            Control::Temperature(tau) => {
                control
                    .fits_clamp(self.spec.max_logit_scale.get())
                    .map_err(Error::Usage)?;
                self.now.logit_scale.value = -tau.get().ln();
                Some(Value::Real(settings.temperature))
            }
            Control::LearnTemperature(on) => {
                self.now.logit_scale.learned = on;
                Some(Value::Bool(settings.learn_temperature))
            }
            Control::Bias(bias) => {
                let learned = self.now.learn_bias;
                self.now
                    .logit_bias
                    .get_or_insert(Dial::new(0.0, learned))
                    .value = bias.get();
                settings.bias.map(Value::Real)
            }
            Control::NoBias => {
                self.now.logit_bias = None;
                settings.bias.map(Value::Real)
            }
            Control::LearnBias(on) => {
                self.now.learn_bias = on;
                if let Some(bias) = &mut self.now.logit_bias {
                    bias.learned = on;
                }
                Some(Value::Bool(settings.learn_bias))
            }
            Control::BatchSize(n) => {
                self.check_memory(n.get())?;
                self.now.batch_size = n.get();
                Some(Value::Whole(settings.batch_size))
            }
            Control::Loss(loss) => {
                self.now.loss = loss;
                Some(Value::Loss(settings.loss))
            }
            Control::LearningRate(rate) => {
                self.now.learning_rate = rate.get();
                Some(Value::Real(settings.learning_rate))
            }
            Control::WeightDecay(decay) => {
                self.now.weight_decay = decay.get();
                Some(Value::Real(settings.weight_decay))
            }
            Control::ShuffleCaptions(share) => {
                self.now.shuffle_captions = share.get();
                Some(Value::Real(settings.shuffle_captions))
            }
            Control::Augment(on) => {
                self.now.augment = on;
                Some(Value::Bool(settings.augment))
            }
        };
        let applied = Applied {
            step: self.now.step,
            control,
            old,
            new: control.value(),
            scripted,
        };
        self.applied.push(applied.clone());
        Ok(applied)
    }

    /// The controls that took effect since the last call, the script's included.
    pub fn take_applied(&mut self) -> Vec<Applied> {
        std::mem::take(&mut self.applied)
    }

    /// What was found not to be a number at the last step, if it diverged: "gradient of
    /// visual.conv1.weight".
    pub fn suspect(&self) -> Option<&str> {
        self.suspect.as_deref()
    }

    /// Where the last step's time went.
    pub const fn phases(&self) -> Phases {
        self.phases
    }

    /// Where it computes: "CPU, 2 threads".
    pub fn device_name(&self, threads: i32) -> String {
        let name = device::name(self.device);
        match (self.device, threads) {
            (Device::Cpu, 1) => format!("{name}, 1 thread"),
            (Device::Cpu, n) => format!("{name}, {n} threads"),
            _ => name,
        }
    }

    /// Steps completed.
    pub const fn steps_done(&self) -> u64 {
        self.now.step
    }

    /// Trainable parameters, temperature and bias included.
    pub fn parameters(&self) -> u64 {
        self.optimizer.parameter_count() as u64 + 1 + u64::from(self.now.logit_bias.is_some())
    }

    /// The dials as they stand.
    pub fn settings(&self) -> Settings {
        Settings {
            loss: self.now.loss,
            temperature: (-self.now.logit_scale.value).exp(),
            learn_temperature: self.now.logit_scale.learned,
            max_logit_scale: self.spec.max_logit_scale.get(),
            bias: self.now.logit_bias.map(|bias| bias.value),
            learn_bias: self
                .now
                .logit_bias
                .map_or(self.now.learn_bias, |bias| bias.learned),
            batch_size: self.now.batch_size,
            learning_rate: self.now.learning_rate,
            weight_decay: self.now.weight_decay,
            shuffle_captions: self.now.shuffle_captions,
            augment: self.now.augment,
        }
    }

    /// Begins an evaluation of the weights as they are now, unless one is under way. Training may go
    /// on meanwhile: the evaluation works on a copy.
    pub fn begin_evaluation(&mut self) -> Result<()> {
        if self.evaluation.is_none() {
            self.evaluation = Some(Retrieval::begin(
                &self.prepared,
                &self.clip,
                self.now.step,
                self.device,
            )?);
        }
        Ok(())
    }

    /// Does the next slice of the evaluation under way, if any: about the work of a step. Returns the
    /// reports once it is complete.
    pub fn advance_evaluation(&mut self) -> Result<Vec<EvalReport>> {
        let Some(evaluation) = &mut self.evaluation else {
            return Ok(Vec::new());
        };
        let reports = evaluation.advance()?;
        if !reports.is_empty() {
            self.evaluation = None;
        }
        Ok(reports)
    }

    /// Share done of the evaluation under way.
    pub fn evaluating(&self) -> Option<f64> {
        self.evaluation.as_ref().map(Retrieval::progress)
    }

    /// Cosines of the latest batch, pooled to at most `side` rows, and its first `pairs` pairs.
    pub fn look(&self, side: usize, pairs: usize) -> Result<Option<(Matrix, Vec<Pair>)>> {
        let Some(latest) = &self.latest else {
            return Ok(None);
        };
        let names = self.prepared.dataset().names();
        Ok(Some((latest.matrix(side)?, latest.pairs(pairs, names))))
    }

    /// The first rows of the latest batch's cosines, unpooled.
    pub fn rows(&self) -> Result<Option<Rows>> {
        self.latest.as_ref().map(Latest::rows).transpose()
    }

    /// Both losses of the latest batch at other temperatures and biases. It reads features that are
    /// there already and leaves no trace: training goes on as if nobody had looked.
    pub fn landscape(&self) -> Result<Option<Landscape>> {
        let Some(latest) = &self.latest else {
            return Ok(None);
        };
        let _guard = tch::no_grad_guard();
        let settings = self.settings();
        let survey = landscape::survey(
            latest.step,
            &latest.cosines()?,
            landscape::temperatures(1.0 / settings.max_logit_scale, settings.temperature),
            landscape::biases(settings.bias.unwrap_or(0.0)),
        );
        survey.map(Some)
    }

    /// Writes the model as an `OpenCLIP` folder.
    pub fn save(&mut self, folder: &Path) -> Result<()> {
        self.clip
            .set_logit_scale(self.now.logit_scale.value, self.now.logit_scale.learned)?;
        if let Some(bias) = self.now.logit_bias {
            self.clip.set_logit_bias(bias.value, bias.learned)?;
        }
        checkpoint::save(folder, &self.clip, self.prepared.tokenizer())
    }

    /// The first thing on the way that is not finite.
    fn find_suspect(
        &self,
        [image_features, text_features]: [&Tensor; 2],
        terms: &LossTerms,
        gradients: &Tensor,
    ) -> Result<Option<String>> {
        let forward = [
            ("image features", image_features),
            ("text features", text_features),
            ("logits", &terms.logits),
            ("loss", &terms.loss),
        ];
        for (name, tensor) in forward {
            if !finite(tensor)? {
                return Ok(Some(name.to_owned()));
            }
        }
        let Some(place) = self.optimizer.not_finite(gradients)? else {
            return Ok(Some("gradient of logit_scale or logit_bias".into()));
        };
        // The optimizer has those that decay first.
        let names = |decaying: bool| {
            self.clip
                .parameters()
                .filter(move |(name, _, decays)| {
                    *decays == decaying && !matches!(*name, "logit_scale" | "logit_bias")
                })
                .map(|(name, _, _)| name)
        };
        Ok(names(true)
            .chain(names(false))
            .nth(place)
            .map(|name| format!("gradient of {name}")))
    }

    fn take_cues(&mut self) -> Result<()> {
        while let Some(&(at, control)) = self.now.cues.front()
            && at <= self.now.step
        {
            self.now.cues.pop_front();
            self.set(control, true)?;
        }
        Ok(())
    }

    fn leaf(&self, value: f64) -> Tensor {
        Tensor::from(value as f32)
            .to_device(self.device)
            .set_requires_grad(true)
    }

    /// Moves temperature and bias; returns the squared norm of the move.
    fn update_dials(&mut self, gradients: &[f64], shrink: f64, learning_rate: f64) -> f64 {
        let highest = self.spec.max_logit_scale.get().ln();
        // A user may set tau above one; the clamp then only keeps it from going further.
        let lowest = MIN_LOGIT_SCALE.min(self.now.logit_scale.value);
        let gradient = |i: usize| gradients.get(i).map_or(0.0, |g| g * shrink);
        let scale =
            self.now
                .logit_scale
                .update(gradient(0), learning_rate, &self.train, (lowest, highest));
        let bias = self.now.logit_bias.as_mut().map_or(0.0, |bias| {
            bias.update(
                gradient(1),
                learning_rate,
                &self.train,
                (f64::NEG_INFINITY, f64::INFINITY),
            )
        });
        scale * scale + bias * bias
    }

    fn check_memory(&self, batch_size: u64) -> Result<()> {
        memory::check(&self.prepared.scenario().model, batch_size, self.device)
    }
}

/// What a step has to know of its tensors, fetched at once: the loss, the norm of the towers' gradients,
/// the gradients of the dials, the loss's two parts if it has them.
fn scalars(terms: &LossTerms, gradients: &Tensor, dials: Vec<Tensor>) -> Result<Vec<f64>> {
    let mut scalars = vec![terms.loss.detach(), gradients.f_norm()?];
    scalars.extend(dials);
    let parts = terms.image_to_text.iter().chain(&terms.text_to_image);
    scalars.extend(parts.map(Tensor::detach));
    Ok(Vec::try_from(
        Tensor::f_stack(&scalars, 0)?.to_kind(Kind::Double),
    )?)
}

/// The generator of initial weights.
fn weights_rng(seed: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Batches of step n use stream n; weights use the last one.
    rng.set_stream(u64::MAX);
    rng
}

/// Threads that libtorch uses within an operation called from this thread. Call it once, at a lane's
/// start: it empties the kernels' caches.
pub fn set_threads(threads: i32) {
    tch::set_num_threads(threads);
}
