//! The losses of one batch on a grid of temperatures and biases, from its cosines. A pure function: no
//! gradient, no randomness, nothing of the model.
//!
//! # What it costs and how exact it is
//!
//! InfoNCE does not depend on the bias: one pass over the matrix for each temperature, exact. SigLIP
//! depends on both, and its N^2 - N negatives at every point of the grid would cost more than the
//! step itself. They are sorted into [`BINS`] bins of their cosine, each of which stands for its
//! members by their mean; the N positives are taken one by one. softplus is convex and its second
//! derivative at most 1/4, so with bins of width `w` the loss comes out too small, by at most
//!
//! ```text
//! (N - 1) w^2 / (32 tau^2)
//! ```
//!
//! which is largest where tau is small; there the loss itself is of the order of `(N - 1) / tau`, and
//! what is missing stays below half a percent of it (tested down to tau = 0.01).
//!
//! The work grows with the number of cosines. Up to [`CELLS`] all are looked at, 2,048 pairs'; of a larger
//! batch the rows and columns of so many evenly spaced pairs that there are no more: each against the *whole*
//! batch, so that the number of negatives is the batch's and the mean over rows is unbiased. Its standard
//! error is that of a mean of so many rows, 512 of 8,192 pairs, 128 of 32,768.

pub(super) mod sample;

use tch::{Device, Kind, Tensor};

use super::{Law, Loss};
use crate::error::Result;
use crate::telemetry::{Landscape, Surface};
use sample::Sample;

pub use sample::{BINS, CELLS};

/// tau at the grid's columns: round numbers, ten in each decade.
const DECADE: [f64; 10] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];

/// Most rows of the grid: biases far out make the steps larger, not more.
const MOST_BIASES: f64 = 40.0;

/// Round temperatures from the clamp, `least`, to 1, or beyond where tau is `now`.
pub fn temperatures(least: f64, now: f64) -> Vec<f64> {
    let most = if now > 1.0 { now * 1.3 } else { 1.0 };
    (-3..=2)
        .flat_map(|power| {
            DECADE.map(|digits| {
                // As the decimal text reads, so that a stop is the number that it shows.
                format!("{digits}e{power}").parse().unwrap_or(digits)
            })
        })
        .filter(|tau| *tau >= least * (1.0 - 1e-9) && *tau <= most)
        .collect()
}

/// Whole biases from -16 to 4, or as far as the bias is `now`.
pub fn biases(now: f64) -> Vec<f64> {
    let (low, high) = (now.floor().min(-16.0), now.ceil().max(4.0));
    let step = ((high - low) / MOST_BIASES).ceil().max(1.0);
    let rows = ((high - low) / step).ceil() as usize;
    (0..=rows).map(|i| low + step * i as f64).collect()
}

/// The losses of a batch, from its features `[N, D]` of unit length, at every stop. All NaN if a feature
/// is not finite.
pub fn survey(
    step: u64,
    [image, text]: [&Tensor; 2],
    temperatures: Vec<f64>,
    biases: Vec<f64>,
) -> Result<Landscape> {
    let here = |of: &Tensor| -> Result<Tensor> {
        let of = of.detach().f_to_device(Device::Cpu)?;
        Ok(of.f_to_kind(Kind::Float)?)
    };
    let sample = Sample::new(&here(image)?, &here(text)?)?;
    let finite = sample.finite()?;
    let surface = |law: &dyn Law| -> Result<Vec<f64>> {
        Ok(if finite {
            law.surface(&sample, &temperatures, &biases)?
        } else {
            let rows = if law.uses_bias() { biases.len() } else { 1 };
            vec![f64::NAN; rows * temperatures.len()]
        })
    };
    let mut surfaces: Vec<Surface> = Vec::new();
    for loss in Loss::ALL {
        let law = loss.law();
        // Those that are alike are looked at once.
        let alike = surfaces.iter().find(|s| s.loss == law.value_of());
        let values = match alike {
            Some(surface) => surface.values.clone(),
            None => surface(law)?,
        };
        surfaces.push(Surface { loss, values });
    }
    Ok(Landscape {
        step,
        pairs: sample.pairs,
        anchors: sample.anchors,
        temperatures,
        biases,
        surfaces,
    })
}

#[cfg(test)]
mod tests {

    use super::*;

