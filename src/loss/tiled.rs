//! Both losses with their gradients in memory linear in the batch: the `B x B` logits exist only a tile at
//! a time, small enough for the cache. Same equations as the dense form in [`super`], which tests hold it
//! to; gradients come out of the forward pass, without autograd.
//!
//! With `G = B dL/dz` (see [`super`]) and `z = t X Y^T + b`:
//!
//! ```text
//! dL/dX = t/B G Y     dL/dY = t/B G^T X     dL/d(ln t) = sum(X o dL/dX)     dL/db = sum(G)/B
//! ```
//!
//! SigLIP takes one pass over the tiles: product, sigmoid in place, two products (6 B^2 D operations).
//! InfoNCE takes two: the first finds every row's and every column's sum of exponentials over running
//! maxima, the second makes `P + Q` of the logits (8 B^2 D). Cells of the diagonal are worked out by
//! themselves, so that a nearly perfect batch loses no digits to `1 - P`.
//!
//! Runs on the CPU in 32 bits, on as many threads as it is given: each takes every n-th block of rows. The
//! same tile and threads give the same bits.

mod kernel;

use std::thread;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::{Diagnostics, Loss, softplus};
use crate::telemetry::Spread;
use kernel::{Extremes, Sums};

/// Rows and columns of a tile: 256 KiB, which fits the second-level cache of a core beside its operands.
pub const TILE: usize = 256;

/// Features of both sides, rows of unit length, row i of both a pair.
#[derive(Clone, Copy, Debug)]
pub struct Features<'a> {
    /// `[B, D]`, row by row.
    pub image: &'a [f32],
    /// `[B, D]`, row by row.
    pub text: &'a [f32],
    /// D.
    pub dimensions: usize,
}

impl Features<'_> {
    fn pairs(&self) -> usize {
        self.image.len() / self.dimensions.max(1)
    }
}

/// What turns cosines into a loss.
#[derive(Clone, Copy, Debug)]
pub struct Dials {
    /// The loss.
    pub loss: Loss,
    /// `ln t = ln(1/tau)`.
    pub logit_scale: f64,
    /// b.
    pub logit_bias: Option<f64>,
}

/// How the work is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Rows and columns of a tile, at least 1.
    pub tile: usize,
    /// Threads, at least 1.
    pub threads: usize,
    /// Whether G, X and Y are rounded to bf16 before the products that make the gradients, which then
    /// add up in 32 bits. Logits stay as they are: a rounded cosine over a tau of 0.01 would be off by
    /// a third.
    pub bf16: bool,
}

/// A loss, its gradients, and what its logits say.
#[derive(Clone, Debug)]
pub struct Tiled {
    /// The loss.
    pub loss: f64,
    /// Cross-entropy of the rows (InfoNCE only).
    pub image_to_text: Option<f64>,
    /// Cross-entropy of the columns (InfoNCE only).
    pub text_to_image: Option<f64>,
    /// By the image features, `[B, D]`.
    pub image_gradient: Vec<f32>,
    /// By the text features, `[B, D]`.
    pub text_gradient: Vec<f32>,
    /// By ln(1/tau).
    pub grad_logit_scale: f64,
    /// By b, where there is one; 0 for InfoNCE, to which it makes no difference.
    pub grad_logit_bias: Option<f64>,
    /// Spread of the logits and batch accuracies.
    pub diagnostics: Diagnostics,
}

/// Bytes that [`tiled`] takes beyond the features.
pub fn bytes(pairs: usize, dimensions: usize, cut: Cut) -> u64 {
    let (features, tile) = (pairs * dimensions, cut.tile.min(pairs.max(1)));
    // Scaled X, both gradients, each thread's part of one of them, its tile and what it knows of columns.
    let floats = (3 + 2 * usize::from(cut.bf16)) * features
        + cut.threads * (features + tile * tile + 6 * pairs);
    (floats * size_of::<f32>()) as u64
}

/// The loss of a batch of at least one pair, and all that goes with it.
///
/// Rows that are not finite make the loss NaN and count as wrong, as in the dense form.
pub fn tiled(features: Features, dials: Dials, cut: Cut) -> Tiled {
    let work = Work::new(features, dials, cut);
    match dials.loss {
        Loss::InfoNce => work.info_nce(),
        Loss::SigLip => work.sig_lip(),
    }
}

