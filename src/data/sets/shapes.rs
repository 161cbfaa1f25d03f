//! [`Shapes`]: scenes drawn by rule, a coloured shape of some size at some place, with exact ground
//! truth and as many different pictures as one likes.
//!
//! A class is a combination of colour, shape, size and place. Pairs of *colour and shape* are held
//! out as a whole: every colour and every shape is trained on, but never this one in that one.

mod attributes;
mod raster;
mod words;

use std::sync::OnceLock;

use rand_chacha::ChaCha8Rng;

use crate::data::augment::Augment;
use crate::data::caption::Mix;
use crate::data::corrupt;
use crate::data::{ClassId, DataSet, Labels, Picture, Sample, View};
use crate::error::Result;
use crate::random::{Purpose, around_zero, below, between, chance, generator, unit, weighted};
use crate::scenario;
use crate::telemetry::Split;

pub use attributes::{Attributes, COLOURS, PLACES, SHAPES, SIZES};
pub use raster::Scene;
pub use words::LANGUAGES;

/// A scene's middle strays so far from its place, as a part of the side.
const STRAY: f32 = 0.05;
/// Rotation either way, degrees: a square stays a square and never stands on its corner.
const ROTATION: f32 = 15.0;
/// Pictures of each class in an evaluation.
const GALLERY_SEED: u64 = 0x0053_4841_5045_5321;

/// The procedural shapes, as one scenario uses them.
pub struct Shapes {
    side: usize,
    names: Vec<String>,
    trained: Vec<ClassId>,
    held_out: Vec<ClassId>,
    mix: Mix,
    /// Made when first asked for.
    vocabulary: OnceLock<Vec<String>>,
}

impl Shapes {
    /// Scenes of `side` pixels a side, as a scenario that keeps its rules wants them.
    ///
    /// # Errors
    /// A language that those rules know and the set does not.
    pub fn new(spec: &scenario::Shapes, side: usize) -> Result<Self> {
        let known: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
        let mix = Mix::new(&spec.languages, &known)?;
        let pairs = COLOURS.len() * SHAPES.len();
        let out = (spec.held_out.get() * pairs as f64).round() as usize;
        let (held_out, trained) =
            (0..Attributes::CLASSES).partition(|&class| Attributes::of(class).rank() < out);
        let language = &LANGUAGES[mix.languages[0]];
        let names = (0..Attributes::CLASSES).map(|class| language.name(Attributes::of(class)));
        Ok(Self {
            side,
            names: names.collect(),
            trained,
            held_out,
            mix,
            vocabulary: OnceLock::new(),
        })
    }

    /// A scene of the class, with everything that its captions leave open drawn at random.
    pub fn scene(class: ClassId, rng: &mut ChaCha8Rng) -> Scene {
        let attributes = Attributes::of(class);
        let place = PLACES[attributes.place].1;
        let colour = draw_colour(COLOURS[attributes.colour].1, rng);
        Scene {
            attributes,
            centre: [
                place[0] + around_zero(rng, STRAY),
                place[1] + around_zero(rng, STRAY),
            ],
            radius: between(rng, SIZES[attributes.size].1),
            rotation: around_zero(rng, ROTATION),
            colour,
            background: draw_background(colour, rng),
        }
    }
}

impl Shapes {
    /// A training picture of the class; which one is up to the generator.
    fn picture(&self, class: ClassId, rng: &mut ChaCha8Rng) -> Picture {
        Self::scene(class, rng).picture(self.side)
    }

    /// A training caption of the class; which one is up to the generator.
    fn caption(&self, class: ClassId, rng: &mut ChaCha8Rng) -> String {
        let language = &LANGUAGES[self.mix.languages[weighted(rng, &self.mix.weights)]];
        let phrasing = language.phrasings[below(rng, language.phrasings.len())];
        language.say(phrasing, Attributes::of(class))
    }
}

impl DataSet for Shapes {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn trained_classes(&self) -> &[ClassId] {
        &self.trained
    }

    fn pair(&self, class: ClassId, view: View, rng: &mut ChaCha8Rng) -> Sample {
        let caption = self.caption(class, rng);
        Sample {
            class,
            caption,
            picture: (view != View::Nothing).then(|| self.picture(class, rng)),
        }
    }

    fn gallery(&self, split: Split) -> Vec<(ClassId, Picture)> {
        let classes = match split {
            Split::Trained => &self.trained,
            Split::HeldOut => &self.held_out,
        };
        let draw = |&class: &ClassId| {
            let mut rng = generator(GALLERY_SEED, Purpose::Gallery, 0, class as u64);
            (class, self.picture(class, &mut rng))
        };
        classes.iter().map(draw).collect()
    }

