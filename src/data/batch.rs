//! [`sample`]: the batch of a step, as a pure function of its arguments.
//!
//! No state, so that any step of any run can be made again by itself, and lanes with the same seed
//! see the same batches.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use super::draw::{Purpose, generator, shuffle_front};
use super::{ClassId, Dataset, image};
use crate::telemetry::Thumbnail;

/// Pairs of pictures and captions.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Pictures as the tower reads them, bytes `[B, 3, side, side]`: 0 is black, 255 is full; not
    /// normalised.
    pub images: Vec<u8>,
    /// Pixels a side.
    pub side: usize,
    /// A caption for each picture.
    pub captions: Vec<String>,
    /// The class of each picture.
    pub classes: Vec<ClassId>,
    /// For each picture, the pair that its caption was made for: itself, unless exchanged.
    pub sources: Vec<usize>,
}

impl Batch {
    /// Pairs in the batch.
    pub const fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is no pair.
    pub const fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The bytes of some pairs' pictures.
    pub fn pictures(&self, pairs: Range<usize>) -> &[u8] {
        let bytes = 3 * self.side * self.side;
        &self.images[pairs.start * bytes..pairs.end * bytes]
    }

    /// The picture of a pair as the tower sees it, at `side` pixels (at most the tower's).
    pub fn thumbnail(&self, pair: usize, side: usize) -> Thumbnail {
        image::thumbnail(self.pictures(pair..pair + 1), self.side, side)
    }
}

/// What a batch is a function of, the data set aside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Seed of the run.
    pub seed: u64,
    /// Steps completed before it.
    pub step: u64,
    /// Pairs.
    pub batch_size: usize,
    /// Pixels a side of its pictures.
    pub image_size: usize,
    /// Whether pictures are augmented.
    pub augment: bool,
    /// Share of the pairs that exchange captions.
    pub shuffle_captions: f64,
}

/// Fewer pairs than this are not worth another thread.
const WORTH_A_THREAD: usize = 32;

