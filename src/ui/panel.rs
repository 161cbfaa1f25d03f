//! [`Panel`]: the parts of the screen that can be looked at and shown alone.

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Panel {
    /// Loss curves.
    Loss,
    /// tau, bias, gradient norm, batch accuracy.
    Traces,
    /// Retrieval on held-out pictures.
    Retrieval,
    /// Similarity matrices.
    Matrix,
    /// Pictures and captions.
    Pictures,
    /// Both losses at other temperatures and biases.
    Landscape,
    /// How the loss spreads its push over the negatives.
    Gradient,
    /// The hand calculator.
    Hand,
}

impl Panel {
    /// All panels.
    pub const ALL: [Self; 8] = [
        Self::Loss,
        Self::Traces,
        Self::Retrieval,
        Self::Matrix,
        Self::Pictures,
        Self::Landscape,
        Self::Gradient,
        Self::Hand,
    ];

    /// Whether it is shown in place of the pictures.
    pub const fn takes_the_pictures_place(self) -> bool {
        matches!(self, Self::Landscape | Self::Gradient | Self::Hand)
    }

    /// What its chart is called in messages.
    pub const fn chart_name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Retrieval => "held out",
            _ => "loss",
        }
    }

    /// What one sees there, in a line.
    pub const fn explain(self) -> &'static str {
        match self {
            Self::Loss => {
                "loss by step: smoothed, with what was measured behind it; ln N is what guessing costs InfoNCE"
            }
            Self::Traces => {
                "what the loss learns besides weights: tau, and the bias of the sigmoid loss"
            }
            Self::Retrieval => {
                "pictures that training never saw, against all names: R@k is the share found among the first k"
            }
            Self::Matrix => {
                "every picture (rows) against every caption (columns) of one batch: pairs lie on the diagonal"
            }
            Self::Pictures => "the first pairs of the batch, as the towers get them",
            Self::Landscape => {
                "the loss of this batch at other tau and b, darker is lower; arrows move, Enter goes there"
            }
            Self::Gradient => {
                "what pushes one picture from the wrong captions: the softmax shares one push out, the sigmoid judges each"
            }
            Self::Hand => {
                "a small batch worked out on paper: arrows choose a number, digits replace it, F takes the batch's"
            }
        }
    }
}
