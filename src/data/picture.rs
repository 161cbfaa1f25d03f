//! [`Picture`]: a picture as a data set has it.

/// A square RGBA picture, 8 bits a channel, straight alpha.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Pixels a side.
    pub side: usize,
    /// `side * side` colours, row by row.
    pub rgba: Vec<[u8; 4]>,
}
