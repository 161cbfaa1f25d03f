//! InfoNCE, the softmax loss of CLIP (equations in [`super`]). Its logits may have a bias, which cancels.

mod words;

use tch::{Kind, Tensor};

use super::arithmetic::{identity, log_sum, softmax, softplus};
use super::landscape::sample::Sample;
use super::law::{Cell, Law, LossTerms, OpenClip};
use super::tiled::kernel;
use super::tiled::work::add;
use super::words::Words;
use super::working::block::{Block, Matrix, grid, mean, square, transposed};
use super::{Loss, blocks, tiled};
use crate::error::Result;

/// The law of [`Loss::InfoNce`].
pub(super) struct InfoNce;

/// InfoNCE when all logits are equal: ln B. A model that has learned nothing is near it.
pub fn chance_level(batch_size: u64) -> f64 {
    (batch_size as f64).ln()
}

/// The bound `ln B - loss` on the mutual information, in nats, and its ceiling ln B.
///
/// The truth may be far above; a bound near its ceiling says only that the batch is too small to tell.
pub fn mutual_information_bound(info_nce: f64, batch_size: u64) -> (f64, f64) {
    let ceiling = chance_level(batch_size);
    (ceiling - info_nce, ceiling)
}

/// The least InfoNCE that cosines allow: pairs at 1, all else as far apart as N points can be.
pub fn floor(pairs: f64, scale: f64) -> f64 {
    if pairs < 2.0 {
        return 0.0;
    }
    ((pairs - 1.0) * (-scale * pairs / (pairs - 1.0)).exp()).ln_1p()
}

impl Law for InfoNce {
    fn loss(&self) -> Loss {
        Loss::InfoNce
    }

    fn other(&self) -> Loss {
        Loss::SigLip
    }

