//! Both losses of one batch on a grid of temperatures and biases, from its one matrix of cosines. A
//! pure function: no gradient, no randomness, nothing of the model.
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

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::telemetry::Landscape;

/// Bins of the negatives' cosines.
pub const BINS: usize = 512;

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

/// Both losses of `cosines`, `[N, N]`, rows pictures and columns captions, at every stop. All NaN if
/// a cosine is not finite.
pub fn survey(
    step: u64,
    cosines: &Tensor,
    temperatures: Vec<f64>,
    biases: Vec<f64>,
) -> Result<Landscape> {
    let cosines = cosines
        .detach()
        .f_to_device(Device::Cpu)?
        .f_to_kind(Kind::Float)?;
    let pairs = cosines.size()[0] as usize;
    let points = temperatures.len() * biases.len();
    let (info_nce, sig_lip) = if cosines.isfinite().all().f_int64_value(&[])? == 0 {
        (vec![f64::NAN; temperatures.len()], vec![f64::NAN; points])
    } else {
        (
            info_nce(&cosines, &temperatures)?,
            sig_lip(&cosines, &temperatures, &biases)?,
        )
    };
    Ok(Landscape {
        step,
        pairs,
        temperatures,
        biases,
        info_nce,
        sig_lip,
    })
}

/// Mean softplus(ln sum_(j != i) exp(z_ij) - z_ii) of rows and columns, at each temperature.
fn info_nce(cosines: &Tensor, temperatures: &[f64]) -> Result<Vec<f64>> {
    let size = cosines.size()[0];
    if size < 2 {
        return Ok(vec![0.0; temperatures.len()]);
    }
    let diagonal = Tensor::f_eye(size, (Kind::Bool, Device::Cpu))?;
    let negatives = cosines.f_masked_fill(&diagonal, f64::NEG_INFINITY)?;
    // Rows and columns in one tensor, both along its last dimension.
    let both = Tensor::f_stack(&[&negatives, &negatives.f_tr()?.f_contiguous()?], 0)?;
    let hardest = both.f_amax(-1, true)?;
    let below = both.f_sub(&hardest)?;
    let lead = hardest
        .f_squeeze_dim(-1)?
        .f_sub(&cosines.diagonal(0, 0, 1))?;
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

fn sig_lip(cosines: &Tensor, temperatures: &[f64], biases: &[f64]) -> Result<Vec<f64>> {
    let pairs = cosines.size()[0];
    let (means, counts) = histogram(&Vec::try_from(cosines.f_reshape([-1])?)?, pairs as usize);
    let (means, counts) = (
        Tensor::f_from_slice(&means)?,
        Tensor::f_from_slice(&counts)?,
    );
    let positives = cosines.f_diagonal(0, 0, 1)?.f_unsqueeze(-1)?;
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
        .f_div_scalar(pairs as f64)?;
    Ok(Vec::try_from(grid.f_reshape([-1])?)?)
}

/// Means and sizes of the bins that hold any of the cosines off the diagonal.
fn histogram(cosines: &[f32], pairs: usize) -> (Vec<f32>, Vec<f32>) {
    let negatives = || {
        let rows = cosines.chunks_exact(pairs.max(1)).enumerate();
        rows.flat_map(|(i, row)| row[..i].iter().chain(&row[i + 1..]).copied())
    };
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
    fn cosines(pairs: usize, own: f64) -> Tensor {
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
        unit(x).matmul(&unit(y).tr())
    }

    fn dense(loss: Loss, cosines: &Tensor, tau: f64, bias: f64) -> f64 {
        let scalar = |x: f64| Tensor::from_slice(&[x]).squeeze();
        let terms = loss.from_cosines(cosines, &scalar(-tau.ln()), Some(&scalar(bias)));
        terms.loss.double_value(&[])
    }

    fn all(cosines: &Tensor) -> Landscape {
        survey(7, cosines, temperatures(0.01, 0.07), biases(-10.0)).unwrap()
    }

    #[test]
    fn landscape_info_nce_is_the_dense_loss_at_every_stop() {
        for (pairs, own) in [(2, 0.0), (17, 0.5), (128, 4.0)] {
            let cosines = cosines(pairs, own);
            let land = all(&cosines);
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
            let cosines = cosines(pairs, own);
            let negatives = cosines
                .masked_select(&Tensor::eye(pairs as i64, (Kind::Bool, Device::Cpu)).logical_not());
            let width = (negatives.max().double_value(&[]) - negatives.min().double_value(&[]))
                / BINS as f64;
            let land = all(&cosines);
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
    fn landscape_without_negatives_or_with_nan_is_still_a_landscape() {
        let one = all(&Tensor::from_slice(&[0.5_f32]).view([1, 1]));
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
        let broken = all(&Tensor::from_slice(&[0.5_f32, f32::NAN, 0.0, 0.1]).view([2, 2]));
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
        for pairs in [16, 64, 128, 512] {
            let cosines = cosines(pairs, 1.0).to_kind(Kind::Float);
            all(&cosines);
            let mut times: Vec<f64> = (0..40)
                .map(|_| {
                    let start = Instant::now();
                    all(&cosines);
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
