//! Which classes a batch holds: all equally often, or by Zipf's law; all of them, or the first of a
//! random order; some of them on purpose twice.
//!
//! One order, of the run, serves both: the concepts that are kept are the first of it, and these come
//! most often. So fewer concepts are a part of more, and the most frequent one is never left out.

use super::corrupt::chosen;
use super::{ClassId, Request};
use crate::random::{Purpose, fine_unit, generator, shuffle_front, zipf};

/// The classes of a batch, from those that training draws from.
///
/// Even, they are distinct as far as there are enough; then all come once before any comes again. By
/// Zipf's law each is drawn by itself, so that frequent ones come several times in a batch.
pub fn draw(from: &[ClassId], request: &Request) -> Vec<ClassId> {
    let (seed, step, count) = (request.seed, request.step, request.batch_size);
    let quality = &request.quality;
    let s = quality.imbalance;
    let mut classes = if quality.concepts.is_none() && s == 0.0 {
        in_passes(from, seed, step, count)
    } else {
        let mut ranks = ranking(from.len(), seed);
        ranks.truncate(quality.concepts.map_or(from.len(), |n| n as usize));
        if s == 0.0 {
            // In the set's own order: as many concepts as there are, are all of them.
            ranks.sort_unstable();
        }
        let kept: Vec<ClassId> = ranks.iter().map(|&place| from[place]).collect();
        if s == 0.0 {
            in_passes(&kept, seed, step, count)
        } else {
            by_frequency(&kept, s, seed, step, count)
        }
    };
    repeat(&mut classes, seed, step, quality.duplicates);
    classes
}

/// The order of the run's concepts, as their places in the set.
fn ranking(count: usize, seed: u64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    shuffle_front(
        &mut generator(seed, Purpose::Ranking, 0, 0),
        &mut places,
        count,
    );
    places
}

/// Passes through all classes in random order, a new order for each pass.
fn in_passes(from: &[ClassId], seed: u64, step: u64, count: usize) -> Vec<ClassId> {
    let mut rng = generator(seed, Purpose::Classes, step, 0);
    let mut order = from.to_vec();
    let mut classes = Vec::with_capacity(count);
    while classes.len() < count && !order.is_empty() {
        let more = (count - classes.len()).min(order.len());
        shuffle_front(&mut rng, &mut order, more);
        classes.extend_from_slice(&order[..more]);
    }
    classes
}

/// Class k of the ranked ones, from 1, in proportion to k^-s.
fn by_frequency(ranked: &[ClassId], s: f64, seed: u64, step: u64, count: usize) -> Vec<ClassId> {
    let mut rng = generator(seed, Purpose::Frequency, step, 0);
    let mut total = 0.0;
    let mut sums = zipf(s, ranked.len());
    for weight in &mut sums {
        total += *weight;
        *weight = total;
    }
    let last = ranked.len() - 1;
    let mut one = |_| {
        let at = fine_unit(&mut rng) * total;
        ranked[sums.partition_point(|sum| *sum <= at).min(last)]
    };
    (0..count).map(&mut one).collect()
}

