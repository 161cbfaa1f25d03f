//! [`Cells`]: the cosines of a batch pair by pair, whatever was pooled for the screen.

use super::{Matrix, Rows};

/// The cosines of every pair that is kept one by one: of all images, or of the first ones of a large batch. Rows
/// are whole: each image against every caption.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cells<'a> {
    pairs: usize,
    cosines: &'a [f32],
}

impl<'a> Cells<'a> {
    /// Those of a batch: of its matrix if that was not pooled, else of its rows. `None` if the rows are of
    /// another step, or there are none.
    pub fn of(matrix: &'a Matrix, rows: Option<&'a Rows>) -> Option<Self> {
        let cells = if matrix.pool == 1 {
            Self {
                pairs: matrix.side,
                cosines: &matrix.cosines,
            }
        } else {
            let rows = rows.filter(|rows| rows.step == matrix.step)?;
            Self {
                pairs: rows.pairs,
                cosines: &rows.cosines,
            }
        };
        (cells.rows() > 0).then_some(cells)
    }

    /// Pairs in the batch: columns.
    pub const fn pairs(&self) -> usize {
        self.pairs
    }

    /// Images that are kept: rows.
    pub fn rows(&self) -> usize {
        self.cosines
            .len()
            .checked_div(self.pairs)
            .map_or(0, |rows| rows.min(self.pairs))
    }

    /// Whether all rows are kept, and with them every column.
    pub fn whole(&self) -> bool {
        self.rows() == self.pairs
    }

    /// All cosines that are kept, row by row.
    pub fn all(&self) -> &'a [f32] {
        &self.cosines[..self.rows() * self.pairs]
    }

    /// An image against every caption, if its row is kept.
    pub fn row(&self, row: usize) -> Option<&'a [f32]> {
        (row < self.rows()).then(|| &self.cosines[row * self.pairs..(row + 1) * self.pairs])
    }

    /// Every image against a caption, if all rows are kept.
    pub fn column(&self, column: usize) -> Option<impl Iterator<Item = f32> + use<'a>> {
        let cosines = self.all().iter().copied();
        (self.whole() && column < self.pairs).then(|| cosines.skip(column).step_by(self.pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(pool: usize) -> Matrix {
        Matrix {
            step: 3,
            side: 2,
            pool,
            cosines: vec![0.1, 0.2, 0.3, 0.4],
        }
    }

    #[test]
    fn a_matrix_that_was_not_pooled_has_every_row_and_column() {
        let matrix = matrix(1);
        let cells = Cells::of(&matrix, None).unwrap();
        assert_eq!((cells.pairs(), cells.rows(), cells.whole()), (2, 2, true));
        assert_eq!(cells.row(1), Some(&[0.3, 0.4][..]));
        assert_eq!(cells.row(2), None);
        assert_eq!(cells.column(1).unwrap().collect::<Vec<_>>(), [0.2, 0.4]);
    }

    #[test]
    fn of_a_pooled_matrix_the_first_rows_are_known_and_no_column() {
        let matrix = matrix(2);
        let mut rows = Rows {
            step: 3,
            pairs: 4,
            cosines: (0..8).map(|i| i as f32).collect(),
        };
        let cells = Cells::of(&matrix, Some(&rows)).unwrap();
        assert_eq!((cells.pairs(), cells.rows(), cells.whole()), (4, 2, false));
        assert_eq!(cells.row(1), Some(&[4.0, 5.0, 6.0, 7.0][..]));
        assert!(cells.column(0).is_none());
        rows.step = 2;
        assert_eq!(Cells::of(&matrix, Some(&rows)), None, "of another batch");
        assert_eq!(Cells::of(&matrix, None), None);
    }

    #[test]
    fn nothing_has_no_cells() {
        let empty = Matrix {
            step: 0,
            side: 0,
            pool: 1,
            cosines: Vec::new(),
        };
        assert_eq!(Cells::of(&empty, None), None);
    }
}
