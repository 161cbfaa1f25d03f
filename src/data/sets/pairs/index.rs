//! [`Index`]: where every pair lies and what is said of it, without its picture.
//!
//! A pair takes 32 bytes (40 where its caption is its own), its caption's text once however many pairs have it, and,
//! where pictures are files, the path's. Knows nothing of formats and of pictures.

use std::collections::{BinaryHeap, HashMap};
use std::path::{Path, PathBuf};

use super::damage::Tally;
use crate::data::ClassId;

/// Most pairs that an index holds: some 10 GB.
const MOST_PAIRS: usize = 200_000_000;

/// Longest caption, bytes.
pub const MOST_CAPTION: usize = 1 << 16;

/// Most candidates of an evaluation where not all captions can be.
const MOST_CANDIDATES: usize = 2048;

/// Where a picture is.
pub enum Place<'a> {
    /// A file, by its path from the set's folder, or absolute.
    File(&'a str),
    /// A part of the latest shard.
    Member {
        /// Its first byte.
        offset: u64,
        /// Bytes.
        size: u32,
    },
}

/// Not in a shard.
const FILE: u32 = u32::MAX;

/// A pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// First byte in the shard, or of the path among all paths.
    offset: u64,
    length: u32,
    shard: u32,
    class: u32,
    /// Its further captions, counted from 1; 0 if it has none.
    more: u32,
}

const _: () = assert!(size_of::<Entry>() == 24);

/// Where a picture is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File(PathBuf),
    /// A part of a file.
    Member(PathBuf, u64, u64),
}

/// All pairs of a set. Those that can be asked about in evaluations have the first classes.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
    paths: String,
    shards: Vec<PathBuf>,
    folder: PathBuf,
    more: Vec<Box<[Box<str>]>>,
    /// The captions, all different: a class each.
    pub names: Vec<String>,
    /// Classes that are candidates of an evaluation: the first so many.
    pub candidates: usize,
    /// Pairs to train on, in the order in which they lie on disk.
    pub trained: Vec<u32>,
    /// Where each shard that has some ends among these.
    pub ends: Vec<u64>,
    /// Pairs of evaluations, trained and held out.
    pub galleries: [Vec<u32>; 2],
    /// Number of pairs that are held out.
    pub held_out: u64,
    /// Where the trained pairs of each class begin in `members`.
    starts: Vec<u32>,
    members: Vec<u32>,
    /// What could not be used.
    pub dropped: Tally,
}

impl Index {
    /// The class of a pair.
    pub fn class(&self, pair: usize) -> ClassId {
        self.entries[pair].class as usize
    }

    /// How many captions a pair has: one or more.
    pub fn captions(&self, pair: usize) -> usize {
        let more = self.entries[pair].more as usize;
        1 + more.checked_sub(1).map_or(0, |at| self.more[at].len())
    }

    /// One of them.
    pub fn caption(&self, pair: usize, which: usize) -> &str {
        let entry = self.entries[pair];
        match which {
            0 => &self.names[entry.class as usize],
            n => &self.more[entry.more as usize - 1][n - 1],
        }
    }

    /// Every caption that training may use, each class's once.
    pub fn spoken(&self) -> impl Iterator<Item = &str> {
        let own = (0..self.names.len()).filter(|class| !self.of(*class).is_empty());
        let own = own.map(|class| self.names[class].as_str());
        let more = self.trained.iter().flat_map(|pair| {
            let count = self.captions(*pair as usize);
            (1..count).map(|which| self.caption(*pair as usize, which))
        });
        own.chain(more)
    }

    /// The trained pairs of a class.
    pub fn of(&self, class: ClassId) -> &[u32] {
        &self.members[self.starts[class] as usize..self.starts[class + 1] as usize]
    }

    /// Where the picture of a pair is.
    pub fn found(&self, pair: usize) -> Found {
        let entry = self.entries[pair];
        let (offset, length) = (entry.offset, u64::from(entry.length));
        if entry.shard == FILE {
            let path = &self.paths[offset as usize..(offset + length) as usize];
            Found::File(self.folder.join(path))
        } else {
            Found::Member(self.shards[entry.shard as usize].clone(), offset, length)
        }
    }
}

/// Makes an [`Index`].
pub struct Builder {
    index: Index,
    /// Captions that are known, by their hash.
    known: HashMap<u64, u32>,
    /// Where each shard began among the trained pairs.
    share: f64,
    /// Where paths start now.
    base: PathBuf,
    /// All that comes is held out.
    hold_out: bool,
    /// The pairs of the smallest hashes, trained and held out.
    chosen: [BinaryHeap<(u64, u32)>; 2],
    gallery: usize,
}

