//! What anyone may see of a lane: [`StepReport`] and [`EvalReport`] for the records, [`Snapshot`]
//! for the screen. Plain data; a snapshot is bounded in size however long a run lasts.

mod curve;
mod landscape;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::control::Applied;
use crate::scenario::Loss;

pub use curve::{Curve, Point};
pub use landscape::{Landscape, Lowest, Rows};

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
    /// Wall time of the step.
    pub seconds: f64,
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

/// Which pictures an evaluation used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Pictures like those that were trained on.
    Trained,
    /// Pictures that training never saw: another drawing style, or other attribute combinations.
    HeldOut,
}

/// Retrieval over all candidate names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Which pictures.
    pub split: Split,
    /// Share of pictures whose own name ranks first.
    pub r1_image_to_text: f64,
    /// Among the first five.
    pub r5_image_to_text: f64,
    /// Among the first ten.
    pub r10_image_to_text: f64,
    /// Share of names whose own picture ranks first.
    pub r1_text_to_image: f64,
    /// Among the first five.
    pub r5_text_to_image: f64,
    /// Among the first ten.
    pub r10_text_to_image: f64,
    /// Median rank of a picture's own name; the best is 1.
    pub median_rank: f64,
    /// Names to choose from: chance is one in so many.
    pub candidates: u64,
    /// Pictures that were asked.
    pub pictures: u64,
    /// Compute time of the evaluation.
    pub seconds: f64,
}

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
    /// Share of captions exchanged.
    pub shuffle_captions: f64,
    /// Whether training pictures are augmented.
    pub augment: bool,
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

/// A picture as the image tower saw it, sRGB.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumbnail {
    /// Pixels a side.
    pub side: usize,
    /// `side * side` colours, row by row.
    pub rgb: Vec<[u8; 3]>,
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
    /// The latest thing that the lane has to say: a refused control, a saved file.
    pub message: Option<String>,
}

impl Snapshot {
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
            evaluating: None,
            applied: Arc::default(),
            matrix: None,
            rows: None,
            landscape: None,
            pairs: Arc::default(),
            pairs_per_second: 0.0,
            seconds: 0.0,
            message: None,
        }
    }
}

/// Something that happened in a lane and belongs in the records.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A step was made.
    Step(StepReport),
    /// An evaluation is complete.
    Eval(EvalReport),
    /// A control took effect.
    Control(Applied),
    /// The lane started over with this seed; earlier records are of another run.
    Reset(u64),
    /// The lane will not step on.
    Finished(Finished),
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
}

/// Why a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// All steps were made.
    Completed,
    /// It was told to stop.
    Stopped,
    /// The loss or a gradient was not a number.
    Diverged,
}
