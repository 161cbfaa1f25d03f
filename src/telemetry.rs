//! What anyone may see of a lane: [`StepReport`] and [`EvalReport`] for the records, [`Snapshot`]
//! for the screen. Plain data; a snapshot is bounded in size however long a run lasts.

mod curve;
mod findings;
mod landscape;
mod measure;
mod report;
mod share;
mod thumbnail;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::control::{Applied, Control, Value};
use crate::scenario::{Locked, Loss, Quality};

pub use curve::{Curve, Point};
pub use findings::Findings;
pub use landscape::{Landscape, Lowest, Rows};
pub use measure::{Listing, Measure, Split, Subset, TaskReport, Unit};
pub use report::*;
pub use share::Share;
pub use thumbnail::Thumbnail;

/// Everything measured in one optimizer step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Steps completed, this one included: the first is 1.
    pub step: u64,
    /// The loss.
    pub loss: f64,
    /// Cross-entropy of the rows (InfoNCE only).
    pub loss_image_to_text: Option<f64>,
    /// Cross-entropy of the columns (InfoNCE only).
    pub loss_text_to_image: Option<f64>,
    /// ln(1/tau), as used in this step's forward pass.
    pub logit_scale: f64,
    /// tau, as used in this step's forward pass.
    pub temperature: f64,
    /// b, as used in this step's forward pass.
    pub logit_bias: Option<f64>,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Global gradient norm before clipping.
    pub grad_norm: f64,
    /// Global norm of the parameters after the step.
    pub param_norm: f64,
    /// Global norm of the change that the step made.
    pub update_norm: f64,
    /// Logits of the matching pairs.
    pub positive_logits: Spread,
    /// Logits of all other pairs of the batch; absent in a batch of one.
    pub negative_logits: Option<Spread>,
    /// Share of pictures whose own caption scores best in the batch; ties count against the model.
    pub accuracy_image_to_text: f64,
    /// Share of captions whose own picture scores best in the batch; ties count against the model.
    pub accuracy_text_to_image: f64,
    /// Pairs in the batch.
    pub batch_size: u64,
    /// How good the batch was.
    pub data: DataReport,
    /// Wall time of the step.
    pub seconds: f64,
}

/// How good a batch was, counted from what it held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// Share of the pairs whose caption was made for another class.
    pub wrong_captions: f64,
    /// Share of the captions that were random words.
    pub random_captions: f64,
    /// Share of the pictures that were noise.
    pub noise_images: f64,
    /// Share of the pairs whose class another pair had, too.
    pub duplicates: f64,
    /// Of all cells off the diagonal, those whose caption was made for the class that the picture shows.
    pub false_negatives: f64,
    /// Different classes.
    pub classes: u64,
}

/// Least, mean and largest of some numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Least.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub max: f64,
}

/// The first evaluation on held-out pictures whose R@1 (picture to name) was this good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Milestone {
    /// The share that was reached.
    pub share: f64,
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Training time by then.
    pub seconds: f64,
}

/// Shares that are worth a [`Milestone`].
pub const MILESTONES: [f64; 8] = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9];

/// How a lane fares.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneStatus {
    /// Preparing data, tokenizer and weights.
    Starting,
    /// Training.
    Running,
    /// Waiting for the user.
    Paused,
    /// All steps done.
    Finished,
    /// The loss or a weight stopped being a number at this step; the lane waits.
    Diverged(u64),
    /// The lane's trainer failed; the reason.
    Failed(String),
}

/// The dials of a lane as they stand now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The loss.
    pub loss: Loss,
    /// tau.
    pub temperature: f64,
    /// Whether tau is learned.
    pub learn_temperature: bool,
    /// Upper clamp of `exp(logit_scale)`.
    pub max_logit_scale: f64,
    /// b.
    pub bias: Option<f64>,
    /// Whether b is learned.
    pub learn_bias: bool,
    /// Pairs in a batch.
    pub batch_size: u64,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// How good the data is asked to be.
    pub quality: Quality,
    /// Classes that the data set has to train on.
    pub all_concepts: u64,
    /// Whether training pictures are augmented.
    pub augment: bool,
    /// Which tower is held as it is.
    pub locked: Locked,
}