/// Gives a share of the pairs (rounded to a whole number) their class by couples, the last three of an
/// odd number by a triple: with distinct classes before, so many pairs then share theirs with another.
/// A single pair has nothing to repeat.
pub fn repeat(classes: &mut [ClassId], seed: u64, step: u64, share: f64) {
    let chosen = chosen(seed, Purpose::Duplicates, step, classes.len(), share);
    for i in 1..chosen.len() {
        let like = match (i % 2, i + 1 == chosen.len()) {
            (1, _) => i - 1,
            (_, true) => i - 2,
            _ => continue,
        };
        classes[chosen[i]] = classes[chosen[like]];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::control::Quality;

    fn request(step: u64, batch_size: usize, quality: Quality) -> Request {
        Request {
            seed: 7,
            step,
            batch_size,
            image_size: 16,
            augment: false,
            quality,
        }
    }

    fn concepts(n: u64) -> Quality {
        Quality {
            concepts: Some(n),
            ..Quality::default()
        }
    }

    fn skewed(s: f64) -> Quality {
        Quality {
            imbalance: s,
            ..Quality::default()
        }
    }

    fn doubled(share: f64) -> Quality {
        Quality {
            duplicates: share,
            ..Quality::default()
        }
    }

    fn counts(classes: &[ClassId]) -> HashMap<ClassId, usize> {
        let mut counts = HashMap::new();
        for &class in classes {
            *counts.entry(class).or_default() += 1;
        }
        counts
    }

    /// Pairs that share their class with another.
    fn sharing(classes: &[ClassId]) -> usize {
        counts(classes).values().filter(|n| **n > 1).sum()
    }

    const ALL: [ClassId; 40] = {
        let mut all = [0; 40];
        let mut i = 0;
        while i < 40 {
            // Not their places: some classes are held out.
            all[i] = 3 * i;
            i += 1;
        }
        all
    };

    #[test]
    fn every_class_comes_equally_often() {
        let mut seen: HashMap<ClassId, i32> = HashMap::new();
        for step in 0..4000 {
            for class in draw(&ALL, &request(step, 10, Quality::default())) {
                *seen.entry(class).or_default() += 1;
            }
        }
        // 1000 each, standard deviation 27.
        assert_eq!(seen.len(), 40);
        assert!(seen.values().all(|n| (n - 1000).abs() < 150), "{seen:?}");
    }

    #[test]
    fn fewer_concepts_are_a_part_of_more_and_enough_are_all() {
        let of = |n: u64| -> HashSet<ClassId> {
            draw(&ALL, &request(1, 200, concepts(n)))
                .into_iter()
                .collect()
        };
        for (few, more) in [(2, 3), (3, 10), (10, 39), (39, 40)] {
            assert_eq!(of(few).len() as u64, few);
            assert!(of(few).is_subset(&of(more)), "{few} {more}");
        }
        // The very same batch.
        let all = draw(&ALL, &request(1, 200, Quality::default()));
        for enough in [40, 41, 1000] {
            assert_eq!(draw(&ALL, &request(1, 200, concepts(enough))), all);
        }
        // The same ones at every step, others with another seed.
        let again = draw(&ALL, &request(9, 200, concepts(5)));
        assert_eq!(again.into_iter().collect::<HashSet<_>>(), of(5));
        let other = Request {
            seed: 8,
            ..request(1, 200, concepts(5))
        };
        let other: HashSet<_> = draw(&ALL, &other).into_iter().collect();
        assert_ne!(other, of(5));
    }

    #[test]
    fn classes_follow_zipf_s_law() {
        let order = ranking(ALL.len(), 7);
        for s in [0.5, 1.0, 3.0] {
            let mut seen = vec![0.0; 40];
            for step in 0..500 {
                for (class, n) in counts(&draw(&ALL, &request(step, 100, skewed(s)))) {
                    let rank = order.iter().position(|&place| ALL[place] == class);
                    seen[rank.unwrap()] += n as f64;
                }
            }
            let weights: Vec<f64> = (1..=40).map(|k| f64::from(k).powf(-s)).collect();
            let total: f64 = weights.iter().sum();
            for (rank, (seen, weight)) in seen.iter().zip(&weights).enumerate() {
                let wanted = 50_000.0 * weight / total;
                let room = 5.0 * wanted.sqrt() + 1.0;
                assert!((seen - wanted).abs() < room, "{s} {rank}: {seen} {wanted}");
            }
        }
        // The most frequent are the ones that are kept.
        let both = Quality {
            imbalance: 1.0,
            ..concepts(4)
        };
        let kept: HashSet<_> = draw(&ALL, &request(3, 300, both)).into_iter().collect();
        let first: HashSet<_> = order[..4].iter().map(|&place| ALL[place]).collect();
        assert_eq!(kept, first);
    }

    #[test]
    fn the_stated_share_of_the_pairs_repeats_a_class() {
        for size in [1, 2, 3, 10, 39, 40] {
            let own = draw(&ALL, &request(2, size, Quality::default()));
            assert_eq!(sharing(&own), 0);
            let mut before = HashSet::new();
            for share in [0.0, 0.1, 0.25, 0.3, 0.5, 0.9, 1.0] {
                let classes = draw(&ALL, &request(2, size, doubled(share)));
                let stated = (share * size as f64).round() as usize;
                let wanted = if stated > 1 { stated } else { 0 };
                assert_eq!(sharing(&classes), wanted, "{size} {share}");
                // Who shares at a low share does so at a higher one.
                let counts = counts(&classes);
                let now: HashSet<usize> = (0..size).filter(|&i| counts[&classes[i]] > 1).collect();
                assert!(before.is_subset(&now), "{size} {share}");
                before = now;
                // Most have one double, and none more than two.
                assert!(counts.values().all(|n| *n <= 3));
            }
        }
    }

    #[test]
    fn the_dials_do_not_disturb_one_another() {
        let few = draw(&ALL, &request(2, 30, concepts(20)));
        let both = Quality {
            duplicates: 1.0,
            ..concepts(20)
        };
        let both = draw(&ALL, &request(2, 30, both));
        assert!(both.iter().all(|class| few.contains(class)));
        assert_eq!(sharing(&both), 30);
    }
}
