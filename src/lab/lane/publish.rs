//! [`Publisher`]: puts the latest state of a lane where the screen finds it. What costs time is worked out only
//! while somebody looks, and seldom enough.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::command::Attention;
use super::state::State;
use crate::error::Result;
use crate::lab::observer::Observer;
use crate::telemetry::Snapshot;
use crate::train::Trainer;

/// Cells of the snapshot's matrix on a side, and pairs shown beside it.
const MATRIX_SIDE: usize = 64;
const PAIRS: usize = 128;
/// Least time between two looks at the batch: more often than the screen draws is waste.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Least time between two surveys of the loss landscape, and their largest share of the time: one
/// that took long is not soon repeated, whatever the batch.
const SURVEY_EVERY: Duration = Duration::from_millis(400);
const SURVEY_SHARE: f64 = 0.03;

/// Where a watched lane's snapshots go, and when it was looked at.
pub(super) struct Publisher<'a> {
    slot: &'a Mutex<Arc<Snapshot>>,
    /// How much is looked at.
    pub attention: Attention,
    /// Step of the last look.
    looked: Option<u64>,
    /// Step whose geometry was measured last.
    measured: Option<u64>,
    /// When the landscape may be surveyed again.
    survey_at: Option<Instant>,
}

impl<'a> Publisher<'a> {
    pub fn new(slot: &'a Mutex<Arc<Snapshot>>) -> Self {
        Self {
            slot,
            attention: Attention::default(),
            looked: None,
            measured: None,
            survey_at: None,
        }
    }

    /// The same step may come again, with another batch.
    pub const fn look_again(&mut self) {
        self.looked = None;
        self.measured = None;
    }

    /// Puts the latest state where the screen finds it; looks at the batch now and then.
    pub fn publish(
        &mut self,
        now: bool,
        trainer: &mut Trainer,
        observer: &mut Observer,
        state: &State,
    ) -> Result<()> {
        let began = Instant::now();
        self.look(now, trainer, observer)?;
        self.measure(now || state.halted(), trainer, observer)?;
        self.survey(trainer, observer, state)?;
        observer.note_showing(began.elapsed());
        let snapshot = Arc::new(observer.snapshot(trainer, state.status()));
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    fn look(&mut self, now: bool, trainer: &mut Trainer, observer: &mut Observer) -> Result<()> {
        let step = trainer.steps_done();
        let seen = self.attention >= Attention::Batch && self.looked != Some(step);
        if !seen || !(now || step.is_multiple_of(look_stride(observer.step_seconds()))) {
            return Ok(());
        }
        if let Some((matrix, pairs)) = trainer.look(MATRIX_SIDE, PAIRS)? {
            observer.look(matrix, pairs);
        }
        if let Some(rows) = trainer.rows()? {
            observer.look_closely(rows);
        }
        self.looked = Some(step);
        Ok(())
    }

    /// Measures how the batch lies in its space: at the steps of the other looks, and whenever somebody
    /// begins to look at a lane that does nothing by itself.
    fn measure(&mut self, now: bool, trainer: &mut Trainer, observer: &mut Observer) -> Result<()> {
        let step = trainer.steps_done();
        let seen = self.attention == Attention::Geometry && self.measured != Some(step);
        if !seen || !(now || step.is_multiple_of(look_stride(observer.step_seconds()))) {
            return Ok(());
        }
        if let Some(geometry) = trainer.geometry()? {
            observer.look_around(geometry);
        }
        self.measured = Some(step);
        Ok(())
    }

    /// Surveys the loss landscape now and then: always once a pause has come, so that what is looked
    /// at at leisure is that of the last step.
    fn survey(&mut self, trainer: &Trainer, observer: &mut Observer, state: &State) -> Result<()> {
        let step = trainer.steps_done();
        let due = state.halted() || self.survey_at.is_none_or(|at| Instant::now() >= at);
        if self.attention != Attention::Landscape
            || !due
            || step == 0
            || observer.surveyed() == Some(step)
        {
            return Ok(());
        }
        let start = Instant::now();
        observer.survey(trainer.landscape()?);
        let wait = start.elapsed().div_f64(SURVEY_SHARE).max(SURVEY_EVERY);
        self.survey_at = Some(Instant::now() + wait);
        Ok(())
    }
}

/// Steps from one look at the batch to the next. A power of two, so that lanes of different pace look
/// at the same steps: only then can their matrices be compared.
fn look_stride(seconds: f64) -> u64 {
    let steps = (LOOK_EVERY.as_secs_f64() / seconds.max(1e-6)).ceil() as u64;
    steps.max(1).next_power_of_two()
}
