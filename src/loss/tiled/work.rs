//! [`Work`]: cutting a batch into tiles and sharing them among threads, whatever the loss makes of a tile.

use std::thread;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::input::{Cut, Features};
use super::kernel;
use super::seen::Seen;
use crate::loss::{Diagnostics, Head};

/// Everything that the threads share.
pub struct Work<'a> {
    pub features: Features<'a>,
    /// The loss with its scale and bias.
    pub head: Head,
    pub cut: Cut,
    /// B.
    pub pairs: usize,
    /// `t X`.
    pub scaled: Vec<f32>,
    /// `t X` and Y in bf16, if they are wanted so.
    rounded: Option<(Vec<f32>, Vec<f32>)>,
    /// `z_ii` without the bias.
    pub own: Vec<f32>,
}

/// What a block of rows is to a thread: its first row, and its part of the gradient.
pub struct Block<'a> {
    pub first: usize,
    pub gradient: &'a mut [f32],
}

impl<'a> Work<'a> {
    pub fn new(features: Features<'a>, head: Head, cut: Cut) -> Self {
        let scale = head.scale() as f32;
        let scaled: Vec<f32> = features.image.iter().map(|x| x * scale).collect();
        let rows = |of: &'a [f32]| of.chunks_exact(features.dimensions.max(1));
        let dot = |(x, y): (&[f32], &[f32])| -> f32 {
            let products = x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y));
            (products.sum::<f64>() * head.scale()) as f32
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
            head,
            cut: Cut {
                tile: cut.tile.clamp(1, features.pairs().max(1)),
                threads: cut.threads.max(1),
                bf16: cut.bf16,
            },
        }
    }

    /// Lets the threads share the blocks of rows; what each made, in their order.
    pub fn share<T: Send>(
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
    pub fn tiles(
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
    pub fn add_gradients(
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

    pub fn buffer(&self) -> Vec<f32> {
        vec![0.0; self.cut.tile * self.cut.tile]
    }
}

impl Work<'_> {
    /// Scales the gradients, and reads what the logits say.
    pub fn finish(&self, mut made: Made) -> Tiled {
        let scale = self.head.scale() * made.share;
        made.image.iter_mut().for_each(|g| *g *= scale as f32);
        made.text.iter_mut().for_each(|g| *g *= made.share as f32);
        let products = made.image.iter().zip(self.features.image);
        let grad_logit_scale = products.map(|(g, x)| f64::from(*g) * f64::from(*x)).sum();
        Tiled {
            loss: made.loss,
            image_to_text: made.parts.map(|parts| parts.0),
            text_to_image: made.parts.map(|parts| parts.1),
            grad_logit_scale,
            grad_logit_bias: self.head.logit_bias.map(|_| made.bias),
            diagnostics: self.diagnostics(&made.seen),
            image_gradient: made.image,
            text_gradient: made.text,
        }
    }
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

/// What the losses come to before the gradients have their factors.
pub struct Made {
    /// The loss.
    pub loss: f64,
    /// Cross-entropies of rows and columns.
    pub parts: Option<(f64, f64)>,
    /// The gradient by b.
    pub bias: f64,
    /// Sums of `G Y`.
    pub image: Vec<f32>,
    /// Sums of `G^T t X`.
    pub text: Vec<f32>,
    /// What turns G as it was summed into `dL/dz`.
    pub share: f64,
    pub seen: Seen,
}

/// Adds up number by number.
pub fn add(to: &mut [f32], from: &[f32]) {
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
