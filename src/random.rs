//! Random draws that give the same results on every machine, and with every version of the crates:
//! `ChaCha8` for the bits, and only exact floating-point operations (no `sin`, no `exp`) on them.
//!
//! The data and the first weights of a model are drawn here. Knows nothing of either.

use std::f64::consts::{FRAC_2_PI, SQRT_2, TAU};
use std::ops::{Neg, Range};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a generator is for: two purposes never share their random bits, whatever the seed.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Which classes a batch holds.
    Classes = 1,
    /// One pair of a batch: its picture, caption and augmentation.
    Pair = 2,
    /// Which captions a batch exchanges.
    Exchange = 3,
    /// A fixed picture of an evaluation.
    Gallery = 4,
    /// The order of a run's concepts: which are kept, and which come often.
    Ranking = 5,
    /// Which classes an imbalanced batch holds.
    Frequency = 6,
    /// Which pairs repeat another one's class.
    Duplicates = 7,
    /// Which captions are random words (index 0), and the words of each (from index 1).
    RandomCaptions = 8,
    /// Which pictures are noise (index 0), and the noise of each (from index 1).
    NoiseImages = 9,
    /// The order in which an epoch has its pairs.
    Order = 10,
    /// Which picture of a class a batch gets.
    Pick = 11,
}

/// The generator of the `index`-th thing of a step. Independent of all others.
pub fn generator(seed: u64, purpose: Purpose, step: u64, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    key[16..24].copy_from_slice(&index.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(step);
    rng
}

/// The generator of a model's first weights. Batches of step n use stream n; weights use the last one.
pub fn weights_generator(seed: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::MAX);
    rng
}

/// Uniform in [0, 1).
pub fn unit(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1_u32 << 24) as f32
}

/// Uniform in [0, 1), with all the digits of a double.
pub fn fine_unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Uniform in [0, 1), with 32 digits.
fn word_unit(rng: &mut ChaCha8Rng) -> f64 {
    f64::from(rng.next_u32()) / 4_294_967_296.0
}

/// `count` numbers, uniform in [-bound, bound).
pub fn uniforms(rng: &mut ChaCha8Rng, count: usize, bound: f64) -> Vec<f32> {
    (0..count)
        .map(|_| (bound * (2.0 * word_unit(rng) - 1.0)) as f32)
        .collect()
}

/// `count` normal numbers of mean 0, by Box and Muller's transform: two from each pair of uniform ones.
pub fn normals(rng: &mut ChaCha8Rng, count: usize, deviation: f64) -> Vec<f32> {
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let radius = deviation * (-2.0 * ln(1.0 - word_unit(rng))).sqrt();
        let (sin, cos) = fine_sin_cos(TAU * word_unit(rng));
        values.extend([(radius * cos) as f32, (radius * sin) as f32]);
    }
    values.truncate(count);
    values
}

/// Uniform in [low, high).
pub fn between(rng: &mut ChaCha8Rng, (low, high): (f32, f32)) -> f32 {
    low + (high - low) * unit(rng)
}

/// Uniform in (-reach, reach).
pub fn around_zero(rng: &mut ChaCha8Rng, reach: f32) -> f32 {
    between(rng, (-reach, reach))
}

/// True with probability `p`.
pub fn chance(rng: &mut ChaCha8Rng, p: f32) -> bool {
    unit(rng) < p
}

/// Uniform in 0..n, for n >= 1; its bias is below n / 2^64.
pub fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

/// An index, by weights that need not add up to one; at least one must be positive.
pub fn weighted(rng: &mut ChaCha8Rng, weights: &[f64]) -> usize {
    let total: f64 = weights.iter().sum();
    let mut left = fine_unit(rng) * total;
    let mut chosen = 0;
    for (i, &weight) in weights
        .iter()
        .enumerate()
        .filter(|&(_, &weight)| weight > 0.0)
    {
        chosen = i;
        if left < weight {
            break;
        }
        left -= weight;
    }
    chosen
}

/// The first `count` (at most `items.len()`) items become a random selection in random order.
/// The first k of them do not depend on `count`.
pub fn shuffle_front<T>(rng: &mut ChaCha8Rng, items: &mut [T], count: usize) {
    for i in 0..count {
        let j = i + below(rng, items.len() - i);
        items.swap(i, j);
    }
}

/// Sine and cosine of so many degrees, to single precision.
pub fn sin_cos(degrees: f32) -> (f32, f32) {
    let quarters = (degrees / 90.0).round_ties_even();
    let x = f64::from(degrees - 90.0 * quarters) * (std::f64::consts::PI / 180.0);
    let x2 = x * x;
    // Taylor; |x| <= pi/4, so the first term left out is below 1e-9.
    let sin = x * (1.0 - x2 / 6.0 * (1.0 - x2 / 20.0 * (1.0 - x2 / 42.0 * (1.0 - x2 / 72.0))));
    let cos = 1.0
        - x2 / 2.0 * (1.0 - x2 / 12.0 * (1.0 - x2 / 30.0 * (1.0 - x2 / 56.0 * (1.0 - x2 / 90.0))));
    turned(quarters, sin as f32, cos as f32)
}

