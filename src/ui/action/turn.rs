//! Ways to turn a dial and to move a cursor.

/// A way to turn a dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A little down.
    Down,
    /// A little up.
    Up,
    /// Far down.
    FarDown,
    /// Far up.
    FarUp,
}

/// A way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the caption before.
    Left,
    /// To the caption after.
    Right,
    /// To the picture before.
    Up,
    /// To the picture after.
    Down,
}

impl Turn {
    /// All of them.
    #[cfg(test)]
    pub const ALL: [Self; 4] = [Self::Down, Self::Up, Self::FarDown, Self::FarUp];
}

impl Direction {
    /// All of them.
    #[cfg(test)]
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Up, Self::Down];
}
