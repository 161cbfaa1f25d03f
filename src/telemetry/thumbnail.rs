//! [`Thumbnail`]: a picture for the screen.

/// A picture as the image tower saw it, sRGB.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumbnail {
    /// Pixels a side.
    pub side: usize,
    /// `side * side` colours, row by row.
    pub rgb: Vec<[u8; 3]>,
}
