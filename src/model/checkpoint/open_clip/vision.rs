//! `vision_cfg`: the image towers.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::common::{
    ActKwargs, NormKwargs, Rest, activation, epsilon, four, hidden, is_default, is_four, kwargs,
    norm, ratio,
};
use crate::scenario::tower::{Activation, Blocks, Image, ImagePool, ResNet, Vit};

/// The name of `SigLIP`'s image tower at the sizes that stand beside it.
const TIMM_NAME: &str = "vit_clip_lab";

/// `CLIPVisionCfg`.
#[derive(Debug, Serialize, Deserialize)]
pub struct VisionCfg {
    #[serde(default = "sides")]
    image_size: Sides,
    #[serde(default = "twelve")]
    layers: Layers,
    #[serde(default = "vision_width")]
    width: i64,
    #[serde(default = "sixteen", skip_serializing_if = "Option::is_none")]
    patch_size: Option<i64>,
    #[serde(default = "head_width")]
    head_width: i64,
    #[serde(default = "four", skip_serializing_if = "is_four")]
    mlp_ratio: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    pool_type: VisionPool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    norm_kwargs: Option<NormKwargs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act_kwargs: Option<ActKwargs>,
    /// These three: `SigLIP`'s tower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_model_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_pool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timm_proj: Option<String>,
    #[serde(flatten, skip_serializing)]
    /// All others.
    pub rest: Rest,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VisionPool {
    #[default]
    Tok,
    Avg,
}

/// One side of a square, or both.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Sides {
    One(i64),
    Both([i64; 2]),
}

/// A number makes `OpenCLIP` build a vision transformer, a list a modified `ResNet`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Layers {
    ViT(i64),
    ResNet([i64; 4]),
}

// Defaults of `CLIPVisionCfg`.
const fn sides() -> Sides {
    Sides::One(224)
}
const fn twelve() -> Layers {
    Layers::ViT(12)
}
const fn vision_width() -> i64 {
    768
}
#[allow(clippy::unnecessary_wraps)]
const fn sixteen() -> Option<i64> {
    Some(16)
}
const fn head_width() -> i64 {
    64
}

impl VisionCfg {
    /// What describes a tower.
    ///
    /// # Errors
    /// A tower that `OpenCLIP` does not have.
    pub fn new(image: &Image) -> Result<Self, String> {
        Ok(match image {
            Image::ViT(vit) => {
                let map = vit.pool == ImagePool::Map;
                if vit.any_size {
                    return Err("OpenCLIP has no tower for images of any size".into());
                }
                let timm = |text: &str| map.then(|| text.to_owned());
                let blocks = &vit.blocks;
                Self {
                    image_size: Sides::One(vit.image),
                    layers: Layers::ViT(blocks.layers),
                    width: blocks.width,
                    patch_size: Some(vit.patch),
                    head_width: blocks.width / blocks.heads,
                    mlp_ratio: ratio(blocks),
                    pool_type: match vit.pool {
                        ImagePool::Avg => VisionPool::Avg,
                        ImagePool::Cls | ImagePool::Map => VisionPool::Tok,
                    },
                    // timm's tower has these of itself.
                    norm_kwargs: norm(blocks.epsilon).filter(|_| !map),
                    act_kwargs: kwargs(blocks.activation).filter(|_| !map),
                    timm_model_name: timm(TIMM_NAME),
                    timm_pool: timm("map"),
                    timm_proj: timm("none"),
                    rest: Map::new(),
                }
            }
            Image::ResNet(resnet) => Self {
                image_size: Sides::One(resnet.image),
                layers: Layers::ResNet(resnet.layers),
                width: resnet.width,
                patch_size: None,
                head_width: resnet.top() / resnet.heads,
                mlp_ratio: four(),
                pool_type: VisionPool::Tok,
                norm_kwargs: None,
                act_kwargs: None,
                timm_model_name: None,
                timm_pool: None,
                timm_proj: None,
                rest: Map::new(),
            },
        })
    }

    fn image_size(&self) -> Result<i64, String> {
        match self.image_size {
            Sides::One(side) => Ok(side),
            Sides::Both([height, width]) if height == width => Ok(height),
            Sides::Both([height, width]) => Err(format!(
                "vision_cfg.image_size must be square, got {height} x {width}"
            )),
        }
    }

