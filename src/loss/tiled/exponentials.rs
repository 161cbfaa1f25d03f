//! A softmax's first pass: the sums of exponentials of all rows and columns.

use super::kernel::{self, Sums};
use super::seen::Seen;
use super::work::Work;

impl Work<'_> {
    /// The first pass: largest logits, and for each row and column the sum of `e^(z - largest)`, all
    /// beside the diagonal.
    pub fn exponentials(&self) -> (Seen, Vec<f64>, Vec<f64>) {
        struct Part {
            seen: Seen,
            rows: Vec<f64>,
            columns: Vec<f64>,
        }
        // There is no gradient yet; the blocks are dealt out as they will be.
        let mut none = vec![0.0; self.features.image.len()];
        let parts = self.share(&mut none, |blocks| {
            let mut part = Part {
                seen: Seen::new(self.pairs),
                rows: vec![0.0; self.pairs],
                columns: vec![0.0; self.pairs],
            };
            let mut buffer = self.buffer();
            let mut here = vec![0.0; self.cut.tile];
            let mut before = vec![0.0; self.cut.tile];
            for block in blocks {
                let (first, rows) = (block.first, block.gradient.len() / self.features.dimensions);
                self.tiles(first, rows, &mut buffer, |left, columns, tile, own| {
                    let of_rows = first..first + rows;
                    let of_columns = left..left + columns;
                    let seen = &mut part.seen;
                    let rows_before = seen.rows[of_rows.clone()].to_vec();
                    before[..columns].copy_from_slice(&seen.columns[of_columns.clone()]);
                    seen.note(tile, first, left, columns, own);
                    // The sums so far are over the tops so far.
                    rescale(
                        &mut part.rows[of_rows.clone()],
                        &rows_before,
                        &seen.rows[of_rows.clone()],
                    );
                    rescale(
                        &mut part.columns[of_columns.clone()],
                        &before[..columns],
                        &seen.columns[of_columns.clone()],
                    );
                    let here = &mut here[..columns];
                    here.fill(0.0);
                    let mut sums = Sums {
                        row_tops: &seen.rows[of_rows.clone()],
                        column_tops: &seen.columns[of_columns.clone()],
                        rows: &mut part.rows[of_rows],
                        columns: here,
                    };
                    kernel::sums(tile, columns, own, &mut sums);
                    for (all, here) in part.columns[of_columns].iter_mut().zip(here.iter()) {
                        *all += f64::from(*here);
                    }
                });
            }
            part
        });
        let mut parts = parts.into_iter();
        let mut all = parts
            .next()
            .unwrap_or_else(|| unreachable!("there is one thread at least"));
        for part in parts {
            let before = all.seen.clone();
            all.seen.merge(&part.seen);
            let merge = |sums: &mut [f64], theirs: &mut [f64], [old, other, now]: [&[f32]; 3]| {
                rescale(sums, old, now);
                rescale(theirs, other, now);
                sums.iter_mut()
                    .zip(theirs)
                    .for_each(|(sum, part)| *sum += *part);
            };
            let (mut rows, mut columns) = (part.rows, part.columns);
            let tops = [&before.rows[..], &part.seen.rows, &all.seen.rows];
            merge(&mut all.rows, &mut rows, tops);
            let tops = [&before.columns[..], &part.seen.columns, &all.seen.columns];
            merge(&mut all.columns, &mut columns, tops);
        }
        (all.seen, all.rows, all.columns)
    }
}

/// Sums over new, larger references.
fn rescale(sums: &mut [f64], before: &[f32], now: &[f32]) {
    for ((sum, before), now) in sums.iter_mut().zip(before).zip(now) {
        if now > before && *sum != 0.0 {
            *sum *= f64::from(before - now).exp();
        }
    }
}
