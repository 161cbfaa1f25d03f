//! [`compare`]: the loss of a batch and its gradients by the features, wherever these live, in memory linear
//! in the batch. It must not know where features come from.

use tch::{Device, Tensor};

use super::Head;
use super::blocks::{CELLS, Scalars, Work};
use super::evaluate::numbers;
use super::found::Found;
use super::tiled::{self, Cut, tiled};
use crate::error::Result;

/// A loss with its gradients.
#[derive(Debug)]
pub struct Compared {
    /// Image and text features, `[B, D]`, detached.
    pub features: [Tensor; 2],
    /// By the image features, `[B, D]`.
    pub image_gradient: Tensor,
    /// By the text features, `[B, D]`.
    pub text_gradient: Tensor,
    head: Head,
    /// With gradients by logit_scale and logit_bias.
    values: Values,
}

/// The numbers, here or still on the device.
#[derive(Debug)]
enum Values {
    Here(Found),
    Device(Scalars),
}

impl Compared {
    /// What was worked out at once.
    pub(super) fn here(
        head: Head,
        features: [Tensor; 2],
        gradients: [Tensor; 2],
        found: Found,
    ) -> Self {
        let [image_gradient, text_gradient] = gradients;
        Self {
            features,
            image_gradient,
            text_gradient,
            head,
            values: Values::Here(found),
        }
    }

    /// The numbers, and with them `more`, a 0-d tensor: on a device one transfer for all, and the only time
    /// that is waited for it.
    pub fn read(&self, more: &Tensor) -> Result<(Found, f64)> {
        let (mut found, more) = match &self.values {
            Values::Here(found) => (*found, more.f_double_value(&[])?),
            Values::Device(scalars) => scalars.read(more)?,
        };
        let (by_scale, by_bias) = (found.grad_logit_scale, found.grad_logit_bias);
        let law = self.head.loss.law();
        (found.grad_logit_scale, found.grad_logit_bias) =
            law.by_parameters(self.head, by_scale, by_bias);
        Ok((found, more))
    }
}

/// The loss of image and text features, `[B, D]` each with rows of unit length, on `threads` threads if they
/// live in main memory.
pub fn compare(features: [Tensor; 2], head: Head, threads: usize) -> Result<Compared> {
    let _guard = tch::no_grad_guard();
    if features[0].device() != Device::Cpu {
        return Ok(in_blocks(features, head, CELLS));
    }
    let shape = features[0].size();
    let [image, text] = [&features[0], &features[1]].map(numbers);
    let (image, text) = (image?, text?);
    let cut = Cut {
        tile: tiled::TILE,
        threads,
        bf16: false,
    };
    let sides = tiled::Features {
        image: &image,
        text: &text,
        dimensions: shape[1] as usize,
    };
    let made = tiled(sides, head, cut);
    let tensor = |values: &[f32]| Tensor::f_from_slice(values)?.f_view(shape.as_slice());
    Ok(Compared {
        features,
        image_gradient: tensor(&made.image_gradient)?,
        text_gradient: tensor(&made.text_gradient)?,
        head,
        values: Values::Here(Found {
            loss: made.loss,
            image_to_text: made.image_to_text,
            text_to_image: made.text_to_image,
            grad_logit_scale: made.grad_logit_scale,
            grad_logit_bias: made.grad_logit_bias,
            diagnostics: made.diagnostics,
        }),
    })
}

