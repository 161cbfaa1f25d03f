//! What has a name and no size: which loss, which tower. What they do is written where it is done.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
