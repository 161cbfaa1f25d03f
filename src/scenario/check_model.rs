//! Whether a [`Model`] can be built at all: the rules that bind one size to another. Ranges of single
//! numbers are the types' own business.

use super::{ImagePool, ImageTower, Model, TextPool, TextTower};
use crate::quantity::Size;

/// Parameters beyond which a model is refused: with gradients, two moments and a copy for evaluation
/// this many take 5 GB.
const MOST_PARAMETERS: u64 = 250_000_000;

/// Patches beyond which a vision transformer is refused: attention is quadratic in them.
const MOST_PATCHES: u64 = 4096;

impl Model {
    /// Whether towers of these sizes exist; if not, says which sizes do not fit together and what to
    /// change.
    pub fn validate(&self) -> Result<(), String> {
        self.image.validate()?;
        self.text.validate()?;
        self.together()?;
        let count = self.parameter_count(self.text.vocab_size.get());
        if count > MOST_PARAMETERS {
            return Err(format!(
                "the model would have {} million parameters, and this lab takes at most {}: \
                 lower a `width`, `layers` or `vocab_size`",
                count / 1_000_000,
                MOST_PARAMETERS / 1_000_000
            ));
        }
        Ok(())
    }

    /// Width of an image tower that is `SigLIP`'s.
    pub(super) fn map_width(&self) -> Option<Size> {
        match self.image {
            ImageTower::ViT {
                width,
                pool: ImagePool::Map,
                ..
            } => Some(width),
            ImageTower::ViT { .. } | ImageTower::ResNet { .. } => None,
        }
    }

    /// Whether either tower is `SigLIP`'s.
    pub(super) fn is_siglip(&self) -> bool {
        self.map_width().is_some() || self.text.pool == TextPool::Last
    }

    /// What a tower of `SigLIP`'s asks of the rest.
    fn together(&self) -> Result<(), String> {
        if let Some(width) = self.map_width().filter(|width| *width != self.embed_dim) {
            return Err(format!(
                "an image tower with `pool: Map` has no projection, so its width {width} must be \
                 embed_dim, which is {}: change one of them",
                self.embed_dim
            ));
        }
        if self.quick_gelu && self.is_siglip() {
            return Err(
                "a tower with `pool: Map` or `pool: Last` is SigLIP's, whose GELU is approximated \
                 with tanh: leave `quick_gelu` out"
                    .into(),
            );
        }
        Ok(())
    }

    /// Learned numbers in both towers and `logit_scale`, with a vocabulary of this size.
    pub fn parameter_count(&self, vocab_size: u64) -> u64 {
        let TextTower {
            context_length,
            width,
            layers,
            pool,
            ..
        } = &self.text;
        let (width, embed) = (width.get(), self.embed_dim.get());
        let projection = match pool {
            TextPool::End => width * embed,
            TextPool::Last => width * embed + embed,
        };
        let text = (vocab_size + context_length.get()) * width
            + layers.get() * block(width)
            + 2 * width
            + projection;
        text + self.image.parameter_count(embed) + 1
    }
}

/// Parameters of a residual attention block.
const fn block(width: u64) -> u64 {
    12 * width * width + 13 * width
}

impl TextTower {
    fn validate(&self) -> Result<(), String> {
        let Self {
            context_length,
            width,
            heads,
            ..
        } = self;
        if !width.get().is_multiple_of(heads.get()) {
            return Err(format!(
                "the text tower's width {width} cannot be shared among {heads} heads: {}",
                advice("`width`", width.get(), heads.get())
            ));
        }
        if context_length.get() < 3 {
            return Err(format!(
                "a context_length of {context_length} leaves no room for words: the start and end \
                 tokens take 2; give it 3 or more (16 suits short captions)"
            ));
        }
        Ok(())
    }
}

