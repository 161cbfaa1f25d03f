//! [`sample`]: the batch of a step, as a pure function of its arguments.
//!
//! No state, so that any step of any run can be made again by itself, and lanes with the same seed
//! see the same batches.

use std::ops::Range;

use super::corrupt::{chosen, exchange, filler, marks, noise, random_words};
use super::data_set::{DataSet, Item, View};
use super::request::Request;
use super::{Augment, ClassId, image};
use crate::deal::deal;
use crate::random::{Purpose, generator};
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
    /// For each pair whether its caption is random words instead.
    pub random: Vec<bool>,
    /// For each pair whether its picture is noise instead.
    pub noise: Vec<bool>,
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

/// Pairs that a thread takes at a time; fewer are not worth one.
const WORTH_A_THREAD: usize = 32;

/// The batch that is asked for, made on so many threads: the same whatever their number.
///
/// Of drawn data, classes are distinct as far as there are enough; then all come once before any comes again, and
/// as long as the data is as it is, a smaller batch is the beginning of a larger one of the same step. Of the user's
/// own pairs a batch goes on where one of its size would have ended the step before: each comes once an epoch.
///
/// What the dials of the data do, each to a share of the pairs rounded to a whole number, and in this
/// order: classes are drawn by frequency and repeated; captions are exchanged among so many pairs that
/// none of them keeps its own (a single pair does); then so many captions become random words, and so many
/// pictures noise. A pair may be touched by several.
pub fn sample(dataset: &dyn DataSet, request: &Request, threads: usize) -> Batch {
    let Request {
        seed,
        step,
        batch_size,
        image_size,
        ..
    } = *request;
    let quality = &request.quality;
    let touched = |purpose, share| chosen(seed, purpose, step, batch_size, share);
    let items = dataset.draw(request);
    let noisy = touched(Purpose::NoiseImages, quality.noise_images);
    let noise = marks(&noisy, batch_size);
    let picture_bytes = 3 * image_size * image_size;
    let mut images = vec![0; batch_size * picture_bytes];
    let threads = threads.min(batch_size / WORTH_A_THREAD).max(1);
    let shares = items
        .chunks(WORTH_A_THREAD)
        .zip(noise.chunks(WORTH_A_THREAD))
        .zip(images.chunks_mut((WORTH_A_THREAD * picture_bytes).max(1)))
        .enumerate();
    let made = deal(shares, threads, |(share, (pairs, images))| {
        make_pairs(dataset, request, share * WORTH_A_THREAD, pairs, images)
    });
    let (classes, own): (Vec<ClassId>, Vec<String>) = made.into_iter().flatten().unzip();
    let sources = exchange(seed, step, batch_size, quality.shuffle_captions);
    let mut captions: Vec<String> = sources.iter().map(|&pair| own[pair].clone()).collect();
    let random = touched(Purpose::RandomCaptions, quality.random_captions);
    for &pair in &random {
        let mut rng = filler(seed, Purpose::RandomCaptions, step, pair);
        captions[pair] = random_words(dataset.words(), &captions[pair], &mut rng);
    }
    Batch {
        images,
        side: image_size,
        captions,
        classes,
        sources,
        random: marks(&random, batch_size),
        noise,
    }
}

