//! SigLIP, the sigmoid loss of every pair (equations in [`super`]).

mod words;

use tch::{Kind, Tensor};

use super::arithmetic::{identity, sigmoid, softplus};
use super::landscape::sample::{Sample, histogram};
use super::law::{Cell, Law, LossTerms, OpenClip};
use super::tiled::kernel;
use super::tiled::seen::Seen;
use super::tiled::work::add;
use super::words::Words;
use super::working::block::{Block, Matrix, grid, square};
use super::{Loss, blocks, tiled};
use crate::error::Result;

/// The law of [`Loss::SigLip`].
pub(super) struct SigLip;

/// The SigLIP bias at which cosines of 0 predict the batch's share of positives, 1 in B:
/// `-ln(B - 1)`. None in a batch of one, which has no negatives.
///
/// -4.14 at B = 64; the usual -10 is right for B of about 22,027.
pub fn prior_matching_bias(batch_size: u64) -> Option<f64> {
    (batch_size > 1).then(|| -((batch_size - 1) as f64).ln())
}

/// SigLIP when every cosine is 0: `softplus(-b) + (B - 1) softplus(b)`; B ln 2 without a bias.
pub fn sig_lip_at_zero(batch_size: u64, bias: f64) -> f64 {
    softplus(-bias) + (batch_size as f64 - 1.0) * softplus(bias)
}

impl Law for SigLip {
    fn loss(&self) -> Loss {
        Loss::SigLip
    }

    fn other(&self) -> Loss {
        Loss::InfoNce
    }