/// The batch that is asked for, made on so many threads: the same whatever their number.
///
/// Classes are distinct as far as there are enough; then all come once before any comes again.
/// Before captions are exchanged, a smaller batch is the beginning of a larger one of the same step.
/// `shuffle_captions` is the share of the pairs (rounded to a whole number) that exchange captions
/// among themselves so that none of them keeps its own; a single pair keeps its own.
pub fn sample(dataset: &dyn Dataset, request: &Request, threads: usize) -> Batch {
    let Request {
        seed,
        step,
        batch_size,
        image_size,
        ..
    } = *request;
    let classes = draw_classes(dataset.trained_classes(), seed, step, batch_size);
    let picture_bytes = 3 * image_size * image_size;
    let mut images = vec![0; batch_size * picture_bytes];
    let threads = threads.min(batch_size / WORTH_A_THREAD).max(1);
    let share = batch_size.div_ceil(threads).max(1);
    let shares = classes
        .chunks(share)
        .zip(images.chunks_mut((share * picture_bytes).max(1)))
        .enumerate();
    let own: Vec<String> = thread::scope(|scope| {
        let mut shares = shares.map(|(i, (classes, images))| {
            move || make_pairs(dataset, request, i * share, classes, images)
        });
        let mine = shares.next();
        let others: Vec<_> = shares.map(|make| scope.spawn(make)).collect();
        let mut own = mine.map_or_else(Vec::new, |mut make| make());
        for other in others {
            own.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        own
    });
    let sources = exchange(seed, step, batch_size, request.shuffle_captions);
    let captions = sources.iter().map(|&pair| own[pair].clone()).collect();
    Batch {
        images,
        side: image_size,
        captions,
        classes,
        sources,
    }
}

/// Writes the pictures of some pairs, the first of which is pair `first`; their captions.
fn make_pairs(
    dataset: &dyn Dataset,
    request: &Request,
    first: usize,
    classes: &[ClassId],
    images: &mut [u8],
) -> Vec<String> {
    let size = request.image_size;
    let augmentation = request.augment.then(|| dataset.augmentation());
    let pairs = classes
        .iter()
        .zip(images.chunks_exact_mut(3 * size * size))
        .enumerate();
    let make = |(at, (&class, out)): (usize, (&ClassId, &mut [u8]))| {
        let pair = (first + at) as u64;
        let mut rng = generator(request.seed, Purpose::Pair, request.step, pair);
        let caption = dataset.caption(class, &mut rng);
        let picture = dataset.picture(class, &mut rng);
        match &augmentation {
            Some(augmentation) => augmentation.write(&picture, size, &mut rng, out),
            None => image::write_plain(&picture, size, out),
        }
        caption
    };
    pairs.map(make).collect()
}

/// Passes through all classes in random order, a new order for each pass.
fn draw_classes(from: &[ClassId], seed: u64, step: u64, count: usize) -> Vec<ClassId> {
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

/// Whose caption each pair gets.
fn exchange(seed: u64, step: u64, batch_size: usize, share: f64) -> Vec<usize> {
    let mut sources: Vec<usize> = (0..batch_size).collect();
    let count = ((share * batch_size as f64).round() as usize).min(batch_size);
    let mut chosen = sources.clone();
    shuffle_front(
        &mut generator(seed, Purpose::Exchange, step, 0),
        &mut chosen,
        count,
    );
    // Around a circle in random order: nobody keeps their own.
    for i in 0..count {
        sources[chosen[i]] = chosen[(i + 1) % count];
    }
    sources
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::data::{Picture, emoji::Emoji, shapes::Shapes};
    use crate::scenario::{self, Fraction, Size, Style};
    use crate::telemetry::Split;

    fn emoji(limit: u64) -> Emoji {
        Emoji::new(&scenario::Emoji {
            train: vec![Style::Noto, Style::Fluent],
            held_out: vec![Style::Twemoji],
            captions: scenario::Captions {
                name: 0.5,
                template: 0.3,
                keywords: 0.2,
                templates: vec!["a photo of a {}".into(), "{}, an emoji".into()],
                languages: vec![("en".into(), 1.0)],
            },
            augment: true,
            limit: Some(Size::new(limit).unwrap()),
        })
        .unwrap()
    }

    fn shapes() -> Shapes {
        let spec = scenario::Shapes {
            held_out: Fraction::new(0.2).unwrap(),
            languages: vec![("en".into(), 1.0)],
            augment: true,
        };
        Shapes::new(&spec, 32).unwrap()
    }

    fn make(
        data: &dyn Dataset,
        seed: u64,
        step: u64,
        batch_size: usize,
        image_size: usize,
        augment: bool,
        shuffle_captions: f64,
    ) -> Batch {
        let request = Request {
            seed,
            step,
            batch_size,
            image_size,
            augment,
            shuffle_captions,
        };
        let made = sample(data, &request, 1);
        assert_eq!(
            made,
            sample(data, &request, 3),
            "three threads make another"
        );
        made
    }

    /// FNV-1a of everything in the batch.
    fn hash(batch: &Batch) -> u64 {
        let text = batch.captions.join("\n");
        let numbers = batch
            .classes
            .iter()
            .chain(&batch.sources)
            .flat_map(|&n| (n as u64).to_le_bytes());
        let bytes = batch
            .images
            .iter()
            .copied()
            .chain(text.bytes())
            .chain(numbers);
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// A change of these numbers changes every run: it must be meant, and told in the change log.
    #[test]
    fn batches_are_the_same_bytes_everywhere() {
        let (emoji, shapes) = (emoji(200), shapes());
        let hashes = [
            hash(&make(&emoji, 1, 1, 32, 32, true, 0.0)),
            hash(&make(&emoji, 1, 2, 32, 64, false, 0.5)),
            hash(&make(&shapes, 1, 1, 32, 32, true, 0.0)),
        ];
        assert_eq!(hashes, GOLDEN, "got {hashes:#x?}");
    }

    const GOLDEN: [u64; 3] = [
        0x128e_4d6d_38c4_a405,
        0x4c1a_f0d9_c42e_231c,
        0x06a2_3680_ff2d_0190,
    ];

    #[test]
    fn a_batch_depends_on_its_arguments_alone_and_on_each_of_them() {
        let data = emoji(100);
        let batch = |seed, step, augment| make(&data, seed, step, 8, 32, augment, 0.0);
        let base = batch(1, 1, true);
        assert_eq!(base, batch(1, 1, true));
        assert_ne!(base.images, batch(2, 1, true).images);
        assert_ne!(base.images, batch(1, 2, true).images);
        let plain = batch(1, 1, false);
        assert_ne!(base.images, plain.images);
        assert_eq!(
            (base.captions, base.classes),
            (plain.captions, plain.classes)
        );
    }

    #[test]
    fn a_smaller_batch_begins_a_larger_one() {
        for data in [&emoji(50) as &dyn Dataset, &shapes()] {
            let large = make(data, 3, 9, 130, 16, true, 0.0);
            for size in [0, 1, 7, 50, 51, 129] {
                let small = make(data, 3, 9, size, 16, true, 0.0);
                assert_eq!(small.len(), size);
                assert_eq!(small.is_empty(), size == 0);
                assert_eq!(small.classes[..], large.classes[..size]);
                assert_eq!(small.captions[..], large.captions[..size]);
                assert_eq!(small.images[..], large.images[..size * 3 * 16 * 16]);
            }
        }
    }

    #[test]
    fn classes_are_distinct_until_all_have_come() {
        let data = emoji(50);
        let batch = make(&data, 3, 1, 120, 16, false, 0.0);
        for pass in batch.classes.chunks(50) {
            assert_eq!(pass.iter().collect::<HashSet<_>>().len(), pass.len());
        }
        let shapes = shapes();
        let all = shapes.trained_classes().len();
        let classes = make(&shapes, 3, 1, all, 16, false, 0.0).classes;
        assert_eq!(classes.iter().collect::<HashSet<_>>().len(), all);
    }

    #[test]
    fn every_class_comes_equally_often() {
        let data = emoji(20);
        let mut counts = [0_i32; 20];
        for step in 0..4000 {
            for class in draw_classes(data.trained_classes(), 0, step, 5) {
                counts[class] += 1;
            }
        }
        // 1000 each, standard deviation 27.
        assert!(counts.iter().all(|n| (n - 1000).abs() < 150), "{counts:?}");
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
        let data = emoji(100);
        let (own, other) = (
            make(&data, 5, 2, 60, 16, true, 0.0),
            make(&data, 5, 2, 60, 16, true, 0.5),
        );
        assert_eq!(own.images, other.images);
        assert_eq!(own.classes, other.classes);
        for (pair, &source) in other.sources.iter().enumerate() {
            assert_eq!(other.captions[pair], own.captions[source]);
        }
        assert_eq!((0..60).filter(|&i| other.sources[i] != i).count(), 30);
    }

    #[test]
    fn without_augmentation_every_picture_is_one_of_the_sheet_over_white() {
        let data = emoji(30);
        let batch = make(&data, 1, 1, 30, 64, false, 0.0);
        let mut styles = HashSet::new();
        for (class, image) in batch.classes.iter().zip(batch.images.chunks(3 * 64 * 64)) {
            let found = [Style::Noto, Style::Fluent].into_iter().find(|&style| {
                let pictures = [(*class, tile(style, *class))];
                image::pixels(&pictures, 64) == image
            });
            styles.insert(found.expect("a trained style of the class"));
        }
        assert_eq!(styles.len(), 2);
    }

    /// By way of a set that trains on the style.
    fn tile(style: Style, class: ClassId) -> Picture {
        let spec = scenario::Emoji {
            train: vec![style],
            held_out: vec![],
            captions: scenario::Captions::default(),
            augment: false,
            limit: None,
        };
        Emoji::new(&spec)
            .unwrap()
            .gallery(Split::Trained)
            .swap_remove(class)
            .1
    }

    #[test]
    fn thumbnails_show_the_pair() {
        let batch = make(&emoji(30), 1, 1, 3, 64, false, 0.0);
        let thumbnail = batch.thumbnail(2, 64);
        let image = &batch.images[2 * 3 * 4096..];
        assert_eq!(thumbnail.side, 64);
        assert_eq!(
            thumbnail.rgb[777],
            [image[777], image[4096 + 777], image[2 * 4096 + 777]]
        );
        assert_eq!(batch.thumbnail(0, 32).rgb.len(), 1024);
    }
}
