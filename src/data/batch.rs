//! [`sample`]: the batch of a step, as a pure function of its arguments.
//!
//! No state, so that any step of any run can be made again by itself, and lanes with the same seed
//! see the same batches.

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

    /// The picture of a pair as the tower sees it, at `side` pixels (at most the tower's).
    pub fn thumbnail(&self, pair: usize, side: usize) -> Thumbnail {
        let bytes = 3 * self.side * self.side;
        image::thumbnail(
            &self.images[pair * bytes..(pair + 1) * bytes],
            self.side,
            side,
        )
    }
}

/// The batch of `step`: `batch_size` pairs with pictures of `image_size` pixels a side.
///
/// Classes are distinct as far as there are enough; then all come once before any comes again.
/// Before captions are exchanged, a smaller batch is the beginning of a larger one of the same step.
/// `shuffle_captions` is the share of the pairs (rounded to a whole number) that exchange captions
/// among themselves so that none of them keeps its own; a single pair keeps its own.
pub fn sample(
    dataset: &dyn Dataset,
    seed: u64,
    step: u64,
    batch_size: usize,
    image_size: usize,
    augment: bool,
    shuffle_captions: f64,
) -> Batch {
    let classes = draw_classes(dataset.trained_classes(), seed, step, batch_size);
    let augmentation = augment.then(|| dataset.augmentation());
    let bytes = 3 * image_size * image_size;
    let mut images = vec![0; batch_size * bytes];
    let mut own = Vec::with_capacity(batch_size);
    for (pair, (&class, out)) in classes
        .iter()
        .zip(images.chunks_exact_mut(bytes))
        .enumerate()
    {
        let mut rng = generator(seed, Purpose::Pair, step, pair as u64);
        own.push(dataset.caption(class, &mut rng));
        let picture = dataset.picture(class, &mut rng);
        match &augmentation {
            Some(augmentation) => augmentation.write(&picture, image_size, &mut rng, out),
            None => image::write_plain(&picture, image_size, out),
        }
    }
    let sources = exchange(seed, step, batch_size, shuffle_captions);
    let captions = sources.iter().map(|&pair| own[pair].clone()).collect();
    Batch {
        images,
        side: image_size,
        captions,
        classes,
        sources,
    }
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