/// Writes the pictures of some pairs, whose items are given and whether they are noise, the first of
/// which is pair `first`; their classes and captions.
fn make_pairs(
    dataset: &dyn DataSet,
    request: &Request,
    first: usize,
    (items, noisy): (&[Item], &[bool]),
    images: &mut [u8],
) -> Vec<(ClassId, String)> {
    let size = request.image_size;
    let augmentation = request.augment.then(|| dataset.augmentation());
    let augmentation = augmentation.filter(|augment| *augment != Augment::NONE);
    let pairs = items
        .iter()
        .zip(noisy)
        .zip(images.chunks_exact_mut(3 * size * size))
        .enumerate();
    let make = |(at, ((&item, &noisy), out)): (usize, ((&Item, &bool), &mut [u8]))| {
        let (seed, step, pair) = (request.seed, request.step, first + at);
        let mut rng = generator(seed, Purpose::Pair, step, pair as u64);
        let view = match (noisy, request.augment) {
            (true, _) => View::Nothing,
            (false, false) => View::Whole,
            (false, true) => View::Augmented,
        };
        let made = dataset.pair(item, view, &mut rng);
        match (&made.picture, &augmentation) {
            (None, _) => {
                let mut rng = filler(seed, Purpose::NoiseImages, step, pair);
                noise(&mut rng, out);
            }
            (Some(picture), Some(augment)) => augment.write(picture, size, &mut rng, out),
            (Some(picture), None) => image::write_plain(picture, size, out),
        }
        (made.class, made.caption)
    };
    pairs.map(make).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::control::Quality;
    use crate::data::Picture;
    use crate::data::sets::{emoji::Emoji, shapes::Shapes};
    use crate::quantity::{Fraction, Size};
    use crate::scenario::{self, Style};
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
        data: &dyn DataSet,
        seed: u64,
        step: u64,
        batch_size: usize,
        image_size: usize,
        augment: bool,
        shuffle_captions: f64,
    ) -> Batch {
        let quality = Quality {
            shuffle_captions,
            ..Quality::default()
        };
        make_as_asked(
            data,
            &Request {
                seed,
                step,
                batch_size,
                image_size,
                augment,
                quality,
            },
        )
    }

    fn make_as_asked(data: &dyn DataSet, request: &Request) -> Batch {
        let made = sample(data, request, 1);
        assert_eq!(made, sample(data, request, 3), "three threads make another");
        made
    }

    /// A batch of 96 pairs of this quality.
    fn of_quality(data: &dyn DataSet, change: impl Fn(&mut Quality)) -> Batch {
        let mut quality = Quality::default();
        change(&mut quality);
        let request = Request {
            seed: 5,
            step: 2,
            batch_size: 96,
            image_size: 16,
            augment: true,
            quality,
        };
        make_as_asked(data, &request)
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
        for data in [&emoji(50) as &dyn DataSet, &shapes()] {
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
    fn exchanged_captions_are_those_of_the_batch() {
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
    fn each_dial_touches_its_own_share_and_nothing_else() {
        let data = emoji(150);
        let clean = of_quality(&data, |_| {});
        let noisy = of_quality(&data, |q| q.noise_images = 0.25);
        let random = of_quality(&data, |q| q.random_captions = 0.5);
        assert_eq!(noisy.measured().noise_images, 0.25);
        assert_eq!(random.measured().random_captions, 0.5);
        assert_eq!(
            (&noisy.captions, &noisy.classes),
            (&clean.captions, &clean.classes)
        );
        assert_eq!(
            (&random.images, &random.classes),
            (&clean.images, &clean.classes)
        );
        let words: HashSet<&str> = data.words().iter().map(String::as_str).collect();
        for pair in 0..96 {
            let same = noisy.pictures(pair..pair + 1) == clean.pictures(pair..pair + 1);
            assert_eq!(same, !noisy.noise[pair]);
            let (said, own) = (&random.captions[pair], &clean.captions[pair]);
            let count = |text: &str| text.split_whitespace().count();
            assert_eq!(count(said), count(own));
            assert!(random.random[pair] || said == own);
            assert!(!random.random[pair] || said.split(' ').all(|word| words.contains(word)));
        }
        let twice = of_quality(&data, |q| q.duplicates = 0.5);
        assert_eq!(twice.measured().duplicates, 0.5);
        // Each of 48 has one other.
        assert_eq!(twice.measured().false_negatives, 48.0 / (96.0 * 95.0));
        // The same concept, and another drawing, caption or augmentation of it.
        let first = |class| twice.classes.iter().position(|c| *c == class).unwrap();
        let copies = (0..96).filter(|&i| first(twice.classes[i]) != i);
        for pair in copies {
            let other = first(twice.classes[pair]);
            assert_ne!(
                twice.pictures(pair..pair + 1),
                twice.pictures(other..other + 1)
            );
        }
    }

    #[test]
    fn what_is_noisy_at_a_small_share_stays_as_it_is_at_a_larger_one() {
        for data in [&emoji(150) as &dyn DataSet, &shapes()] {
            let at = |x: f64| {
                of_quality(data, |q| {
                    (q.noise_images, q.random_captions) = (x, x);
                })
            };
            let (few, more) = (at(0.2), at(0.7));
            for pair in 0..96 {
                if few.noise[pair] {
                    assert!(more.noise[pair]);
                    assert_eq!(few.pictures(pair..pair + 1), more.pictures(pair..pair + 1));
                }
                if few.random[pair] {
                    assert!(more.random[pair]);
                    assert_eq!(few.captions[pair], more.captions[pair]);
                }
            }
        }
    }

    #[test]
    fn all_dials_at_their_ends_and_batches_of_any_size() {
        for data in [&emoji(150) as &dyn DataSet, &shapes()] {
            for batch_size in [0, 1, 2, 33, 700] {
                let quality = Quality {
                    shuffle_captions: 1.0,
                    random_captions: 1.0,
                    noise_images: 1.0,
                    duplicates: 1.0,
                    imbalance: 3.0,
                    concepts: Some(2),
                };
                let request = Request {
                    seed: 1,
                    step: 1,
                    batch_size,
                    image_size: 16,
                    augment: true,
                    quality,
                };
                let batch = make_as_asked(data, &request);
                let seen = batch.measured();
                assert_eq!(batch.len(), batch_size);
                let all = f64::from(u8::from(batch_size > 0));
                assert_eq!((seen.noise_images, seen.random_captions), (all, all));
                assert_eq!((seen.wrong_captions, seen.false_negatives), (0.0, 0.0));
                assert!(seen.classes <= 2);
            }
        }
    }

    /// As above: what the dials of the data make of a batch is meant to stay.
    #[test]
    fn batches_of_every_quality_are_the_same_bytes_everywhere() {
        let batch = of_quality(&emoji(150), |q| {
            *q = Quality {
                shuffle_captions: 0.25,
                random_captions: 0.125,
                noise_images: 0.125,
                duplicates: 0.25,
                imbalance: 0.75,
                concepts: Some(90),
            };
        });
        assert_eq!(
            hash(&batch),
            0xbc96_0c7f_931a_15d6,
            "got {:#x}",
            hash(&batch)
        );
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
