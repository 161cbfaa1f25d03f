//! The losses with their gradients in memory linear in the batch: the `B x B` logits exist only a tile at
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

mod exponentials;
mod input;
pub(super) mod kernel;
mod read;
pub(super) mod seen;
pub(super) mod work;

use super::Head;
use work::Work;

pub use input::{Cut, Features, TILE};
pub use work::Tiled;

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
pub fn tiled(features: Features, head: Head, cut: Cut) -> Tiled {
    let work = Work::new(features, head, cut);
    work.finish(head.loss.law().tiled(&work))
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::super::{Diagnostics, Loss, diagnostics};
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

    fn dense(x: &[f32], y: &[f32], width: usize, head: Head) -> Dense {
        let leaf = |of: &[f32]| {
            Tensor::from_slice(of)
                .view([-1, width as i64])
                .to_kind(Kind::Double)
                .set_requires_grad(true)
        };
        let scalar = |x: f64| Tensor::from(x).set_requires_grad(true);
        let (x, y) = (leaf(x), leaf(y));
        let (scale, bias) = (scalar(head.logit_scale), head.logit_bias.map(scalar));
        let terms = head.loss.forward(&x, &y, &scale, bias.as_ref());
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
                let head = Head {
                    loss,
                    logit_scale: -tau.ln(),
                    logit_bias,
                };
                let wanted = dense(&x, &y, 24, head);
                for (tile, threads) in [(1, 1), (7, 2), (16, 3), (37, 1), (64, 2), (1000, 2)] {
                    let input = Features {
                        image: &x,
                        text: &y,
                        dimensions: 24,
                    };
                    let got = tiled(
                        input,
                        head,
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
        let head = Head {
            loss: Loss::InfoNce,
            logit_scale: 50_f64.ln(),
            logit_bias: None,
        };
        let wanted = dense(&x, &x, 64, head);
        let input = Features {
            image: &x,
            text: &x,
            dimensions: 64,
        };
        let got = tiled(
            input,
            head,
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
            let head = Head {
                loss,
                logit_scale: 1.0,
                logit_bias: Some(0.5),
            };
            let got = tiled(input, head, cut);
            let wanted = dense(input.image, input.text, 2, head);
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
            let got = tiled(broken, head, cut);
            assert!(got.loss.is_nan(), "{loss}");
            assert!(got.image_gradient.iter().any(|g| g.is_nan()));
            let known = dense(broken.image, broken.text, 2, head).diagnostics;
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
            let head = Head {
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
                let seen = tiled(input, head, cut).diagnostics;
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
        let head = Head {
            loss: Loss::InfoNce,
            logit_scale: 3.0,
            logit_bias: None,
        };
        let cut = Cut {
            tile: 16,
            threads: 3,
            bf16: false,
        };
        let (a, b) = (tiled(input, head, cut), tiled(input, head, cut));
        assert_eq!(a.loss.to_bits(), b.loss.to_bits());
        assert_eq!(a.image_gradient, b.image_gradient);
        assert_eq!(a.text_gradient, b.text_gradient);
    }
}
