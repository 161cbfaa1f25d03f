//! [`Trainer`]: owns the tensors of one lane. No terminal; its threads work only while it is called.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tch::Device;

use super::device::{self, DeviceChoice};
use super::hands::Hands;
use super::in_progress::StepInProgress;
use super::latest::Latest;
use super::phases::Phases;
use super::state::{Learned, SavedState, TrainState};
use super::{memory, precision, start};
use crate::control::{Applied, Before, By, Control, Quality, Settings};
use crate::data::{Batch, Prepared, Request};
use crate::error::{Error, Result};
use crate::eval::Evaluations;
use crate::eval::geometry::Plane;
use crate::loss::Head;
use crate::model::{Clip, checkpoint};
use crate::optim::{AdamW, LearnedScalar, learned};
use crate::quantity;
use crate::scenario::{LaneSpec, MOST_CHOSEN, Train};

/// One model in training.
pub struct Trainer {
    pub(super) prepared: Arc<Prepared>,
    pub(super) spec: LaneSpec,
    pub(super) train: Train,
    /// The step after which there is none; `None` if it goes on until it is stopped.
    pub(super) last: Option<u64>,
    pub(super) device: Device,
    pub(super) clip: Clip,
    pub(super) optimizer: AdamW,
    /// Everything else that a step changes or depends on.
    pub(super) now: TrainState,
    /// States before changes by hand, to go back to.
    pub(super) before: Before<SavedState>,
    /// How often it has started over.
    pub(super) run: u64,
    /// What is learned, if it was copied since the last step.
    pub(super) kept: Option<Arc<Learned>>,
    pub(super) applied: Vec<Applied>,
    /// The step that is being made, if it is made in parts.
    pub(super) in_progress: Option<StepInProgress>,
    /// Whether batches are made ahead: where computing one does not take time from the step.
    pub(super) looks_ahead: bool,
    /// The batch of the next step, made while this one is computed.
    pub(super) ahead: Option<JoinHandle<Arc<Batch>>>,
    pub(super) latest: Option<Latest>,
    pub(super) evaluations: Evaluations,
    /// Where the last map lay, so that the next does not jump.
    pub(super) plane: Option<Plane>,
    /// What was found not to be a number, once something was.
    pub(super) suspect: Option<String>,
    pub(super) phases: Phases,
    /// Threads of this lane.
    pub(super) threads: usize,
    pub(super) hands: Hands,
    /// Pairs of the largest batch whose memory the process may still hold.
    pub(super) largest: usize,
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
        let train = Train {
            seed,
            ..spec.train(&scenario.train)
        };
        let clip = start::model(prepared, seed, device)?;
        let optimizer = AdamW::new(&learned(&clip), threads)?;
        let hands = Hands::new(&clip, device, threads)?;
        let concepts = prepared.dataset().trained_classes().len() as u64;
        let settings = spec.start(&train, scenario.data.augment(), concepts);
        let now = TrainState {
            step: 0,
            logit_scale: LearnedScalar::new(spec.temperature.logit_scale(), spec.learn_temperature),
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
            before: Before::default(),
            run: 0,
            kept: None,
            applied: Vec::new(),
            in_progress: None,
            // A CPU has its hands full, except where images must be waited for or decoded.
            looks_ahead: device != Device::Cpu || prepared.dataset().slow() || hands.have_time(),
            ahead: None,
            latest: None,
            evaluations: Evaluations::default(),
            plane: None,
            suspect: None,
            phases: Phases::default(),
            threads,
            hands,
            largest: 0,
            last: Some(train.steps.get()),
            train,
            prepared: Arc::clone(prepared),
        };
        trainer.take_cues()?;
        // All lanes are about to take as much.
        let lanes = trainer.prepared.scenario().lanes.len();
        trainer.check_memory(trainer.now.settings.batch_size, lanes)?;
        Ok(trainer)
    }

    /// The same, but it makes steps for ever if `on`: past the scenario's last step at the rate that
    /// [`Train::rate`] has for them.
    #[must_use]
    pub fn running_on(mut self, on: bool) -> Self {
        self.last = (!on).then_some(self.train.steps.get());
        self
    }

    pub(super) fn set(&mut self, control: Control, by: By) -> Result<Applied> {
        let old = self.settings().value_like(control);
        match control {
            Control::Temperature(tau) => {
                control
                    .fits_clamp(self.spec.max_logit_scale.get())
                    .map_err(Error::Usage)?;
                self.now.logit_scale.value = tau.logit_scale();
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
            Control::Loss(loss) => self.now.learn_bias_by(loss),
            _ => {}
        }
        self.now.settings.set(control);
        // Dropped, if it cannot go on.
        let _ = self.in_progress.take_if(|step| !step.survives(control));
        let applied = Applied {
            step: self.now.step,
            control,
            old,
            new: control.value(),
            by,
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

    /// The seed of its weights and batches.
    pub const fn seed(&self) -> u64 {
        self.train.seed
    }

    /// Learning rate of the step that comes.
    pub fn next_rate(&self) -> f64 {
        (self.train).rate(self.now.settings.learning_rate, self.now.step + 1)
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
            temperature: quantity::temperature(self.now.logit_scale.value),
            bias: self.now.logit_bias.map(|bias| bias.value),
            ..self.now.settings.clone()
        }
    }

    /// Loss, scale and bias as they are now.
    pub(super) fn head(&self) -> Head {
        Head {
            loss: self.now.settings.loss,
            logit_scale: self.now.logit_scale.value,
            logit_bias: self.now.logit_bias.map(|bias| bias.value),
        }
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

    pub(super) fn take_cues(&mut self) -> Result<()> {
        while let Some(&(at, control)) = self.now.cues.front()
            && at <= self.now.step
        {
            self.now.cues.pop_front();
            self.set(control, By::Script)?;
        }
        Ok(())
    }

    /// The batch of the step that comes.
    pub(super) fn wanted(&self) -> Request {
        Request {
            seed: self.train.seed,
            step: self.now.step,
            batch_size: self.now.settings.batch_size as usize,
            image_size: self.prepared.image_size(),
            augment: self.now.settings.augment,
            quality: Quality::from(&self.now.settings),
        }
    }

    /// An error if so many lanes with this batch would not fit.
    fn check_memory(&self, batch_size: u64, lanes: usize) -> Result<()> {
        if !self.spec.negatives.is_all() && batch_size > MOST_CHOSEN {
            return Err(Error::Usage(format!(
                "cannot choose negatives from a batch of {batch_size} pairs; at most {}\n  \
                 lane `{}` leaves negatives out; `negatives: All` works with any batch",
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
