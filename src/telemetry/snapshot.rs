//! [`Snapshot`]: all that anyone may see of a lane. Bounded in size however long a run lasts.

use std::sync::Arc;

use super::report::{EvalReport, GeometryReport};
use super::{Curve, Findings, Landscape, Matrix, Milestone, Pair, Rows, StepReport};
use crate::control::{Applied, Settings};

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

/// All that the screen shows of a lane. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The lane's name.
    pub lane: String,
    /// How it fares.
    pub status: LaneStatus,
    /// Steps completed.
    pub step: u64,
    /// How often it started over or went back: what was seen of it is of another path then.
    pub paths: u64,
    /// Steps planned.
    pub steps: u64,
    /// "CPU, 1 thread", "CUDA 0".
    pub device: String,
    /// Trainable parameters.
    pub parameters: u64,
    /// Seed in use.
    pub seed: u64,
    /// The step at which it branched off another lane, if it did and has not started over since.
    pub branched: Option<u64>,
    /// How often it has started over. A lane that goes back to before a reset has the number of that time.
    pub resets: u64,
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
    /// The losses of a recent batch at other temperatures and biases.
    pub landscape: Option<Arc<Landscape>>,
    /// The first pairs of the batch that `matrix` shows.
    pub pairs: Arc<Vec<Pair>>,
    /// Pairs trained per second, lately.
    pub pairs_per_second: f64,
    /// Wall time spent training, the step that is being made included.
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
        self.paths += 1;
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
        // Changes at that very step came after it, but for the script's first, which are made with the trainer.
        let first = |applied: &Applied| to == 0 && applied.step == 0 && applied.scripted();
        Arc::make_mut(&mut self.applied).retain(|applied| applied.step < to || first(applied));
        Arc::make_mut(&mut self.findings).cut_after(to);
    }

    /// A lane that has not begun.
    pub fn starting(lane: &str, steps: u64) -> Self {
        Self {
            lane: lane.into(),
            status: LaneStatus::Starting,
            step: 0,
            paths: 0,
            steps,
            device: String::new(),
            parameters: 0,
            seed: 0,
            branched: None,
            resets: 0,
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