    fn corpus(&self) -> Vec<String> {
        let mut corpus = Vec::new();
        for (&language, _) in self
            .mix
            .languages
            .iter()
            .zip(&self.mix.weights)
            .filter(|(_, w)| **w > 0.0)
        {
            let language = &LANGUAGES[language];
            for phrasing in language.phrasings {
                let say = |&class: &ClassId| language.say(phrasing, Attributes::of(class));
                corpus.extend(self.trained.iter().map(say));
            }
        }
        corpus
    }

    fn languages(&self) -> Vec<(String, f64)> {
        let known: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
        self.mix.shares(&known)
    }

    fn names_in(&self, language: &str) -> Vec<String> {
        let Some(language) = LANGUAGES.iter().find(|known| known.code == language) else {
            return Vec::new();
        };
        (0..Attributes::CLASSES)
            .map(|class| language.name(Attributes::of(class)))
            .collect()
    }

    fn words(&self) -> &[String] {
        let make = || corrupt::words(&self.corpus());
        self.vocabulary.get_or_init(make)
    }

    fn labels(&self) -> Vec<Labels> {
        let all = || (0..Attributes::CLASSES).map(Attributes::of);
        vec![
            Labels::new("colour", all().map(|a| COLOURS[a.colour].0)),
            Labels::new("shape", all().map(|a| SHAPES[a.shape])),
            Labels::new("size", all().map(|a| SIZES[a.size].0)),
            Labels::new("place", all().map(|a| PLACES[a.place].0)),
        ]
    }

    fn augmentation(&self) -> Augment {
        // Scenes differ in everything that may differ already; turning colours or mirroring would
        // make captions untrue.
        Augment {
            jitter: 0.8,
            brightness: 0.1,
            contrast: 0.15,
            ..Augment::NONE
        }
    }
}

/// A little lighter, darker or off.
fn draw_colour(colour: [u8; 3], rng: &mut ChaCha8Rng) -> [u8; 3] {
    let light = around_zero(rng, 18.0);
    colour.map(|channel| (f32::from(channel) + light + around_zero(rng, 12.0)) as u8)
}

