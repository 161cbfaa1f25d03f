//! [`LaneSpec`]: what one lane does differently from its neighbours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    BatchSize, Beta, Bias, Concepts, Fraction, LearningRate, LogitScale, Temperature, Zipf,
    constant, quality, yes,
};

/// What one lane does differently from its neighbours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneSpec {
    /// Name on the screen and in records; letters, digits, `-`, `_`, `.`; unique.
    pub name: String,
    /// The loss.
    pub loss: Loss,
    /// tau at the start.
    pub temperature: Temperature,
    /// Whether tau is learned.
    #[serde(default = "yes")]
    pub learn_temperature: bool,
    /// Upper clamp of `exp(logit_scale)`; the lower one is 1, as in OpenCLIP.
    #[serde(default = "default_max_logit_scale")]
    pub max_logit_scale: LogitScale,
    /// Bias at the start; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<Bias>,
    /// Whether the bias is learned.
    #[serde(default = "yes")]
    pub learn_bias: bool,
    /// Which tower is held as it is, if any: with the image tower locked the text tower learns to read it (LiT).
    #[serde(default, skip_serializing_if = "Locked::is_nothing")]
    pub locked: Locked,
    /// Which negatives the sigmoid loss counts; InfoNCE counts all.
    #[serde(default, skip_serializing_if = "Negatives::is_all")]
    pub negatives: Negatives,
    /// Instead of the shared batch size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<BatchSize>,
    /// Instead of the shared peak learning rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<LearningRate>,
    /// Instead of the shared betas of Adam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub betas: Option<(Beta, Beta)>,
    /// Share of the pairs in each batch whose captions are exchanged among themselves.
    #[serde(default = "quality::nothing")]
    pub shuffle_captions: Fraction,
    /// Share of the captions in each batch that are replaced by random words.
    #[serde(
        default = "quality::nothing",
        skip_serializing_if = "quality::is_nothing"
    )]
    pub random_captions: Fraction,
    /// Share of the pictures in each batch that are replaced by noise.
    #[serde(
        default = "quality::nothing",
        skip_serializing_if = "quality::is_nothing"
    )]
    pub noise_images: Fraction,
    /// Share of the pairs in each batch that have their concept in common with another pair of it.
    #[serde(
        default = "quality::nothing",
        skip_serializing_if = "quality::is_nothing"
    )]
    pub duplicates: Fraction,
    /// Zipf's exponent, by which some concepts come more often than others.
    #[serde(default = "quality::even", skip_serializing_if = "quality::is_even")]
    pub imbalance: Zipf,
    /// Train on only so many concepts; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concepts: Option<Concepts>,
}

/// Which tower training leaves as it is ("LiT", Zhai et al. 2111.07991: the image tower).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Locked {
    /// Neither: both learn.
    #[default]
    Nothing,
    /// The image tower.
    Image,
    /// The text tower.
    Text,
}

impl Locked {
    /// Whether both towers learn.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nothing => "none",
            Self::Image => "image",
            Self::Text => "text",
        })
    }
}

impl FromStr for Locked {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "nothing" | "none" => Ok(Self::Nothing),
            "image" => Ok(Self::Image),
            "text" => Ok(Self::Text),
            _ => Err(format!("locked wants image, text or none, not `{text}`")),
        }
    }
}

/// Which negatives of each picture the sigmoid loss counts, as shares of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Negatives {
    /// Every one.
    #[default]
    All,
    /// Those with the highest logits.
    Hardest(Fraction),
    /// Any, another choice at every step.
    Random(Fraction),
    /// Those with the lowest logits.
    Easiest(Fraction),
}

impl Negatives {
    /// Whether none is left out.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// A contrastive loss. Its equations and arithmetic are in the `loss` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Loss {
    /// Softmax over rows and columns (CLIP).
    InfoNce,
    /// Sigmoid of every pair (SigLIP).
    SigLip,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::InfoNce => "InfoNCE",
            Self::SigLip => "SigLIP",
        })
    }
}

impl FromStr for Loss {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "infonce" | "softmax" | "clip" => Ok(Self::InfoNce),
            "siglip" | "sigmoid" => Ok(Self::SigLip),
            _ => Err(format!("loss wants infonce or siglip, not `{text}`")),
        }
    }
}

fn default_max_logit_scale() -> LogitScale {
    constant(LogitScale::new(100.0))
}
