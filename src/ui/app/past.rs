//! Matrices as they are to be shown: [`Past`] says which, [`Shown`] is one of them.

use std::sync::Arc;

use crate::control::Settings;
use crate::telemetry::{Cells, Matrix, Pair, Rows};
use crate::ui::history::{History, Seen};

/// What the matrix panel looks at.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// What each lane has shown.
    pub lanes: Vec<History>,
    /// The step that is looked at; the latest if absent.
    pub step: Option<u64>,
    /// Whether the difference of two lanes is shown.
    pub difference: bool,
}

/// A lane's matrix as it is to be shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The matrix.
    pub matrix: Arc<Matrix>,
    /// Its first rows, never pooled.
    pub rows: Option<Arc<Rows>>,
    /// The pairs of its batch.
    pub pairs: Arc<Vec<Pair>>,
    /// The settings that make logits of it.
    pub settings: Option<Settings>,
}

impl Shown {
    /// The cosines pair by pair, as far as they are kept.
    pub fn cells(&self) -> Option<Cells<'_>> {
        Cells::of(&self.matrix, self.rows.as_deref())
    }

    /// Pairs in its batch.
    pub fn batch(&self) -> usize {
        let pooled = self.matrix.side * self.matrix.pool;
        self.cells().map_or(pooled, |cells| cells.pairs())
    }
}

impl From<&Seen> for Shown {
    fn from(seen: &Seen) -> Self {
        Self {
            matrix: Arc::clone(&seen.matrix),
            rows: seen.rows.clone(),
            pairs: Arc::clone(&seen.pairs),
            settings: seen.settings.clone(),
        }
    }
}
