//! Random draws that give the same results on every machine, and with every version of the crates:
//! `ChaCha8` for the bits, and only exact floating-point operations (no `sin`, no `exp`) on them.
//!
//! Knows nothing of pictures and captions.

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

/// Uniform in [0, 1).
pub fn unit(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1_u32 << 24) as f32
}

/// Uniform in [0, 1), with all the digits of a double.
pub fn fine_unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
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
    let (sin, cos) = (sin as f32, cos as f32);
    match (quarters as i64).rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
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
