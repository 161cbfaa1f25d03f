//! [`Model`]: the dual encoder as a scenario describes it, and what its towers ask of one another.

use serde::{Deserialize, Serialize};

use super::dialect;
use super::tower::{Activation, Architecture, ImageTower, Misfit, TextTower, size};
use crate::quantity::Size;

/// The dual encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Dimensions of the shared space.
    pub embed_dim: Size,
    /// Image tower.
    pub image: ImageTower,
    /// Text tower.
    pub text: TextTower,
    /// GELU's sigmoid approximation, as in the first CLIP. Not with a tower of SigLIP's (`Map`, `Last`),
    /// whose GELU is approximated with tanh.
    #[serde(default)]
    pub quick_gelu: bool,
}

/// Parameters beyond which a model is refused: with gradients, two moments and a copy for evaluation
/// this many take 5 GB.
const MOST_PARAMETERS: u64 = 250_000_000;

impl Model {
    /// The model as it stands in a scenario, indented to fit.
    pub fn to_ron(&self) -> String {
        let config = ron::ser::PrettyConfig::new().indentor("    ");
        // Plain data with string keys only: there is nothing here that RON cannot write.
        let text = dialect::options().to_string_pretty(self, config);
        text.unwrap_or_default().replace('\n', "\n    ")
    }

    /// What it is built as. Only without [`misfits`](Self::misfits) can it be.
    pub fn architecture(&self) -> Architecture {
        Architecture {
            embed_dim: self.embed_dim.dim(),
            image: self.image.sizes(self.quick_gelu),
            text: self.text.sizes(self.quick_gelu),
        }
    }

    /// An error if towers of these sizes do not exist: which sizes do not fit together, and what to change.
    ///
    /// # Errors
    /// The first misfit.
    pub fn validate(&self) -> Result<(), String> {
        let Some(misfit) = self.misfits().into_iter().next() else {
            return Ok(());
        };
        let Misfit {
            field,
            message,
            label,
            help,
            ..
        } = misfit;
        if field.is_empty() {
            return Err(message);
        }
        let help = help.map_or(String::new(), |help| format!("; {help}"));
        Err(format!("model.{field}: {message} ({label}){help}"))
    }

    /// All that does not fit together; if all does, what is too much for this lab.
    pub fn misfits(&self) -> Vec<Misfit> {
        let mut found = self.image.misfits();
        found.extend(self.text.misfits());
        found.extend(self.together());
        if found.is_empty() {
            let excess = self.excess();
            found.extend(excess.map(|message| Misfit::new("", message, "")));
        }
        found
    }

    /// What a tower of `SigLIP`'s asks of the rest.
    fn together(&self) -> Vec<Misfit> {
        let built = self.architecture();
        let mut found = Vec::new();
        if let Some(width) = built.image.unprojected().filter(|w| *w != built.embed_dim) {
            let message = format!(
                "width must equal embed_dim = {}, got {width}",
                built.embed_dim
            );
            let misfit = Misfit::new("image.width", message, "must be embed_dim");
            found.push(misfit.help(format!(
                "`pool: Map` has no projection after it: give both the same number, such as {width}"
            )));
        }
        let siglip = [built.image.blocks(), Some(&built.text.blocks)]
            .into_iter()
            .flatten()
            .any(|blocks| blocks.activation == Activation::TanhGelu);
        if self.quick_gelu && siglip {
            let message = "quick_gelu does not work with SigLIP's pooling";
            found.push(Misfit::new("quick_gelu", message, "leave it out").help(
                "`pool: Map` and `pool: Last` have the GELU of SigLIP, approximated with tanh",
            ));
        }
        found
    }

    fn excess(&self) -> Option<String> {
        let built = self.architecture();
        let count = built.parameter_count();
        let too_large = || {
            format!(
                "the model would have {} million parameters; at most {}: lower a `width`, `layers` or \
                 `vocab_size`",
                count / 1_000_000,
                MOST_PARAMETERS / 1_000_000
            )
        };
        let excess = built.image.excess();
        excess.or_else(|| (count > MOST_PARAMETERS).then(too_large))
    }
}

impl Architecture {
    /// The scenario's words for it, as near as they come: for what asks of sizes alone.
    pub fn model(&self) -> Model {
        Model {
            embed_dim: size(self.embed_dim),
            image: self.image.words(),
            text: self.text.words(),
            quick_gelu: self.text.is_quick(),
        }
    }
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
            "model.image.patch_size: image_size = 32 must be a multiple of patch_size = 7 (must divide image_size); \
             what divides 32: 1, 2, 4, 8, 16, 32"
        );
        let heads = "ViT(image_size: 32, patch_size: 8, width: 96, layers: 4)";
        assert_eq!(
            fault(heads, TEXT),
            "model.image.head_width: width = 96 must be a multiple of head_width = 64 (must divide width); \
             what divides 96: 6, 8, 12, 16, 24, 32, 48, 96"
        );
        assert_eq!(
            fault(VIT, "width: 130, heads: 4"),
            "model.text.heads: width = 130 must be a multiple of heads = 4 (must divide width); \
             what divides 130: 1, 2, 5, 10, 13, 26, 65, 130"
        );
        let image = "ResNet(image_size: 48, layers: (1, 1, 1, 1), width: 24)";
        assert_eq!(
            fault(image, TEXT),
            "model.image.image_size: a ResNet cannot take images of 48 pixels a side (allowed: multiples of \
             32); for example 32 or 64"
        );
        let odd = "ResNet(image_size: 64, layers: (1, 1, 1, 1), width: 25)";
        assert!(
            fault(odd, TEXT).contains("must be even, got 25"),
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
            "model.image.width: width must equal embed_dim = 64, got 128 (must be embed_dim); `pool: Map` has no \
             projection after it: give both the same number, such as 128"
        );
        for (image, text) in [
            (map(64), TEXT.to_string()),
            (VIT.into(), format!("{TEXT}, pool: Last")),
        ] {
            let mut model = model(&image, &text);
            model.quick_gelu = true;
            let fault = model.validate().unwrap_err();
            assert!(fault.contains("(leave it out)"), "{fault}");
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
