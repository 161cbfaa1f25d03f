//! [`Lesson`]: what a scenario says and withholds while somebody learns from it. Plain data; the
//! screen obeys it.

use serde::{Deserialize, Serialize};

use crate::control::Dial;

/// One thing to be understood: a prompt, and nothing on the screen that distracts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What to do and what to look for; stands where the watch line stands otherwise.
    pub prompt: String,
    /// Panels that are not drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hide: Vec<Part>,
    /// Dials that cannot be turned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lock: Vec<Dial>,
}

/// A panel, as scenarios name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Curves of tau, bias, gradient norm and batch accuracy.
    Traces,
    /// Retrieval on held-out pictures.
    Retrieval,
    /// Similarity matrices.
    Matrix,
    /// Pictures and captions of the batch.
    Pictures,
    /// Both losses at other tau and bias.
    Landscape,
    /// How the loss spreads its push.
    Gradient,
    /// The hand calculator.
    Hand,
    /// Zero-shot classification.
    ZeroShot,
    /// Both modalities in their space.
    Geometry,
    /// Probes and fine-tuning.
    Transfer,
    /// Retrieval by language.
    Languages,
    /// Nearest pictures and names.
    Query,
}