impl Builder {
    /// Paths start at `folder`; a share is held out; evaluations have at most so many pictures.
    pub fn new(folder: PathBuf, share: f64, gallery: usize) -> Self {
        Self {
            base: folder.clone(),
            index: Index {
                folder,
                ..Index::default()
            },
            known: HashMap::new(),
            share,
            hold_out: false,
            chosen: Default::default(),
            gallery,
        }
    }

    /// From now on paths start at `folder`, and all that comes is held out.
    pub fn hold_out(&mut self, folder: PathBuf) {
        self.hold_out = true;
        self.base = folder;
    }

    /// The folder that paths start from.
    pub fn folder(&self) -> &Path {
        &self.base
    }

    /// What comes next is in this shard.
    pub fn begin_shard(&mut self, path: PathBuf) {
        self.end_shard();
        self.index.shards.push(path);
    }

    fn end_shard(&mut self) {
        let end = self.index.trained.len() as u64;
        if end > self.index.ends.last().copied().unwrap_or(0) {
            self.index.ends.push(end);
        }
    }

    /// Counts a file of many pairs that cannot be used, or not to its end.
    pub fn lose(&mut self, name: &str, why: &str) {
        self.index.dropped.first(name, why);
    }

    /// Counts what cannot be used.
    pub fn leave_out(&mut self, name: &str, why: &str) {
        self.index.dropped.add(name, why);
    }

    /// Adds a pair; which side it is on depends on `key` alone. A pair without a caption is left out.
    pub fn add(&mut self, place: &Place, key: &str, captions: &[String]) {
        let mut tidy = captions.iter().map(|text| tidied(text));
        let mut tidy: Vec<String> = tidy.by_ref().filter(|text| !text.is_empty()).collect();
        if tidy.is_empty() {
            return self.leave_out(key, "no caption");
        }
        if tidy.iter().any(|text| text.len() > MOST_CAPTION) {
            return self.leave_out(key, "a caption longer than 64 KiB");
        }
        if self.index.entries.len() >= MOST_PAIRS {
            return self.leave_out(key, "beyond the 200 millionth");
        }
        let more = tidy.split_off(1);
        let class = self.class(tidy.swap_remove(0));
        let index = &mut self.index;
        let (offset, length, shard) = match *place {
            Place::File(path) => {
                let at = index.paths.len();
                if self.base == index.folder {
                    index.paths.push_str(path);
                } else {
                    index
                        .paths
                        .push_str(&self.base.join(path).display().to_string());
                }
                (at as u64, (index.paths.len() - at) as u32, FILE)
            }
            Place::Member { offset, size } => (offset, size, index.shards.len() as u32 - 1),
        };
        let pair = index.entries.len() as u32;
        index.entries.push(Entry {
            offset,
            length,
            shard,
            class,
            more: if more.is_empty() {
                0
            } else {
                index.more.push(more.into_iter().map(Into::into).collect());
                index.more.len() as u32
            },
        });
        let hash = hash(key);
        // Other bits than those that choose among the held-out ones.
        let held_out = self.hold_out || (hash >> 11) as f64 / ((1_u64 << 53) as f64) < self.share;
        if held_out {
            index.held_out += 1;
        } else {
            index.trained.push(pair);
        }
        let chosen = &mut self.chosen[usize::from(held_out)];
        chosen.push((
            hash.rotate_left(32).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            pair,
        ));
        if chosen.len() > self.gallery {
            chosen.pop();
        }
    }

    fn class(&mut self, caption: String) -> u32 {
        let mut key = hash(&caption);
        loop {
            match self.known.get(&key) {
                Some(class) if self.index.names[*class as usize] == caption => return *class,
                // Another caption has that hash.
                Some(_) => key = key.wrapping_add(1),
                None => break,
            }
        }
        let class = self.index.names.len() as u32;
        self.known.insert(key, class);
        self.index.names.push(caption);
        class
    }

    /// The index, once all pairs are there.
    pub fn finish(mut self) -> Index {
        self.end_shard();
        let mut index = self.index;
        index.galleries = self.chosen.map(|chosen| {
            let mut pairs: Vec<u32> = chosen.into_iter().map(|(_, pair)| pair).collect();
            pairs.sort_unstable();
            pairs
        });
        index.put_candidates_first();
        index.sort_by_class();
        index.entries.shrink_to_fit();
        index.paths.shrink_to_fit();
        index
    }
}

impl Index {
    /// Gives the classes of the galleries the first numbers, unless all can be candidates.
    fn put_candidates_first(&mut self) {
        let count = self.names.len();
        self.candidates = count;
        if count <= MOST_CANDIDATES {
            return;
        }
        let mut new = vec![u32::MAX; count];
        let mut next = 0;
        let asked = self.galleries.iter().flatten();
        let asked = asked.map(|pair| self.entries[*pair as usize].class);
        for class in asked.collect::<Vec<_>>() {
            if new[class as usize] == u32::MAX {
                new[class as usize] = next;
                next += 1;
            }
        }
        self.candidates = next as usize;
        for class in &mut new {
            if *class == u32::MAX {
                *class = next;
                next += 1;
            }
        }
        let mut names = vec![String::new(); count];
        for (name, class) in std::mem::take(&mut self.names).into_iter().zip(&new) {
            names[*class as usize] = name;
        }
        self.names = names;
        for entry in &mut self.entries {
            entry.class = new[entry.class as usize];
        }
    }

