//! A trainer's changes by hand: made, taken back, and gone back behind. The state before each is remembered under
//! its number.

use std::sync::Arc;

use tch::{Kind, Tensor};

use super::device::DeviceChoice;
use super::state::{Learned, SavedState, fit};
use super::trainer::Trainer;
use crate::control::{Applied, By, Change, Control};
use crate::error::Result;

impl Trainer {
    /// Makes a change by hand, and remembers the state before it. It takes effect in the step that is
    /// being made, if one is: what it makes void of that is made again. A change of the latest one's number is
    /// part of that.
    ///
    /// # Errors
    /// What the lane cannot take; then nothing has changed.
    pub fn change(&mut self, change: &Change) -> Result<()> {
        let before = self.state()?;
        self.set_all(&change.controls, By::Hand(change.number))?;
        if self.before.number() != change.number {
            self.before.push(change.number, before);
            fit(&mut self.before);
        }
        Ok(())
    }

    /// Sets back what a change by hand set; the weights stay.
    ///
    /// # Errors
    /// What the lane cannot take; then nothing has changed.
    pub fn take_back(&mut self, change: &Change) -> Result<()> {
        self.set_all(&change.controls, By::Undo(change.number))?;
        self.before.forget(change.number);
        Ok(())
    }

    /// Makes a change of one control that nobody has counted: it gets the next number.
    ///
    /// # Errors
    /// What the lane cannot take; then nothing has changed.
    pub fn apply(&mut self, control: Control) -> Result<()> {
        self.change(&Change {
            number: self.before.number() + 1,
            controls: vec![control],
        })
    }

    /// The number of the latest change by hand whose state is remembered, and the step of that state.
    pub fn last_change(&self) -> Option<(u64, u64)> {
        let (number, state) = self.before.last()?;
        Some((*number, state.step()))
    }

    /// Starts over: new weights by this seed, and the scenario's dials, but for those that are kept. The state before
    /// is remembered if it has a number. Returns what the lane refused to keep, and why.
    ///
    /// # Errors
    /// What a new trainer refuses.
    pub fn restart(
        &mut self,
        number: Option<u64>,
        seed: u64,
        keep: &[Control],
        device: DeviceChoice,
    ) -> Result<Vec<String>> {
        let before = self.state()?;
        let fresh = Self::new(&self.prepared, &self.spec, seed, device, self.threads)?;
        let (remembered, run) = (std::mem::take(&mut self.before), self.run + 1);
        *self = Self {
            before: remembered,
            run,
            last: self.last,
            ..fresh
        };
        if let Some(number) = number {
            self.before.push(number, before);
            fit(&mut self.before);
        }
        let mut refused = Vec::new();
        for control in keep {
            if self.settings().value_like(*control) != control.value()
                && let Err(error) = self.set(*control, By::Reset)
            {
                refused.push(error.to_string());
            }
        }
        Ok(refused)
    }

    /// Sets a control that a reset keeps: for who follows the records of one.
    ///
    /// # Errors
    /// What the lane cannot take.
    pub fn keep(&mut self, control: Control) -> Result<Applied> {
        self.set(control, By::Reset)
    }

    fn set_all(&mut self, controls: &[Control], by: By) -> Result<()> {
        let (now, applied) = (self.now.clone(), self.applied.len());
        for control in controls {
            if let Err(error) = self.set(*control, by) {
                self.now = now;
                self.applied.truncate(applied);
                return Err(error);
            }
        }
        Ok(())
    }

    /// The state as it is.
    pub fn state(&mut self) -> Result<SavedState> {
        let learned = if let Some(kept) = &self.kept {
            Arc::clone(kept)
        } else {
            let buffers = self.clip.weights().buffers();
            Arc::new(Learned {
                optimizer: self.optimizer.moments()?,
                buffers: buffers
                    .map(|tensor| Ok(tensor.to_kind(Kind::Double).reshape([-1]).try_into()?))
                    .collect::<Result<_>>()?,
            })
        };
        self.kept = Some(Arc::clone(&learned));
        Ok(SavedState {
            seed: self.train.seed,
            run: self.run,
            now: self.now.clone(),
            learned,
        })
    }

    /// Takes over a state. The batch that was looked at, and an evaluation under way, are forgotten.
    pub fn restore(&mut self, state: &SavedState) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.optimizer.restore(&state.learned.optimizer)?;
        let buffers = &state.learned.buffers;
        for (tensor, values) in self.clip.weights().buffers().zip(buffers) {
            let mut tensor = tensor.shallow_clone();
            let values = Tensor::from_slice(values).f_reshape(tensor.size().as_slice())?;
            tensor.f_copy_(&values)?;
        }
        self.train.seed = state.seed;
        self.run = state.run;
        self.now = state.now.clone();
        self.kept = Some(Arc::clone(&state.learned));
        self.in_progress = None;
        self.latest = None;
        self.evaluations.forget();
        self.suspect = None;
        Ok(())
    }

    /// Goes back to before the change of this number, with weights and dials. Returns the step gone back to, or
    /// `None` if there is no such state, or none any more.
    pub fn rewind(&mut self, number: u64) -> Result<Option<u64>> {
        let Some(state) = self.before.take(number) else {
            return Ok(None);
        };
        self.restore(&state)?;
        Ok(Some(state.step()))
    }

    /// The state before the last change by hand, or the present one if there was none since it started over.
    pub fn before_last_change(&mut self) -> Result<SavedState> {
        match self.before.last() {
            Some((_, state)) if state.run == self.run => Ok(state.clone()),
            _ => self.state(),
        }
    }
}
