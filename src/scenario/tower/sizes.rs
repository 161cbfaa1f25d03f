//! [`ImageSizes`]: what an image tower's sizes say of it. Each tower implements it in a file of its own.

use super::blocks::Blocks;
use super::misfit::Misfit;

/// The sizes of an image tower.
pub trait ImageSizes {
    /// Side of the square picture that it was made for, in pixels.
    fn image_size(&self) -> i64;

    /// Whether the tower can be computed with at all, whatever file its sizes come from: says what cannot.
    ///
    /// # Errors
    /// The first fault.
    fn check(&self) -> Result<(), String>;

    /// What does not fit together in a scenario that states them with heads of this width.
    fn misfits(&self, head_width: i64) -> Vec<Misfit>;

    /// What is too much for this lab although it fits together, with a way out.
    fn excess(&self) -> Option<String> {
        None
    }

    /// Learned numbers, with features of so many dimensions.
    fn parameters(&self, outputs: i64) -> i64;

    /// Numbers that are kept of a picture for the backward pass.
    fn activations(&self) -> f64;

    /// Residual attention blocks, if it is made of them.
    fn blocks(&self) -> Option<&Blocks> {
        None
    }

    /// Dimensions of the feature where nothing projects it, so that they must be the shared space's.
    fn unprojected(&self) -> Option<i64> {
        None
    }

    /// Whether it normalises over the pictures that are encoded together, and does not treat each by itself.
    fn mixes_images(&self) -> bool {
        false
    }

    /// Whether pictures of any size are seen.
    fn sees_any_size(&self) -> bool {
        false
    }

    /// Whether `OpenCLIP` takes the tower from timm, which knows it by a name for fixed sizes alone.
    fn is_timm(&self) -> bool {
        false
    }
}
