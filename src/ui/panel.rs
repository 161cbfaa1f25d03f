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
    /// Zero-shot classification with sets of templates.
    ZeroShot,
    /// How both modalities lie in their space.
    Geometry,
    /// Zero-shot, probes and fine-tuning, in domain and transferred.
    Transfer,
    /// Retrieval by language.
    Languages,
    /// What is nearest to a caption or a picture.
    Query,
}

impl Panel {
    /// All panels.
    pub const ALL: [Self; 13] = [
        Self::Loss,
        Self::Traces,
        Self::Retrieval,
        Self::Matrix,
        Self::Pictures,
        Self::Landscape,
        Self::Gradient,
        Self::Hand,
        Self::ZeroShot,
        Self::Geometry,
        Self::Transfer,
        Self::Languages,
        Self::Query,
    ];

    /// Those that show what an evaluation found.
    pub const FINDINGS: [Self; 4] = [Self::ZeroShot, Self::Transfer, Self::Languages, Self::Query];

    /// Whether it is shown in place of the pictures.
    pub const fn takes_the_pictures_place(self) -> bool {
        matches!(
            self,
            Self::Landscape
                | Self::Gradient
                | Self::Hand
                | Self::ZeroShot
                | Self::Geometry
                | Self::Transfer
                | Self::Languages
                | Self::Query
        )
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
            Self::ZeroShot => {
                "pictures classified by words in templates; Enter evaluates everything, arrows choose property and templates"
            }
            Self::Geometry => {
                "where pictures and captions of the batch lie: on their two main axes, and in numbers"
            }
            Self::Transfer => {
                "zero-shot, linear probe and fine-tuning, on what is like training and on what is not; Enter evaluates"
            }
            Self::Languages => {
                "names in every language, those too that were never trained on; Enter evaluates"
            }
            Self::Query => {
                "/ types a caption and shows the nearest held-out pictures; Enter on one of them, its nearest names"
            }
            Self::Hand => {
                "a small batch worked out on paper: arrows choose a number, digits replace it, F takes the batch's"
            }
        }
    }
}