/// Sine and cosine of an angle that is so many quarter turns larger.
fn turned<T: Neg<Output = T>>(quarters: impl Into<f64>, sin: T, cos: T) -> (T, T) {
    match (quarters.into() as i64).rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// pi / 2 in three parts, of which the first two have 33 digits: products with small whole numbers are exact.
const HALF_PI: [f64; 3] = [
    1.570_796_326_734_125_6,
    6.077_100_506_303_966e-11,
    2.022_266_248_795_950_6e-21,
];

/// Sine and cosine of an angle of up to a few turns, to all digits of a double but the last.
fn fine_sin_cos(angle: f64) -> (f64, f64) {
    let quarters = (angle * FRAC_2_PI).round_ties_even();
    // What is left of the angle, |x| <= pi/4, and what the subtractions lost of it.
    let first = angle - quarters * HALF_PI[0];
    let second = first - quarters * HALF_PI[1];
    let third = quarters * HALF_PI[2] - ((first - second) - quarters * HALF_PI[1]);
    let x = second - third;
    let lost = (second - x) - third;
    let x2 = x * x;
    // Taylor: -x^2 / (a b) (1 - x^2 / (c d) (1 - ...)), with the factors of the factorials.
    let series = |factors: Range<i32>| {
        let pairs = factors.step_by(2).rev();
        pairs.fold(0.0, |sum, n| -x2 * (1.0 + sum) / f64::from(n * (n + 1)))
    };
    let sin = x + (x * series(2..18) + lost * (1.0 - 0.5 * x2));
    let half = 0.5 * x2;
    let most = 1.0 - half;
    let cos = most + (((1.0 - most) - half) + (-half * series(3..17) - x * lost));
    turned(quarters, sin, cos)
}

/// ln 2 in two parts, of which the first has 33 digits.
const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];

/// Natural logarithm of a positive number that is not subnormal, to all digits of a double but the last.
fn ln(x: f64) -> f64 {
    // x = 2^exponent (1 + f), |f| < 0.42.
    let bits = x.to_bits();
    let mut exponent = f64::from((bits >> 52) as i32 - 1023);
    let mut mantissa = f64::from_bits(bits & (u64::MAX >> 12) | 1.0_f64.to_bits());
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    let f = mantissa - 1.0;
    // ln (1 + f) = 2 artanh s = f - (f^2 / 2 - s (f^2 / 2 + 2 s^2 / 3 + 2 s^4 / 5 + ...)).
    let s = f / (2.0 + f);
    let s2 = s * s;
    let terms = (1..12).rev().map(|k| 2.0 / f64::from(2 * k + 1));
    let series = terms.fold(0.0, |sum, term| s2 * (term + sum));
    let half = 0.5 * f * f;
    let low = s * (half + series) + exponent * LN_2[1];
    exponent * LN_2[0] + (f - (half - low))
}

/// e to the x, to single precision, for |x| up to about 50.
pub fn exp(x: f32) -> f32 {
    let x = f64::from(x) / 64.0;
    // Taylor; then six squarings undo the division.
    let series = 1.0
        + x * (1.0
            + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0)))));
    (0..6).fold(series, |y, _| y * y) as f32
}

