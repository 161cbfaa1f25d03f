//! The vision transformer: its sizes, their rules, what it learns and what it keeps.

use serde::{Deserialize, Serialize};

use super::blocks::Blocks;
use super::limits::within;
use super::misfit::{Misfit, divides};
use super::sizes::ImageSizes;

/// How the tokens of a vision transformer become one feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImagePool {
    /// CLIP's: the class token's.
    #[default]
    Cls,
    /// The mean of the patches'; there is a class token, too, which they may look at.
    Avg,
    /// SigLIP's: no class token; a learned query attends to all patches (MAP, multi-head attention
    /// pooling). The tower is SigLIP's otherwise, too: no norm before its blocks, no projection (so `width`
    /// must be `embed_dim`), epsilon 1e-6, GELU with tanh.
    Map,
}

impl ImagePool {
    /// Whether it is CLIP's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_cls(&self) -> bool {
        matches!(self, Self::Cls)
    }
}

/// Sizes of a vision transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct Vit {
    /// Side of the picture, pixels; what is left at its right and bottom edge, if the patches do not fill it, is
    /// not seen.
    pub image: i64,
    /// Side of a patch, pixels.
    pub patch: i64,
    /// Blocks.
    pub blocks: Blocks,
    /// How its tokens become one feature. `Map` has no class token, no norm before its blocks and no projection.
    pub pool: ImagePool,
    /// Whether pictures of any size are seen, positions being interpolated to their grid (`NaFlex`).
    pub any_size: bool,
}

/// Patches beyond which a scenario is refused: attention is quadratic in them.
const MOST_PATCHES: i64 = 4096;

/// Side of the largest patch that a checkpoint may have, and of the largest grid of them.
const MOST_OF_A_FILE: [i64; 2] = [512, 1024];

impl Vit {
    /// Patches of a picture of the stated size.
    pub const fn patches(&self) -> i64 {
        let side = self.image / self.patch;
        side * side
    }
}

impl ImageSizes for Vit {
    fn image_size(&self) -> i64 {
        self.image
    }

    fn check(&self) -> Result<(), String> {
        within("the image size", self.image)?;
        within("the patch size", self.patch)?;
        let [patch, grid] = MOST_OF_A_FILE;
        if self.patch > patch || self.image / self.patch > grid {
            return Err(format!(
                "images of {} pixels a side with patches of {} are too large (patches of at most {patch}, grids \
                 of at most {grid})",
                self.image, self.patch
            ));
        }
        if self.image < self.patch {
            return Err(format!(
                "an image of {} pixels a side is smaller than a patch of {}",
                self.image, self.patch
            ));
        }
        self.blocks.check("image")
    }

    fn misfits(&self, head_width: i64) -> Vec<Misfit> {
        let width = self.blocks.width;
        let patch = divides("image.patch_size", self.patch, self.image, "image_size");
        let heads = divides("image.head_width", head_width, width, "width");
        patch.into_iter().chain(heads).collect()
    }

    fn excess(&self) -> Option<String> {
        (self.patches() > MOST_PATCHES).then(|| {
            format!(
                "an image of {} pixels a side has {} patches; at most {MOST_PATCHES}: raise patch_size",
                self.image,
                self.patches()
            )
        })
    }

    fn parameters(&self, outputs: i64) -> i64 {
        let (width, inner) = (self.blocks.width, 3 * self.patch * self.patch);
        let ends = match self.pool {
            // Class token, positions, patch embedding, two norms, projection.
            ImagePool::Cls | ImagePool::Avg => {
                width * (1 + self.patches() + 1 + inner + 4 + outputs)
            }
            // Positions, patch embedding with a bias, a norm; the head is a block with the probe in the place of
            // one norm.
            ImagePool::Map => {
                width * (self.patches() + inner + 1 + 2) + self.blocks.parameters_of_one() - width
            }
        };
        ends + self.blocks.parameters()
    }

    fn activations(&self) -> f64 {
        let (width, heads) = (self.blocks.width as f64, self.blocks.heads as f64);
        let patches = self.patches() as f64;
        // A mean takes all patches, normalised; a MAP head their keys and values, too, and it has attention and a
        // perceptron of one token.
        let (classes, ends) = match self.pool {
            ImagePool::Cls => (1, 0.0),
            ImagePool::Avg => (1, patches * width),
            ImagePool::Map => (0, patches * (3.0 * width + 2.0 * heads) + 14.0 * width),
        };
        self.blocks.activations(self.patches() + classes) + ends
    }

    fn blocks(&self) -> Option<&Blocks> {
        Some(&self.blocks)
    }

    fn unprojected(&self) -> Option<i64> {
        (self.pool == ImagePool::Map).then_some(self.blocks.width)
    }

    fn sees_any_size(&self) -> bool {
        self.any_size
    }

    fn is_timm(&self) -> bool {
        self.pool == ImagePool::Map
    }
}

#[cfg(test)]
mod tests {
    use super::super::blocks::arithmetic;
    use super::*;

    #[test]
    fn a_head_that_reads_all_patches_needs_some_memory_more() {
        let kept = |pool| {
            let blocks = Blocks::stated(64, 2, 3, arithmetic(false, false));
            let vit = Vit {
                image: 32,
                patch: 8,
                blocks,
                pool,
                any_size: false,
            };
            vit.activations()
        };
        let (class, mean, map) = (
            kept(ImagePool::Cls),
            kept(ImagePool::Avg),
            kept(ImagePool::Map),
        );
        assert!(class < mean && mean < 1.1 * class, "{class} {mean}");
        assert!(0.9 * class < map && map < 1.2 * class, "{class} {map}");
    }
}