    fn sort_by_class(&mut self) {
        let class = |pair: &u32| self.entries[*pair as usize].class as usize;
        let mut starts = vec![0_u32; self.names.len() + 1];
        for pair in &self.trained {
            starts[class(pair) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut members = vec![0; self.trained.len()];
        for pair in &self.trained {
            let slot = &mut next[class(pair)];
            members[*slot as usize] = *pair;
            *slot += 1;
        }
        self.starts = starts;
        self.members = members;
    }
}

/// Without white space around it, and one blank where there is any or a control character.
fn tidied(caption: &str) -> String {
    let words = caption.split(|c: char| c.is_whitespace() || c.is_control());
    let mut text = String::with_capacity(caption.len());
    for word in words.filter(|word| !word.is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// The same on every machine and in every version of the program: FNV-1a, its bits then mixed.
fn hash(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(count: usize, reversed: bool, gallery: usize) -> Index {
        let mut builder = Builder::new("/photos".into(), 0.2, gallery);
        let mut order: Vec<usize> = (0..count).collect();
        if reversed {
            order.reverse();
        }
        for i in order {
            let name = format!("{i}.jpg");
            builder.add(
                &Place::File(&name),
                &name,
                &[format!(" caption \n{} ", i / 2)],
            );
        }
        builder.finish()
    }

    fn names(index: &Index, pairs: &[u32]) -> Vec<Found> {
        let mut found: Vec<_> = pairs
            .iter()
            .map(|pair| index.found(*pair as usize))
            .collect();
        found.sort_by_key(|found| format!("{found:?}"));
        found
    }

    #[test]
    fn what_is_held_out_depends_on_the_names_alone() {
        let (one, other) = (build(5000, false, 50), build(5000, true, 50));
        // 1000, standard deviation 28.
        assert!((900..1100).contains(&one.held_out), "{}", one.held_out);
        assert_eq!(one.trained.len() as u64 + one.held_out, 5000);
        assert_eq!(names(&one, &one.trained), names(&other, &other.trained));
        for side in [0, 1] {
            assert_eq!(one.galleries[side].len(), 50);
            assert_eq!(
                names(&one, &one.galleries[side]),
                names(&other, &other.galleries[side])
            );
        }
        assert!(
            one.galleries[1]
                .iter()
                .all(|pair| !one.trained.contains(pair))
        );
        assert!(
            one.galleries[0]
                .iter()
                .all(|pair| one.trained.contains(pair))
        );
    }

    #[test]
    fn pairs_of_one_caption_are_one_class_and_candidates_come_first() {
        let index = build(6000, false, 100);
        assert_eq!(index.names.len(), 3000);
        assert!(index.candidates <= 200);
        for pair in index.galleries.iter().flatten() {
            assert!(index.class(*pair as usize) < index.candidates);
        }
        for pair in 0..6000 {
            let caption = format!("caption {}", pair / 2);
            assert_eq!(index.caption(pair, 0), caption);
            assert_eq!(index.names[index.class(pair)], caption);
            assert_eq!(index.captions(pair), 1);
        }
        let all: usize = (0..3000).map(|class| index.of(class).len()).sum();
        assert_eq!(all, index.trained.len());
        for pair in &index.trained {
            assert!(index.of(index.class(*pair as usize)).contains(pair));
        }
        assert_eq!(index.ends, [index.trained.len() as u64]);
    }

    #[test]
    fn shards_end_where_their_pairs_do() {
        let mut builder = Builder::new("/".into(), 0.0, 10);
        for (shard, count) in [("a", 3), ("b", 0), ("c", 2)] {
            builder.begin_shard(shard.into());
            for i in 0..count {
                let place = Place::Member {
                    offset: 512 * i,
                    size: 9,
                };
                builder.add(
                    &place,
                    &format!("{shard}{i}"),
                    &["x".into(), " ".into(), "y".into()],
                );
            }
        }
        builder.add(&Place::File("z"), "z", &["\t".into()]);
        let index = builder.finish();
        assert_eq!(index.ends, [3, 5]);
        assert_eq!(index.found(4), Found::Member("c".into(), 512, 9));
        assert_eq!((index.captions(4), index.caption(4, 1)), (2, "y"));
        assert_eq!(
            index.spoken().collect::<Vec<_>>(),
            ["x", "y", "y", "y", "y", "y"]
        );
        assert_eq!(index.dropped.text("out").unwrap(), "1 out: z (no caption)");
    }
}
