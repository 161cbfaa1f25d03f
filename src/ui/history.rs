//! [`History`]: the matrices that a lane has shown, thinned evenly so that those of a run of any length
//! stay within bounds.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::control::Settings;
use crate::telemetry::{Matrix, Pair, Rows, Snapshot};

/// The most matrices that are kept of a lane.
pub const KEPT: usize = 64;

/// The newest ones are kept whole: two lanes that are not quite in step have some of these in common.
const RECENT: usize = 8;

/// Cosines of single pairs that go with a matrix that is kept long: those of 128 pairs. Of larger batches only the
/// newest have them.
const CELLS: usize = 1 << 14;

/// A matrix with what is needed to make sense of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The matrix.
    pub matrix: Arc<Matrix>,
    /// Its first rows, never pooled.
    pub rows: Option<Arc<Rows>>,
    /// The pairs of its batch.
    pub pairs: Arc<Vec<Pair>>,
    /// The lane's settings when it was first seen.
    pub settings: Option<Settings>,
}

/// What a lane has shown.
#[derive(Clone, Debug, Default)]
pub struct History {
    kept: Vec<Seen>,
    recent: VecDeque<Seen>,
    /// Least number of steps between two that are kept.
    gap: u64,
}

impl Seen {
    fn step(&self) -> u64 {
        self.matrix.step
    }
}

impl History {
    /// Takes a snapshot's matrix, if it is a new one. A lane that went back forgets what it has not done
    /// yet.
    pub fn note(&mut self, lane: &Snapshot) {
        let Some(matrix) = &lane.matrix else {
            *self = Self::default();
            return;
        };
        let last = self.recent.back().map(|seen| Arc::clone(&seen.matrix));
        if last.as_ref().is_some_and(|last| Arc::ptr_eq(last, matrix)) {
            return;
        }
        if last.is_some_and(|last| last.step >= matrix.step) {
            self.kept.retain(|seen| seen.step() < matrix.step);
            self.recent.retain(|seen| seen.step() < matrix.step);
        }
        let seen = Seen {
            matrix: Arc::clone(matrix),
            rows: lane.rows.clone().filter(|rows| rows.step == matrix.step),
            pairs: Arc::clone(&lane.pairs),
            settings: lane.settings.clone(),
        };
        let due = |last: &Seen| seen.step() >= last.step() + self.gap;
        if self.kept.last().is_none_or(due) {
            let few = |rows: &Arc<Rows>| rows.cosines.len() <= CELLS;
            self.kept.push(Seen {
                rows: seen.rows.clone().filter(few),
                ..seen.clone()
            });
            if self.kept.len() > KEPT {
                self.thin();
            }
        }
        self.recent.push_back(seen);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    /// Forgets every second one, and from now on takes half as many.
    fn thin(&mut self) {
        let mut odd = false;
        self.kept.retain(|_| {
            odd = !odd;
            odd
        });
        let (first, last) = (self.kept.first(), self.kept.last());
        let span = first.zip(last).map_or(0, |(a, b)| b.step() - a.step());
        self.gap = span / (self.kept.len() as u64).saturating_sub(1).max(1);
    }

    /// The newest first among equals: they have all that there was.
    fn all(&self) -> impl Iterator<Item = &Seen> {
        self.recent.iter().chain(&self.kept)
    }

    /// The steps that can be shown, in order.
    pub fn steps(&self) -> Vec<u64> {
        let mut steps: Vec<_> = self.all().map(Seen::step).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// The matrix of a step.
    pub fn exactly(&self, step: u64) -> Option<&Seen> {
        self.all().find(|seen| seen.step() == step)
    }

    /// The latest one at or before a step; the first, if all are later.
    pub fn at(&self, step: u64) -> Option<&Seen> {
        let before = self.all().filter(|seen| seen.step() <= step);
        let first = |a: &&Seen, b: &&Seen| a.step().cmp(&b.step()).reverse();
        before.min_by(first).or(self.kept.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(step: u64) -> Snapshot {
        let mut lane = Snapshot::starting("a", 10);
        lane.matrix = Some(Arc::new(Matrix {
            step,
            side: 1,
            pool: 1,
            cosines: vec![step as f32],
        }));
        lane
    }

    #[test]
    fn any_number_of_matrices_is_kept_as_few_that_lie_evenly() {
        let mut history = History::default();
        for step in (1..=30_000).step_by(3) {
            history.note(&lane(step));
        }
        assert!((KEPT / 2..=KEPT).contains(&history.kept.len()));
        assert_eq!(history.kept[0].step(), 1);
        let gaps: Vec<_> = history
            .kept
            .windows(2)
            .map(|w| w[1].step() - w[0].step())
            .collect();
        let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
        assert!(most <= &(least * 2), "{gaps:?}");
        assert_eq!(history.steps().last(), Some(&29_998), "the newest is there");
    }

    #[test]
    fn a_lane_that_goes_back_forgets_what_lies_ahead() {
        let mut history = History::default();
        for step in [10, 20, 30] {
            history.note(&lane(step));
        }
        history.note(&lane(15));
        assert_eq!(history.steps(), [10, 15]);
        history.note(&Snapshot::starting("a", 10));
        assert!(history.steps().is_empty());
    }

    #[test]
    fn a_step_between_two_shows_the_one_before() {
        let mut history = History::default();
        for step in [10, 20] {
            history.note(&lane(step));
        }
        assert_eq!(history.at(19).unwrap().step(), 10);
        assert_eq!(history.at(5).unwrap().step(), 10);
        assert!(history.exactly(19).is_none() && history.exactly(20).is_some());
    }
}
