//! A loss with its gradients by tensor operations on blocks of rows: for devices whose memory and
//! arithmetic only libtorch reaches. The same equations as [`super::tiled`]; nothing is read back before
//! [`Scalars::read`], so that the device never waits.

use tch::{Kind, Tensor};

use super::found::Found;
use super::{Diagnostics, Head};
use crate::error::Result;
use crate::telemetry::Spread;

/// Logits that exist at a time: 64 MiB of each of the few matrices of a block.
pub const CELLS: i64 = 1 << 24;

/// Numbers that are still on the device.
#[derive(Debug)]
pub struct Scalars {
    /// As [`Scalars::read`] takes them apart, 64-bit.
    values: Tensor,
    pairs: i64,
    head: Head,
    /// Whether rows and columns have losses of their own.
    directed: bool,
}

/// What is known of the logits beside the diagonal, without the bias.
pub struct Seen {
    /// The diagonal as the blocks have it: only so does it tie with the logits of an exact copy.
    own: Vec<Tensor>,
    row_tops: Vec<Tensor>,
    row_lows: Vec<Tensor>,
    /// Largest of each column so far, `[B]`.
    pub column_tops: Tensor,
    column_lows: Tensor,
    sum: Tensor,
}

/// A batch that is cut into blocks of rows, whatever the loss makes of a block.
pub struct Work<'a> {
    /// Text features, `[B, D]`.
    pub text: &'a Tensor,
    image: &'a Tensor,
    /// `t X`.
    scaled: Tensor,
    /// `z_ii` without the bias, `[B]`.
    pub own: Tensor,
    /// B.
    pub pairs: i64,
    rows: i64,
    /// The loss with its scale and bias.
    pub head: Head,
}

/// What a loss comes to before the gradients have their factors.
pub struct Made {
    /// The loss, 0-d.
    pub loss: Tensor,
    /// Cross-entropies of rows and columns.
    pub parts: Option<[Tensor; 2]>,
    /// The gradient by b.
    pub bias: Tensor,
    /// `B/share` of the gradients by `t X` and Y.
    pub image: Tensor,
    /// As `image`.
    pub text: Tensor,
    /// What turns G as it was summed into `dL/dz`.
    pub share: f64,
    /// What was seen on the way.
    pub seen: Seen,
}

impl<'a> Work<'a> {
    pub fn new([image, text]: &'a [Tensor; 2], head: Head, cells: i64) -> Self {
        let pairs = image.size()[0];
        let scaled = image * head.scale();
        Self {
            own: (&scaled * text).sum_dim_intlist([1i64].as_slice(), false, Kind::Float),
            text,
            image,
            scaled,
            pairs,
            rows: (cells / pairs.max(1)).clamp(1, pairs.max(1)),
            head,
        }
    }

    /// Calls `each` with every block of rows: its first row, its logits without the bias, `[rows, B]`.
    pub fn blocks(&self, mut each: impl FnMut(i64, Tensor)) {
        for first in (0..self.pairs).step_by(self.rows as usize) {
            let rows = self.rows.min(self.pairs - first);
            each(
                first,
                self.scaled.narrow(0, first, rows).matmul(&self.text.tr()),
            );
        }
    }

    pub fn seen(&self) -> Seen {
        let bound =
            |value: f64| Tensor::full([self.pairs], value, (Kind::Float, self.own.device()));
        Seen {
            own: Vec::new(),
            row_tops: Vec::new(),
            row_lows: Vec::new(),
            column_tops: bound(f64::NEG_INFINITY),
            column_lows: bound(f64::INFINITY),
            sum: self.own.sum(Kind::Double) * 0.0,
        }
    }

    /// Adds what a block of G gives to the gradients.
    pub fn add_gradients(
        &self,
        first: i64,
        g: &Tensor,
        image: &mut Vec<Tensor>,
        text: &mut Tensor,
    ) {
        image.push(g.matmul(self.text));
        *text += g.tr().matmul(&self.scaled.narrow(0, first, g.size()[0]));
    }