/// Everything that the threads share.
struct Work<'a> {
    features: Features<'a>,
    dials: Dials,
    cut: Cut,
    pairs: usize,
    /// `t X`.
    scaled: Vec<f32>,
    /// `t X` and Y in bf16, if they are wanted so.
    rounded: Option<(Vec<f32>, Vec<f32>)>,
    /// `z_ii` without the bias.
    own: Vec<f32>,
    /// The bias as it enters the logits of the loss: none for InfoNCE.
    bias: f32,
}

/// What a block of rows is to a thread: its first row, and its part of the gradient.
struct Block<'a> {
    first: usize,
    gradient: &'a mut [f32],
}

/// Largest logits beside the diagonal, of rows and columns, and the least of all; without the bias.
#[derive(Clone)]
struct Seen {
    /// The diagonal as the tiles have it: only so does it tie with the logits of an exact copy.
    own: Vec<f32>,
    rows: Vec<f32>,
    columns: Vec<f32>,
    least: f32,
}

impl Seen {
    fn new(pairs: usize) -> Self {
        Self {
            own: vec![f32::NEG_INFINITY; pairs],
            rows: vec![f32::NEG_INFINITY; pairs],
            columns: vec![f32::NEG_INFINITY; pairs],
            least: f32::INFINITY,
        }
    }

