//! What comes in: features, and how the work is cut.

/// Rows and columns of a tile: 256 KiB, which fits the second-level cache of a core beside its operands.
pub const TILE: usize = 256;

/// Features of both sides, rows of unit length, row i of both a pair.
#[derive(Clone, Copy, Debug)]
pub struct Features<'a> {
    /// `[B, D]`, row by row.
    pub image: &'a [f32],
    /// `[B, D]`, row by row.
    pub text: &'a [f32],
    /// D.
    pub dimensions: usize,
}

impl Features<'_> {
    /// Pairs.
    pub fn pairs(&self) -> usize {
        self.image.len() / self.dimensions.max(1)
    }
}

/// How the work is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Rows and columns of a tile, at least 1.
    pub tile: usize,
    /// Threads, at least 1.
    pub threads: usize,
    /// Whether G, X and Y are rounded to bf16 before the products that make the gradients, which then
    /// add up in 32 bits. Logits stay as they are: a rounded cosine over a tau of 0.01 would be off by
    /// a third.
    pub bf16: bool,
}
