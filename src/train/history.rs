//! A trainer's states before changes by hand: taken, kept, and gone back to.

use tch::{Kind, Tensor};

use super::state::SavedState;
use super::trainer::Trainer;
use crate::error::Result;

impl Trainer {
    /// The state as it is.
    pub fn state(&self) -> Result<SavedState> {
        let buffers = self.clip.weights().buffers();
        Ok(SavedState {
            now: self.now.clone(),
            optimizer: self.optimizer.moments()?,
            buffers: buffers
                .map(|tensor| Ok(tensor.to_kind(Kind::Double).reshape([-1]).try_into()?))
                .collect::<Result<_>>()?,
        })
    }

    /// Takes over a state. The batch that was looked at, and an evaluation under way, are forgotten.
    pub fn restore(&mut self, state: &SavedState) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.optimizer.restore(&state.optimizer)?;
        for (tensor, values) in self.clip.weights().buffers().zip(&state.buffers) {
            let mut tensor = tensor.shallow_clone();
            let values = Tensor::from_slice(values).f_reshape(tensor.size().as_slice())?;
            tensor.f_copy_(&values)?;
        }
        self.now = state.now.clone();
        self.in_progress = None;
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
    pub fn before_last_change(&self) -> Result<SavedState> {
        self.history
            .0
            .back()
            .map_or_else(|| self.state(), |state| Ok(state.clone()))
    }

    /// Remembers the state before a change by hand.
    pub(super) fn remember(&mut self, state: Option<SavedState>) {
        if let Some(state) = state {
            self.history.push(state);
        }
    }

    /// The state, if the history lacks one of this step.
    pub(super) fn memorable(&self) -> Result<Option<SavedState>> {
        if self.history.knows(self.now.step) {
            return Ok(None);
        }
        self.state().map(Some)
    }
}
