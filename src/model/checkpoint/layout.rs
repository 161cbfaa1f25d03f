//! [`Layout`]: whose names and forms a model folder has.

use std::fmt;

/// Whose names a folder's tensors have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `OpenCLIP`'s, which are this lab's own.
    OpenClip,
    /// `transformers.CLIPModel`.
    HfClip,
    /// `transformers.SiglipModel`: `SigLIP`, and `SigLIP 2` of fixed resolution.
    HfSiglip,
    /// `transformers.Siglip2Model`: `SigLIP 2` of any resolution and aspect.
    HfNaFlex,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenClip => "OpenCLIP",
            Self::HfClip => "transformers CLIPModel",
            Self::HfSiglip => "transformers SiglipModel",
            Self::HfNaFlex => "transformers Siglip2Model (NaFlex)",
        })
    }
}