impl ImageTower {
    fn validate(&self) -> Result<(), String> {
        match self {
            Self::ViT {
                image_size,
                patch_size,
                width,
                head_width,
                ..
            } => {
                let (image, patch) = (image_size.get(), patch_size.get());
                if !image.is_multiple_of(patch) {
                    return Err(format!(
                        "a picture of {image} pixels a side cannot be cut into patches of {patch}: \
                         choose a patch_size that divides image_size (at {image}: {})",
                        divisors(image)
                    ));
                }
                if (image / patch).pow(2) > MOST_PATCHES {
                    return Err(format!(
                        "a picture of {image} pixels a side would be cut into {} patches, and this lab \
                         takes at most {MOST_PATCHES}: raise patch_size",
                        (image / patch).pow(2)
                    ));
                }
                heads("width", width.get(), 1, head_width.get())
            }
            Self::ResNet {
                image_size,
                width,
                head_width,
                ..
            } => {
                let image = image_size.get();
                if !image.is_multiple_of(32) {
                    return Err(format!(
                        "a ResNet halves its picture five times, and {image} pixels a side cannot be: \
                         {}",
                        advice("`image_size`", image, 32)
                    ));
                }
                if !width.get().is_multiple_of(2) {
                    return Err(format!(
                        "a ResNet's stem has half its width in channels, and {width} is odd: {}",
                        advice("`width`", width.get(), 2)
                    ));
                }
                heads("width", width.get(), 32, head_width.get())
            }
        }
    }

    fn parameter_count(&self, embed: u64) -> u64 {
        match self {
            Self::ViT {
                image_size,
                patch_size,
                width,
                layers,
                pool,
                ..
            } => {
                let (width, patch) = (width.get(), patch_size.get());
                let patches = (image_size.get() / patch).pow(2);
                let inner = 3 * patch * patch;
                let ends = match pool {
                    // Class token, positions, patch embedding, two norms, projection.
                    ImagePool::Cls | ImagePool::Avg => {
                        width * (1 + patches + 1 + inner + 4 + embed)
                    }
                    // Positions, patch embedding with a bias, a norm; the head is a block with the
                    // probe in the place of one norm.
                    ImagePool::Map => width * (patches + inner + 1 + 2) + block(width) - width,
                };
                ends + layers.get() * block(width)
            }
            Self::ResNet {
                image_size,
                layers,
                width,
                ..
            } => {
                let depths = [layers.0, layers.1, layers.2, layers.3];
                resnet(
                    width.get(),
                    depths.map(Size::get),
                    image_size.get() / 32,
                    embed,
                )
            }
        }
    }
}

fn resnet(width: u64, depths: [u64; 4], side: u64, embed: u64) -> u64 {
    let half = width / 2;
    let mut count = 9 * half * (3 + half + width) + 2 * (half + half + width);
    let (mut inputs, mut planes) = (width, width);
    for depth in depths {
        let rest = 9 * planes * planes + 4 * planes * planes + 2 * (planes + planes + 4 * planes);
        let first = inputs * planes + rest + 4 * planes * (inputs + 2);
        count += first + (depth - 1) * (4 * planes * planes + rest);
        inputs = 4 * planes;
        planes *= 2;
    }
    let top = 32 * width;
    count + (side * side + 1) * top + 3 * top * (top + 1) + embed * (top + 1)
}

/// Whether `times * width` is shared evenly among heads of `head_width`.
fn heads(name: &str, width: u64, times: u64, head_width: u64) -> Result<(), String> {
    if (times * width).is_multiple_of(head_width) {
        return Ok(());
    }
    let total = if times == 1 {
        format!("{width}")
    } else {
        format!("{times} x {width}")
    };
    Err(format!(
        "the image tower's {name} {total} is not a multiple of head_width {head_width}: \
         state a head_width that divides it (such as {})",
        (1..=32.min(times * width))
            .rev()
            .find(|h| (times * width).is_multiple_of(*h))
            .unwrap_or(1)
    ))
}

