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
    /// The same, its bias learned relative to the scale: logits are `t (cos - b_rel)`.
    SigLipRelative,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InfoNce, Self::SigLip, Self::SigLipRelative];

    /// Its name on the screen, and the words for it that a user may type, its own first.
    const fn names(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::InfoNce => ("InfoNCE", &["infonce", "softmax", "clip"]),
            Self::SigLip => ("SigLIP", &["siglip", "sigmoid"]),
            Self::SigLipRelative => ("SigLIP-relative", &["siglip-relative"]),
        }
    }

    /// The word for it on a command line.
    pub const fn word(self) -> &'static str {
        self.names().1[0]
    }

    /// The words for all of them, as the end of a sentence: "infonce, siglip or ...".
    pub fn words() -> String {
        let words = Self::ALL.map(Self::word);
        let (last, others) = words.split_last().unwrap_or((&"", &[]));
        format!("{} or {last}", others.join(", "))
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.names().0)
    }
}

impl FromStr for Loss {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let typed = text.to_ascii_lowercase();
        let named = |loss: &Self| loss.names().1.contains(&typed.as_str());
        let found = Self::ALL.into_iter().find(named);
        found.ok_or_else(|| format!("loss must be {}, got `{text}`", Self::words()))
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
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Image, Self::Text];

    /// What may be typed, as the end of a sentence.
    pub fn words() -> String {
        "image, text or none".into()
    }

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
            _ => Err(format!("locked must be {}, got `{text}`", Self::words())),
        }
    }
}
