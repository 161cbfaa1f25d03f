//! What the matrix shows, and what its colours span.

/// What the matrix shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Cosines.
    Cosine,
    /// Cosines over tau, plus the bias.
    Logit,
    /// What the loss makes of the logits: a softmax along each row, or a sigmoid of each cell.
    Probability,
    /// How the loss pulls at each logit: its derivative.
    Gradient,
}

/// What the matrix's colours span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The lane's own values: untrained lanes lie far apart, and one scale would show neither.
    Own,
    /// The values of all lanes: the same colour is the same number.
    Shared,
    /// -1 to 1 for cosines, 0 to 1 for probabilities.
    Fixed,
}

impl Quantity {
    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Logit => "logit",
            Self::Probability => "probability",
            Self::Gradient => "gradient",
        }
    }

    pub(super) const fn next(self) -> Self {
        match self {
            Self::Cosine => Self::Logit,
            Self::Logit => Self::Probability,
            Self::Probability => Self::Gradient,
            Self::Gradient => Self::Cosine,
        }
    }
}

impl Range {
    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shared => "one scale",
            Self::Own => "own scale",
            Self::Fixed => "fixed scale",
        }
    }

    pub(super) const fn next(self) -> Self {
        match self {
            Self::Own => Self::Shared,
            Self::Shared => Self::Fixed,
            Self::Fixed => Self::Own,
        }
    }
}