    fn short(&self) -> &'static str {
        "softmax of rows and columns"
    }

    fn idea(&self) -> &'static str {
        "InfoNCE: each row and each column chooses one of the batch (softmax)"
    }

    fn words(&self) -> &'static dyn Words {
        &Self
    }

    fn uses_bias(&self) -> bool {
        false
    }

    fn can_choose_negatives(&self) -> bool {
        false
    }

    fn defaults(&self, _: u64) -> (f64, Option<f64>) {
        (0.07, None)
    }

    fn prior_bias(&self, _: u64) -> Option<f64> {
        None
    }

    fn open_clip(&self) -> Result<OpenClip, &'static str> {
        Ok(OpenClip {
            // Together they give the gradient of the whole batch's loss. Without --gather-with-grad features would
            // get a share of theirs, while the temperature got all of its own.
            flags: &["--local-loss", "--gather-with-grad"],
            about: "its default loss; with `--local-loss --gather-with-grad` the mean over processes is the \
                    gradient of the whole batch",
        })
    }

    fn dense(&self, scaled: &Tensor, logit_bias: Option<&Tensor>) -> LossTerms {
        let (image_to_text, text_to_image) = cross_entropies(scaled);
        let mut loss = (&image_to_text + &text_to_image) * 0.5;
        let mut logits = scaled.detach();
        if let Some(bias) = logit_bias {
            // In the graph, so that its gradient is a zero rather than absent.
            loss += bias * 0.0;
            // Not in place: `logits` shares its storage with `scaled`, which the graph still needs.
            logits = &logits + bias.detach();
        }
        LossTerms {
            loss,
            image_to_text: Some(image_to_text.detach()),
            text_to_image: Some(text_to_image.detach()),
            logits,
        }
    }

    /// Two passes: the first finds every row's and every column's sum of exponentials, the second makes `P + Q`.
    fn tiled(&self, work: &tiled::work::Work) -> tiled::work::Made {
        let (seen, row_sums, column_sums) = work.exponentials();
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
                .zip(&work.own)
                .map(|(log, z)| log - f64::from(*z))
                .collect()
        };
        let (row_gaps, column_gaps) = (gaps(&by_row), gaps(&by_column));
        let mean =
            |gaps: &[f64]| gaps.iter().map(|gap| softplus(*gap)).sum::<f64>() / work.pairs as f64;
        let (rows, columns) = (mean(&row_gaps), mean(&column_gaps));
        let missing = |i: usize| -> f64 {
            let of = |gap: f64| (-softplus(-gap)).exp();
            of(row_gaps[i]) + of(column_gaps[i])
        };
        let whole = |gaps: &[f64]| -> Vec<f32> {
            let log = |(gap, z): (&f64, &f32)| (f64::from(*z) + softplus(*gap)) as f32;
            gaps.iter().zip(&work.own).map(log).collect()
        };
        let (row_logs, column_logs) = (whole(&row_gaps), whole(&column_gaps));

        let mut image = vec![0.0; work.features.image.len()];
        let parts = work.share(&mut image, |blocks| {
            let mut text = vec![0.0; work.features.text.len()];
            let mut buffer = work.buffer();
            for block in blocks {
                let (first, rows) = (block.first, block.gradient.len() / work.features.dimensions);
                work.tiles(first, rows, &mut buffer, |left, columns, tile, own| {
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
                    work.add_gradients(
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
        tiled::work::Made {
            loss: f64::midpoint(rows, columns),
            parts: Some((rows, columns)),
            bias: 0.0,
            image,
            text,
            share: 0.5 / work.pairs as f64,
            seen,
        }
    }

    fn blocks(&self, work: &blocks::Work) -> blocks::Made {
        let mut seen = work.seen();
        // ln of the sum of each row (column) beside its own cell.
        let mut rows = Vec::new();
        let mut columns = &seen.column_tops * 1.0;
        work.blocks(|first, z| {
            let mut own = z.diagonal(first, 0, 1);
            seen.note(&z, &mut own);
            let _ = own.fill_(f64::NEG_INFINITY);
            rows.push(z.logsumexp(1, false));
            columns = columns.logaddexp(&z.logsumexp(0, false));
        });
        let gaps = [Tensor::cat(&rows, 0) - &work.own, columns - &work.own];
        let parts = [0, 1].map(|i: usize| {
            let losses = gaps[i].neg().log_sigmoid();
            losses.mean(Kind::Double).neg()
        });
        // -ln P_ii = softplus(gap), 1 - P_ii = sigma(gap).
        let missing = gaps[0].sigmoid() + gaps[1].sigmoid();
        let logs = [0, 1].map(|i: usize| &work.own - gaps[i].neg().log_sigmoid());
        let (mut image, mut text) = (Vec::new(), work.text.zeros_like());
        work.blocks(|first, z| {
            let count = z.size()[0];
            let of_rows = logs[0].narrow(0, first, count).unsqueeze(1);
            let g = (&z - of_rows).exp_() + (z - &logs[1]).exp_();
            let mut own = g.diagonal(first, 0, 1);
            own.copy_(&missing.narrow(0, first, count).neg());
            work.add_gradients(first, &g, &mut image, &mut text);
        });
        blocks::Made {
            loss: (&parts[0] + &parts[1]) * 0.5,
            parts: Some(parts),
            bias: work.own.sum(Kind::Double) * 0.0,
            image: Tensor::cat(&image, 0),
            text,
            share: 0.5 / work.pairs as f64,
            seen,
        }
    }

    /// Mean softplus(ln sum_(j != i) exp(z_ij) - z_ii) of rows and columns; exact.
    fn surface(&self, sample: &Sample, temperatures: &[f64], _: &[f64]) -> Result<Vec<f64>> {
        if sample.pairs < 2 {
            return Ok(vec![0.0; temperatures.len()]);
        }
        let hardest = sample.others.f_amax(-1, true)?;
        let below = sample.others.f_sub(&hardest)?;
        let own = sample.own.f_index_select(0, &sample.places)?;
        let lead = hardest.f_squeeze_dim(-1)?.f_sub(&own)?;
        let losses: Vec<Tensor> = temperatures
            .iter()
            .map(|tau| {
                let rest = below
                    .f_mul_scalar(1.0 / tau)?
                    .f_exp_()?
                    .f_sum_dim_intlist(-1, false, None)?
                    .f_log_()?;
                rest.f_add(&lead.f_mul_scalar(1.0 / tau)?)?
                    .f_softplus()?
                    .f_mean(Kind::Double)
            })
            .collect::<Result<_, _>>()?;
        Ok(Vec::try_from(Tensor::f_stack(&losses, 0)?)?)
    }

    fn untrained(&self, pairs: f64, _: f64) -> f64 {
        pairs.ln()
    }

    fn floor(&self, pairs: f64, scale: f64) -> Option<f64> {
        Some(floor(pairs, scale))
    }

    fn probabilities(&self, row: &[f64]) -> Vec<f64> {
        softmax(row)
    }

    /// The sum of the others rather than 1 - P_i, which loses its digits as P_i nears 1.
    fn pull(&self, _: &[f64], _: usize, push: f64) -> f64 {
        push
    }

    /// `(P + Q) / 2 - I`, for the mean of both directions.
    fn slopes(&self, logits: &[f64], side: usize) -> Vec<f64> {
        let rows: Vec<f64> = logits.chunks(side.max(1)).flat_map(softmax).collect();
        let column = |c: usize| (0..side).map(|r| logits[r * side + c]).collect::<Vec<_>>();
        let columns: Vec<_> = (0..side).map(|c| softmax(&column(c))).collect();
        let slope = |cell: usize| {
            let (row, column) = (cell / side, cell % side);
            slope(rows[cell], columns[column][row], identity(row, column))
        };
        (0..logits.len()).map(slope).collect()
    }

    fn cell(&self, along: &[f64], down: &[f64], (row, column): (usize, usize)) -> Cell {
        let z = along[column];
        let (p, q) = (softmax(along)[column], softmax(down)[row]);
        Cell {
            // Of the logits, not of the shares: those of a hopeless pair are 0.
            loss: (row == column).then(|| f64::midpoint(log_sum(along) - z, log_sum(down) - z)),
            slope: slope(p, q, identity(row, column)),
        }
    }

    fn working(&self, logits: &Matrix) -> Vec<Block> {
        let columns = transposed(logits);
        let by_row: Matrix = logits.iter().map(|row| softmax(row)).collect();
        let by_column = transposed(&columns.iter().map(|column| softmax(column)).collect());
        let gradient = square(logits.len(), |i, j| {
            f64::midpoint(by_row[i][j], by_column[i][j]) - identity(i, j)
        });
        let terms = |lines: &Matrix| -> Vec<f64> {
            let term = |(i, line): (usize, &Vec<f64>)| log_sum(line) - line[i];
            lines.iter().enumerate().map(term).collect()
        };
        let (row_terms, column_terms) = (terms(logits), terms(&columns));
        let (image_to_text, text_to_image) = (mean(&row_terms), mean(&column_terms));
        let loss = f64::midpoint(image_to_text, text_to_image);
        vec![
            grid(
                "P = softmax of each row: which caption for this image?",
                by_row,
            ),
            grid(
                "Q = softmax of each column: which image for this caption?",
                by_column,
            ),
            Block::Terms {
                title: "image to text: -ln P_ii, and their mean".into(),
                values: row_terms,
                mean: image_to_text,
            },
            Block::Terms {
                title: "text to image: -ln Q_jj, and their mean".into(),
                values: column_terms,
                mean: text_to_image,
            },
            Block::Result {
                text: format!("loss = ({image_to_text:.6} + {text_to_image:.6}) / 2 = {loss:.6}"),
                loss,
            },
            grid("N dL/dS = (P + Q) / 2 - I", gradient),
        ]
    }
}

/// The slope of a cell from its shares of row and column, and 1 if it is a pair's.
fn slope(row: f64, column: f64, own: f64) -> f64 {
    (row + column - 2.0 * own) / 2.0
}

/// Mean cross-entropies of rows and columns with the diagonal as labels.
fn cross_entropies(logits: &Tensor) -> (Tensor, Tensor) {
    let size = logits.size()[0];
    if size == 1 {
        // One candidate is always right; the graph stays whole.
        let zero = logits.sum(logits.kind()) * 0.0;
        return (zero.shallow_clone(), zero);
    }
    let positives = logits.diagonal(0, 0, 1);
    let diagonal = Tensor::eye(size, (Kind::Bool, logits.device()));
    let negatives = logits.masked_fill(&diagonal, f64::NEG_INFINITY);
    let mean_of = |dim: i64| {
        let margin = &positives - negatives.logsumexp(dim, false);
        margin.log_sigmoid().mean(None).neg()
    };
    (mean_of(1), mean_of(0))
}

#[cfg(test)]
mod tests {
    use super::floor;

    #[test]
    fn a_perfect_model_still_pays_where_cosines_end_at_one() {
        assert!((floor(64.0, 1.0) - 3.17).abs() < 5e-3);
        assert_eq!(floor(1.0, 1.0), 0.0);
    }
}