/// "make it a multiple of 32, such as 64 or 96".
fn advice(what: &str, value: u64, of: u64) -> String {
    let below = value / of * of;
    if below == 0 {
        format!("make {what} a multiple of {of}, such as {of}")
    } else {
        format!(
            "make {what} a multiple of {of}, such as {below} or {}",
            below + of
        )
    }
}

fn divisors(of: u64) -> String {
    let all: Vec<_> = (2..=of)
        .filter(|d| of.is_multiple_of(*d))
        .map(|d| d.to_string())
        .collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(image: &str, text: &str) -> Model {
        let text = format!(
            "Model(embed_dim: 64, image: {image}, text: (context_length: 16, vocab_size: 512, \
             {text}, layers: 2))"
        );
        ron::from_str(&text).unwrap()
    }

    fn fault(image: &str, text: &str) -> String {
        model(image, text).validate().unwrap_err()
    }

    const TEXT: &str = "width: 128, heads: 4";
    const VIT: &str = "ViT(image_size: 32, patch_size: 8, width: 128, head_width: 32, layers: 4)";

    #[test]
    fn sizes_that_fit_pass() {
        model(VIT, TEXT).validate().unwrap();
        let resnet = "ResNet(image_size: 64, layers: (1, 1, 1, 1), width: 24)";
        model(resnet, TEXT).validate().unwrap();
    }

    #[test]
    fn sizes_that_do_not_fit_are_named_with_a_way_out() {
        let patch = "ViT(image_size: 32, patch_size: 7, width: 128, layers: 4)";
        assert_eq!(
            fault(patch, TEXT),
            "a picture of 32 pixels a side cannot be cut into patches of 7: choose a patch_size that \
             divides image_size (at 32: 2, 4, 8, 16, 32)"
        );
        let heads = "ViT(image_size: 32, patch_size: 8, width: 96, layers: 4)";
        assert_eq!(
            fault(heads, TEXT),
            "the image tower's width 96 is not a multiple of head_width 64: state a head_width that \
             divides it (such as 32)"
        );
        assert_eq!(
            fault(VIT, "width: 130, heads: 4"),
            "the text tower's width 130 cannot be shared among 4 heads: make `width` a multiple of 4, \
             such as 128 or 132"
        );
        let image = "ResNet(image_size: 48, layers: (1, 1, 1, 1), width: 24)";
        assert_eq!(
            fault(image, TEXT),
            "a ResNet halves its picture five times, and 48 pixels a side cannot be: make `image_size` \
             a multiple of 32, such as 32 or 64"
        );
        let odd = "ResNet(image_size: 64, layers: (1, 1, 1, 1), width: 25)";
        assert!(
            fault(odd, TEXT).contains("25 is odd"),
            "{}",
            fault(odd, TEXT)
        );
    }

    #[test]
    fn what_a_tower_of_siglip_asks_of_the_rest_is_said() {
        let map = |width| {
            format!(
                "ViT(image_size: 32, patch_size: 8, width: {width}, head_width: 32, layers: 4, pool: Map)"
            )
        };
        model(&map(64), TEXT).validate().unwrap();
        assert_eq!(
            fault(&map(128), TEXT),
            "an image tower with `pool: Map` has no projection, so its width 128 must be embed_dim, \
             which is 64: change one of them"
        );
        for (image, text) in [
            (map(64), TEXT.to_string()),
            (VIT.into(), format!("{TEXT}, pool: Last")),
        ] {
            let mut model = model(&image, &text);
            model.quick_gelu = true;
            let fault = model.validate().unwrap_err();
            assert!(fault.ends_with("leave `quick_gelu` out"), "{fault}");
        }
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        let vast = "ViT(image_size: 32, patch_size: 8, width: 8192, layers: 8192)";
        assert!(
            fault(vast, TEXT).starts_with("the model would have 6597"),
            "{}",
            fault(vast, TEXT)
        );
        let fine = "ViT(image_size: 512, patch_size: 1, width: 64, layers: 1)";
        assert!(
            fault(fine, TEXT).contains("262144 patches"),
            "{}",
            fault(fine, TEXT)
        );
    }
}