/// k^-s for k from 1 to `count`, for s from 0 to about 3.
pub fn zipf(s: f64, count: usize) -> Vec<f64> {
    let mut ln = 0.0;
    let mut weight = |k: usize| {
        if k > 1 {
            // ln k - ln (k - 1) = 2 artanh (1 / (2 k - 1)), by its series.
            let y = 1.0 / (2 * k - 1) as f64;
            let terms = (0..20).rev().map(|i| 1.0 / f64::from(2 * i + 1));
            ln += 2.0 * y * terms.fold(0.0, |sum, term| sum * y * y + term);
        }
        // Taylor; then ten squarings undo the division.
        let x = -s * ln / 1024.0;
        let terms = (1..8).rev().map(f64::from);
        let series = terms.fold(1.0, |sum, n| 1.0 + x / n * sum);
        (0..10).fold(series, |y, _| y * y)
    };
    (1..=count).map(&mut weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rng() -> ChaCha8Rng {
        generator(7, Purpose::Pair, 1, 2)
    }

    #[test]
    fn generators_differ_in_every_argument() {
        let first = |mut rng: ChaCha8Rng| rng.next_u64();
        let base = first(rng());
        assert_eq!(base, first(rng()));
        assert_ne!(base, first(generator(8, Purpose::Pair, 1, 2)));
        assert_ne!(base, first(generator(7, Purpose::Classes, 1, 2)));
        assert_ne!(base, first(generator(7, Purpose::Pair, 2, 2)));
        assert_ne!(base, first(generator(7, Purpose::Pair, 1, 3)));
    }

    #[test]
    fn uniform_draws_fill_their_range_evenly() {
        let mut rng = rng();
        let mut counts = [0; 7];
        for _ in 0..70_000 {
            counts[below(&mut rng, 7)] += 1;
            let x = between(&mut rng, (-2.0, 3.0));
            assert!((-2.0..3.0).contains(&x));
        }
        // Standard deviation 93.
        assert!(
            counts.iter().all(|&n: &i32| (n - 10_000).abs() < 500),
            "{counts:?}"
        );
    }

    #[test]
    fn weights_are_honoured_and_zero_is_never_drawn() {
        let mut rng = rng();
        let mut counts = [0; 4];
        for _ in 0..40_000 {
            counts[weighted(&mut rng, &[0.0, 3.0, 1.0, 0.0])] += 1;
        }
        assert_eq!((counts[0], counts[3]), (0, 0));
        assert!((counts[1] - 30_000_i32).abs() < 450, "{counts:?}");
    }

    #[test]
    fn a_shuffle_is_a_permutation_with_a_stable_front() {
        let mut whole: Vec<u32> = (0..50).collect();
        shuffle_front(&mut rng(), &mut whole, 50);
        let mut front: Vec<u32> = (0..50).collect();
        shuffle_front(&mut rng(), &mut front, 10);
        assert_eq!(whole[..10], front[..10]);
        assert_ne!(whole[..10], (0..10).collect::<Vec<_>>()[..]);
        whole.sort_unstable();
        assert_eq!(whole, (0..50).collect::<Vec<_>>());
    }

    /// First values of models before the program had arithmetic of its own for them.
    #[test]
    fn first_weights_are_what_they_have_always_been() {
        let rng = || weights_generator(7);
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(
            bits(normals(&mut rng(), 6, 0.02)),
            [
                0xbbbc_7f5b,
                0x3c15_6a5f,
                0xbad3_93cc,
                0xbcbc_45f2,
                0xbd04_87d1,
                0xbc33_b2bc
            ]
        );
        assert_eq!(
            bits(uniforms(&mut rng(), 6, 0.2)),
            [
                0xbe15_6618,
                0xbd83_6de0,
                0xbbc5_2b24,
                0x3dc3_a85b,
                0x3ddb_2a17,
                0x3caa_714b
            ]
        );
    }

    #[test]
    fn the_normal_has_thin_tails() {
        let values = normals(&mut ChaCha8Rng::seed_from_u64(1), 100_000, 1.0);
        let beyond = |limit: f32| values.iter().filter(|x| x.abs() > limit).count() as f64 / 1e5;
        assert!((beyond(1.0) - 0.3173).abs() < 0.006, "{}", beyond(1.0));
        assert!((beyond(2.0) - 0.0455).abs() < 0.003, "{}", beyond(2.0));
    }

    #[test]
    fn logarithm_and_fine_angles_are_those_of_the_standard_library() {
        let off = |a: f64, b: f64| a.to_bits().abs_diff(b.to_bits());
        let mut rng = rng();
        for _ in 0..100_000 {
            let x = 1.0 - word_unit(&mut rng);
            assert!(x == 1.0 || off(ln(x), x.ln()) <= 2, "{x}");
            let angle = TAU * word_unit(&mut rng);
            let (sin, cos) = fine_sin_cos(angle);
            let (s, c) = angle.sin_cos();
            assert!(off(sin, s) <= 2 && off(cos, c) <= 2, "{angle}");
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn sine_and_cosine_are_those_of_the_standard_library() {
        for tenth in -7200_i16..7200 {
            let degrees = f32::from(tenth) / 10.0;
            let (sin, cos) = sin_cos(degrees);
            let (s, c) = f64::from(degrees).to_radians().sin_cos();
            assert!(
                (f64::from(sin) - s).abs() < 2e-6 && (f64::from(cos) - c).abs() < 2e-6,
                "{degrees}"
            );
        }
    }

    #[test]
    fn zipf_s_weights_are_those_of_the_standard_library() {
        for s in [0.0, 0.5, 1.0, 3.0] {
            for (i, weight) in zipf(s, 5000).into_iter().enumerate() {
                let wanted = (i as f64 + 1.0).powf(-s);
                assert!((weight / wanted - 1.0).abs() < 1e-10, "{s} {i}: {weight}");
            }
        }
        assert_eq!(zipf(1.0, 1), [1.0]);
    }

    #[test]
    fn the_exponential_is_that_of_the_standard_library() {
        for hundredth in -300_i16..=300 {
            let x = f32::from(hundredth) / 100.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-6, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
    }
}
