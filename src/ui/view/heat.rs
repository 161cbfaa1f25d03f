//! The numbers behind a heatmap: what a cell is worth, and how matrices are pooled; what colours span is in
//! [`span`]. No drawing.

pub mod span;

use crate::control::Settings;
use crate::loss::arithmetic::{sigmoid, softmax};
use crate::quantity::Loss;
use crate::telemetry::{Cells, Matrix};
use crate::ui::app::Quantity;

/// A matrix of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Columns, and rows unless some are not kept.
    pub side: usize,
    /// Values, row by row.
    pub values: Vec<f64>,
}

/// One cell in every form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellFacts {
    /// Cosine.
    pub cosine: f64,
    /// Cosine over tau, plus the bias.
    pub logit: f64,
    /// Softmax along the row: how likely this caption is, given the picture.
    pub row: f64,
    /// Softmax along the column: how likely this picture is, given the caption; none where not all rows of a
    /// large batch are kept.
    pub column: Option<f64>,
    /// Sigmoid of the logit.
    pub sigmoid: f64,
    /// The probability that the lane's own loss is made of.
    pub own: f64,
    /// What the cell adds to the loss, before the sum is divided by the number of pairs; nothing of its
    /// own beside the diagonal of a softmax.
    pub loss: Option<f64>,
    /// The derivative of the loss with respect to the cell's logit; none where not all rows are kept.
    pub gradient: Option<f64>,
}

fn logit(cosine: f64, settings: &Settings) -> f64 {
    cosine / settings.temperature + settings.bias.unwrap_or(0.0)
}

/// The quantity of every cell of a matrix as it is drawn: of means, where it was pooled.
pub fn grid(matrix: &Matrix, settings: Option<&Settings>, quantity: Quantity) -> Grid {
    let values = values(&matrix.cosines, matrix.side, settings, quantity);
    Grid {
        side: matrix.side,
        values,
    }
}

/// The quantity of every pair that is kept one by one. `None` where that takes rows that are not kept.
pub fn each(cells: &Cells, settings: Option<&Settings>, quantity: Quantity) -> Option<Grid> {
    let known = cells.whole() || quantity != Quantity::Gradient;
    known.then(|| Grid {
        side: cells.pairs(),
        values: values(cells.all(), cells.pairs(), settings, quantity),
    })
}

fn values(
    cosines: &[f32],
    side: usize,
    settings: Option<&Settings>,
    quantity: Quantity,
) -> Vec<f64> {
    let cosines = cosines.iter().map(|&c| f64::from(c));
    match (quantity, settings) {
        (Quantity::Cosine, _) | (_, None) => cosines.collect(),
        (Quantity::Logit, Some(s)) => cosines.map(|c| logit(c, s)).collect(),
        (Quantity::Probability, Some(s)) => {
            let logits: Vec<_> = cosines.map(|c| logit(c, s)).collect();
            let rows = logits.chunks(side.max(1));
            rows.flat_map(|row| s.loss.law().probabilities(row))
                .collect()
        }
        (Quantity::Gradient, Some(s)) => {
            let logits: Vec<_> = cosines.map(|c| logit(c, s)).collect();
            gradient(&logits, side, s.loss)
        }
    }
}

/// The derivative of the loss with respect to each logit.
fn gradient(logits: &[f64], side: usize, loss: Loss) -> Vec<f64> {
    let slopes = loss.law().slopes(logits, side);
    slopes
        .into_iter()
        .map(|slope| slope / side as f64)
        .collect()
}

/// The second minus the first.
pub fn difference(first: &Grid, second: &Grid) -> Grid {
    let values = second.values.iter().zip(&first.values);
    Grid {
        side: second.side,
        values: values.map(|(b, a)| b - a).collect(),
    }
}

/// Everything about one pair; `None` where it is not kept.
pub fn facts(cells: &Cells, settings: &Settings, row: usize, column: usize) -> Option<CellFacts> {
    let logit = |cosine: f32| logit(f64::from(cosine), settings);
    let along: Vec<_> = cells.row(row)?.iter().copied().map(logit).collect();
    let cosine = f64::from(*cells.row(row)?.get(column)?);
    let down: Option<Vec<_>> = cells.column(column).map(|down| down.map(logit).collect());
    let law = settings.loss.law();
    let cell = down
        .as_ref()
        .map(|down| law.cell(&along, down, (row, column)));
    Some(CellFacts {
        cosine,
        logit: along[column],
        row: softmax(&along)[column],
        column: down.map(|down| softmax(&down)[row]),
        sigmoid: sigmoid(along[column]),
        own: law.probabilities(&along)[column],
        loss: cell.and_then(|cell| cell.loss),
        gradient: cell.map(|cell| cell.slope / cells.pairs() as f64),
    })
}

impl Grid {
    /// Blocks of `factor` x `factor` cells as their means; an incomplete last block is one too.
    pub fn pooled(&self, factor: usize) -> Self {
        if factor <= 1 {
            return self.clone();
        }
        let side = self.side.div_ceil(factor);
        let mean = |cell: usize| {
            let (top, left) = (cell / side * factor, cell % side * factor);
            let rows = top..(top + factor).min(self.side);
            let block: Vec<_> = rows
                .flat_map(|r| (left..(left + factor).min(self.side)).map(move |c| (r, c)))
                .map(|(r, c)| self.values[r * self.side + c])
                .collect();
            block.iter().sum::<f64>() / block.len() as f64
        };
        Self {
            side,
            values: (0..side * side).map(mean).collect(),
        }
    }

