//! [`Landscape`]: what the losses would be at other temperatures and biases, and [`Rows`]: the
//! first rows of the matrix as they are. Plain data about one batch.

use crate::quantity::Loss;

/// The losses of one batch at every temperature and bias of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Landscape {
    /// Step of the batch.
    pub step: u64,
    /// Pairs in the batch.
    pub pairs: usize,
    /// Pairs whose rows and columns were looked at, each against the whole batch: all, or a sample of a
    /// large batch.
    pub anchors: usize,
    /// tau at each column, rising.
    pub temperatures: Vec<f64>,
    /// b at each row, rising.
    pub biases: Vec<f64>,
    /// The losses.
    pub surfaces: Vec<Surface>,
}

/// One loss over the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// The loss.
    pub loss: Loss,
    /// Its values: `biases.len()` rows of `temperatures.len()` each, or a single row where the bias makes no
    /// difference.
    pub values: Vec<f64>,
}

/// A point of the grid and the loss there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lowest {
    /// tau.
    pub temperature: f64,
    /// b; none where it makes no difference.
    pub bias: Option<f64>,
    /// The loss.
    pub loss: f64,
}

impl Landscape {
    /// The loss at a stop of the grid.
    pub fn at_stop(&self, loss: Loss, temperature: usize, bias: usize) -> Option<f64> {
        if temperature >= self.temperatures.len() {
            return None;
        }
        let values = self.values(loss)?;
        let row = if self.depends_on_bias(values) {
            bias
        } else {
            0
        };
        values
            .get(row * self.temperatures.len() + temperature)
            .copied()
    }

    /// All values of a loss, if it was looked at.
    pub fn values(&self, loss: Loss) -> Option<&[f64]> {
        let surface = self.surfaces.iter().find(|s| s.loss == loss)?;
        Some(&surface.values)
    }

    fn depends_on_bias(&self, values: &[f64]) -> bool {
        values.len() > self.temperatures.len()
    }

    /// The loss at a place between stops, counted in stops from the lower left; interpolated between
    /// the logarithms of the four around it, and cut to the grid's edges.
    pub fn between(&self, loss: Loss, temperature: f64, bias: f64) -> Option<f64> {
        let split = |at: f64, stops: usize| {
            let at = at.clamp(0.0, stops.saturating_sub(1) as f64);
            let low = (at as usize).min(stops.saturating_sub(2));
            (low, (low + 1).min(stops.saturating_sub(1)), at - low as f64)
        };
        let (left, right, across) = split(temperature, self.temperatures.len());
        let (below, above, up) = split(bias, self.biases.len());
        // A loss that rounds to 0 has no logarithm.
        let ln = |t, b| Some(self.at_stop(loss, t, b)?.max(1e-12).ln());
        let mix = |a: f64, b: f64, share: f64| a * (1.0 - share) + b * share;
        let low = mix(ln(left, below)?, ln(right, below)?, across);
        let high = mix(ln(left, above)?, ln(right, above)?, across);
        let values = [(left, below), (right, below), (left, above), (right, above)];
        let real = values
            .iter()
            .all(|&(t, b)| self.at_stop(loss, t, b).is_some_and(f64::is_finite));
        real.then(|| mix(low, high, up).exp())
    }

    /// Where a tau lies, counted in stops.
    pub fn column(&self, temperature: f64) -> f64 {
        place(&self.temperatures, temperature, f64::ln)
    }

    /// Where a b lies, counted in stops.
    pub fn row(&self, bias: f64) -> f64 {
        place(&self.biases, bias, |b| b)
    }

    /// The grid's lowest point.
    pub fn lowest(&self, loss: Loss) -> Option<Lowest> {
        let values = self.values(loss)?;
        let (at, &loss_there) = values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_finite())
            .min_by(|a, b| a.1.total_cmp(b.1))?;
        let columns = self.temperatures.len();
        Some(Lowest {
            temperature: *self.temperatures.get(at % columns)?,
            bias: self
                .depends_on_bias(values)
                .then(|| self.biases.get(at / columns).copied())
                .flatten(),
            loss: loss_there,
        })
    }
}

