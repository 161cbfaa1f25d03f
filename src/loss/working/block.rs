//! [`Block`]: a piece of a working, and the small matrices that it is made of.

/// Rows of numbers.
pub type Matrix = Vec<Vec<f64>>;

/// A piece of the working.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A matrix under its name.
    Grid {
        /// What it is.
        title: String,
        /// Its rows.
        rows: Vec<Vec<f64>>,
    },
    /// One term for each picture or caption, and their mean.
    Terms {
        /// Which direction and formula.
        title: String,
        /// The terms.
        values: Vec<f64>,
        /// Their mean.
        mean: f64,
    },
    /// The last line of the sum.
    Result {
        /// The sum as it is written.
        text: String,
        /// The loss.
        loss: f64,
    },
}

pub fn grid(title: impl Into<String>, rows: Matrix) -> Block {
    Block::Grid {
        title: title.into(),
        rows,
    }
}

pub fn mean(terms: &[f64]) -> f64 {
    terms.iter().sum::<f64>() / terms.len() as f64
}

pub fn square(n: usize, of: impl Fn(usize, usize) -> f64) -> Matrix {
    (0..n).map(|i| (0..n).map(|j| of(i, j)).collect()).collect()
}

pub fn transposed(matrix: &Matrix) -> Matrix {
    square(matrix.len(), |i, j| matrix[j][i])
}