    /// The tower that it describes.
    ///
    /// # Errors
    /// A tower that this lab does not have.
    pub fn tower(&self, quick_gelu: bool) -> Result<Image, String> {
        let timm = [&self.timm_model_name, &self.timm_pool, &self.timm_proj];
        match timm.map(Option::as_deref) {
            [None, ..] => self.own(quick_gelu),
            [Some(name), Some("map"), Some("none")] => self.timm(name),
            [name, pool, proj] => Err(no_timm(name, pool, proj)),
        }
    }

    fn own(&self, quick_gelu: bool) -> Result<Image, String> {
        let image = self.image_size()?;
        if self.head_width < 1 {
            return Err(format!("vision_cfg.head_width is {}", self.head_width));
        }
        Ok(match self.layers {
            Layers::ViT(layers) => Image::ViT(Vit {
                image,
                patch: self.patch_size.unwrap_or(16),
                blocks: Blocks {
                    width: self.width,
                    heads: self.width / self.head_width,
                    layers,
                    hidden: hidden(self.width, self.mlp_ratio),
                    activation: activation(quick_gelu, self.act_kwargs.as_ref())?,
                    epsilon: epsilon(self.norm_kwargs),
                },
                pool: match self.pool_type {
                    VisionPool::Tok => ImagePool::Cls,
                    VisionPool::Avg => ImagePool::Avg,
                },
                any_size: false,
            }),
            Layers::ResNet(layers) => Image::ResNet(ResNet {
                image,
                width: self.width,
                layers,
                heads: self.width.saturating_mul(32) / self.head_width,
            }),
        })
    }

    /// `SigLIP`'s tower, by the name that timm 1.0 has for its sizes.
    fn timm(&self, name: &str) -> Result<Image, String> {
        let unknown = || no_timm(Some(name), Some("map"), Some("none"));
        let vit = |image, patch, [width, layers, heads, hidden]: [i64; 4], activation| {
            Image::ViT(Vit {
                image,
                patch,
                blocks: Blocks {
                    width,
                    heads,
                    layers,
                    hidden,
                    activation,
                    epsilon: 1e-6,
                },
                pool: ImagePool::Map,
                any_size: false,
            })
        };
        if name == TIMM_NAME {
            let (Layers::ViT(layers), patch) = (&self.layers, self.patch_size.unwrap_or(16)) else {
                return Err(unknown());
            };
            if self.head_width < 1 {
                return Err(format!("vision_cfg.head_width is {}", self.head_width));
            }
            let hidden = hidden(self.width, self.mlp_ratio);
            let sizes = [self.width, *layers, self.width / self.head_width, hidden];
            return Ok(vit(self.image_size()?, patch, sizes, Activation::TanhGelu));
        }
        // vit_base_patch16_siglip_224, perhaps with the name of its weights after a full stop.
        let plain = name.split('.').next().unwrap_or(name);
        let parts: Vec<&str> = plain.split('_').collect();
        let ["vit", size, patch, "siglip", image] = parts[..] else {
            return Err(unknown());
        };
        let patch: i64 = patch
            .strip_prefix("patch")
            .and_then(|n| n.parse().ok())
            .ok_or_else(unknown)?;
        let image: i64 = image.parse().map_err(|_| unknown())?;
        let sizes = match size {
            "base" => [768, 12, 12, 3072],
            "large" => [1024, 24, 16, 4096],
            "so400m" => [1152, 27, 16, 4304],
            "giantopt" => [1536, 40, 16, 6144],
            _ => return Err(unknown()),
        };
        // Those of the first SigLIP were given the exact function in timm.
        let exact = matches!(
            (size, patch, image),
            ("base", 16, _) | ("large", 16, 256 | 384) | ("so400m", 14, _)
        );
        let activation = if exact {
            Activation::Gelu
        } else {
            Activation::TanhGelu
        };
        // OpenCLIP gives timm its own image size, as timm's models allow.
        Ok(vit(self.image_size()?, patch, sizes, activation))
    }
}

fn no_timm(name: Option<&str>, pool: Option<&str>, proj: Option<&str>) -> String {
    let shown = |name: Option<&str>| name.map_or("(none)".into(), |name| format!("{name:?}"));
    format!(
        "vision_cfg: unsupported timm tower {} with timm_pool {} and timm_proj {}; supported: \
         \"vit_*_patch*_siglip_*\" with \"map\" and \"none\"",
        shown(name),
        shown(pool),
        shown(proj)
    )
}
