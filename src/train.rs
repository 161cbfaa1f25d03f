//! [`Trainer`]: owns the tensors of one lane. No terminal; its threads work only while it is called.
//!
//! A step reads as the algorithm does: sample, encode, compare, differentiate, clip, update; it is written
//! in `step.rs`.

pub mod device;
mod hands;
mod latest;
mod memory;
mod phases;
pub mod precision;
pub mod start;
mod state;
mod step;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tch::{Device, Tensor};

pub use phases::Phases;
pub use state::State;
pub use step::Progress;

use crate::control::{Applied, Control, Quality, Settings};
use crate::data::{Batch, Prepared, Request};
use crate::error::{Error, Result};
use crate::eval::geometry::{self, Plane};
use crate::eval::{Evaluation, Evaluations, Tasks, rows};
use crate::loss::Head;
use crate::loss::landscape;
use crate::model::{Clip, checkpoint};
use crate::optim::{AdamW, LearnedScalar, learned};
use crate::scenario::{LaneSpec, MOST_CHOSEN, Train};
use crate::telemetry::{GeometryReport, Landscape, Matrix, Pair, Report, Rows};
use hands::Hands;
use latest::Latest;
use state::{History, TrainState};
use step::Underway;

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
    now: TrainState,
    /// States before changes by hand, to go back to.
    history: History,
    applied: Vec<Applied>,
    /// The step that is being made, if it is made in parts.
    underway: Option<Underway>,
    /// The batch of the next step, made while this one is computed.
    ahead: Option<JoinHandle<Arc<Batch>>>,
    latest: Option<Latest>,
    evaluations: Evaluations,
    /// Where the last map lay, so that the next does not jump.
    plane: Option<Plane>,
    /// What was found not to be a number, once something was.
    suspect: Option<String>,
    phases: Phases,
    /// Threads of this lane.
    threads: usize,
    hands: Hands,
    /// Pairs of the largest batch whose memory the process may still hold.
    largest: usize,
}

impl Trainer {
    /// A lane of the prepared scenario, before its first step, for the thread that calls. Lanes of one scenario
    /// and seed start from the same weights; with as many threads, which it may use on a CPU, they make the same
    /// steps, bit for bit.
    pub fn new(
        prepared: &Arc<Prepared>,
        spec: &LaneSpec,
        seed: u64,
        device: DeviceChoice,
        threads: usize,
    ) -> Result<Self> {
        let device = device::resolve(device)?;
        let scenario = prepared.scenario();
        let mut train = scenario.train.clone();
        train.seed = seed;
        train.betas = spec.betas.unwrap_or(train.betas);
        let clip = start::model(prepared, seed, device)?;
        let optimizer = AdamW::new(&learned(&clip), &train, threads)?;
        let hands = Hands::new(&clip, device, threads)?;
        let concepts = prepared.dataset().trained_classes().len() as u64;
        let settings = spec.start(&train, prepared.augment(), concepts);
        let now = TrainState {
            step: 0,
            logit_scale: LearnedScalar::new(-spec.temperature.get().ln(), spec.learn_temperature),
            logit_bias: spec
                .bias
                .map(|bias| LearnedScalar::new(bias.get(), spec.learn_bias)),
            settings,
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
            underway: None,
            ahead: None,
            latest: None,
            evaluations: Evaluations::default(),
            plane: None,
            suspect: None,
            phases: Phases::default(),
            threads,
            hands,
            largest: 0,
            train,
            prepared: Arc::clone(prepared),
        };
        trainer.take_cues()?;
        // All lanes are about to take as much.
        let lanes = trainer.prepared.scenario().lanes.len();
        trainer.check_memory(trainer.now.settings.batch_size, lanes)?;
        Ok(trainer)
    }

    /// Applies a control by hand, and remembers the state before it. It takes effect in the step that is
    /// being made, if one is: what it makes void of that is made again.
    pub fn apply(&mut self, control: Control) -> Result<Applied> {
        let before = self.memorable()?;
        let applied = self.set(control, false)?;
        self.remember(before);
        Ok(applied)
    }

