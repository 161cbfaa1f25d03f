//! What the dials of the data do to pairs that are drawn: captions exchanged, captions of random words,
//! pictures of noise.
//!
//! Which pairs are touched is the front of a random order that does not depend on the share: who is
//! noisy at a small share is so at a larger one. Each dial draws from a generator of its own.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use crate::random::{Purpose, below, generator, shuffle_front};

/// The pairs that are touched: a share of them, rounded to a whole number, in random order.
pub fn chosen(seed: u64, purpose: Purpose, step: u64, batch_size: usize, share: f64) -> Vec<usize> {
    let count = ((share * batch_size as f64).round() as usize).min(batch_size);
    let mut pairs: Vec<usize> = (0..batch_size).collect();
    shuffle_front(&mut generator(seed, purpose, step, 0), &mut pairs, count);
    pairs.truncate(count);
    pairs
}

/// For each pair whether it is among the chosen ones.
pub fn marks(chosen: &[usize], batch_size: usize) -> Vec<bool> {
    let mut marks = vec![false; batch_size];
    for &pair in chosen {
        marks[pair] = true;
    }
    marks
}

/// The generator of what a pair gets instead of its own.
pub fn filler(seed: u64, purpose: Purpose, step: u64, pair: usize) -> ChaCha8Rng {
    // The first one chooses the pairs.
    generator(seed, purpose, step, 1 + pair as u64)
}

/// Whose caption each pair gets.
pub fn exchange(seed: u64, step: u64, batch_size: usize, share: f64) -> Vec<usize> {
    let mut sources: Vec<usize> = (0..batch_size).collect();
    let chosen = chosen(seed, Purpose::Exchange, step, batch_size, share);
    // Around a circle in random order: nobody keeps their own.
    for (i, &pair) in chosen.iter().enumerate() {
        sources[pair] = chosen[(i + 1) % chosen.len()];
    }
    sources
}

/// A picture of noise: every value of every pixel uniform, and by itself.
pub fn noise(rng: &mut ChaCha8Rng, out: &mut [u8]) {
    rng.fill_bytes(out);
}

/// As many random words as the caption has.
pub fn random_words(words: &[String], caption: &str, rng: &mut ChaCha8Rng) -> String {
    let count = caption.split_whitespace().count().max(1);
    let mut text = String::with_capacity(caption.len());
    for i in 0..count {
        if i > 0 {
            text.push(' ');
        }
        text.push_str(&words[below(rng, words.len())]);
    }
    text
}

/// The different words of some captions, in alphabetical order, without the commas behind them. What is
/// written without spaces counts as one word.
pub fn words<S: AsRef<str>>(captions: &[S]) -> Vec<String> {
    let all = captions
        .iter()
        .flat_map(|text| text.as_ref().split_whitespace());
    let bare = all.map(|word| word.trim_end_matches(','));
    let distinct: BTreeSet<&str> = bare.filter(|word| !word.is_empty()).collect();
    distinct.into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_stated_share_is_chosen_and_more_of_it_keeps_who_was_chosen() {
        for purpose in [
            Purpose::Exchange,
            Purpose::RandomCaptions,
            Purpose::NoiseImages,
            Purpose::Duplicates,
        ] {
            for size in [0, 1, 2, 10, 128] {
                let mut before = Vec::new();
                for share in [0.0, 0.1, 0.25, 0.5, 0.99, 1.0] {
                    let now = chosen(5, purpose, 2, size, share);
                    assert_eq!(now.len(), (share * size as f64).round() as usize);
                    assert_eq!(now.iter().collect::<HashSet<_>>().len(), now.len());
                    assert_eq!(now[..before.len()], before, "{size} {share}");
                    let marked = marks(&now, size).into_iter().filter(|m| *m).count();
                    assert_eq!(marked, now.len());
                    before = now;
                }
            }
        }
        // Each dial chooses for itself.
        let exchanged = chosen(5, Purpose::Exchange, 2, 128, 0.5);
        assert_ne!(exchanged, chosen(5, Purpose::NoiseImages, 2, 128, 0.5));
        assert_ne!(exchanged, chosen(5, Purpose::Exchange, 3, 128, 0.5));
    }

    #[test]
    fn the_stated_share_of_captions_is_exchanged_and_nobody_keeps_theirs() {
        for size in [1, 2, 3, 10, 128] {
            for share in [0.0, 0.1, 0.25, 0.5, 1.0] {
                let sources = exchange(5, 2, size, share);
                let moved = sources.iter().enumerate().filter(|(i, s)| i != *s).count();
                let stated = (share * size as f64).round() as usize;
                assert_eq!(moved, if stated > 1 { stated } else { 0 }, "{size} {share}");
                assert_eq!(sources.iter().collect::<HashSet<_>>().len(), size);
            }
        }
    }

    #[test]
    fn words_are_those_of_the_captions_each_once() {
        let words = words(&["a red cat", "cat, an emoji", "a, b", " , "]);
        assert_eq!(words, ["a", "an", "b", "cat", "emoji", "red"]);
        let mut seen = HashSet::new();
        for pair in 0..200 {
            let mut rng = filler(1, Purpose::RandomCaptions, 3, pair);
            let text = random_words(&words, "one two  three", &mut rng);
            assert_eq!(text.split(' ').count(), 3);
            seen.extend(text.split(' ').map(String::from));
        }
        assert_eq!(seen.len(), words.len());
        let mut rng = filler(1, Purpose::RandomCaptions, 3, 0);
        assert!(!random_words(&words, "", &mut rng).is_empty());
    }

    #[test]
    fn noise_is_uniform_and_differs_from_pair_to_pair() {
        let picture = |pair| {
            let mut out = vec![0; 3 * 64 * 64];
            noise(&mut filler(1, Purpose::NoiseImages, 3, pair), &mut out);
            out
        };
        let first = picture(0);
        assert_eq!(first, picture(0));
        assert_ne!(first, picture(1));
        let mean = first.iter().map(|b| f64::from(*b)).sum::<f64>() / first.len() as f64;
        // 127.5, standard deviation 0.67.
        assert!((mean - 127.5).abs() < 3.0, "{mean}");
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 256);
    }
}
