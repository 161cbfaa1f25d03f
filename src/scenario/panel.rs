//! [`Panel`]: the names of the screen's panels, as lessons write them. What a panel shows, and where,
//! stands in `ui::panel`, a row for each name.

use serde::{Deserialize, Serialize};

/// A panel of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Panel {
    /// Loss curves; no lesson hides them.
    #[serde(skip)]
    Loss,
    /// Curves of tau, bias, gradient norm and batch accuracy.
    Traces,
    /// Retrieval on held-out pictures.
    Retrieval,
    /// Similarity matrices.
    Matrix,
    /// Pictures and captions of the batch.
    Pictures,
    /// The losses at other tau and bias.
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
    /// How sure the model is, against how often it is right.
    Calibration,
}