    /// Unit features with a diagonal that stands out by `own`.
    fn features(pairs: usize, own: f64) -> [Tensor; 2] {
        let noise = |n: usize| {
            let mut x = (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let side = |salt: usize| {
            let values: Vec<f64> = (0..pairs * 24).map(|i| noise(i + salt)).collect();
            Tensor::from_slice(&values).view([pairs as i64, 24])
        };
        let (x, y) = (side(1 << 20), side(1 << 21));
        let y = y + &x * own;
        let unit = |t: Tensor| &t / t.norm_scalaropt_dim(2, [-1i64], true);
        [unit(x), unit(y)]
    }

    fn cosines([x, y]: &[Tensor; 2]) -> Tensor {
        x.matmul(&y.tr())
    }

    fn dense(loss: Loss, cosines: &Tensor, tau: f64, bias: f64) -> f64 {
        let scalar = |x: f64| Tensor::from_slice(&[x]).squeeze();
        let terms = loss.from_cosines(cosines, &scalar(-tau.ln()), Some(&scalar(bias)));
        terms.loss.double_value(&[])
    }

    fn all([x, y]: &[Tensor; 2]) -> Landscape {
        survey(7, [x, y], temperatures(0.01, 0.07), biases(-10.0)).unwrap()
    }

    #[test]
    fn landscape_info_nce_is_the_dense_loss_at_every_stop() {
        for (pairs, own) in [(2, 0.0), (17, 0.5), (128, 4.0)] {
            let features = features(pairs, own);
            let (cosines, land) = (cosines(&features), all(&features));
            for (i, tau) in land.temperatures.iter().enumerate() {
                let exact = dense(Loss::InfoNce, &cosines, *tau, 0.0);
                let found = land.at_stop(Loss::InfoNce, i, 0).unwrap();
                assert!(
                    (found - exact).abs() <= exact.abs() * 2e-5 + 1e-7,
                    "{pairs} pairs, tau {tau}: {found} for {exact}"
                );
            }
        }
    }

    #[test]
    fn landscape_sig_lip_is_the_dense_loss_up_to_the_error_that_is_stated() {
        for (pairs, own) in [(2, 0.0), (17, 0.5), (128, 0.0), (128, 4.0)] {
            let features = features(pairs, own);
            let cosines = cosines(&features);
            let negatives = cosines
                .masked_select(&Tensor::eye(pairs as i64, (Kind::Bool, Device::Cpu)).logical_not());
            let width = (negatives.max().double_value(&[]) - negatives.min().double_value(&[]))
                / BINS as f64;
            let land = all(&features);
            for (i, tau) in land.temperatures.iter().enumerate() {
                for (j, bias) in land.biases.iter().enumerate() {
                    let exact = dense(Loss::SigLip, &cosines, *tau, *bias);
                    let found = land.at_stop(Loss::SigLip, i, j).unwrap();
                    let rounding = exact * 2e-5 + 1e-6;
                    let bound = (pairs - 1) as f64 * (width / tau).powi(2) / 32.0;
                    assert!(
                        found <= exact + rounding && found >= exact - bound - rounding,
                        "{pairs} pairs, tau {tau}, b {bias}: {found} for {exact}"
                    );
                    assert!(
                        (found / exact - 1.0).abs() < 5e-3,
                        "{pairs} pairs, tau {tau}, b {bias}: {found} for {exact}"
                    );
                }
            }
        }
    }

    #[test]
    fn landscape_of_a_large_batch_is_the_dense_loss_up_to_its_sampling() {
        let features = features(4_500, 1.0);
        let (cosines, land) = (cosines(&features), all(&features));
        assert_eq!((land.pairs, land.anchors), (4_500, CELLS / 4_500));
        let at = |tau: f64| land.temperatures.iter().position(|t| *t == tau).unwrap();
        let row = |bias: f64| land.biases.iter().position(|b| *b == bias).unwrap();
        for (tau, bias) in [(0.1, -6.0), (0.02, -10.0), (1.0, 0.0)] {
            for loss in [Loss::InfoNce, Loss::SigLip] {
                let exact = dense(loss, &cosines, tau, bias);
                let found = land.at_stop(loss, at(tau), row(bias)).unwrap();
                let logits = &cosines / tau;
                let each = if loss == Loss::InfoNce {
                    (logits.logsumexp([0i64], false) + logits.logsumexp([1i64], false)) / 2.0
                        - logits.diagonal(0, 0, 1)
                } else {
                    (logits + bias)
                        .softplus()
                        .sum_dim_intlist(1, false, Kind::Double)
                };
                let error = each.std(true).double_value(&[]) / (land.anchors as f64).sqrt();
                assert!(
                    (found - exact).abs() < 4.0 * error,
                    "{loss}, tau {tau}, b {bias}: {found} for {exact}, error {error}"
                );
            }
        }
    }

    #[test]
    fn landscape_without_negatives_or_with_nan_is_still_a_landscape() {
        let rows = |values: &[f32]| Tensor::from_slice(values).view([-1, 2]);
        let one = all(&[rows(&[1.0, 0.0]), rows(&[0.5, 0.75_f32.sqrt()])]);
        let flat = one.values(Loss::InfoNce).unwrap();
        assert!(flat.iter().all(|loss| *loss == 0.0));
        let at = |tau: f64, b: f64| {
            let near = |stops: &[f64], x: f64| stops.iter().position(|s| *s == x).unwrap();
            one.at_stop(
                Loss::SigLip,
                near(&one.temperatures, tau),
                near(&one.biases, b),
            )
            .unwrap()
        };
        assert!((at(0.5, -1.0) - std::f64::consts::LN_2).abs() < 1e-6);
        let broken = all(&[
            rows(&[0.5, f32::NAN, 0.0, 1.0]),
            rows(&[1.0, 0.0, 0.0, 1.0]),
        ]);
        assert!(
            broken
                .surfaces
                .iter()
                .flat_map(|s| &s.values)
                .all(|l| l.is_nan())
        );
    }

    #[test]
    fn landscape_stops_begin_at_the_clamp_and_hold_what_is_now() {
        let stops = temperatures(0.01, 0.07);
        assert_eq!(
            (stops[0], stops[1], *stops.last().unwrap()),
            (0.01, 0.012, 1.0)
        );
        assert_eq!(stops.len(), 21);
        assert_eq!(temperatures(1.0 / 30.0, 0.07)[0], 0.04);
        assert!(*temperatures(0.01, 7.0).last().unwrap() >= 7.0);
        assert!(stops.windows(2).all(|w| w[0] < w[1]));
        assert_eq!((biases(-10.0).len(), biases(-10.0)[0]), (21, -16.0));
        for now in [-100.0, 0.0, 63.5] {
            let stops = biases(now);
            assert!(stops[0] <= now && now <= *stops.last().unwrap() && stops.len() <= 42);
        }
    }
}
