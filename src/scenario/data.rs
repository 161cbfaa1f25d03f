//! [`Data`]: where images and captions come from, as a scenario names it. Plain data: no file is looked at.

use serde::{Deserialize, Serialize};

use super::default::{languages, yes};
use super::pairs::Pairs;
use crate::quantity::{Fraction, Size};

/// Where pictures and captions come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Data {
    /// The embedded emoji set.
    Emoji(Emoji),
    /// Scenes of shapes drawn by rule.
    Shapes(Shapes),
    /// Pictures and captions of the user's own.
    Pairs(Pairs),
}

/// The embedded emoji set: the same concepts in three drawing styles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emoji {
    /// Styles to learn from.
    pub train: Vec<Style>,
    /// Styles that are never trained on, to test with.
    pub held_out: Vec<Style>,
    /// How captions are made.
    #[serde(default)]
    pub captions: Captions,
    /// Whether training pictures are augmented.
    #[serde(default = "yes")]
    pub augment: bool,
    /// Use only the first so many concepts (all if absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Size>,
}

/// A drawing style of the emoji set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Style {
    /// Google's Noto.
    Noto,
    /// Twitter's Twemoji.
    Twemoji,
    /// Microsoft's Fluent 3D.
    Fluent,
}

impl Style {
    /// All styles.
    pub const ALL: [Self; 3] = [Self::Noto, Self::Twemoji, Self::Fluent];
}

/// How a caption is made, by weights that need not add up to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captions {
    /// Weight of the bare name.
    pub name: f64,
    /// Weight of a template filled with the name.
    pub template: f64,
    /// Weight of a few keywords.
    pub keywords: f64,
    /// Templates; `{}` stands for the name.
    #[serde(default = "default_templates")]
    pub templates: Vec<String>,
    /// Languages (ISO 639-1) with their weights.
    #[serde(default = "languages")]
    pub languages: Vec<(String, f64)>,
}

impl Default for Captions {
    fn default() -> Self {
        Self {
            name: 0.5,
            template: 0.3,
            keywords: 0.2,
            templates: default_templates(),
            languages: languages(),
        }
    }
}

/// Procedural scenes: colour x shape x size x position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shapes {
    /// Share of the attribute combinations that training never sees.
    pub held_out: Fraction,
    /// Language of the captions (ISO 639-1) with their weights.
    #[serde(default = "languages")]
    pub languages: Vec<(String, f64)>,
    /// Whether training pictures are augmented.
    #[serde(default = "yes")]
    pub augment: bool,
}

fn default_templates() -> Vec<String> {
    [
        "a photo of a {}",
        "a picture of a {}",
        "an emoji of a {}",
        "a drawing of a {}",
        "a small icon of a {}",
        "{}, an emoji",
    ]
    .map(Into::into)
    .to_vec()
}
