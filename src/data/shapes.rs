//! [`Shapes`]: scenes drawn by rule, a coloured shape of some size at some place, with exact ground
//! truth and as many different pictures as one likes.
//!
//! A class is a combination of colour, shape, size and place. Pairs of *colour and shape* are held
//! out as a whole: every colour and every shape is trained on, but never this one in that one.

mod raster;
mod words;

use rand_chacha::ChaCha8Rng;

use super::augment::Augment;
use super::caption::Mix;
use super::draw::{Purpose, around_zero, below, between, chance, generator, unit, weighted};
use super::{ClassId, Dataset, Labels, Picture};
use crate::error::{Error, Result};
use crate::scenario;
use crate::telemetry::Split;

pub use raster::Scene;
pub use words::LANGUAGES;

/// Colours that a shape may have, with the sRGB value that varies a little from scene to scene.
pub const COLOURS: [(&str, [u8; 3]); 8] = [
    ("red", [222, 32, 38]),
    ("orange", [250, 138, 12]),
    ("yellow", [250, 220, 30]),
    ("green", [34, 160, 60]),
    ("turquoise", [40, 200, 200]),
    ("blue", [30, 80, 220]),
    ("purple", [128, 50, 170]),
    ("pink", [250, 140, 190]),
];

/// Shapes, each with an outline in [`raster`].
pub const SHAPES: [&str; 8] = [
    "circle", "square", "triangle", "star", "heart", "cross", "ring", "diamond",
];

/// Sizes, with the least and largest radius as a part of the picture's side.
pub const SIZES: [(&str, (f32, f32)); 2] = [("small", (0.11, 0.15)), ("large", (0.22, 0.28))];

/// Places, with their middle as a part of the picture's side from the left and from the top.
pub const PLACES: [(&str, [f32; 2]); 5] = [
    ("top", [0.5, 0.25]),
    ("bottom", [0.5, 0.75]),
    ("left", [0.25, 0.5]),
    ("right", [0.75, 0.5]),
    ("centre", [0.5, 0.5]),
];

/// A scene's middle strays so far from its place, as a part of the side.
const STRAY: f32 = 0.05;
/// Rotation either way, degrees: a square stays a square and never stands on its corner.
const ROTATION: f32 = 15.0;
/// Pictures of each class in an evaluation.
const GALLERY_SEED: u64 = 0x0053_4841_5045_5321;

/// What makes a class; positions in [`COLOURS`], [`SHAPES`], [`SIZES`] and [`PLACES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attributes {
    /// Position in [`COLOURS`].
    pub colour: usize,
    /// Position in [`SHAPES`].
    pub shape: usize,
    /// Position in [`SIZES`].
    pub size: usize,
    /// Position in [`PLACES`].
    pub place: usize,
}

impl Attributes {
    /// Number of classes.
    pub const CLASSES: usize = COLOURS.len() * SHAPES.len() * SIZES.len() * PLACES.len();

    /// The attributes of a class.
    pub const fn of(class: ClassId) -> Self {
        let (rest, place) = (class / PLACES.len(), class % PLACES.len());
        let (rest, size) = (rest / SIZES.len(), rest % SIZES.len());
        Self {
            colour: rest / SHAPES.len(),
            shape: rest % SHAPES.len(),
            size,
            place,
        }
    }

    /// The place of this pair of colour and shape in the order in which pairs are held out.
    ///
    /// Eight pairs at a time, so that each colour and each shape loses equally many; a larger share
    /// holds out all that a smaller one does.
    const fn rank(self) -> usize {
        // Any fixed permutations will do; these separate neighbours.
        const COLOUR: [usize; 8] = [3, 6, 0, 5, 2, 7, 4, 1];
        const SHAPE: [usize; 8] = [5, 2, 7, 0, 3, 6, 1, 4];
        let diagonal = (SHAPE[self.shape] + 8 - COLOUR[self.colour]) % 8;
        diagonal * 8 + COLOUR[self.colour]
    }
}

/// The procedural shapes, as one scenario uses them.
pub struct Shapes {
    side: usize,
    names: Vec<String>,
    trained: Vec<ClassId>,
    held_out: Vec<ClassId>,
    mix: Mix,
}

impl Shapes {
    /// Scenes of `side` pixels a side, as the scenario wants them.
    ///
    /// # Errors
    /// [`Error::Data`] if all combinations are held out, or a language cannot be used.
    pub fn new(spec: &scenario::Shapes, side: usize) -> Result<Self> {
        let known: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
        let mix = Mix::new(&spec.languages, &known, "shapes")?;
        let pairs = COLOURS.len() * SHAPES.len();
        let out = (spec.held_out.get() * pairs as f64).round() as usize;
        if out >= pairs {
            return Err(Error::Data(format!(
                "shapes: with held_out = {} all {pairs} pairs of colour and shape are held out, and \
                 nothing is left to train on\n  lower `held_out`, for example to 0.2",
                spec.held_out
            )));
        }
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

impl Dataset for Shapes {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn trained_classes(&self) -> &[ClassId] {
        &self.trained
    }

    fn picture(&self, class: ClassId, rng: &mut ChaCha8Rng) -> Picture {
        Self::scene(class, rng).picture(self.side)
    }

    fn caption(&self, class: ClassId, rng: &mut ChaCha8Rng) -> String {
        let language = &LANGUAGES[self.mix.languages[weighted(rng, &self.mix.weights)]];
        let phrasing = language.phrasings[below(rng, language.phrasings.len())];
        language.say(phrasing, Attributes::of(class))
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
