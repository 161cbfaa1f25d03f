//! [`SavedState`]: all that a trainer's next steps depend on, as plain data; and [`History`], the states
//! that one can go back to.

use std::collections::VecDeque;

use crate::control::{Control, Settings};
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
    pub(super) now: TrainState,
    pub(super) optimizer: Moments,
    /// Running statistics of the normalisations.
    pub(super) buffers: Vec<Vec<f64>>,
}

impl SavedState {
    /// Steps completed.
    pub const fn step(&self) -> u64 {
        self.now.step
    }

    fn bytes(&self) -> usize {
        let buffers: usize = self.buffers.iter().map(Vec::len).sum();
        self.optimizer.bytes() + buffers * size_of::<f64>()
    }
}

/// The states before changes by hand, oldest first: as many as fit.
#[derive(Default)]
pub(super) struct History(pub VecDeque<SavedState>);

/// Bytes that a lane's history may take. A model of the default size has room for some dozen states.
const ROOM: usize = 256 << 20;

impl History {
    /// Whether there is a state of this step already: changes at one step are one change.
    pub fn knows(&self, step: u64) -> bool {
        self.0.back().is_some_and(|state| state.step() == step)
    }

    pub fn push(&mut self, state: SavedState) {
        self.0.push_back(state);
        while self.0.len() > 1 && self.0.iter().map(SavedState::bytes).sum::<usize>() > ROOM {
            self.0.pop_front();
        }
    }
}
