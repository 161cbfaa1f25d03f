//! [`Evaluations`]: those under way on a lane, and which of them goes first.

use super::evaluation::Evaluation;
use super::plan::Occasion;
use super::tasks::Tasks;
use crate::error::Result;
use crate::telemetry::Report;

/// At most one of each kind. A question goes first, since somebody waits for the answer; then what is done every so
/// many steps; a long examination has what is left.
#[derive(Default)]
pub struct Evaluations {
    question: Option<Evaluation>,
    live: Option<Evaluation>,
    examination: Option<Evaluation>,
    /// Of an evaluation that had to be completed at once.
    reports: Vec<Report>,
}

impl Evaluations {
    /// Adds one. If another of its kind is under way that is completed now, so that every step that is to be
    /// evaluated is, whatever the pace; a question is dropped.
    pub fn begin(&mut self, evaluation: Evaluation, tasks: &Tasks) -> Result<()> {
        let slot = match tasks.occasion {
            Occasion::Question => {
                self.question = None;
                &mut self.question
            }
            Occasion::Live => &mut self.live,
            Occasion::Examine => &mut self.examination,
        };
        if let Some(mut before) = slot.replace(evaluation) {
            while !before.done() {
                self.reports.extend(before.advance()?);
            }
        }
        Ok(())
    }

    /// A slice of the one that goes first; the reports that it completes.
    pub fn advance(&mut self) -> Result<Vec<Report>> {
        if !self.reports.is_empty() {
            return Ok(std::mem::take(&mut self.reports));
        }
        for slot in [&mut self.question, &mut self.live, &mut self.examination] {
            if let Some(evaluation) = slot {
                let reports = evaluation.advance();
                // What failed fails again.
                slot.take_if(|evaluation| reports.is_err() || evaluation.done());
                return reports;
            }
        }
        Ok(Vec::new())
    }

    /// Share done of the one that goes first.
    pub fn progress(&self) -> Option<f64> {
        if !self.reports.is_empty() {
            return Some(1.0);
        }
        let first = self.question.as_ref().or(self.live.as_ref());
        first
            .or(self.examination.as_ref())
            .map(Evaluation::progress)
    }

    /// Drops them all.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}
