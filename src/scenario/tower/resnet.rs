//! CLIP's modified `ResNet`: its sizes, their rules, what it learns and what it keeps.

use super::limits::{MOST_LAYERS, within};
use super::misfit::{Misfit, divides};
use super::sizes::ImageSizes;

/// Sizes of a modified `ResNet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResNet {
    /// Side of the picture; a multiple of [`STRIDE`](Self::STRIDE).
    pub image: i64,
    /// Channels of the first stage; even.
    pub width: i64,
    /// Blocks in each stage.
    pub layers: [i64; 4],
    /// Heads of the attention at the end; divide [`top`](Self::top).
    pub heads: i64,
}

impl ResNet {
    /// The picture is halved five times.
    pub const STRIDE: i64 = 32;

    /// Channels of the last stage.
    pub const fn top(&self) -> i64 {
        32 * self.width
    }

    const fn halves_evenly(&self) -> bool {
        self.image % Self::STRIDE == 0
    }

    /// The stem has half the channels.
    const fn is_even(&self) -> bool {
        self.width % 2 == 0
    }

    fn depth_and_planes(&self) -> impl Iterator<Item = (i64, i64)> {
        let planes = [1, 2, 4, 8].map(|times| times * self.width);
        self.layers.into_iter().zip(planes)
    }
}

impl ImageSizes for ResNet {
    fn image_size(&self) -> i64 {
        self.image
    }

    fn check(&self) -> Result<(), String> {
        within("the ResNet's width", self.width)?;
        within("the ResNet's heads", self.heads)?;
        within("the image size", self.image)?;
        if !self.halves_evenly() || !self.is_even() || self.top() % self.heads != 0 {
            return Err(format!(
                "a ResNet of width {} with {} heads for images of {} pixels a side: the size must be a multiple \
                 of 32, the width even, and 32 times the width a multiple of the heads",
                self.width, self.heads, self.image
            ));
        }
        if self.layers.iter().any(|n| !(1..=MOST_LAYERS).contains(n)) {
            return Err(format!(
                "the ResNet's layers must be 1 to {MOST_LAYERS} each, got {:?}",
                self.layers
            ));
        }
        Ok(())
    }

    fn misfits(&self, head_width: i64) -> Vec<Misfit> {
        let mut found = Vec::new();
        let Self { image, width, .. } = self;
        if !self.halves_evenly() {
            let message = format!("a ResNet cannot take images of {image} pixels a side");
            let near = (image / Self::STRIDE).max(1) * Self::STRIDE;
            let misfit = Misfit::new("image.image_size", message, "allowed: multiples of 32");
            found.push(misfit.help(format!("for example {near} or {}", near + Self::STRIDE)));
        }
        if self.is_even() {
            found.extend(divides(
                "image.head_width",
                head_width,
                self.top(),
                "32 x width",
            ));
        } else {
            let message = format!(
                "a ResNet's width must be even, got {width}: its stem has half as many channels"
            );
            found.push(Misfit::new("image.width", message, "allowed: even numbers"));
        }
        found
    }

    fn parameters(&self, outputs: i64) -> i64 {
        let (width, half, top) = (self.width, self.width / 2, self.top());
        let side = self.image / Self::STRIDE;
        let mut count = 9 * half * (3 + half + width) + 2 * (half + half + width);
        let mut inputs = width;
        for (depth, planes) in self.depth_and_planes() {
            let rest =
                9 * planes * planes + 4 * planes * planes + 2 * (planes + planes + 4 * planes);
            let first = inputs * planes + rest + 4 * planes * (inputs + 2);
            count += first + (depth - 1) * (4 * planes * planes + rest);
            inputs = 4 * planes;
        }
        count + (side * side + 1) * top + 3 * top * (top + 1) + outputs * (top + 1)
    }

    fn activations(&self) -> f64 {
        let (pixels, width) = ((self.image * self.image) as f64, self.width as f64);
        // The stem: three convolutions at half the resolution, each with norm and ReLU.
        let stem = 3.0 * pixels / 4.0 * (width / 2.0 + width / 2.0 + width);
        // Each stage has twice the channels inside, four times as many outside, and a quarter of the pixels.
        let mut cells = pixels / 16.0;
        let mut stages = 0.0;
        for (depth, planes) in self.depth_and_planes() {
            stages += depth as f64 * cells * planes as f64 * (3.0 * 2.0 * 2.0 + 3.0 * 4.0);
            cells /= 4.0;
        }
        stem + stages
    }

    fn mixes_images(&self) -> bool {
        true
    }
}
