//! Both losses of one batch on a grid of temperatures and biases, from its cosines. A pure function: no
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

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::telemetry::Landscape;

/// Bins of the negatives' cosines.
pub const BINS: usize = 512;

/// Most cosines that are looked at of either side.
pub const CELLS: usize = 1 << 22;

/// Rows and columns of the largest batches: fewer would say nothing.
const LEAST_ANCHORS: usize = 64;

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

/// Both losses of a batch, from its features `[N, D]` of unit length, at every stop. All NaN if a feature
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
    let seen = Seen::new(&here(image)?, &here(text)?)?;
    let points = temperatures.len() * biases.len();
    let (info_nce, sig_lip) = if seen.finite()? {
        (
            info_nce(&seen, &temperatures)?,
            sig_lip(&seen, &temperatures, &biases)?,
        )
    } else {
        (vec![f64::NAN; temperatures.len()], vec![f64::NAN; points])
    };
    Ok(Landscape {
        step,
        pairs: seen.pairs,
        anchors: seen.anchors,
        temperatures,
        biases,
        info_nce,
        sig_lip,
    })
}

/// What is looked at of a batch: every pair's own cosine, and the cosines of some of its pictures with all
/// captions and of the same pairs' captions with all pictures.
struct Seen {
    pairs: usize,
    anchors: usize,
    /// `[N]`.
    own: Tensor,
    /// `[anchors]`: which pairs.
    places: Tensor,
    /// Pictures' rows and captions' columns, `[2, anchors, N]`, minus infinity at the own cells.
    others: Tensor,
}

impl Seen {
    fn new(image: &Tensor, text: &Tensor) -> Result<Self> {
        let pairs = image.size()[0] as usize;
        let anchors = (CELLS / pairs.max(1)).clamp(LEAST_ANCHORS, pairs.max(LEAST_ANCHORS));
        let anchors = anchors.min(pairs);
        // Evenly over the batch, whose order is random.
        let places: Vec<i64> = (0..anchors).map(|i| (i * pairs / anchors) as i64).collect();
        let places = Tensor::f_from_slice(&places)?;
        let against = |these: &Tensor, all: &Tensor| -> Result<Tensor> {
            let mut cosines = these.f_index_select(0, &places)?.f_mm(&all.f_tr()?)?;
            let own = places.f_unsqueeze(1)?;
            Ok(cosines.f_scatter_value_(1, &own, f64::NEG_INFINITY)?)
        };
        Ok(Self {
            pairs,
            anchors,
            own: (image * text).f_sum_dim_intlist(-1, false, None)?,
            others: Tensor::f_stack(&[against(image, text)?, against(text, image)?], 0)?,
            places,
        })
    }

    fn finite(&self) -> Result<bool> {
        let none = |t: &Tensor| -> Result<bool> { Ok(t.f_any()?.f_int64_value(&[])? == 0) };
        Ok(none(&self.own.isfinite().logical_not())? && none(&self.others.isnan())?)
    }
}

/// Mean softplus(ln sum_(j != i) exp(z_ij) - z_ii) of rows and columns, at each temperature.
fn info_nce(seen: &Seen, temperatures: &[f64]) -> Result<Vec<f64>> {
    if seen.pairs < 2 {
        return Ok(vec![0.0; temperatures.len()]);
    }
    let hardest = seen.others.f_amax(-1, true)?;
    let below = seen.others.f_sub(&hardest)?;
    let own = seen.own.f_index_select(0, &seen.places)?;
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

fn sig_lip(seen: &Seen, temperatures: &[f64], biases: &[f64]) -> Result<Vec<f64>> {
    let rows = Vec::try_from(seen.others.f_get(0)?.f_reshape([-1])?)?;
    let (means, counts) = histogram(&rows);
    // The rows that were looked at stand for all.
    let each = seen.pairs as f64 / seen.anchors.max(1) as f64;
    let (means, counts) = (
        Tensor::f_from_slice(&means)?,
        Tensor::f_from_slice(&counts)?.f_mul_scalar(each)?,
    );
    let positives = seen.own.f_unsqueeze(-1)?;
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
        .f_div_scalar(seen.pairs as f64)?;
    Ok(Vec::try_from(grid.f_reshape([-1])?)?)
}

/// Means and sizes of the bins that hold any of the cosines; minus infinity is none.
fn histogram(cosines: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let negatives = || cosines.iter().copied().filter(|c| c.is_finite());
    let (low, high) = negatives().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), c| {
        (l.min(c), h.max(c))
    });
    let scale = BINS as f32 / (high - low).max(f32::MIN_POSITIVE);
    let mut bins = vec![(0.0_f64, 0_u32); BINS];
    for cosine in negatives() {
        let (sum, count) = &mut bins[(((cosine - low) * scale) as usize).min(BINS - 1)];
        *sum += f64::from(cosine);
        *count += 1;
    }
    bins.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(sum, count)| ((sum / f64::from(count)) as f32, count as f32))
        .unzip()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::loss::Loss;

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
                let found = land.info_nce[i];
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
                let each = match loss {
                    Loss::InfoNce => {
                        (logits.logsumexp([0i64], false) + logits.logsumexp([1i64], false)) / 2.0
                            - logits.diagonal(0, 0, 1)
                    }
                    Loss::SigLip => {
                        (logits + bias)
                            .softplus()
                            .sum_dim_intlist(1, false, Kind::Double)
                    }
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
        assert!(one.info_nce.iter().all(|loss| *loss == 0.0));
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
                .info_nce
                .iter()
                .chain(&broken.sig_lip)
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

    /// Prints what a survey costs: `cargo test --lib landscape_cost -- --ignored --nocapture`.
    #[test]
    #[ignore = "a measurement, not a check"]
    fn landscape_cost() {
        tch::set_num_threads(1);
        for pairs in [16, 64, 128, 512, 2_048, 8_192, 32_768] {
            let features = features(pairs, 1.0).map(|side| side.to_kind(Kind::Float));
            all(&features);
            let mut times: Vec<f64> = (0..40)
                .map(|_| {
                    let start = Instant::now();
                    all(&features);
                    start.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            times.sort_by(f64::total_cmp);
            println!(
                "{pairs} pairs: median {:.2} ms, least {:.2}, most {:.2}; {:.1} % of a step of 150 ms",
                times[20],
                times[0],
                times[39],
                times[20] / 1.5
            );
        }
    }
}
