//! Both losses with their gradients by tensor operations on blocks of rows: for devices whose memory and
//! arithmetic only libtorch reaches. The same equations as [`super::tiled`]; nothing is read back before
//! [`Scalars::read`], so that the device never waits.

use tch::{Kind, Tensor};

use super::compare::Found;
use super::tiled::Dials;
use super::{Diagnostics, Loss};
use crate::error::Result;
use crate::telemetry::Spread;

/// Logits that exist at a time: 64 MiB of each of the few matrices of a block.
pub(super) const CELLS: i64 = 1 << 24;

/// Numbers that are still on the device.
#[derive(Debug)]
pub(super) struct Scalars {
    /// As [`Scalars::read`] takes them apart, 64-bit.
    values: Tensor,
    pairs: i64,
    dials: Dials,
}

/// What is known of the logits beside the diagonal, without the bias.
struct Seen {
    /// The diagonal as the blocks have it: only so does it tie with the logits of an exact copy.
    own: Vec<Tensor>,
    row_tops: Vec<Tensor>,
    row_lows: Vec<Tensor>,
    column_tops: Tensor,
    column_lows: Tensor,
    sum: Tensor,
}

/// Gradients by image and text features, `[B, D]` each and detached, and the numbers, with at most so many
/// cells in a block.
pub(super) fn blocks(features: &[Tensor; 2], dials: Dials, cells: i64) -> ([Tensor; 2], Scalars) {
    let work = Work::new(features, dials, cells);
    let made = match dials.loss {
        Loss::InfoNce => work.info_nce(),
        Loss::SigLip => work.sig_lip(),
    };
    work.finish(made)
}

struct Work<'a> {
    text: &'a Tensor,
    image: &'a Tensor,
    /// `t X`.
    scaled: Tensor,
    /// `z_ii` without the bias, `[B]`.
    own: Tensor,
    pairs: i64,
    rows: i64,
    dials: Dials,
}

struct Made {
    loss: Tensor,
    /// Cross-entropies of rows and columns.
    parts: Option<[Tensor; 2]>,
    bias: Tensor,
    /// `B/share` of the gradients by `t X` and Y.
    image: Tensor,
    text: Tensor,
    share: f64,
    seen: Seen,
}

impl<'a> Work<'a> {
    fn new([image, text]: &'a [Tensor; 2], dials: Dials, cells: i64) -> Self {
        let pairs = image.size()[0];
        let scaled = image * dials.logit_scale.exp();
        Self {
            own: (&scaled * text).sum_dim_intlist([1i64].as_slice(), false, Kind::Float),
            text,
            image,
            scaled,
            pairs,
            rows: (cells / pairs.max(1)).clamp(1, pairs.max(1)),
            dials,
        }
    }

    /// Calls `each` with every block of rows: its first row, its logits without the bias, `[rows, B]`.
    fn blocks(&self, mut each: impl FnMut(i64, Tensor)) {
        for first in (0..self.pairs).step_by(self.rows as usize) {
            let rows = self.rows.min(self.pairs - first);
            each(
                first,
                self.scaled.narrow(0, first, rows).matmul(&self.text.tr()),
            );
        }
    }

    fn seen(&self) -> Seen {
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

    fn sig_lip(&self) -> Made {
        let bias = self.dials.logit_bias.unwrap_or(0.0);
        let (mut image, mut text) = (Vec::new(), self.text.zeros_like());
        let mut seen = self.seen();
        let own = &self.own + bias;
        let mut loss = own.log_sigmoid().sum(Kind::Double).neg();
        let missing = own.neg().sigmoid();
        let mut sigmas = missing.sum(Kind::Double).neg();
        self.blocks(|first, mut z| {
            let mut own = z.diagonal(first, 0, 1);
            seen.note(&z, &mut own);
            z += bias;
            let _ = own.fill_(f64::NEG_INFINITY);
            loss += z.softplus().sum(Kind::Double);
            let g = z.sigmoid_();
            sigmas += g.sum(Kind::Double);
            own.copy_(&missing.narrow(0, first, g.size()[0]).neg());
            self.add_gradients(first, &g, &mut image, &mut text);
        });
        let pairs = self.pairs as f64;
        Made {
            loss: loss / pairs,
            parts: None,
            bias: sigmas / pairs,
            image: Tensor::cat(&image, 0),
            text,
            share: 1.0 / pairs,
            seen,
        }
    }

    fn info_nce(&self) -> Made {
        let mut seen = self.seen();
        // ln of the sum of each row (column) beside its own cell.
        let mut rows = Vec::new();
        let mut columns = &seen.column_tops * 1.0;
        self.blocks(|first, z| {
            let mut own = z.diagonal(first, 0, 1);
            seen.note(&z, &mut own);
            let _ = own.fill_(f64::NEG_INFINITY);
            rows.push(z.logsumexp(1, false));
            columns = columns.logaddexp(&z.logsumexp(0, false));
        });
        let gaps = [Tensor::cat(&rows, 0) - &self.own, columns - &self.own];
        let parts = [0, 1].map(|i: usize| {
            let losses = gaps[i].neg().log_sigmoid();
            losses.mean(Kind::Double).neg()
        });
        // -ln P_ii = softplus(gap), 1 - P_ii = sigma(gap).
        let missing = gaps[0].sigmoid() + gaps[1].sigmoid();
        let logs = [0, 1].map(|i: usize| &self.own - gaps[i].neg().log_sigmoid());
        let (mut image, mut text) = (Vec::new(), self.text.zeros_like());
        self.blocks(|first, z| {
            let count = z.size()[0];
            let of_rows = logs[0].narrow(0, first, count).unsqueeze(1);
            let g = (&z - of_rows).exp_() + (z - &logs[1]).exp_();
            let mut own = g.diagonal(first, 0, 1);
            own.copy_(&missing.narrow(0, first, count).neg());
            self.add_gradients(first, &g, &mut image, &mut text);
        });
        Made {
            loss: (&parts[0] + &parts[1]) * 0.5,
            parts: Some(parts),
            bias: self.own.sum(Kind::Double) * 0.0,
            image: Tensor::cat(&image, 0),
            text,
            share: 0.5 / self.pairs as f64,
            seen,
        }
    }

    /// Adds what a block of G gives to the gradients.
    fn add_gradients(&self, first: i64, g: &Tensor, image: &mut Vec<Tensor>, text: &mut Tensor) {
        image.push(g.matmul(self.text));
        *text += g.tr().matmul(&self.scaled.narrow(0, first, g.size()[0]));
    }

    fn finish(self, made: Made) -> ([Tensor; 2], Scalars) {
        let image = made.image * (self.dials.logit_scale.exp() * made.share);
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
            dials: self.dials,
        };
        ([image, text], scalars)
    }
}

impl Seen {
    /// Takes a block of logits into account; `own` is its part of the diagonal, which is overwritten.
    fn note(&mut self, z: &Tensor, own: &mut Tensor) {
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
        let softmax = self.dials.loss == Loss::InfoNce;
        let count = self.pairs as f64;
        // InfoNCE's logits are shown with the bias, too, though its softmax does without.
        let shift = self.dials.logit_bias.unwrap_or(0.0);
        let found = Found {
            loss,
            image_to_text: softmax.then_some(first),
            text_to_image: softmax.then_some(second),
            grad_logit_scale: scale,
            grad_logit_bias: self.dials.logit_bias.map(|_| bias),
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
