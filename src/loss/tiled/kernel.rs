//! What is done to each logit of a tile while it is in the cache: plain arithmetic in 32 bits, sixteen
//! numbers at a time, compiled for the instruction sets that may be met and chosen at run time.
//!
//! A tile is row-major, `rows x columns`. Where it lies on the diagonal of the whole matrix, `own` is the
//! column of row 0's own pair (row r's is `own + r`); those cells are left out of everything here.

// Each of them must become part of the version of its caller that the processor runs.
#![allow(clippy::inline_always)]

use multiversion::multiversion;
use multiversion::target::selected_target;

/// Numbers handled together: two vectors of AVX2, one of AVX-512.
const LANES: usize = 16;

/// `a * b + c`, in one operation where the processor has one: elsewhere it would be a call of a function.
#[inline(always)]
fn fused<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// `e^x` for x up to 88, within 2e-7 relative; what is below -87 counts as that.
///
/// `e^x = 2^k e^r` with `|r| <= ln 2 / 2`: k by rounding `x / ln 2` against a large constant, whose low
/// bits then hold k; `e^r` by its series to the sixth power.
#[inline(always)]
fn exp<const FMA: bool>(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = fused::<FMA>(x, std::f32::consts::LOG2_E, ROUND);
    let k = shifted - ROUND;
    let r = fused::<FMA>(k, -LN2_LOW, fused::<FMA>(k, -LN2_HIGH, x));
    let series = 1.0 / 720.0;
    let series = fused::<FMA>(series, r, 1.0 / 120.0);
    let series = fused::<FMA>(series, r, 1.0 / 24.0);
    let series = fused::<FMA>(series, r, 1.0 / 6.0);
    let series = fused::<FMA>(series, r, 0.5);
    let series = fused::<FMA>(series, r, 1.0);
    let series = fused::<FMA>(series, r, 1.0);
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    series * power
}

/// `sigma(z)` and `softplus(z) = ln(1 + e^z)`, both within 3e-7 relative, with one division.
///
/// With `e = e^-|z|`: sigma is `1/(1+e)` or `e/(1+e)`, and `ln(1+e) = 2 atanh(e / (2+e))`, whose argument
/// is at most 1/3.
#[inline(always)]
fn sigmoid<const FMA: bool>(z: f32) -> (f32, f32) {
    let size = z.abs();
    let e = exp::<FMA>(-size);
    let shared = 1.0 / ((1.0 + e) * (2.0 + e));
    let a = e * (1.0 + e) * shared;
    let square = a * a;
    let series = 1.0 / 11.0;
    let series = fused::<FMA>(series, square, 1.0 / 9.0);
    let series = fused::<FMA>(series, square, 1.0 / 7.0);
    let series = fused::<FMA>(series, square, 1.0 / 5.0);
    let series = fused::<FMA>(series, square, 1.0 / 3.0);
    let series = fused::<FMA>(series, square, 1.0);
    let log = 2.0 * a * series;
    let most = (2.0 + e) * shared;
    if z >= 0.0 {
        (most, size + log)
    } else {
        (e * most, log)
    }
}

/// The larger; the second if the first is not a number.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller; the second if the first is not a number.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The parts of a row beside its own cell.
#[inline(always)]
fn parts(columns: usize, own: Option<usize>) -> [std::ops::Range<usize>; 2] {
    match own {
        Some(own) if own < columns => [0..own, own + 1..columns],
        _ => [0..columns, 0..0],
    }
}

/// All lanes as one, half of them with the other half at a time.
#[inline(always)]
fn halved(mut lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn total(lanes: [f32; LANES]) -> f64 {
    f64::from(halved(lanes, |a, b| a + b))
}

/// Largest and smallest logits of a tile.
pub struct Extremes<'a> {
    /// Of each row.
    pub rows: &'a mut [f32],
    /// Of each column.
    pub columns: &'a mut [f32],
    /// The least of all.
    pub least: &'a mut f32,
}

/// What is seen of a part of a row; `low` is kept apart lane by lane, since it is of all rows together.
#[inline(always)]
fn note_extremes(part: &[f32], columns: &mut [f32], row: &mut f32, low: &mut [f32; LANES]) {
    let mut high = [*row; LANES];
    let mut chunks = part.chunks_exact(LANES);
    let mut tops = columns.chunks_exact_mut(LANES);
    for (chunk, top) in (&mut chunks).zip(&mut tops) {
        for lane in 0..LANES {
            high[lane] = larger(chunk[lane], high[lane]);
            low[lane] = smaller(chunk[lane], low[lane]);
            top[lane] = larger(chunk[lane], top[lane]);
        }
    }
    for (z, top) in chunks.remainder().iter().zip(tops.into_remainder()) {
        high[0] = larger(*z, high[0]);
        low[0] = smaller(*z, low[0]);
        *top = larger(*z, *top);
    }
    *row = halved(high, larger);
}

/// Takes the extremes of a tile into account.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
    "x86_64+avx2+fma"
))]
pub fn extremes(tile: &[f32], columns: usize, own: Option<usize>, seen: &mut Extremes) {
    let mut low = [*seen.least; LANES];
    for (r, row) in tile.chunks_exact(columns).enumerate() {
        for part in parts(columns, own.map(|own| own + r)) {
            let tops = &mut seen.columns[part.clone()];
            note_extremes(&row[part], tops, &mut seen.rows[r], &mut low);
        }
    }
    *seen.least = halved(low, smaller);
}

