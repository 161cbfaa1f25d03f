//! What a scene is made of, and which combinations are held out first.

use crate::data::ClassId;

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

/// Shapes, each with an outline in `raster`.
pub const SHAPES: [&str; 8] = [
    "circle", "square", "triangle", "star", "heart", "cross", "ring", "diamond",
];

/// Sizes, with the least and largest radius as a part of the picture's side.
pub const SIZES: [(&str, (f32, f32)); 2] = [("small", (0.11, 0.15)), ("large", (0.22, 0.28))];

/// Places, with their middle as a part of the picture's side from the left and from the top.
pub const PLACES: [(&str, [f32; 2]); 5] = [
    ("top", [0.5, 0.28]),
    ("bottom", [0.5, 0.72]),
    ("left", [0.28, 0.5]),
    ("right", [0.72, 0.5]),
    ("centre", [0.5, 0.5]),
];

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
    pub const fn rank(self) -> usize {
        // Any fixed permutations will do; these separate neighbours.
        const COLOUR: [usize; 8] = [3, 6, 0, 5, 2, 7, 4, 1];
        const SHAPE: [usize; 8] = [5, 2, 7, 0, 3, 6, 1, 4];
        let diagonal = (SHAPE[self.shape] + 8 - COLOUR[self.colour]) % 8;
        diagonal * 8 + COLOUR[self.colour]
    }
}
