//! The numbers behind a heatmap: what a cell is worth, how matrices are pooled, what colours span.
//! No drawing.

use crate::control::Settings;
use crate::loss::arithmetic::{sigmoid, softmax};
use crate::quantity::Loss;
use crate::telemetry::Matrix;
use crate::ui::app::{App, Quantity, Range};
use crate::ui::theme::Scale;

/// A matrix of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Rows and columns.
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
    /// Softmax along the column: how likely this picture is, given the caption.
    pub column: f64,
    /// Sigmoid of the logit.
    pub sigmoid: f64,
    /// The probability that the lane's own loss is made of.
    pub own: f64,
    /// What the cell adds to the loss, before the sum is divided by the number of pairs; nothing of its
    /// own beside the diagonal of a softmax.
    pub loss: Option<f64>,
    /// The derivative of the loss with respect to the cell's logit.
    pub gradient: f64,
}

fn logit(cosine: f64, settings: &Settings) -> f64 {
    cosine / settings.temperature + settings.bias.unwrap_or(0.0)
}

/// The quantity of every cell.
pub fn grid(matrix: &Matrix, settings: Option<&Settings>, quantity: Quantity) -> Grid {
    let side = matrix.side;
    let cosines = matrix.cosines.iter().map(|&c| f64::from(c));
    let values = match (quantity, settings) {
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
    };
    Grid { side, values }
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

/// Everything about one cell; `None` outside the matrix.
pub fn facts(matrix: &Matrix, settings: &Settings, row: usize, column: usize) -> Option<CellFacts> {
    let side = matrix.side;
    if row >= side || column >= side {
        return None;
    }
    let at = |r: usize, c: usize| logit(f64::from(matrix.cosines[r * side + c]), settings);
    let along: Vec<_> = (0..side).map(|c| at(row, c)).collect();
    let down: Vec<_> = (0..side).map(|r| at(r, column)).collect();
    let z = at(row, column);
    let law = settings.loss.law();
    let cell = law.cell(&along, &down, (row, column));
    Some(CellFacts {
        cosine: f64::from(matrix.cosines[row * side + column]),
        logit: z,
        row: softmax(&along)[column],
        column: softmax(&down)[row],
        sigmoid: sigmoid(z),
        own: law.probabilities(&along)[column],
        loss: cell.loss,
        gradient: cell.slope / side as f64,
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

    fn extent(&self) -> Option<(f64, f64)> {
        let finite = self.values.iter().copied().filter(|v| v.is_finite());
        finite.fold(None, |e: Option<(f64, f64)>, v| {
            Some(e.map_or((v, v), |(l, h)| (l.min(v), h.max(v))))
        })
    }
}

/// How the quantity in sight is shown: what has a sign has a colour for each.
pub fn scale(app: &App) -> Scale {
    if app.quantity == Quantity::Gradient {
        Scale::Diverging
    } else {
        Scale::Rising
    }
}

/// The range in use: logits and gradients have no fixed range, and the logits of a softmax and
/// of a sigmoid with its bias lie so far apart that one scale would show neither.
pub const fn range(app: &App) -> Range {
    match (app.quantity, app.range) {
        (Quantity::Logit, _) | (Quantity::Gradient, Range::Fixed) => Range::Own,
        (_, range) => range,
    }
}

/// What the colours span, for a lane whose drawn grid is `own`. Ends are rounded outwards, so that
/// the scale does not tremble from step to step.
pub fn span(app: &App, own: &Grid, all: &[Grid]) -> (f64, f64) {
    match (range(app), app.quantity) {
        (Range::Fixed, Quantity::Cosine) => (-1.0, 1.0),
        (Range::Fixed, _) => (0.0, 1.0),
        (Range::Shared, _) => round(
            all.iter()
                .filter_map(Grid::extent)
                .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        ),
        (Range::Own, _) => round(own.extent()),
    }
}

/// The same with zero in its middle.
pub fn centred((low, high): (f64, f64)) -> (f64, f64) {
    let most = low.abs().max(high.abs());
    (-most, most)
}

/// What the colours of a difference span: zero lies in the middle.
pub fn difference_span(grid: &Grid) -> (f64, f64) {
    centred(round(grid.extent()))
}

fn round(extent: Option<(f64, f64)>) -> (f64, f64) {
    let (low, high) = extent.unwrap_or((0.0, 1.0));
    let width = (high - low).max(1e-6);
    let step = twentieth(width);
    let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
    if high > low {
        (low, high)
    } else {
        (low, low + step)
    }
}

/// About a twentieth, as a round number.
fn twentieth(width: f64) -> f64 {
    let power = 10_f64.powf((width / 20.0).log10().floor());
    [5.0, 2.0, 1.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step <= width / 20.0 * 1.001)
        .unwrap_or(power)
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
        let cell = facts(&two(), &settings, 0, 0).unwrap();
        assert!((cell.logit - 0.0).abs() < 1e-9 && (cell.sigmoid - 0.5).abs() < 1e-9);
        assert!((cell.row - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-9);
        assert!((cell.column - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-9);
        assert_eq!(facts(&two(), &settings, 2, 0), None);
    }

    #[test]
    fn loss_and_gradient_of_a_cell_by_hand() {
        let mut settings = fixture::settings(Loss::SigLip);
        settings.temperature = 0.5;
        settings.bias = Some(-1.0);
        // Logits: 0, -1; -2, 1.
        let cell = facts(&two(), &settings, 0, 1).unwrap();
        assert!((cell.loss.unwrap() - (1.0 + (-1.0_f64).exp()).ln()).abs() < 1e-9);
        assert!((cell.gradient - sigmoid(-1.0) / 2.0).abs() < 1e-9);
        settings.loss = Loss::InfoNce;
        let cell = facts(&two(), &settings, 0, 0).unwrap();
        assert!((cell.loss.unwrap() + f64::midpoint(cell.row.ln(), cell.column.ln())).abs() < 1e-9);
        assert_eq!(facts(&two(), &settings, 0, 1).unwrap().loss, None);
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
    fn the_scale_holds_all_values() {
        let (low, high) = round(Some((-0.13, 0.62)));
        assert!(
            (low + 0.14).abs() < 1e-9 && (high - 0.62).abs() < 1e-9,
            "{low} {high}"
        );
        assert_eq!(round(None), (0.0, 1.0));
        let (low, high) = round(Some((0.3, 0.3)));
        assert!(low <= 0.3 && high > low);
    }
}
