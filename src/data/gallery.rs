//! [`Gallery`]: the fixed pictures of an evaluation.

use super::augment::Augment;
use super::data_set::DataSet;
use super::image::{pixels, thumbnail};
use super::labels::ClassId;
use crate::random::{Purpose, generator};
use crate::telemetry::{Split, Thumbnail};

/// Pixels a side of a picture for the screen.
const THUMBNAIL: usize = 32;

/// Seed of the changes that make views of a picture.
const VIEWS_SEED: u64 = 0x0056_4945_5753;

/// The pictures of an evaluation, at the tower's size.
pub struct Gallery {
    /// Class of each picture.
    pub classes: Vec<ClassId>,
    /// The pictures in the same order, bytes `[N, 3, S, S]`.
    pub images: Vec<u8>,
    side: usize,
}

impl Gallery {
    /// The set's pictures at `side` pixels.
    pub fn new(dataset: &dyn DataSet, split: Split, side: usize) -> Self {
        let pictures = dataset.gallery(split);
        Self {
            classes: pictures.iter().map(|(class, _)| *class).collect(),
            images: pixels(&pictures, side),
            side,
        }
    }

    /// Views of the set's pictures whose class is `chosen`: each picture itself, then copies of it that are changed as
    /// training changes pictures. Always the same ones, with any seed of a run.
    pub fn views(
        dataset: &dyn DataSet,
        split: Split,
        side: usize,
        count: usize,
        chosen: impl Fn(ClassId) -> bool,
    ) -> Self {
        let mut pictures = dataset.gallery(split);
        pictures.retain(|(class, _)| chosen(*class));
        let bytes = 3 * side * side;
        let mut images = vec![0; pictures.len() * count * bytes];
        let augment = dataset.augmentation();
        let mut room = images.chunks_exact_mut(bytes);
        for (class, picture) in &pictures {
            for (view, out) in room.by_ref().take(count).enumerate() {
                let mut rng = generator(VIEWS_SEED, Purpose::Gallery, view as u64, *class as u64);
                let augment = if view == 0 { Augment::NONE } else { augment };
                augment.write(picture, side, &mut rng, out);
            }
        }
        let classes = pictures.iter().map(|(class, _)| *class);
        Self {
            classes: classes.flat_map(|class| vec![class; count]).collect(),
            images,
            side,
        }
    }

    /// A picture for the screen.
    pub fn thumbnail(&self, place: usize) -> Thumbnail {
        let bytes = 3 * self.side * self.side;
        let image = &self.images[place * bytes..(place + 1) * bytes];
        thumbnail(image, self.side, THUMBNAIL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sets::open;
    use crate::scenario::load;

    #[test]
    fn views_begin_with_the_picture_itself_differ_and_are_always_the_same() {
        let scenario = load("cats-and-dogs").unwrap();
        let size = scenario.model.image.image_size();
        let set = open(&scenario.data, size).unwrap();
        let side = size.size();
        let whole = Gallery::new(&*set, Split::HeldOut, side);
        let chosen = |class: ClassId| class == 5 || class == 9;
        let views = || Gallery::views(&*set, Split::HeldOut, side, 6, chosen);
        let made = views();
        assert_eq!(made.classes, [[5; 6], [9; 6]].concat());
        let bytes = 3 * side * side;
        let view = |i: usize| &made.images[i * bytes..(i + 1) * bytes];
        let places = whole.classes.iter().enumerate();
        for (i, (place, _)) in places.filter(|(_, class)| chosen(**class)).enumerate() {
            assert_eq!(
                view(6 * i),
                &whole.images[place * bytes..(place + 1) * bytes]
            );
            for other in 1..6 {
                assert_ne!(view(6 * i), view(6 * i + other));
                assert_ne!(view(6 * i + other), view(6 * i + other % 5 + 1));
            }
        }
        assert_eq!(made.images, views().images);
    }
}