/// The same by blocks of rows with at most so many cells, wherever the features live.
fn in_blocks(features: [Tensor; 2], head: Head, cells: i64) -> Compared {
    let work = Work::new(&features, head, cells);
    let made = head.loss.law().blocks(&work);
    let ([image_gradient, text_gradient], scalars) = work.finish(made);
    Compared {
        features,
        image_gradient,
        text_gradient,
        head,
        values: Values::Device(scalars),
    }
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::super::Loss;
    use super::*;

    #[test]
    fn blocks_of_rows_give_what_tiles_give() {
        let noise = |i: i64| (Tensor::arange(i * 24, (Kind::Float, Device::Cpu)) * 12.9898).sin();
        let unit = |x: Tensor| {
            let x = x.view([-1, 24]);
            let norm = x.norm_scalaropt_dim(2, [1i64].as_slice(), true);
            x / norm
        };
        for pairs in [1, 2, 3, 50] {
            for loss in Loss::ALL {
                for (tau, logit_bias) in [(0.07, None), (0.01, Some(-3.0)), (10.0, Some(1.0))] {
                    let image = unit(noise(pairs));
                    let text = unit(noise(pairs).flip([0]) + &image.view([-1]));
                    let head = Head {
                        loss,
                        logit_scale: -f64::ln(tau),
                        logit_bias,
                    };
                    let about = format!("{pairs} pairs, {loss} at {tau}");
                    let features = [image.shallow_clone(), text.shallow_clone()];
                    let known = compare(features, head, 1).unwrap();
                    let (wanted, _) = known.read(&Tensor::from(0.0)).unwrap();
                    for cells in [1, 7 * pairs, 1 << 20] {
                        let features = [image.shallow_clone(), text.shallow_clone()];
                        let made = in_blocks(features, head, cells);
                        let (found, more) = made.read(&Tensor::from(2.5)).unwrap();
                        assert_eq!(more, 2.5);
                        let off = |a: &Tensor, b: &Tensor| {
                            ((a - b).norm() / b.norm().clamp_min(1e-12)).double_value(&[])
                        };
                        assert!(
                            off(&made.image_gradient, &known.image_gradient) < 2e-5,
                            "{about}"
                        );
                        assert!(
                            off(&made.text_gradient, &known.text_gradient) < 2e-5,
                            "{about}"
                        );
                        assert!(
                            (found.loss - wanted.loss).abs() < 1e-5 * wanted.loss + 1e-7,
                            "{about}"
                        );
                        let scale = found.grad_logit_scale - wanted.grad_logit_scale;
                        assert!(scale.abs() < 1e-5 * wanted.loss.max(1.0), "{about}");
                        let directed = wanted.image_to_text.is_some();
                        assert_eq!(found.image_to_text.is_some(), directed);
                        let bias = wanted.grad_logit_bias.unwrap_or(0.0);
                        let off = found.grad_logit_bias.unwrap_or(0.0) - bias;
                        assert!(off.abs() < 1e-4 * bias.abs().max(1.0), "{about}");
                        let (a, b) = (found.diagnostics, wanted.diagnostics);
                        assert_eq!(
                            a.accuracy_image_to_text, b.accuracy_image_to_text,
                            "{about}"
                        );
                        assert_eq!(
                            a.accuracy_text_to_image, b.accuracy_text_to_image,
                            "{about}"
                        );
                        assert_eq!(a.negative_logits.is_some(), pairs > 1);
                        let spreads = [
                            Some((a.positive_logits, b.positive_logits)),
                            a.negative_logits.zip(b.negative_logits),
                        ];
                        for (a, b) in spreads.into_iter().flatten() {
                            for (a, b) in [(a.min, b.min), (a.mean, b.mean), (a.max, b.max)] {
                                assert!((a - b).abs() < 1e-5 / tau + 1e-4, "{about}: {a} {b}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn blocks_do_not_hide_what_is_no_number() {
        let image = Tensor::from_slice(&[0.6_f32, 0.8, f32::NAN, 0.0]).view([2, 2]);
        let text = Tensor::from_slice(&[0.6_f32, 0.8, 0.0, 1.0]).view([2, 2]);
        for loss in Loss::ALL {
            let head = Head {
                loss,
                logit_scale: 1.0,
                logit_bias: None,
            };
            let features = || [image.shallow_clone(), text.shallow_clone()];
            let made = in_blocks(features(), head, 1 << 20);
            let (found, _) = made.read(&Tensor::from(0.0)).unwrap();
            assert!(found.loss.is_nan());
            let (_, more) = compare(features(), head, 1)
                .unwrap()
                .read(&Tensor::from(0.0))
                .unwrap();
            assert_eq!(more, 0.0);
        }
    }
}