impl Settings {
    /// The control of the same name that sets what is set now; `None` for a bias that there is not and
    /// whether it would be learned.
    pub fn control_like(&self, control: Control) -> Option<Control> {
        let value = match control {
            Control::Temperature(_) => Some(Value::Real(self.temperature)),
            Control::Bias(_) | Control::NoBias => self.bias.map(Value::Real),
            Control::BatchSize(_) => Some(Value::Whole(self.batch_size)),
            Control::Loss(_) => Some(Value::Loss(self.loss)),
            Control::LearningRate(_) => Some(Value::Real(self.learning_rate)),
            Control::WeightDecay(_) => Some(Value::Real(self.weight_decay)),
            Control::ShuffleCaptions(_)
            | Control::RandomCaptions(_)
            | Control::NoiseImages(_)
            | Control::Duplicates(_)
            | Control::Imbalance(_)
            | Control::Concepts(_)
            | Control::AllConcepts => self.quality.value(control.name()).flatten(),
            Control::LearnTemperature(_) => Some(Value::Bool(self.learn_temperature)),
            Control::LearnBias(_) => Some(Value::Bool(self.learn_bias)),
            Control::Augment(_) => Some(Value::Bool(self.augment)),
            Control::Lock(_) => Some(Value::Locked(self.locked)),
        };
        Control::from_value(control.name(), value).ok()
    }
}

/// The cosines of one batch, pooled to a size that a screen can hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Step of the batch.
    pub step: u64,
    /// Rows and columns after pooling.
    pub side: usize,
    /// Pairs in each cell's side: 1 if nothing was pooled.
    pub pool: usize,
    /// `side * side` mean cosines, row by row: rows are pictures, columns captions.
    pub cosines: Vec<f32>,
}

/// One pair of the batch that [`Matrix`] shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The picture, after augmentation.
    pub thumbnail: Thumbnail,
    /// The caption, before tokenization.
    pub caption: String,
    /// The class's name.
    pub name: String,
}

/// All that the screen shows of a lane. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The lane's name.
    pub lane: String,
    /// How it fares.
    pub status: LaneStatus,
    /// Steps completed.
    pub step: u64,
    /// Steps planned.
    pub steps: u64,
    /// "CPU, 1 thread", "CUDA 0".
    pub device: String,
    /// Trainable parameters.
    pub parameters: u64,
    /// Seed in use.
    pub seed: u64,
    /// The dials.
    pub settings: Option<Settings>,
    /// The latest step.
    pub report: Option<StepReport>,
    /// Loss by step.
    pub loss: Curve,
    /// tau by step.
    pub temperature: Curve,
    /// b by step.
    pub bias: Curve,
    /// Batch accuracy, picture to caption, by step.
    pub accuracy: Curve,
    /// Global gradient norm by step.
    pub grad_norm: Curve,
    /// Evaluations on held-out pictures, oldest first.
    pub held_out: Arc<Vec<EvalReport>>,
    /// Evaluations on trained pictures, oldest first.
    pub trained: Arc<Vec<EvalReport>>,
    /// What evaluations found beside retrieval.
    pub findings: Arc<Findings>,
    /// How the latest batch lies in its space.
    pub geometry: Option<Arc<GeometryReport>>,
    /// When it first was how good, on held-out pictures, the least first.
    pub milestones: Arc<Vec<Milestone>>,
    /// A step that is made in parts: its share done, 0 to 1.
    pub stepping: Option<f64>,
    /// An evaluation under way: its share done, 0 to 1.
    pub evaluating: Option<f64>,
    /// Controls that took effect, oldest first.
    pub applied: Arc<Vec<Applied>>,
    /// Cosines of a recent batch.
    pub matrix: Option<Arc<Matrix>>,
    /// The first rows of that matrix, never pooled.
    pub rows: Option<Arc<Rows>>,
    /// Both losses of a recent batch at other temperatures and biases.
    pub landscape: Option<Arc<Landscape>>,
    /// The first pairs of the batch that `matrix` shows.
    pub pairs: Arc<Vec<Pair>>,
    /// Pairs trained per second, lately.
    pub pairs_per_second: f64,
    /// Wall time spent training.
    pub seconds: f64,
    /// Wall time spent on evaluations.
    pub evaluation_seconds: f64,
    /// Wall time spent on what only the screen wants: matrix, pairs, landscape.
    pub showing_seconds: f64,
    /// The latest thing that the lane has to say: a refused control, a saved file.
    pub message: Option<String>,
}

