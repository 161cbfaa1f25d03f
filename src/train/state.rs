//! [`SavedState`]: all that a trainer's next steps depend on, as plain data; and how many of these one keeps to go
//! back to.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::control::{Before, Control, Settings};
use crate::optim::{LearnedScalar, Moments};
use crate::quantity::Loss;

/// What a trainer's steps change or depend on, tensors aside.
#[derive(Clone, Debug)]
pub(super) struct TrainState {
    /// Steps completed.
    pub step: u64,
    /// The dials as they were set. Temperature and bias are learned: they stand below.
    pub settings: Settings,
    /// ln(1/tau).
    pub logit_scale: LearnedScalar,
    pub logit_bias: Option<LearnedScalar>,
    /// What the script still has to say.
    pub cues: VecDeque<(u64, Control)>,
}

impl TrainState {
    /// Gets ready to learn the bias by the parameter of `loss`. What Adam remembers of another parameter has another
    /// sign and size: it is forgotten.
    pub fn learn_bias_by(&mut self, loss: Loss) {
        let parameter = |loss: Loss| loss.law().parameter(1.0, self.logit_scale.value);
        let same = parameter(loss).to_bits() == parameter(self.settings.loss).to_bits();
        if let Some(bias) = self.logit_bias.as_mut().filter(|_| !same) {
            *bias = LearnedScalar::new(bias.value, bias.learned);
        }
    }
}

/// A trainer's state. A trainer of the same scenario that takes it over makes the same steps from there
/// on, bit for bit. Plain data: it may cross threads.
#[derive(Clone, Debug)]
pub struct SavedState {
    /// The seed of its batches.
    pub(super) seed: u64,
    /// How often the trainer had started over.
    pub(super) run: u64,
    pub(super) now: TrainState,
    pub(super) learned: Arc<Learned>,
}

/// The large part of a state, which changes made at one step have in common.
#[derive(Debug)]
pub(super) struct Learned {
    pub optimizer: Moments,
    /// Running statistics of the normalisations.
    pub buffers: Vec<Vec<f64>>,
}

impl SavedState {
    /// Steps completed.
    pub const fn step(&self) -> u64 {
        self.now.step
    }
}

/// Bytes that a lane's remembered states may take. A model of the default size has room for some dozen steps at
/// which something was changed.
const ROOM: usize = 256 << 20;

/// Lets the oldest states go until the others fit.
pub(super) fn fit(before: &mut Before<SavedState>) {
    while before.len() > 1 && bytes(before) > ROOM {
        before.drop_oldest();
    }
}

fn bytes(before: &Before<SavedState>) -> usize {
    let mut sum = 0;
    let mut last: Option<&Arc<Learned>> = None;
    for SavedState { learned, .. } in before.states() {
        if !last.is_some_and(|last| Arc::ptr_eq(last, learned)) {
            let buffers: usize = learned.buffers.iter().map(Vec::len).sum();
            sum += learned.optimizer.bytes() + buffers * size_of::<f64>();
        }
        last = Some(learned);
    }
    sum
}