    fn set(&mut self, control: Control, scripted: bool) -> Result<Applied> {
        let old = self.settings().value_like(control);
        match control {
            Control::Temperature(tau) => {
                control
                    .fits_clamp(self.spec.max_logit_scale.get())
                    .map_err(Error::Usage)?;
                self.now.logit_scale.value = -tau.get().ln();
            }
            Control::LearnTemperature(on) => self.now.logit_scale.learned = on,
            Control::Bias(bias) => {
                let learned = self.now.settings.learn_bias;
                self.now
                    .logit_bias
                    .get_or_insert(LearnedScalar::new(0.0, learned))
                    .value = bias.get();
            }
            Control::NoBias => self.now.logit_bias = None,
            Control::LearnBias(on) => {
                if let Some(bias) = &mut self.now.logit_bias {
                    bias.learned = on;
                }
            }
            Control::BatchSize(n) => self.check_memory(n.get(), 1)?,
            _ => {}
        }
        self.now.settings.set(control);
        // Dropped, if it cannot go on.
        let _ = self.underway.take_if(|step| !step.survives(control));
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

    /// Where and in what it computes: "CPU, 2 threads, bf16".
    pub fn device_name(&self) -> String {
        let name = device::name(self.device);
        let precision = self.precision();
        match (self.device, self.threads) {
            (Device::Cpu, 1) => format!("{name}, 1 thread, {precision}"),
            (Device::Cpu, n) => format!("{name}, {n} threads, {precision}"),
            _ => format!("{name}, {precision}"),
        }
    }

    /// What the towers' matrix products are computed in: "fp32", "bf16".
    pub fn precision(&self) -> &'static str {
        let part = self.cut(self.now.settings.batch_size as usize).part;
        precision::name(precision::compute(self.train.precision, self.device, part))
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
            temperature: (-self.now.logit_scale.value).exp(),
            bias: self.now.logit_bias.map(|bias| bias.value),
            ..self.now.settings.clone()
        }
    }

    /// Begins an evaluation of the weights as they are now. Training may go on meanwhile: it works on a copy. One of
    /// the same kind that is under way is completed first, a question is forgotten for the next.
    pub fn begin_evaluation(&mut self, tasks: &Tasks) -> Result<()> {
        // In the type that it is trained in, and at the price of that.
        let part = self.cut(self.now.settings.batch_size as usize).part;
        let compute = precision::compute(self.train.precision, self.device, part);
        let copy = self.clip.duplicate()?.share(compute)?;
        let begun = Evaluation::begin(
            &self.prepared,
            copy,
            self.dials(),
            self.now.step,
            self.device,
            tasks,
        );
        self.evaluations.begin(begun, tasks)
    }

    /// Does the next slice of the evaluations under way, if any: about the work of a step. Returns the reports of
    /// tasks that are complete.
    pub fn advance_evaluation(&mut self) -> Result<Vec<Report>> {
        self.evaluations.advance()
    }

    /// Share done of the evaluation under way.
    pub fn evaluating(&self) -> Option<f64> {
        self.evaluations.progress()
    }

    /// Loss, scale and bias as they are now.
    fn dials(&self) -> Head {
        Head {
            loss: self.now.settings.loss,
            logit_scale: self.now.logit_scale.value,
            logit_bias: self.now.logit_bias.map(|bias| bias.value),
        }
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

    /// How the latest batch lies in its space. `None` before the first step.
    pub fn geometry(&mut self) -> Result<Option<GeometryReport>> {
        let Some(latest) = &self.latest else {
            return Ok(None);
        };
        let pairs = latest.batch.len().min(geometry::PAIRS);
        let first = |features: &Tensor| rows(&features.f_narrow(0, 0, pairs as i64)?);
        let (image, text) = (
            first(&latest.image_features)?,
            first(&latest.text_features)?,
        );
        let classes = &latest.batch.classes[..pairs];
        let kinds: Vec<usize> = match self.prepared.labels().first() {
            Some(label) => classes.iter().map(|class| label.of[*class]).collect(),
            None => classes.to_vec(),
        };
        let plane = self.plane.as_ref();
        let (report, plane) =
            geometry::measure(latest.step, &image, &text, &kinds, self.dials(), plane)?;
        self.plane = Some(plane);
        Ok(Some(report))
    }

    /// Both losses of the latest batch at other temperatures and biases. It reads features that are
    /// there already and leaves no trace: training goes on as if nobody had looked. `None` before the first
    /// step.
    pub fn landscape(&self) -> Result<Option<Landscape>> {
        let Some(latest) = &self.latest else {
            return Ok(None);
        };
        let _guard = tch::no_grad_guard();
        let settings = self.settings();
        let survey = landscape::survey(
            latest.step,
            [&latest.image_features, &latest.text_features],
            landscape::temperatures(1.0 / settings.max_logit_scale, settings.temperature),
            landscape::biases(settings.bias.unwrap_or(0.0)),
        );
        survey.map(Some)
    }

    /// Writes the model as an `OpenCLIP` folder.
    pub fn save(&mut self, folder: &Path) -> Result<()> {
        self.clip
            .set_logit_scale(self.now.logit_scale.value, self.now.logit_scale.learned)?;
        match self.now.logit_bias {
            Some(bias) => self.clip.set_logit_bias(bias.value, bias.learned)?,
            None => self.clip.remove_logit_bias(),
        }
        checkpoint::save(
            folder,
            &self.clip,
            self.prepared.tokenizer(),
            self.prepared.preprocess(),
        )
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

    /// The batch of the step that comes.
    fn wanted(&self) -> Request {
        Request {
            seed: self.train.seed,
            step: self.now.step,
            batch_size: self.now.settings.batch_size as usize,
            image_size: self.prepared.image_size(),
            augment: self.now.settings.augment,
            quality: Quality::from(&self.now.settings),
        }
    }

    /// Moves temperature and bias; returns the squared norm of the move.
    fn update_dials(
        &mut self,
        gradients: [Option<f64>; 2],
        shrink: f64,
        learning_rate: f64,
    ) -> f64 {
        let highest = self.spec.max_logit_scale.get().ln();
        // A user may set tau above one; the clamp then only keeps it from going further.
        let lowest = MIN_LOGIT_SCALE.min(self.now.logit_scale.value);
        let gradient = |i: usize| gradients[i].map_or(0.0, |g| g * shrink);
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

    /// An error if so many lanes with this batch would not fit.
    fn check_memory(&self, batch_size: u64, lanes: usize) -> Result<()> {
        if !self.spec.negatives.is_all() && batch_size > MOST_CHOSEN {
            return Err(Error::Usage(format!(
                "a batch of {batch_size} pairs is too large to choose negatives from: at most {}\n  \
                 lane `{}` leaves negatives out; `negatives: All` takes batches of any size",
                MOST_CHOSEN, self.spec.name
            )));
        }
        let model = &self.prepared.scenario().model;
        memory::check(
            model,
            batch_size as usize,
            self.device,
            [self.hands.count(), self.threads],
            lanes,
        )
    }
}
