//! [`StepInProgress`]: what is known of a step that is made part by part. It knows no trainer: `step` says what
//! comes next.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tch::{Device, Tensor};

use super::hands::Hands;
use super::memory::Cut;
use super::phases::{Laps, Phases};
use crate::control::{Control, Stage};
use crate::data::{Batch, Prepared};
use crate::error::Result;
use crate::loss::compare::Compared;
use crate::model::{Clip, Pass};
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
    /// Features of the parts so far.
    pub encoded: Vec<Encoded>,
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

/// Features of a part, `[part, D]` each.
pub(super) struct Encoded {
    pub image: Tensor,
    pub text: Tensor,
    /// The same with their graphs, until these are used.
    pub graph: Option<[Tensor; 2]>,
}

/// What of a step a hand works on.
pub(super) struct Part<'a> {
    pub prepared: &'a Prepared,
    pub batch: Arc<Batch>,
    pub pairs: Range<usize>,
    pub device: Device,
    pub locked: Locked,
}

impl Part<'_> {
    /// Image and text features, `[part, D]` each; those of a locked tower without a graph.
    pub fn features(&self, clip: &Clip, pass: Pass, phases: &mut Phases) -> Result<[Tensor; 2]> {
        let mut laps = Laps::start();
        let pictures = self.batch.pictures(self.pairs.clone());
        let pixels = self.prepared.pixels(pictures, self.device)?;
        let captions = &self.batch.captions[self.pairs.clone()];
        let tokens = self.prepared.tokens(captions, self.device)?;
        phases.data += laps.lap();
        let held = |tower| (self.locked == tower).then(tch::no_grad_guard);
        let image = {
            let guard = held(Locked::Image);
            // Its statistics are held, too.
            let pass = guard.as_ref().map_or(pass, |_| Pass::Evaluate);
            clip.encode_image(&pixels, pass)
        };
        phases.image_tower += laps.lap();
        let text = {
            let _guard = held(Locked::Text);
            clip.encode_text(&tokens)
        };
        phases.text_tower += laps.lap();
        Ok([image, text])
    }
}

/// Lets the hands do their jobs; what these made, and the time of one hand in the mean.
pub(super) fn side_by_side<T: Send>(
    hands: &mut Hands,
    jobs: Vec<impl FnOnce(&Clip) -> Result<(T, Phases)> + Send>,
) -> Result<(Vec<T>, Phases)> {
    let count = jobs.len().max(1) as u32;
    let (made, times): (Vec<T>, Vec<Phases>) = hands.work(jobs)?.into_iter().unzip();
    let mut mean = Phases::default();
    for phases in times {
        mean += phases / count;
    }
    Ok((made, mean))
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