    /// Takes a tile into account, whose rows begin at `first` and whose columns at `left`.
    fn note(
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

    fn merge(&mut self, other: &Self) {
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

impl<'a> Work<'a> {
    fn new(features: Features<'a>, dials: Dials, cut: Cut) -> Self {
        let scale = dials.logit_scale.exp() as f32;
        let scaled: Vec<f32> = features.image.iter().map(|x| x * scale).collect();
        let rows = |of: &'a [f32]| of.chunks_exact(features.dimensions.max(1));
        let dot = |(x, y): (&[f32], &[f32])| -> f32 {
            let products = x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y));
            (products.sum::<f64>() * dials.logit_scale.exp()) as f32
        };
        Self {
            own: rows(features.image)
                .zip(rows(features.text))
                .map(dot)
                .collect(),
            pairs: features.pairs(),
            rounded: cut.bf16.then(|| {
                let mut pair = (scaled.clone(), features.text.to_vec());
                kernel::round(&mut pair.0);
                kernel::round(&mut pair.1);
                pair
            }),
            scaled,
            features,
            dials,
            cut: Cut {
                tile: cut.tile.clamp(1, features.pairs().max(1)),
                threads: cut.threads.max(1),
                bf16: cut.bf16,
            },
            bias: match dials.loss {
                Loss::InfoNce => 0.0,
                Loss::SigLip => dials.logit_bias.unwrap_or(0.0) as f32,
            },
        }
    }

    /// Lets the threads share the blocks of rows; what each made, in their order.
    fn share<T: Send>(
        &self,
        gradient: &mut [f32],
        make: impl Fn(&mut dyn Iterator<Item = Block>) -> T + Sync,
    ) -> Vec<T> {
        let width = self.features.dimensions;
        let blocks = gradient.chunks_mut(self.cut.tile * width).enumerate();
        let blocks = blocks.map(|(i, gradient)| Block {
            first: i * self.cut.tile,
            gradient,
        });
        let threads = self
            .cut
            .threads
            .min(self.pairs.div_ceil(self.cut.tile))
            .max(1);
        let mut dealt: Vec<Vec<Block>> = (0..threads).map(|_| Vec::new()).collect();
        for (i, block) in blocks.enumerate() {
            dealt[i % threads].push(block);
        }
        thread::scope(|scope| {
            let mut dealt = dealt.into_iter();
            let mine = dealt.next();
            let make = &make;
            let others: Vec<_> = dealt
                .map(|blocks| scope.spawn(move || make(&mut blocks.into_iter())))
                .collect();
            let mut made: Vec<T> = mine
                .map(|blocks| make(&mut blocks.into_iter()))
                .into_iter()
                .collect();
            for other in others {
                // A panic there is a panic here.
                made.push(
                    other
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                );
            }
            made
        })
    }

    fn rows<'b>(&self, of: &'b [f32], first: usize, rows: usize) -> ArrayView2<'b, f32> {
        let width = self.features.dimensions;
        matrix(&of[first * width..(first + rows) * width], rows, width)
    }

    /// Calls `each` with every tile of these rows, its logits without the bias worked out: first column, number of
    /// columns, the logits, where its own cells are.
    fn tiles(
        &self,
        first: usize,
        rows: usize,
        buffer: &mut [f32],
        mut each: impl FnMut(usize, usize, &mut [f32], Option<usize>),
    ) {
        let x = self.rows(&self.scaled, first, rows);
        for left in (0..self.pairs).step_by(self.cut.tile) {
            let columns = self.cut.tile.min(self.pairs - left);
            let y = self.rows(self.features.text, left, columns);
            let tile = &mut buffer[..rows * columns];
            let mut z = matrix_mut(tile, rows, columns);
            general_mat_mul(1.0, &x, &y.t(), 0.0, &mut z);
            // Blocks of rows and of columns are cut alike.
            let own = (left == first).then_some(0);
            each(left, columns, tile, own);
        }
    }

    /// Adds what a tile of G gives to the gradients: `G Y` to those of its rows, `G^T t X` to those of its
    /// columns.
    fn add_gradients(
        &self,
        tile: &mut [f32],
        (first, rows): (usize, usize),
        (left, columns): (usize, usize),
        image: &mut [f32],
        text: &mut [f32],
    ) {
        let width = self.features.dimensions;
        let (x, y) = match &self.rounded {
            Some((x, y)) => {
                kernel::round(tile);
                (x, &y[..])
            }
            None => (&self.scaled, self.features.text),
        };
        let g = matrix(tile, rows, columns);
        let y = self.rows(y, left, columns);
        general_mat_mul(1.0, &g, &y, 1.0, &mut matrix_mut(image, rows, width));
        let x = self.rows(x, first, rows);
        let part = &mut text[left * width..(left + columns) * width];
        general_mat_mul(1.0, &g.t(), &x, 1.0, &mut matrix_mut(part, columns, width));
    }

    fn buffer(&self) -> Vec<f32> {
        vec![0.0; self.cut.tile * self.cut.tile]
    }

    fn sig_lip(&self) -> Tiled {
        struct Part {
            text: Vec<f32>,
            seen: Seen,
            loss: f64,
            sigmas: f64,
        }
        let mut image = vec![0.0; self.features.image.len()];
        let parts = self.share(&mut image, |blocks| {
            let mut part = Part {
                text: vec![0.0; self.features.text.len()],
                seen: Seen::new(self.pairs),
                loss: 0.0,
                sigmas: 0.0,
            };
            let mut buffer = self.buffer();
            for block in blocks {
                let (first, rows) = (block.first, block.gradient.len() / self.features.dimensions);
                self.tiles(first, rows, &mut buffer, |left, columns, tile, own| {
                    part.seen.note(tile, first, left, columns, own);
                    let (loss, sigmas) = kernel::sigmoids(tile, columns, own, self.bias);
                    part.loss += loss;
                    part.sigmas += sigmas;
                    if own.is_some() {
                        for (r, row) in tile.chunks_exact_mut(columns).enumerate() {
                            let z = f64::from(self.own[first + r] + self.bias);
                            part.loss += softplus(-z);
                            let missing = (-softplus(z)).exp();
                            part.sigmas -= missing;
                            row[r] = -missing as f32;
                        }
                    }
                    self.add_gradients(
                        tile,
                        (first, rows),
                        (left, columns),
                        block.gradient,
                        &mut part.text,
                    );
                });
            }
            part
        });
        let mut parts = parts.into_iter();
        let mut all = parts
            .next()
            .unwrap_or_else(|| unreachable!("there is one thread at least"));
        for part in parts {
            all.seen.merge(&part.seen);
            add(&mut all.text, &part.text);
            all.loss += part.loss;
            all.sigmas += part.sigmas;
        }
        let pairs = self.pairs as f64;
        self.finish(Made {
            loss: all.loss / pairs,
            parts: None,
            bias: all.sigmas / pairs,
            image,
            text: all.text,
            share: 1.0 / pairs,
            seen: all.seen,
        })
    }

    fn info_nce(&self) -> Tiled {
        let (seen, row_sums, column_sums) = self.exponentials();
        // ln of the sum of each row (column) beside its own cell.
        let logs = |tops: &[f32], sums: &[f64]| -> Vec<f64> {
            let log = |(top, sum): (&f32, &f64)| f64::from(*top) + sum.ln();
            tops.iter().zip(sums).map(log).collect()
        };
        let (by_row, by_column) = (
            logs(&seen.rows, &row_sums),
            logs(&seen.columns, &column_sums),
        );
        // -ln P_ii = softplus(ln sum of the others - z_ii), 1 - P_ii = sigma of the same.
        let gaps = |logs: &[f64]| -> Vec<f64> {
            logs.iter()
                .zip(&self.own)
                .map(|(log, z)| log - f64::from(*z))
                .collect()
        };
        let (row_gaps, column_gaps) = (gaps(&by_row), gaps(&by_column));
        let mean =
            |gaps: &[f64]| gaps.iter().map(|gap| softplus(*gap)).sum::<f64>() / self.pairs as f64;
        let (rows, columns) = (mean(&row_gaps), mean(&column_gaps));
        let missing = |i: usize| -> f64 {
            let of = |gap: f64| (-softplus(-gap)).exp();
            of(row_gaps[i]) + of(column_gaps[i])
        };
        let whole = |gaps: &[f64]| -> Vec<f32> {
            let log = |(gap, z): (&f64, &f32)| (f64::from(*z) + softplus(*gap)) as f32;
            gaps.iter().zip(&self.own).map(log).collect()
        };
        let (row_logs, column_logs) = (whole(&row_gaps), whole(&column_gaps));

        let mut image = vec![0.0; self.features.image.len()];
        let parts = self.share(&mut image, |blocks| {
            let mut text = vec![0.0; self.features.text.len()];
            let mut buffer = self.buffer();
            for block in blocks {
                let (first, rows) = (block.first, block.gradient.len() / self.features.dimensions);
                self.tiles(first, rows, &mut buffer, |left, columns, tile, own| {
                    let of_columns = &column_logs[left..left + columns];
                    kernel::softmaxes(
                        tile,
                        columns,
                        own,
                        &row_logs[first..first + rows],
                        of_columns,
                    );
                    if own.is_some() {
                        for (r, row) in tile.chunks_exact_mut(columns).enumerate() {
                            row[r] = -missing(first + r) as f32;
                        }
                    }
                    self.add_gradients(
                        tile,
                        (first, rows),
                        (left, columns),
                        block.gradient,
                        &mut text,
                    );
                });
            }
            text
        });
        let mut parts = parts.into_iter();
        let mut text = parts.next().unwrap_or_default();
        for part in parts {
            add(&mut text, &part);
        }
        self.finish(Made {
            loss: f64::midpoint(rows, columns),
            parts: Some((rows, columns)),
            bias: 0.0,
            image,
            text,
            share: 0.5 / self.pairs as f64,
            seen,
        })
    }

    /// The first pass: largest logits, and for each row and column the sum of `e^(z - largest)`, all
    /// beside the diagonal.
    fn exponentials(&self) -> (Seen, Vec<f64>, Vec<f64>) {
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

    /// Scales the gradients, and reads what the logits say.
    fn finish(&self, mut made: Made) -> Tiled {
        let scale = self.dials.logit_scale.exp() * made.share;
        made.image.iter_mut().for_each(|g| *g *= scale as f32);
        made.text.iter_mut().for_each(|g| *g *= made.share as f32);
        let products = made.image.iter().zip(self.features.image);
        let grad_logit_scale = products.map(|(g, x)| f64::from(*g) * f64::from(*x)).sum();
        Tiled {
            loss: made.loss,
            image_to_text: made.parts.map(|parts| parts.0),
            text_to_image: made.parts.map(|parts| parts.1),
            grad_logit_scale,
            grad_logit_bias: self.dials.logit_bias.map(|_| made.bias),
            diagnostics: self.diagnostics(&made.seen),
            image_gradient: made.image,
            text_gradient: made.text,
        }
    }

    fn diagnostics(&self, seen: &Seen) -> Diagnostics {
        let width = self.features.dimensions.max(1);
        let broken = |of: &[f32]| -> Vec<bool> {
            of.chunks_exact(width)
                .map(|row| !row.iter().all(|x| x.is_finite()))
                .collect()
        };
        let (pictures, captions) = (broken(self.features.image), broken(self.features.text));
        let (any_picture, any_caption) = (pictures.contains(&true), captions.contains(&true));
        // A row holds a logit of every caption: one that is broken breaks them all.
        let right = |tops: &[f32], broken: &[bool], others: bool| {
            let right = |i: &usize| {
                let alone = self.pairs == 1;
                (alone || seen.own[*i] > tops[*i])
                    && self.own[*i].is_finite()
                    && !broken[*i]
                    && !others
            };
            (0..self.pairs).filter(right).count() as f64 / self.pairs as f64
        };
        // InfoNCE's logits are shown with the bias, too, though its softmax does without.
        let bias = self.dials.logit_bias.unwrap_or(0.0);
        let count = self.pairs as f64;
        let own = self.own.iter().map(|z| f64::from(*z));
        let own_sum: f64 = own.clone().sum();
        let spoiled = |x: f64| {
            if any_picture || any_caption {
                f64::NAN
            } else {
                x
            }
        };
        let positive_logits = Spread {
            min: spoiled(own.clone().fold(f64::INFINITY, f64::min) + bias),
            mean: own_sum / count + bias,
            max: spoiled(own.fold(f64::NEG_INFINITY, f64::max) + bias),
        };
        let most = seen.rows.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let negative_logits = (self.pairs > 1).then(|| Spread {
            min: spoiled(f64::from(seen.least) + bias),
            mean: (self.sum_of_all() - own_sum) / (count * (count - 1.0)) + bias,
            max: spoiled(f64::from(most) + bias),
        });
        Diagnostics {
            positive_logits,
            negative_logits,
            accuracy_image_to_text: right(&seen.rows, &pictures, any_caption),
            accuracy_text_to_image: right(&seen.columns, &captions, any_picture),
        }
    }

    /// `t (sum of X) (sum of Y)`: the sum of all logits without the bias.
    fn sum_of_all(&self) -> f64 {
        let width = self.features.dimensions.max(1);
        let sum = |of: &[f32]| {
            let mut sum = vec![0.0; width];
            for row in of.chunks_exact(width) {
                sum.iter_mut()
                    .zip(row)
                    .for_each(|(sum, x)| *sum += f64::from(*x));
            }
            sum
        };
        let (x, y) = (sum(self.features.image), sum(self.features.text));
        let product: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
        product * self.dials.logit_scale.exp()
    }
}