/// Two ends of a vertical gradient, greyish, that the shape stands out from.
fn draw_background(colour: [u8; 3], rng: &mut ChaCha8Rng) -> [[u8; 3]; 2] {
    let luma =
        |[r, g, b]: [u8; 3]| 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
    let end = luma(colour);
    // A grey at least so far from the colour's own: from below or from above, where there is room.
    let (dark, light) = ((end - 50.0).max(0.0), (255.0 - (end + 50.0)).max(0.0));
    let at = unit(rng) * (dark + light);
    let grey = if at < dark {
        at
    } else {
        end + 50.0 + (at - dark)
    };
    let flat = chance(rng, 0.5);
    let tint = [0; 3].map(|_: i32| around_zero(rng, 14.0));
    let slope = around_zero(rng, if flat { 0.0 } else { 20.0 });
    [-slope, slope].map(|shift| tint.map(|tint| (grey + tint + shift) as u8))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::quantity::Fraction;

    fn spec(held_out: f64) -> scenario::Shapes {
        scenario::Shapes {
            held_out: Fraction::new(held_out).unwrap(),
            languages: vec![("en".into(), 1.0)],
            augment: true,
        }
    }

    fn shapes(held_out: f64) -> Shapes {
        Shapes::new(&spec(held_out), 64).unwrap()
    }

    fn pairs(classes: &[ClassId]) -> HashSet<(usize, usize)> {
        classes
            .iter()
            .map(|&c| (Attributes::of(c).colour, Attributes::of(c).shape))
            .collect()
    }

    #[test]
    fn held_out_pairs_of_colour_and_shape_never_appear_in_training() {
        for share in [0.0, 0.05, 0.125, 0.2, 0.5, 0.9, 0.98] {
            let shapes = shapes(share);
            let (trained, held_out) = (pairs(&shapes.trained), pairs(&shapes.held_out));
            assert!(trained.is_disjoint(&held_out));
            assert_eq!(held_out.len(), (share * 64.0).round() as usize);
            assert_eq!(
                shapes.trained.len() + shapes.held_out.len(),
                Attributes::CLASSES
            );
            let seen: HashSet<_> = shapes
                .gallery(Split::Trained)
                .iter()
                .map(|(c, _)| *c)
                .collect();
            assert!(
                shapes
                    .gallery(Split::HeldOut)
                    .iter()
                    .all(|(c, _)| !seen.contains(c))
            );
            let corpus: HashSet<_> = shapes.corpus().into_iter().collect();
            assert!(
                shapes
                    .held_out
                    .iter()
                    .all(|&c| !corpus.contains(&shapes.names[c]))
            );
        }
    }

    #[test]
    fn a_larger_share_holds_out_all_that_a_smaller_one_does() {
        let shares: Vec<_> = (0..10)
            .map(|i| pairs(&shapes(f64::from(i) / 10.0).held_out))
            .collect();
        assert!(shares.windows(2).all(|pair| pair[0].is_subset(&pair[1])));
    }

    #[test]
    fn every_colour_and_shape_is_trained_on_and_loses_its_fair_part() {
        let held_out = pairs(&shapes(0.25).held_out);
        for value in 0..8 {
            assert_eq!(
                held_out
                    .iter()
                    .filter(|(colour, _)| *colour == value)
                    .count(),
                2
            );
            assert_eq!(
                held_out.iter().filter(|(_, shape)| *shape == value).count(),
                2
            );
        }
        let trained = pairs(&shapes(0.85).trained);
        for value in 0..8 {
            assert!(trained.iter().any(|(colour, _)| *colour == value));
            assert!(trained.iter().any(|(_, shape)| *shape == value));
        }
    }

    #[test]
    fn a_scene_shows_what_its_class_says() {
        let mut rng = generator(1, Purpose::Pair, 0, 0);
        for class in 0..Attributes::CLASSES {
            for _ in 0..3 {
                let scene = Shapes::scene(class, &mut rng);
                let mask = scene.mask(64);
                let total: f32 = mask.iter().sum();
                let mean = |along: fn(usize) -> usize| {
                    let sum: f32 = mask
                        .iter()
                        .enumerate()
                        .map(|(i, m)| m * along(i) as f32)
                        .sum();
                    (sum / total + 0.5) / 64.0
                };
                let (x, y) = (mean(|i| i % 64), mean(|i| i / 64));
                let nearest = |place: &&(&str, [f32; 2])| {
                    ((place.1[0] - x).powi(2) + (place.1[1] - y).powi(2) * 1.0) * 1e6
                };
                let found = PLACES.iter().min_by_key(|p| nearest(p) as u64).unwrap();
                let Attributes { size, place, .. } = scene.attributes;
                assert_eq!(found.0, PLACES[place].0, "{scene:?}");
                assert_eq!(scene.radius > 0.18, size == 1);
                // Inside: the colour; far outside: the background, well apart in brightness.
                let picture = scene.picture(64);
                let luma = |[r, g, b, _]: [u8; 4]| {
                    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
                };
                let (inside, _) = mask.iter().enumerate().find(|(_, m)| **m > 0.999).unwrap();
                let outside = if place == 0 { 64 * 64 - 1 } else { 0 };
                let gap = luma(picture.rgba[inside]) - luma(picture.rgba[outside]);
                assert!(gap.abs() > 12.0, "{gap} {scene:?}");
            }
        }
    }

    #[test]
    fn scenes_of_a_class_differ_and_galleries_are_fixed() {
        let shapes = shapes(0.2);
        let mut rng = generator(1, Purpose::Pair, 0, 0);
        let drawn: HashSet<_> = (0..50).map(|_| shapes.picture(7, &mut rng).rgba).collect();
        assert_eq!(drawn.len(), 50);
        assert_eq!(
            shapes.gallery(Split::HeldOut),
            shapes.gallery(Split::HeldOut)
        );
    }

    #[test]
    fn captions_come_from_the_corpus_in_all_languages() {
        let mut spec = spec(0.2);
        spec.languages = LANGUAGES.iter().map(|l| (l.code.into(), 1.0)).collect();
        let shapes = Shapes::new(&spec, 64).unwrap();
        let corpus: HashSet<_> = shapes.corpus().into_iter().collect();
        let mut rng = generator(1, Purpose::Pair, 0, 0);
        let mut said = HashSet::new();
        for &class in &shapes.trained {
            for _ in 0..20 {
                let caption = shapes.caption(class, &mut rng);
                assert!(
                    !caption.is_empty() && corpus.contains(&caption),
                    "{caption}"
                );
                said.insert(caption);
            }
        }
        assert!(said.iter().any(|text| text.contains("étoile")));
        assert!(said.iter().any(|text| text.contains("红色")));
    }

    #[test]
    fn labels_name_the_attributes() {
        let labels = shapes(0.2).labels();
        let names: Vec<_> = labels.iter().map(|l| (l.name, l.values.len())).collect();
        assert_eq!(
            names,
            [("colour", 8), ("shape", 8), ("size", 2), ("place", 5)]
        );
        let name = &shapes(0.2).names[123];
        for label in labels {
            assert!(
                name.contains(&label.values[label.of[123]]),
                "{name} {label:?}"
            );
        }
    }
}
