//! In which order an epoch has its pairs: a function of the seed, the epoch and how many pairs there are, without
//! anything that is kept.
//!
//! Pairs that lie in shards come shard by shard, in an order of the epoch's own; of that sequence so many
//! consecutive ones at a time are mixed. So a disk is read almost in order, and one epoch has every pair once.

use rand_chacha::rand_core::RngCore;

use crate::random::{Purpose, generator};

/// Pairs, by their places: those of a shard are consecutive.
pub struct Order {
    /// Where each shard ends, ascending; the last is the number of all. Shards without pairs are left out.
    ends: Vec<u64>,
    /// So many are mixed at a time.
    window: u64,
}

impl Order {
    /// Of shards that end so; at least one pair.
    pub fn new(ends: Vec<u64>, window: u64) -> Self {
        Self {
            ends,
            window: window.max(1),
        }
    }

    /// Pairs of an epoch.
    pub fn epoch(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Places of `count` pairs, from the `first` one of all epochs on.
    pub fn places(&self, seed: u64, first: u64, count: usize) -> Vec<usize> {
        let n = self.epoch();
        let mut at: Option<(u64, Shards)> = None;
        let mut mixed: Option<((u64, u64), u64)> = None;
        (first..first + count as u64)
            .map(|position| {
                let (epoch, position) = (position / n, position % n);
                let window = position / self.window;
                let key = match mixed {
                    Some((of, key)) if of == (epoch, window) => key,
                    // The first one is for the shards.
                    _ => key(seed, epoch, 1 + window),
                };
                mixed = Some(((epoch, window), key));
                let start = window * self.window;
                let length = self.window.min(n - start);
                let turn = start + permute(key, length, position - start);
                match &at {
                    Some((of, shards)) if *of == epoch => shards.place(turn),
                    _ => {
                        let shards = Shards::new(&self.ends, key_of_shards(seed, epoch));
                        let place = shards.place(turn);
                        at = Some((epoch, shards));
                        place
                    }
                }
            })
            .collect()
    }
}

/// The shards in the order of an epoch.
struct Shards {
    /// The turn at which each ends.
    turns: Vec<u64>,
    /// The place at which each ends.
    ends: Vec<u64>,
}

impl Shards {
    fn new(ends: &[u64], key: u64) -> Self {
        let count = ends.len() as u64;
        let (mut turns, mut sorted, mut turn) = (Vec::new(), Vec::new(), 0);
        for i in 0..count {
            let shard = permute(key, count, i) as usize;
            let start = if shard == 0 { 0 } else { ends[shard - 1] };
            turn += ends[shard] - start;
            turns.push(turn);
            sorted.push(ends[shard]);
        }
        Self {
            turns,
            ends: sorted,
        }
    }

    fn place(&self, turn: u64) -> usize {
        let shard = self.turns.partition_point(|end| *end <= turn);
        (self.ends[shard] - (self.turns[shard] - turn)) as usize
    }
}

fn key_of_shards(seed: u64, epoch: u64) -> u64 {
    key(seed, epoch, 0)
}

fn key(seed: u64, epoch: u64, index: u64) -> u64 {
    generator(seed, Purpose::Order, epoch, index).next_u64()
}

/// Where the `i`-th of `n` comes to lie: a permutation of 0..n that the key chooses. A Feistel network over the next
/// power of four, again until the value lies within: no list is needed, however many there are.
fn permute(key: u64, n: u64, i: u64) -> u64 {
    if n < 2 {
        return 0;
    }
    let half = (u64::BITS - (n - 1).leading_zeros()).div_ceil(2);
    let mask = (1_u64 << half) - 1;
    let mut value = i;
    loop {
        let (mut left, mut right) = (value >> half, value & mask);
        for round in 0..8 {
            let mixed = mix(key ^ mix(right ^ (round << 56)));
            (left, right) = (right, left ^ (mixed & mask));
        }
        value = (left << half) | right;
        if value < n {
            return value;
        }
    }
}

/// The finaliser of SplitMix64.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_chooses_a_permutation_and_all_are_about_as_likely() {
        for n in [1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000] {
            let all: HashSet<u64> = (0..n).map(|i| permute(7, n, i)).collect();
            assert_eq!(all.len() as u64, n);
            assert!(all.iter().all(|place| *place < n));
        }
        let mut seen = std::collections::HashMap::new();
        for key in 0..24_000 {
            let order: Vec<u64> = (0..4).map(|i| permute(mix(key), 4, i)).collect();
            *seen.entry(order).or_insert(0) += 1;
        }
        // 1000 each, standard deviation 31.
        assert_eq!(seen.len(), 24);
        assert!(
            seen.values().all(|n: &i32| (n - 1000).abs() < 200),
            "{seen:?}"
        );
    }

    #[test]
    fn an_epoch_has_every_pair_once_whatever_the_batch() {
        let order = Order::new(vec![10, 11, 40, 97], 13);
        for seed in [0, 1] {
            let whole = order.places(seed, 0, 97);
            assert_eq!(whole.iter().collect::<HashSet<_>>().len(), 97);
            let mut parts = Vec::new();
            for step in 0..20 {
                parts.extend(order.places(seed, step * 10, 10));
            }
            assert_eq!(parts[..97], whole);
            // The next epoch is another order of the same.
            let next = order.places(seed, 97, 97);
            assert_eq!(parts[97..194], next[..97]);
            assert_ne!(next, whole);
            assert_eq!(next.iter().collect::<HashSet<_>>().len(), 97);
        }
        assert_ne!(order.places(0, 0, 97), order.places(1, 0, 97));
        assert_eq!(order.places(0, 5, 0), [0; 0]);
        assert_eq!(Order::new(vec![1], 1).places(3, 7, 3), [0, 0, 0]);
    }

    #[test]
    fn shards_come_one_after_the_other_but_for_the_window() {
        let ends: Vec<u64> = (1..=20).map(|i| i * 50).collect();
        let window = 60;
        let order = Order::new(ends.clone(), window);
        let mut firsts = HashSet::new();
        for epoch in 0..5 {
            let places = order.places(3, epoch * 1000, 1000);
            for part in places.chunks(window as usize) {
                // So many consecutive ones of a sequence of shards of 50 are of three at most.
                let shards: HashSet<usize> = part.iter().map(|place| place / 50).collect();
                assert!(shards.len() <= 3, "{shards:?}");
                assert!(!part.is_sorted());
            }
            firsts.insert(places[0] / 50);
        }
        assert!(
            firsts.len() > 1,
            "the shards have another order in each epoch"
        );
        // With a window as large as everything, the whole is mixed.
        let places = Order::new(ends, 1000).places(3, 0, 1000);
        let shards: HashSet<usize> = places[..60].iter().map(|place| place / 50).collect();
        assert!(shards.len() > 10, "{shards:?}");
    }
}