impl Snapshot {
    /// Steps completed, with a tenth of the next one where that takes long: "12", "12.4".
    pub fn steps_text(&self) -> String {
        match self.stepping {
            Some(share) => {
                let tenths = (share * 10.0).clamp(0.0, 9.0) as u64;
                format!("{}.{tenths}", self.step)
            }
            None => self.step.to_string(),
        }
    }

    /// Adds a step to the curves.
    pub fn plot(&mut self, report: &StepReport) {
        let step = report.step;
        self.step = step;
        self.loss.push(step, report.loss);
        self.temperature.push(step, report.temperature);
        if let Some(bias) = report.logit_bias {
            self.bias.push(step, bias);
        }
        self.accuracy.push(step, report.accuracy_image_to_text);
        self.grad_norm.push(step, report.grad_norm);
    }

    /// Goes back to a step: what came after it is forgotten.
    pub fn go_back(&mut self, to: u64) {
        self.step = to;
        for curve in [
            &mut self.loss,
            &mut self.temperature,
            &mut self.bias,
            &mut self.accuracy,
            &mut self.grad_norm,
        ] {
            curve.cut_after(to);
        }
        Arc::make_mut(&mut self.held_out).retain(|report| report.step <= to);
        Arc::make_mut(&mut self.trained).retain(|report| report.step <= to);
        Arc::make_mut(&mut self.milestones).retain(|milestone| milestone.step <= to);
        Arc::make_mut(&mut self.applied).retain(|applied| applied.precedes(to));
        Arc::make_mut(&mut self.findings).cut_after(to);
    }

    /// A lane that has not begun.
    pub fn starting(lane: &str, steps: u64) -> Self {
        Self {
            lane: lane.into(),
            status: LaneStatus::Starting,
            step: 0,
            steps,
            device: String::new(),
            parameters: 0,
            seed: 0,
            settings: None,
            report: None,
            loss: Curve::default(),
            temperature: Curve::default(),
            bias: Curve::default(),
            accuracy: Curve::default(),
            grad_norm: Curve::default(),
            held_out: Arc::default(),
            trained: Arc::default(),
            findings: Arc::default(),
            geometry: None,
            milestones: Arc::default(),
            stepping: None,
            evaluating: None,
            applied: Arc::default(),
            matrix: None,
            rows: None,
            landscape: None,
            pairs: Arc::default(),
            pairs_per_second: 0.0,
            seconds: 0.0,
            showing_seconds: 0.0,
            evaluation_seconds: 0.0,
            message: None,
        }
    }
}

/// Something that happened in a lane and belongs in the records.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The lane is ready for its first step.
    Started(Started),
    /// A step was made.
    Step(StepReport),
    /// A task of an evaluation is complete.
    Eval(Report),
    /// A control took effect.
    Control(Applied),
    /// The lane started over with this seed; earlier records are of another run.
    Reset(u64),
    /// The lane went back to an earlier state: what was recorded between is of a path that was left.
    Rewind {
        /// Steps completed when it was told to.
        from: u64,
        /// Steps completed in the state that it went back to.
        to: u64,
    },
    /// A lane of this name went its own way from the state before the last change by hand.
    Branch(String),
    /// The lane will not step on.
    Finished(Finished),
}

/// What a lane began with: all that is needed to do the same again, beside the scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// Its seed.
    pub seed: u64,
    /// Threads for each of libtorch's operations: another number may round differently.
    pub threads: usize,
    /// Where it computes: "CPU, 1 thread".
    pub device: String,
    /// The lane that it branched off, if it did.
    pub parent: Option<String>,
    /// Steps completed.
    pub step: u64,
}

/// How a lane ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Steps completed.
    pub step: u64,
    /// Why.
    pub reason: Reason,
    /// The evaluation on held-out pictures with the highest R@1, picture to name.
    pub best: Option<EvalReport>,
    /// Pairs per second of training time.
    pub pairs_per_second: f64,
    /// Training time.
    pub seconds: f64,
    /// Time spent on evaluations.
    pub evaluation_seconds: f64,
}

/// Why a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// All steps were made.
    Completed,
    /// It was told to stop.
    Stopped,
    /// One of the scenario's stop rules was met.
    Rule,
    /// The loss or a gradient was not a number.
    Diverged,
}