/// Where a value lies among rising stops; beyond them it is cut to the ends.
fn place(stops: &[f64], value: f64, scale: impl Fn(f64) -> f64) -> f64 {
    let above = stops.partition_point(|stop| *stop <= value);
    if above == 0 {
        return 0.0;
    }
    let Some(next) = stops.get(above) else {
        return stops.len().saturating_sub(1) as f64;
    };
    let low = scale(stops[above - 1]);
    (above - 1) as f64 + (scale(value) - low) / (scale(*next) - low)
}

/// The first rows of a batch's cosines, as they are: no means of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Step of the batch.
    pub step: u64,
    /// Pairs in the batch: the length of a row.
    pub pairs: usize,
    /// Whole rows, one after the other; row `i` is picture `i` against every caption.
    pub cosines: Vec<f32>,
}

impl Rows {
    /// Rows that are kept of a large batch.
    pub const MOST: usize = 512;
    /// Cosines that are kept, so that a snapshot stays small whatever the batch.
    pub const CELLS: usize = 1 << 18;

    /// Picture `row` against every caption, if it is kept.
    pub fn row(&self, row: usize) -> Option<&[f32]> {
        let start = row.checked_mul(self.pairs)?;
        (self.pairs > 0).then_some(())?;
        self.cosines.get(start..start + self.pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Landscape {
        Landscape {
            step: 1,
            pairs: 4,
            anchors: 4,
            temperatures: vec![0.01, 0.1, 1.0],
            biases: vec![-10.0, 0.0],
            surfaces: vec![
                Surface {
                    loss: Loss::InfoNce,
                    values: vec![4.0, 1.0, 2.0],
                },
                Surface {
                    loss: Loss::SigLip,
                    values: vec![8.0, 2.0, 4.0, 6.0, 3.0, f64::NAN],
                },
            ],
        }
    }

    #[test]
    fn landscape_stops_are_exact_and_between_them_it_is_interpolated() {
        let land = small();
        assert_eq!(land.at_stop(Loss::SigLip, 1, 1), Some(3.0));
        assert_eq!(land.at_stop(Loss::SigLip, 3, 0), None);
        assert_eq!(
            land.at_stop(Loss::InfoNce, 2, 1),
            Some(2.0),
            "b makes no difference"
        );
        let half = land.between(Loss::SigLip, 0.5, 0.0).unwrap();
        assert!(
            (half - 4.0).abs() < 1e-9,
            "geometric mean of 8 and 2: {half}"
        );
        assert_eq!(
            land.between(Loss::SigLip, 1.5, 0.5),
            None,
            "not a number beside it"
        );
        let edge = land.between(Loss::InfoNce, -3.0, 9.0).unwrap();
        assert!((edge - 4.0).abs() < 1e-9);
    }

    #[test]
    fn landscape_places_are_logarithmic_in_tau_and_linear_in_b() {
        let land = small();
        assert!((land.column(0.1) - 1.0).abs() < 1e-12);
        assert!((land.column(0.1_f64.sqrt()) - 1.5).abs() < 1e-9);
        assert!((land.row(-2.5) - 0.75).abs() < 1e-12);
        assert_eq!((land.column(5.0), land.row(-99.0)), (2.0, 0.0));
    }

    #[test]
    fn landscape_lowest_skips_what_is_not_a_number() {
        let lowest = small().lowest(Loss::SigLip).unwrap();
        assert_eq!(
            (lowest.temperature, lowest.bias, lowest.loss),
            (0.1, Some(-10.0), 2.0)
        );
        assert_eq!(small().lowest(Loss::InfoNce).unwrap().bias, None);
        let empty = Landscape {
            temperatures: Vec::new(),
            surfaces: Vec::new(),
            ..small()
        };
        assert_eq!(empty.lowest(Loss::SigLip), None);
        assert_eq!(empty.between(Loss::SigLip, 0.0, 0.0), None);
    }

    #[test]
    fn rows_beyond_those_kept_are_absent() {
        let rows = Rows {
            step: 1,
            pairs: 3,
            cosines: vec![0.0, 0.1, 0.2, 1.0, 1.1, 1.2],
        };
        assert_eq!(rows.row(1), Some(&[1.0, 1.1, 1.2][..]));
        assert_eq!(rows.row(2), None);
        assert_eq!(rows.row(usize::MAX), None);
    }
}