/// What both losses come to before the gradients have their factors.
struct Made {
    loss: f64,
    parts: Option<(f64, f64)>,
    bias: f64,
    image: Vec<f32>,
    text: Vec<f32>,
    /// What turns G as it was summed into `dL/dz`.
    share: f64,
    seen: Seen,
}

/// Sums over new, larger references.
fn rescale(sums: &mut [f64], before: &[f32], now: &[f32]) {
    for ((sum, before), now) in sums.iter_mut().zip(before).zip(now) {
        if now > before && *sum != 0.0 {
            *sum *= f64::from(before - now).exp();
        }
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

fn matrix(values: &[f32], rows: usize, columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, columns), values)
        .unwrap_or_else(|e| unreachable!("a slice of that length: {e}"))
}

fn matrix_mut(values: &mut [f32], rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, columns), values)
        .unwrap_or_else(|e| unreachable!("a slice of that length: {e}"))
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::super::diagnostics;
    use super::*;

    /// Features of unit length; the texts lean to their pictures by `pull`.
    fn features(pairs: usize, width: usize, pull: f64) -> (Vec<f32>, Vec<f32>) {
        let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43_758.547).fract();
        let x: Vec<f64> = (0..pairs * width).map(noise).collect();
        let y: Vec<f64> = (0..pairs * width)
            .map(|i| noise(i + 7_919) + pull * x[i])
            .collect();
        let unit = |of: Vec<f64>| -> Vec<f32> {
            of.chunks_exact(width)
                .flat_map(|row| {
                    let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
                    row.iter().map(move |x| (x / norm) as f32)
                })
                .collect()
        };
        (unit(x), unit(y))
    }

    /// The dense form in 64 bits, with autograd.
    struct Dense {
        loss: f64,
        image: Vec<f64>,
        text: Vec<f64>,
        scale: f64,
        bias: f64,
        diagnostics: Diagnostics,
    }

    fn dense(x: &[f32], y: &[f32], width: usize, dials: Dials) -> Dense {
        let leaf = |of: &[f32]| {
            Tensor::from_slice(of)
                .view([-1, width as i64])
                .to_kind(Kind::Double)
                .set_requires_grad(true)
        };
        let scalar = |x: f64| Tensor::from(x).set_requires_grad(true);
        let (x, y) = (leaf(x), leaf(y));
        let (scale, bias) = (scalar(dials.logit_scale), dials.logit_bias.map(scalar));
        let terms = dials.loss.forward(&x, &y, &scale, bias.as_ref());
        terms.loss.backward();
        let numbers = |of: &Tensor| Vec::<f64>::try_from(of.grad().reshape([-1])).unwrap();
        Dense {
            loss: terms.loss.double_value(&[]),
            image: numbers(&x),
            text: numbers(&y),
            scale: scale.grad().double_value(&[]),
            bias: bias.map_or(0.0, |b| b.grad().double_value(&[])),
            diagnostics: diagnostics(&terms.logits),
        }
    }

    /// Distance over length.
    fn apart(a: &[f32], b: &[f64]) -> f64 {
        let squares = |of: &mut dyn Iterator<Item = f64>| of.map(|x| x * x).sum::<f64>().sqrt();
        let length = squares(&mut b.iter().copied());
        squares(&mut a.iter().zip(b).map(|(a, b)| f64::from(*a) - b)) / length.max(1e-30)
    }

    const DIALS: [(Loss, f64, Option<f64>); 6] = [
        (Loss::InfoNce, 0.07, None),
        (Loss::InfoNce, 0.01, Some(-3.0)),
        (Loss::InfoNce, 10.0, None),
        (Loss::SigLip, 0.1, Some(-10.0)),
        (Loss::SigLip, 0.01, Some(2.0)),
        (Loss::SigLip, 10.0, None),
    ];

    #[test]
    fn tiles_of_any_size_give_what_the_dense_form_gives() {
        for pairs in [2, 3, 37, 130] {
            let (x, y) = features(pairs, 24, 0.8);
            for (loss, tau, logit_bias) in DIALS {
                let dials = Dials {
                    loss,
                    logit_scale: -tau.ln(),
                    logit_bias,
                };
                let wanted = dense(&x, &y, 24, dials);
                for (tile, threads) in [(1, 1), (7, 2), (16, 3), (37, 1), (64, 2), (1000, 2)] {
                    let input = Features {
                        image: &x,
                        text: &y,
                        dimensions: 24,
                    };
                    let got = tiled(
                        input,
                        dials,
                        Cut {
                            tile,
                            threads,
                            bf16: false,
                        },
                    );
                    let about = format!("{pairs} pairs, {loss} at {tau}, tile {tile}");
                    let close = |a: f64, b: f64, size: f64| {
                        assert!(
                            (a - b).abs() <= 1e-5 * size.abs() + 1e-9,
                            "{about}: {a} {b}"
                        );
                    };
                    close(got.loss, wanted.loss, wanted.loss);
                    assert!(apart(&got.image_gradient, &wanted.image) < 1e-5, "{about}");
                    assert!(apart(&got.text_gradient, &wanted.text) < 1e-5, "{about}");
                    // Its terms cancel: what they are small against is the loss.
                    close(
                        got.grad_logit_scale,
                        wanted.scale,
                        wanted.scale.abs().max(wanted.loss),
                    );
                    close(
                        got.grad_logit_bias.unwrap_or(0.0),
                        wanted.bias,
                        wanted.bias.abs().max(1.0),
                    );
                    let (seen, known) = (got.diagnostics, wanted.diagnostics);
                    assert_eq!(
                        seen.accuracy_image_to_text, known.accuracy_image_to_text,
                        "{about}"
                    );
                    assert_eq!(
                        seen.accuracy_text_to_image, known.accuracy_text_to_image,
                        "{about}"
                    );
                    for (a, b) in [
                        (seen.positive_logits, known.positive_logits),
                        (
                            seen.negative_logits.unwrap(),
                            known.negative_logits.unwrap(),
                        ),
                    ] {
                        let size = 1.0 / tau + logit_bias.unwrap_or(0.0).abs();
                        for (a, b) in [(a.min, b.min), (a.mean, b.mean), (a.max, b.max)] {
                            close(a, b, size);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn tiles_keep_the_digits_of_small_losses() {
        let (x, _) = features(50, 64, 0.0);
        let dials = Dials {
            loss: Loss::InfoNce,
            logit_scale: 50_f64.ln(),
            logit_bias: None,
        };
        let wanted = dense(&x, &x, 64, dials);
        let input = Features {
            image: &x,
            text: &x,
            dimensions: 64,
        };
        let got = tiled(
            input,
            dials,
            Cut {
                tile: 16,
                threads: 2,
                bf16: false,
            },
        );
        assert!(wanted.loss < 1e-4, "{}", wanted.loss);
        assert!(
            (got.loss / wanted.loss - 1.0).abs() < 1e-4,
            "{} {}",
            got.loss,
            wanted.loss
        );
        assert!(apart(&got.image_gradient, &wanted.image) < 1e-4);
    }

    #[test]
    fn one_pair_and_rows_that_are_no_numbers() {
        let input = Features {
            image: &[0.6, 0.8],
            text: &[1.0, 0.0],
            dimensions: 2,
        };
        let cut = Cut {
            tile: 256,
            threads: 2,
            bf16: false,
        };
        for loss in [Loss::InfoNce, Loss::SigLip] {
            let dials = Dials {
                loss,
                logit_scale: 1.0,
                logit_bias: Some(0.5),
            };
            let got = tiled(input, dials, cut);
            let wanted = dense(input.image, input.text, 2, dials);
            assert!(
                (got.loss - wanted.loss).abs() < 1e-6,
                "{loss}: {} {}",
                got.loss,
                wanted.loss
            );
            assert!(apart(&got.image_gradient, &wanted.image) < 1e-5, "{loss}");
            assert_eq!(got.diagnostics.negative_logits, None);
            assert_eq!(got.diagnostics.accuracy_image_to_text, 1.0);
            let broken = Features {
                image: &[0.6, 0.8, f32::NAN, 0.0],
                text: &[0.6, 0.8, 0.0, 1.0],
                dimensions: 2,
            };
            let got = tiled(broken, dials, cut);
            assert!(got.loss.is_nan(), "{loss}");
            assert!(got.image_gradient.iter().any(|g| g.is_nan()));
            let known = dense(broken.image, broken.text, 2, dials).diagnostics;
            assert_eq!(
                got.diagnostics.accuracy_image_to_text,
                known.accuracy_image_to_text
            );
            assert_eq!(
                got.diagnostics.accuracy_text_to_image,
                known.accuracy_text_to_image
            );
        }
    }

    #[test]
    fn a_pair_ties_with_its_exact_copy() {
        let (x, y) = features(40, 24, 0.8);
        // Every caption stands there twice, forty rows apart.
        let (image, text) = ([x.clone(), x].concat(), [y.clone(), y].concat());
        let input = Features {
            image: &image,
            text: &text,
            dimensions: 24,
        };
        for loss in [Loss::InfoNce, Loss::SigLip] {
            let dials = Dials {
                loss,
                logit_scale: 2.66,
                logit_bias: Some(-10.0),
            };
            for (tile, threads) in [(256, 1), (16, 1), (7, 3)] {
                let cut = Cut {
                    tile,
                    threads,
                    bf16: false,
                };
                let seen = tiled(input, dials, cut).diagnostics;
                let accuracies = [seen.accuracy_image_to_text, seen.accuracy_text_to_image];
                assert_eq!(accuracies, [0.0; 2], "{loss}, tile {tile}");
            }
        }
    }

    #[test]
    fn the_same_cut_gives_the_same_bits() {
        let (x, y) = features(90, 16, 0.5);
        let input = Features {
            image: &x,
            text: &y,
            dimensions: 16,
        };
        let dials = Dials {
            loss: Loss::InfoNce,
            logit_scale: 3.0,
            logit_bias: None,
        };
        let cut = Cut {
            tile: 16,
            threads: 3,
            bf16: false,
        };
        let (a, b) = (tiled(input, dials, cut), tiled(input, dials, cut));
        assert_eq!(a.loss.to_bits(), b.loss.to_bits());
        assert_eq!(a.image_gradient, b.image_gradient);
        assert_eq!(a.text_gradient, b.text_gradient);
    }
}