    /// The value of a pair, if it is kept.
    pub fn at(&self, row: usize, column: usize) -> Option<f64> {
        let inside = column < self.side;
        inside.then(|| self.values.get(row * self.side + column).copied())?
    }

    /// The least and the largest of the values that are numbers.
    pub fn extent(&self) -> Option<(f64, f64)> {
        let finite = self.values.iter().copied().filter(|v| v.is_finite());
        finite.fold(None, |e: Option<(f64, f64)>, v| {
            Some(e.map_or((v, v), |(l, h)| (l.min(v), h.max(v))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::arithmetic::{log_sum, softplus};
    use crate::ui::fixture;

    fn two() -> Matrix {
        Matrix {
            step: 1,
            side: 2,
            pool: 1,
            cosines: vec![0.5, 0.0, -0.5, 1.0],
        }
    }

    #[test]
    fn a_cell_by_hand() {
        let mut settings = fixture::settings(Loss::SigLip);
        settings.temperature = 0.5;
        settings.bias = Some(-1.0);
        // Logits: 0, -1; -2, 1.
        let two = two();
        let two = Cells::of(&two, None).unwrap();
        let cell = facts(&two, &settings, 0, 0).unwrap();
        assert!((cell.logit - 0.0).abs() < 1e-9 && (cell.sigmoid - 0.5).abs() < 1e-9);
        assert!((cell.row - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-9);
        assert!((cell.column.unwrap() - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-9);
        assert_eq!(facts(&two, &settings, 2, 0), None);
    }

    #[test]
    fn loss_and_gradient_of_a_cell_by_hand() {
        let mut settings = fixture::settings(Loss::SigLip);
        settings.temperature = 0.5;
        settings.bias = Some(-1.0);
        // Logits: 0, -1; -2, 1.
        let two = two();
        let two = Cells::of(&two, None).unwrap();
        let cell = facts(&two, &settings, 0, 1).unwrap();
        assert!((cell.loss.unwrap() - (1.0 + (-1.0_f64).exp()).ln()).abs() < 1e-9);
        assert!((cell.gradient.unwrap() - sigmoid(-1.0) / 2.0).abs() < 1e-9);
        settings.loss = Loss::InfoNce;
        let cell = facts(&two, &settings, 0, 0).unwrap();
        assert!(
            (cell.loss.unwrap() + f64::midpoint(cell.row.ln(), cell.column.unwrap().ln())).abs()
                < 1e-9
        );
        assert_eq!(facts(&two, &settings, 0, 1).unwrap().loss, None);
    }

    #[test]
    fn gradients_are_the_loss_s_finite_differences() {
        let logits = [0.3, -1.0, 2.0, 0.5, 1.5, -0.2, 0.1, 0.0, -2.0];
        let total = |z: &[f64], loss| -> f64 {
            let at = |r: usize, c: usize| z[r * 3 + c];
            let sum: f64 = if loss == Loss::InfoNce {
                let term = |i| {
                    let (row, column) = ([0, 1, 2].map(|c| at(i, c)), [0, 1, 2].map(|r| at(r, i)));
                    f64::midpoint(log_sum(&row), log_sum(&column)) - at(i, i)
                };
                (0..3).map(term).sum()
            } else {
                let term = |i: usize| softplus(if i.is_multiple_of(4) { -z[i] } else { z[i] });
                (0..9).map(term).sum()
            };
            sum / 3.0
        };
        for loss in [Loss::SigLip, Loss::InfoNce] {
            for (cell, pull) in gradient(&logits, 3, loss).into_iter().enumerate() {
                let moved = |by: f64| {
                    let mut z = logits;
                    z[cell] += by;
                    total(&z, loss)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!(
                    (slope - pull).abs() < 1e-8,
                    "{loss:?} {cell}: {slope} {pull}"
                );
            }
        }
    }

    #[test]
    fn softmax_rows_add_up_to_one_at_any_temperature() {
        let mut settings = fixture::settings(Loss::InfoNce);
        for tau in [0.001, 0.07, 100.0] {
            settings.temperature = tau;
            let grid = grid(&two(), Some(&settings), Quantity::Probability);
            assert!((grid.values[0] + grid.values[1] - 1.0).abs() < 1e-9);
            assert!(grid.values.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn pooling_takes_means_and_keeps_the_rest() {
        let grid = Grid {
            side: 3,
            values: (0..9).map(f64::from).collect(),
        };
        let pooled = grid.pooled(2);
        assert_eq!(pooled.side, 2);
        assert_eq!(pooled.values, [2.0, 3.5, 6.5, 8.0]);
    }

    #[test]
    fn of_a_batch_that_is_kept_in_part_no_column_is_guessed() {
        let matrix = Matrix { pool: 2, ..two() };
        let rows = crate::telemetry::Rows {
            step: 1,
            pairs: 3,
            cosines: vec![0.5, 0.0, 0.1],
        };
        let cells = Cells::of(&matrix, Some(&rows)).unwrap();
        let settings = fixture::settings(Loss::InfoNce);
        let cell = facts(&cells, &settings, 0, 2).unwrap();
        assert!((cell.cosine - 0.1).abs() < 1e-6);
        assert_eq!((cell.column, cell.loss, cell.gradient), (None, None, None));
        assert_eq!(facts(&cells, &settings, 1, 0), None);
        assert_eq!(each(&cells, Some(&settings), Quantity::Gradient), None);
        let grid = each(&cells, Some(&settings), Quantity::Cosine).unwrap();
        assert_eq!(
            (grid.at(0, 2).is_some(), grid.at(1, 0), grid.at(0, 3)),
            (true, None, None)
        );
    }
}
