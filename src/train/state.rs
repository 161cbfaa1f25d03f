//! [`State`]: all that a trainer's next steps depend on, as plain data; and [`History`], the states
//! that one can go back to.

use std::collections::VecDeque;

use tch::{Kind, Tensor};

use super::Trainer;
use crate::control::{Control, Settings};
use crate::error::Result;
use crate::optim::{LearnedScalar, Moments};

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

/// A trainer's state. A trainer of the same scenario that takes it over makes the same steps from there
/// on, bit for bit. Plain data: it may cross threads.
#[derive(Clone, Debug)]
pub struct State {
    now: TrainState,
    optimizer: Moments,
    /// Running statistics of the normalisations.
    buffers: Vec<Vec<f64>>,
}

impl State {
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
pub(super) struct History(VecDeque<State>);

/// Bytes that a lane's history may take. A model of the default size has room for some dozen states.
const ROOM: usize = 256 << 20;

impl History {
    /// Whether there is a state of this step already: changes at one step are one change.
    pub fn knows(&self, step: u64) -> bool {
        self.0.back().is_some_and(|state| state.step() == step)
    }

    pub fn push(&mut self, state: State) {
        self.0.push_back(state);
        while self.0.len() > 1 && self.0.iter().map(State::bytes).sum::<usize>() > ROOM {
            self.0.pop_front();
        }
    }
}

impl Trainer {
    /// The state as it is.
    pub fn state(&self) -> Result<State> {
        let buffers = self.clip.weights().buffers();
        Ok(State {
            now: self.now.clone(),
            optimizer: self.optimizer.moments()?,
            buffers: buffers
                .map(|tensor| Ok(tensor.to_kind(Kind::Double).reshape([-1]).try_into()?))
                .collect::<Result<_>>()?,
        })
    }

    /// Takes over a state. The batch that was looked at, and an evaluation under way, are forgotten.
    pub fn restore(&mut self, state: &State) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.optimizer.restore(&state.optimizer)?;
        for (tensor, values) in self.clip.weights().buffers().zip(&state.buffers) {
            let mut tensor = tensor.shallow_clone();
            let values = Tensor::from_slice(values).f_reshape(tensor.size().as_slice())?;
            tensor.f_copy_(&values)?;
        }
        self.now = state.now.clone();
        self.underway = None;
        self.latest = None;
        self.evaluations.forget();
        self.suspect = None;
        Ok(())
    }

    /// Goes back to before the last change by hand, or the one before that if called again. Returns the
    /// step gone back to, or `None` if there is no such state.
    pub fn rewind(&mut self) -> Result<Option<u64>> {
        let Some(state) = self.history.0.pop_back() else {
            return Ok(None);
        };
        self.restore(&state)?;
        Ok(Some(state.step()))
    }

    /// The state before the last change by hand, or the present one if there was none.
    pub fn before_last_change(&self) -> Result<State> {
        self.history
            .0
            .back()
            .map_or_else(|| self.state(), |state| Ok(state.clone()))
    }

    /// Remembers the state before a change by hand.
    pub(super) fn remember(&mut self, state: Option<State>) {
        if let Some(state) = state {
            self.history.push(state);
        }
    }

    /// The state, if the history lacks one of this step.
    pub(super) fn memorable(&self) -> Result<Option<State>> {
        if self.history.knows(self.now.step) {
            return Ok(None);
        }
        self.state().map(Some)
    }
}