    fn short(&self) -> &'static str {
        "sigmoid of every pair"
    }

    fn idea(&self) -> &'static str {
        "SigLIP: each cell is a yes or no of its own (sigmoid)"
    }

    fn words(&self) -> &'static dyn Words {
        &Self
    }

    fn uses_bias(&self) -> bool {
        true
    }

    fn can_choose_negatives(&self) -> bool {
        true
    }

    fn defaults(&self, _: u64) -> (f64, Option<f64>) {
        (0.1, Some(-10.0))
    }

    fn prior_bias(&self, pairs: u64) -> Option<f64> {
        prior_matching_bias(pairs)
    }

    fn open_clip(&self) -> Result<OpenClip, &'static str> {
        Ok(OpenClip {
            flags: &["--siglip"],
            about: "`--siglip`; the mean over processes is the gradient of the whole batch",
        })
    }

    fn dense(&self, scaled: &Tensor, logit_bias: Option<&Tensor>) -> LossTerms {
        let logits = logit_bias.map_or_else(|| scaled.shallow_clone(), |bias| scaled + bias);
        let size = logits.size()[0];
        let signs = Tensor::eye(size, (logits.kind(), logits.device())) * 2.0 - 1.0;
        let loss = (signs * &logits).log_sigmoid().sum(logits.kind()).neg() / size as f64;
        LossTerms {
            loss,
            image_to_text: None,
            text_to_image: None,
            logits: logits.detach(),
        }
    }

    /// One pass: product, sigmoid in place, two products.
    fn tiled(&self, work: &tiled::work::Work) -> tiled::work::Made {
        struct Part {
            text: Vec<f32>,
            seen: Seen,
            loss: f64,
            sigmas: f64,
        }
        let bias = work.head.shift() as f32;
        let mut image = vec![0.0; work.features.image.len()];
        let parts = work.share(&mut image, |blocks| {
            let mut part = Part {
                text: vec![0.0; work.features.text.len()],
                seen: Seen::new(work.pairs),
                loss: 0.0,
                sigmas: 0.0,
            };
            let mut buffer = work.buffer();
            for block in blocks {
                let (first, rows) = (block.first, block.gradient.len() / work.features.dimensions);
                work.tiles(first, rows, &mut buffer, |left, columns, tile, own| {
                    part.seen.note(tile, first, left, columns, own);
                    let (loss, sigmas) = kernel::sigmoids(tile, columns, own, bias);
                    part.loss += loss;
                    part.sigmas += sigmas;
                    if own.is_some() {
                        for (r, row) in tile.chunks_exact_mut(columns).enumerate() {
                            let z = f64::from(work.own[first + r] + bias);
                            part.loss += softplus(-z);
                            let missing = (-softplus(z)).exp();
                            part.sigmas -= missing;
                            row[r] = -missing as f32;
                        }
                    }
                    work.add_gradients(
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
        let pairs = work.pairs as f64;
        tiled::work::Made {
            loss: all.loss / pairs,
            parts: None,
            bias: all.sigmas / pairs,
            image,
            text: all.text,
            share: 1.0 / pairs,
            seen: all.seen,
        }
    }

    fn blocks(&self, work: &blocks::Work) -> blocks::Made {
        let bias = work.head.shift();
        let (mut image, mut text) = (Vec::new(), work.text.zeros_like());
        let mut seen = work.seen();
        let own = &work.own + bias;
        let mut loss = own.log_sigmoid().sum(Kind::Double).neg();
        let missing = own.neg().sigmoid();
        let mut sigmas = missing.sum(Kind::Double).neg();
        work.blocks(|first, mut z| {
            let mut own = z.diagonal(first, 0, 1);
            seen.note(&z, &mut own);
            z += bias;
            let _ = own.fill_(f64::NEG_INFINITY);
            loss += z.softplus().sum(Kind::Double);
            let g = z.sigmoid_();
            sigmas += g.sum(Kind::Double);
            own.copy_(&missing.narrow(0, first, g.size()[0]).neg());
            work.add_gradients(first, &g, &mut image, &mut text);
        });
        let pairs = work.pairs as f64;
        blocks::Made {
            loss: loss / pairs,
            parts: None,
            bias: sigmas / pairs,
            image: Tensor::cat(&image, 0),
            text,
            share: 1.0 / pairs,
            seen,
        }
    }

    /// Too small by what the bins of [`Sample`] leave out, see [`super::landscape`].
    fn surface(&self, sample: &Sample, temperatures: &[f64], biases: &[f64]) -> Result<Vec<f64>> {
        let rows = Vec::try_from(sample.others.f_get(0)?.f_reshape([-1])?)?;
        let (means, counts) = histogram(&rows);
        // The rows that were looked at stand for all.
        let each = sample.pairs as f64 / sample.anchors.max(1) as f64;
        let (means, counts) = (
            Tensor::f_from_slice(&means)?,
            Tensor::f_from_slice(&counts)?.f_mul_scalar(each)?,
        );
        let positives = sample.own.f_unsqueeze(-1)?;
        let shifts: Vec<f32> = biases.iter().map(|b| *b as f32).collect();
        let shifts = Tensor::f_from_slice(&shifts)?.f_unsqueeze(0)?;
        let columns: Vec<Tensor> = temperatures
            .iter()
            .map(|tau| {
                let logits = |cosines: &Tensor| cosines.f_mul_scalar(1.0 / tau)?.f_add(&shifts);
                let pulled = logits(&positives)?
                    .f_neg_()?
                    .f_softplus()?
                    .f_sum_dim_intlist(0, false, None)?;
                let pushed = counts
                    .f_unsqueeze(0)?
                    .f_matmul(&logits(&means.f_unsqueeze(-1)?)?.f_softplus()?)?
                    .f_squeeze_dim(0)?;
                pulled.f_add(&pushed)
            })
            .collect::<Result<_, _>>()?;
        // Columns of the grid side by side: [biases, temperatures].
        let grid = Tensor::f_stack(&columns, 1)?
            .f_to_kind(Kind::Double)?
            .f_div_scalar(sample.pairs as f64)?;
        Ok(Vec::try_from(grid.f_reshape([-1])?)?)
    }

    fn untrained(&self, pairs: f64, bias: f64) -> f64 {
        softplus(-bias) + (pairs - 1.0) * softplus(bias)
    }

    fn floor(&self, _: f64, _: f64) -> Option<f64> {
        None
    }

    fn probabilities(&self, row: &[f64]) -> Vec<f64> {
        row.iter().copied().map(sigmoid).collect()
    }

    fn pull(&self, row: &[f64], own: usize, _: f64) -> f64 {
        sigmoid(-row[own])
    }

    /// `sigma(z) - I`.
    fn slopes(&self, logits: &[f64], side: usize) -> Vec<f64> {
        let slope = |(cell, z): (usize, &f64)| sigmoid(*z) - identity(cell / side, cell % side);
        logits.iter().enumerate().map(slope).collect()
    }

    fn cell(&self, along: &[f64], _: &[f64], (row, column): (usize, usize)) -> Cell {
        let z = along[column];
        Cell {
            loss: Some(softplus(if row == column { -z } else { z })),
            slope: sigmoid(z) - identity(row, column),
        }
    }

    fn working(&self, logits: &Matrix) -> Vec<Block> {
        let n = logits.len();
        let sigma = square(n, |i, j| sigmoid(logits[i][j]));
        let pairs = square(n, |i, j| {
            softplus(if i == j { -logits[i][j] } else { logits[i][j] })
        });
        let sum: f64 = pairs.iter().flatten().sum();
        let loss = sum / n as f64;
        let gradient = square(n, |i, j| sigma[i][j] - identity(i, j));
        vec![
            grid("sigma(S): is this pair a match?", sigma),
            grid(
                "-ln sigma(S) on the diagonal, -ln(1 - sigma(S)) elsewhere",
                pairs,
            ),
            Block::Result {
                text: format!("loss = sum / N = {sum:.6} / {n} = {loss:.6}"),
                loss,
            },
            grid("N dL/dS = sigma(S) - I", gradient),
        ]
    }
}
