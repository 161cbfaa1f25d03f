//! [`Lens`]: how close the matrix is looked at.

/// How close the matrix is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lens {
    /// The whole batch: a cell for each pair where there is room, else means of several.
    Whole,
    /// The pairs around the cursor, each row and column named.
    Pairs,
    /// Few pairs, with their captions and the number in each cell.
    Numbers,
}

impl Lens {
    /// One closer, or farther.
    #[must_use]
    pub const fn moved(self, closer: bool) -> Self {
        match (self, closer) {
            (Self::Whole, true) | (Self::Numbers, false) => Self::Pairs,
            (Self::Pairs | Self::Numbers, true) => Self::Numbers,
            (Self::Whole | Self::Pairs, false) => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closer_and_farther_lead_to_the_ends_and_back() {
        let mut lens = Lens::Whole;
        for expected in [Lens::Pairs, Lens::Numbers, Lens::Numbers] {
            lens = lens.moved(true);
            assert_eq!(lens, expected);
        }
        for expected in [Lens::Pairs, Lens::Whole, Lens::Whole] {
            lens = lens.moved(false);
            assert_eq!(lens, expected);
        }
    }
}
