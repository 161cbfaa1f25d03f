//! [`StepInProgress`]: what is known of a step that is made part by part. It knows no trainer: `step` says what
//! comes next.

use std::sync::Arc;
use std::time::Duration;

use tch::{Device, Tensor};

use super::memory::Cut;
use super::phases::Phases;
use super::tower::{Encoded, Part};
use crate::control::{Control, Stage};
use crate::data::{Batch, Prepared};
use crate::loss::compare::Compared;
use crate::quantity::Locked;
use crate::telemetry::StepReport;

/// What a call of `Trainer::advance` came to.
#[derive(Debug)]
// One value at a time, handed on at once: not worth an allocation a step.
#[allow(clippy::large_enum_variant)]
pub enum Progress {
    /// The step needs more calls.
    Part,
    /// The step is complete.
    Step(StepReport),
    /// All steps are done.
    Over,
}

/// A step that is being made.
pub(super) struct StepInProgress {
    pub batch: Arc<Batch>,
    pub cut: Cut,
    /// Which tower is held.
    pub locked: Locked,
    /// Features of the parts so far: image, text.
    pub encoded: Vec<[Encoded; 2]>,
    pub compared: Option<Compared>,
    /// Gradients of the towers, summed over so many parts.
    pub gradients: Option<Tensor>,
    pub differentiated: usize,
    /// Running statistics of the normalisations, as they are after the parts so far: the model gets them with
    /// the last one.
    pub tracked: Vec<Tensor>,
    pub spent: Duration,
    pub phases: Phases,
}

impl StepInProgress {
    /// Whether the step goes on after this change by hand; what the change makes void is made again.
    pub fn survives(&mut self, control: Control) -> bool {
        match control.stage() {
            Stage::Batch => false,
            Stage::Comparison => {
                self.compared = None;
                self.gradients = None;
                self.differentiated = 0;
                true
            }
            Stage::Update => true,
        }
    }

    pub fn parts(&self) -> usize {
        self.batch.len().div_ceil(self.cut.part)
    }

    pub fn part<'a>(&self, index: usize, prepared: &'a Prepared, device: Device) -> Part<'a> {
        let first = index * self.cut.part;
        Part {
            prepared,
            batch: Arc::clone(&self.batch),
            pairs: first..(first + self.cut.part).min(self.batch.len()),
            device,
            locked: self.locked,
        }
    }

    /// Share done, as time goes: of a part, the backward pass takes about twice as long as the forward.
    pub fn done(&self) -> f64 {
        let parts = self.parts().max(1) as f64;
        (self.encoded.len() as f64 + 3.0 * self.differentiated as f64) / (4.0 * parts)
    }
}
