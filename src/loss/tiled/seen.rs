//! [`Seen`]: the extremes of the logits, as the tiles go by.

use super::kernel::{self, Extremes};

/// Largest logits beside the diagonal, of rows and columns, and the least of all; without the bias.
#[derive(Clone)]
pub struct Seen {
    /// The diagonal as the tiles have it: only so does it tie with the logits of an exact copy.
    pub own: Vec<f32>,
    pub rows: Vec<f32>,
    pub columns: Vec<f32>,
    pub least: f32,
}

impl Seen {
    pub fn new(pairs: usize) -> Self {
        Self {
            own: vec![f32::NEG_INFINITY; pairs],
            rows: vec![f32::NEG_INFINITY; pairs],
            columns: vec![f32::NEG_INFINITY; pairs],
            least: f32::INFINITY,
        }
    }

    /// Takes a tile into account, whose rows begin at `first` and whose columns at `left`.
    pub fn note(
        &mut self,
        tile: &[f32],
        first: usize,
        left: usize,
        columns: usize,
        own: Option<usize>,
    ) {
        let rows = tile.len() / columns;
        if let Some(own) = own {
            for (r, row) in tile.chunks_exact(columns).enumerate() {
                self.own[first + r] = row[own + r];
            }
        }
        let mut extremes = Extremes {
            rows: &mut self.rows[first..first + rows],
            columns: &mut self.columns[left..left + columns],
            least: &mut self.least,
        };
        kernel::extremes(tile, columns, own, &mut extremes);
    }

    pub fn merge(&mut self, other: &Self) {
        let pairs = [
            (&mut self.own, &other.own),
            (&mut self.rows, &other.rows),
            (&mut self.columns, &other.columns),
        ];
        for (all, part) in pairs {
            for (a, b) in all.iter_mut().zip(part) {
                *a = a.max(*b);
            }
        }
        self.least = self.least.min(other.least);
    }
}