    pub fn finish(self, made: Made) -> ([Tensor; 2], Scalars) {
        let image = made.image * (self.head.scale() * made.share);
        let text = made.text * made.share;
        let scale = (&image * self.image).sum(Kind::Double);
        let seen = made.seen;
        let own = Tensor::cat(&seen.own, 0);
        let right = |tops: &Tensor, lows: &Tensor| {
            let finite = self.own.isfinite();
            let mut right = own.gt_tensor(tops).logical_and(&finite);
            if self.pairs > 1 {
                right = right.logical_and(&lows.isfinite());
            }
            right.mean(Kind::Double)
        };
        let (row_tops, row_lows) = (
            Tensor::cat(&seen.row_tops, 0),
            Tensor::cat(&seen.row_lows, 0),
        );
        let own_sum = self.own.sum(Kind::Double);
        let directed = made.parts.is_some();
        let [first, second] = made.parts.unwrap_or_else(|| {
            let zero = || &own_sum * 0.0;
            [zero(), zero()]
        });
        let values = [
            made.loss,
            first,
            second,
            scale,
            made.bias,
            self.own.min(),
            own_sum.shallow_clone(),
            self.own.max(),
            row_lows.min(),
            seen.sum - own_sum,
            row_tops.max(),
            right(&row_tops, &row_lows),
            right(&seen.column_tops, &seen.column_lows),
        ];
        let values: Vec<_> = values
            .iter()
            .map(|value| value.to_kind(Kind::Double))
            .collect();
        let scalars = Scalars {
            values: Tensor::stack(&values, 0),
            pairs: self.pairs,
            head: self.head,
            directed,
        };
        ([image, text], scalars)
    }
}

impl Seen {
    /// Takes a block of logits into account; `own` is its part of the diagonal, which is overwritten.
    pub fn note(&mut self, z: &Tensor, own: &mut Tensor) {
        self.own.push(own.copy());
        self.sum += z.sum(Kind::Double);
        let _ = own.fill_(f64::INFINITY);
        self.row_lows.push(z.amin(1, false));
        self.column_lows = self.column_lows.minimum(&z.amin(0, false));
        let _ = own.fill_(f64::NEG_INFINITY);
        self.row_tops.push(z.amax(1, false));
        self.column_tops = self.column_tops.maximum(&z.amax(0, false));
    }
}

impl Scalars {
    /// The numbers, and `more` with them.
    pub fn read(&self, more: &Tensor) -> Result<(Found, f64)> {
        let all = Tensor::f_cat(
            &[&self.values, &more.f_to_kind(Kind::Double)?.f_view([1])?],
            0,
        )?;
        let read = Vec::<f64>::try_from(all)?;
        let [
            loss,
            first,
            second,
            scale,
            bias,
            own_min,
            own_sum,
            own_max,
            low,
            sum,
            top,
            rows,
            columns,
            more,
        ] = read[..]
        else {
            unreachable!("the numbers are of one length");
        };
        let count = self.pairs as f64;
        // InfoNCE's logits are shown with the bias, too, though its softmax does without.
        let shift = self.head.logit_bias.unwrap_or(0.0);
        let found = Found {
            loss,
            image_to_text: self.directed.then_some(first),
            text_to_image: self.directed.then_some(second),
            grad_logit_scale: scale,
            grad_logit_bias: self.head.logit_bias.map(|_| bias),
            diagnostics: Diagnostics {
                positive_logits: Spread {
                    min: own_min + shift,
                    mean: own_sum / count + shift,
                    max: own_max + shift,
                },
                negative_logits: (self.pairs > 1).then(|| Spread {
                    min: low + shift,
                    mean: sum / (count * (count - 1.0)) + shift,
                    max: top + shift,
                }),
                accuracy_image_to_text: rows,
                accuracy_text_to_image: columns,
            },
        };
        Ok((found, more))
    }
}