/// Replaces the products by `sigma(z)`, `z` being the product and the bias; adds up softplus and sigma.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
    "x86_64+avx2+fma"
))]
pub fn sigmoids(tile: &mut [f32], columns: usize, own: Option<usize>, bias: f32) -> (f64, f64) {
    const FMA: bool =
        cfg!(target_arch = "aarch64") || selected_target!().supports_feature_str("fma");
    let (mut losses, mut sigmas) = (0.0, 0.0);
    for (r, row) in tile.chunks_exact_mut(columns).enumerate() {
        let (mut loss, mut sigma) = ([0.0; LANES], [0.0; LANES]);
        for part in parts(columns, own.map(|own| own + r)) {
            let mut chunks = row[part].chunks_exact_mut(LANES);
            for chunk in &mut chunks {
                for lane in 0..LANES {
                    let (s, l) = sigmoid::<FMA>(chunk[lane] + bias);
                    chunk[lane] = s;
                    sigma[lane] += s;
                    loss[lane] += l;
                }
            }
            for z in chunks.into_remainder() {
                let (s, l) = sigmoid::<FMA>(*z + bias);
                *z = s;
                sigma[0] += s;
                loss[0] += l;
            }
        }
        losses += total(loss);
        sigmas += total(sigma);
    }
    (losses, sigmas)
}

/// Adds `e^(z - reference)` to the sums of rows and columns.
pub struct Sums<'a> {
    /// Reference of each row: its largest logit so far.
    pub row_tops: &'a [f32],
    /// Reference of each column.
    pub column_tops: &'a [f32],
    /// Sum of each row.
    pub rows: &'a mut [f64],
    /// Sums of the columns, over this tile alone.
    pub columns: &'a mut [f32],
}

/// Takes a tile into the sums.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
    "x86_64+avx2+fma"
))]
pub fn sums(tile: &[f32], columns: usize, own: Option<usize>, sums: &mut Sums) {
    const FMA: bool =
        cfg!(target_arch = "aarch64") || selected_target!().supports_feature_str("fma");
    for (r, row) in tile.chunks_exact(columns).enumerate() {
        let top = sums.row_tops[r];
        let mut sum = [0.0; LANES];
        for part in parts(columns, own.map(|own| own + r)) {
            let mut chunks = row[part.clone()].chunks_exact(LANES);
            let mut tops = sums.column_tops[part.clone()].chunks_exact(LANES);
            let mut adds = sums.columns[part].chunks_exact_mut(LANES);
            for ((chunk, tops), adds) in (&mut chunks).zip(&mut tops).zip(&mut adds) {
                for lane in 0..LANES {
                    sum[lane] += exp::<FMA>(chunk[lane] - top);
                    adds[lane] += exp::<FMA>(chunk[lane] - tops[lane]);
                }
            }
            let rest = chunks.remainder().iter().zip(tops.remainder());
            for ((z, other), add) in rest.zip(adds.into_remainder()) {
                sum[0] += exp::<FMA>(z - top);
                *add += exp::<FMA>(z - other);
            }
        }
        sums.rows[r] += total(sum);
    }
}

/// Replaces the logits by `P + Q`, the softmax of their row plus that of their column, from the logarithms
/// of the sums of both.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
    "x86_64+avx2+fma"
))]
pub fn softmaxes(
    tile: &mut [f32],
    columns: usize,
    own: Option<usize>,
    row_logs: &[f32],
    column_logs: &[f32],
) {
    const FMA: bool =
        cfg!(target_arch = "aarch64") || selected_target!().supports_feature_str("fma");
    for (r, row) in tile.chunks_exact_mut(columns).enumerate() {
        let log = row_logs[r];
        for part in parts(columns, own.map(|own| own + r)) {
            let mut chunks = row[part.clone()].chunks_exact_mut(LANES);
            let mut logs = column_logs[part].chunks_exact(LANES);
            for (chunk, logs) in (&mut chunks).zip(&mut logs) {
                for lane in 0..LANES {
                    chunk[lane] =
                        exp::<FMA>(chunk[lane] - log) + exp::<FMA>(chunk[lane] - logs[lane]);
                }
            }
            for (z, other) in chunks.into_remainder().iter_mut().zip(logs.remainder()) {
                *z = exp::<FMA>(*z - log) + exp::<FMA>(*z - other);
            }
        }
    }
}

/// Rounds numbers to bf16, to the nearest and to even, as hardware does.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
    "x86_64+avx2+fma"
))]
pub fn round(numbers: &mut [f32]) {
    for x in numbers {
        let bits = x.to_bits();
        let up = 0x7fff + ((bits >> 16) & 1);
        // What is not a number must stay so.
        let rounded = f32::from_bits(bits.wrapping_add(up) & 0xffff_0000);
        *x = if x.is_nan() { *x } else { rounded };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_and_sigmoids_keep_their_digits() {
        both::<true>();
        both::<false>();
    }

    fn both<const FMA: bool>() {
        for i in -8700..=8700 {
            let x = i as f32 * 0.01;
            let wanted = f64::from(x).exp();
            assert!(
                (f64::from(exp::<FMA>(x)) / wanted - 1.0).abs() < 3e-7,
                "{x}"
            );
            let (sigma, soft) = sigmoid::<FMA>(x);
            let wanted = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(sigma) / wanted - 1.0).abs() < 5e-7, "{x}");
            let wanted = crate::loss::arithmetic::softplus(f64::from(x));
            assert!((f64::from(soft) / wanted - 1.0).abs() < 5e-7, "{x}");
        }
        assert!(exp::<FMA>(f32::NAN).is_nan() && sigmoid::<FMA>(f32::NAN).1.is_nan());
        assert!(exp::<FMA>(-1e30) < 1e-37 && sigmoid::<FMA>(1e4).1 == 1e4);
    }
}
