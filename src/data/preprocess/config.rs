//! [`Preprocess`] from the files that models come with. What is not understood is refused by name: a model that sees
//! its pictures otherwise than it was trained on is quietly worse.

use serde_json::Value;

use super::{Crop, Filter, Preprocess, Resize, Rounding, Transparency};
use crate::error::{Error, Result};

/// `open_clip.constants`' `OPENAI_DATASET_MEAN`; the same in transformers.
const CLIP_MEAN: [f64; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const CLIP_STD: [f64; 3] = [0.268_629_54, 0.261_302_58, 0.275_777_11];

/// Kinds of transformers' image processors.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Clip,
    Siglip,
    NaFlex,
}

/// An object of a configuration; "null" is as good as nothing.
struct Fields<'a>(&'a Value);

impl<'a> Fields<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn flag(&self, key: &str, default: bool) -> Result<bool> {
        self.get(key).map_or(Ok(default), |value| {
            value
                .as_bool()
                .ok_or_else(|| wrong(key, value, "expected true or false"))
        })
    }

    /// A side in pixels.
    fn side(&self, key: &str) -> Result<Option<usize>> {
        self.get(key).map(|value| side(key, value)).transpose()
    }

    /// Three numbers, or one for all.
    fn triple(&self, key: &str, default: [f64; 3]) -> Result<[f64; 3]> {
        let Some(value) = self.get(key) else {
            return Ok(default);
        };
        let number = |value: &Value| value.as_f64().filter(|x| x.is_finite());
        let three = match value {
            Value::Array(list) => {
                let numbers: Option<Vec<f64>> = list.iter().map(number).collect();
                numbers.and_then(|list| list.try_into().ok())
            }
            one => number(one).map(|x| [x; 3]),
        };
        three.ok_or_else(|| wrong(key, value, "expected three numbers"))
    }

    fn std(&self, key: &str, default: [f64; 3]) -> Result<[f64; 3]> {
        let std = self.triple(key, default)?;
        if std.iter().all(|x| *x > 0.0) {
            Ok(std)
        } else {
            Err(Error::Data(format!(
                "{key}: {std:?}; expected numbers above 0"
            )))
        }
    }
}

fn wrong(key: &str, value: &Value, wanted: &str) -> Error {
    Error::Data(format!("{key}: {value}; {wanted}"))
}

fn side(key: &str, value: &Value) -> Result<usize> {
    let side = value.as_u64().or_else(|| {
        // Some writers have only floats.
        value
            .as_f64()
            .filter(|x| x.fract() == 0.0 && *x > 0.0)
            .map(|x| x as u64)
    });
    match side {
        Some(side @ 1..=8192) => Ok(side as usize),
        _ => Err(wrong(key, value, "expected a size of 1 to 8192 pixels")),
    }
}

impl Preprocess {
    /// What transformers' `preprocessor_config.json` says: `CLIPImageProcessor`, `SiglipImageProcessor` and
    /// `Siglip2ImageProcessor`, with the endings "Fast" and "Pil", old and new keys. Also a `processor_config.json`
    /// that has it under `image_processor`.
    ///
    /// # Errors
    /// [`Error::Data`] names the key that is not understood.
    pub fn from_hf(text: &str) -> Result<Self> {
        let file: Value =
            serde_json::from_str(text).map_err(|e| Error::Data(format!("not JSON: {e}")))?;
        let fields = Fields(
            file.get("image_processor")
                .filter(|v| v.is_object())
                .unwrap_or(&file),
        );
        let kind = kind(&fields)?;
        refuse(&fields)?;
        let (mean, std, filter) = match kind {
            Kind::Clip => (CLIP_MEAN, CLIP_STD, Filter::Bicubic),
            Kind::Siglip => ([0.5; 3], [0.5; 3], Filter::Bicubic),
            Kind::NaFlex => ([0.5; 3], [0.5; 3], Filter::Bilinear),
        };
        let resize = if kind == Kind::NaFlex {
            Resize::Patches {
                patch: fields.side("patch_size")?.unwrap_or(16),
                most: fields.side("max_num_patches")?.unwrap_or(256),
            }
        } else if fields.flag("do_resize", true)? {
            hf_resize(&fields, kind)?
        } else {
            Resize::Keep
        };
        let crop = match kind {
            Kind::NaFlex => None,
            _ if fields.flag("do_center_crop", kind == Kind::Clip)? => Some(hf_crop(&fields)?),
            _ => None,
        };
        let rescale = match fields.get("rescale_factor") {
            _ if !fields.flag("do_rescale", true)? => 1.0,
            None => 1.0 / 255.0,
            Some(value) => value
                .as_f64()
                .filter(|x| x.is_finite() && *x > 0.0)
                .ok_or_else(|| wrong("rescale_factor", value, "expected a number above 0"))?,
        };
        let (mean, std) = if fields.flag("do_normalize", true)? {
            (
                fields.triple("image_mean", mean)?,
                fields.std("image_std", std)?,
            )
        } else {
            ([0.0; 3], [1.0; 3])
        };
        Ok(Self {
            transparency: Transparency::White,
            resize,
            filter: fields.get("resample").map_or(Ok(filter), hf_filter)?,
            crop,
            rescale,
            mean,
            std,
        })
    }

    /// What `OpenCLIP`'s `preprocess_cfg` says (`open_clip.transform.PreprocessCfg`; null for nothing). `image_size` is
    /// the tower's, height and width, for a configuration that has no size.
    ///
    /// # Errors
    /// [`Error::Data`] names the key that is not understood.
    pub fn from_open_clip(cfg: &Value, image_size: (usize, usize)) -> Result<Self> {
        let fields = Fields(cfg);
        if let Some(mode) = fields.get("mode").filter(|mode| *mode != "RGB") {
            return Err(wrong("mode", mode, "expected \"RGB\""));
        }
        let (height, width) = match fields.get("size") {
            None => image_size,
            Some(Value::Array(list)) if list.len() == 2 => {
                (side("size", &list[0])?, side("size", &list[1])?)
            }
            Some(Value::Array(list)) if list.len() == 1 => {
                (side("size", &list[0])?, side("size", &list[0])?)
            }
            Some(value) => (side("size", value)?, side("size", value)?),
        };
        let mut filter = match fields.get("interpolation") {
            None => Filter::Bicubic,
            Some(Value::String(name)) if name == "bicubic" || name == "random" => Filter::Bicubic,
            Some(Value::String(name)) if name == "bilinear" => Filter::Bilinear,
            Some(value) => {
                return Err(wrong(
                    "interpolation",
                    value,
                    "expected \"bicubic\", \"bilinear\" or \"random\"",
                ));
            }
        };
        let crop = |fill| {
            Some(Crop {
                height,
                width,
                fill,
                rounding: Rounding::Even,
            })
        };
        let (resize, crop) = match fields.get("resize_mode").map(Value::as_str) {
            None | Some(Some("shortest")) if height == width => (Resize::Shortest(height), crop(0)),
            None | Some(Some("shortest")) => {
                // OpenCLIP does not hand the interpolation on here.
                filter = Filter::Bicubic;
                (Resize::Cover { height, width }, crop(0))
            }
            Some(Some("longest")) => {
                let fill = fields.get("fill_color").map_or(Ok(0), |value| {
                    let level = value.as_u64().and_then(|x| u8::try_from(x).ok());
                    level.ok_or_else(|| {
                        wrong("fill_color", value, "expected a grey level, 0 to 255")
                    })
                })?;
                (Resize::Within { height, width }, crop(fill))
            }
            Some(Some("squash")) => (Resize::Squash { height, width }, None),
            Some(_) => {
                let value = fields.get("resize_mode").unwrap_or(&Value::Null);
                return Err(wrong(
                    "resize_mode",
                    value,
                    "expected \"shortest\", \"longest\" or \"squash\"",
                ));
            }
        };
        Ok(Self {
            transparency: Transparency::Drop,
            resize,
            filter,
            crop,
            rescale: 1.0 / 255.0,
            mean: fields.triple("mean", CLIP_MEAN)?,
            std: fields.std("std", CLIP_STD)?,
        })
    }
}

fn kind(fields: &Fields) -> Result<Kind> {
    let name = ["image_processor_type", "feature_extractor_type"]
        .into_iter()
        .find_map(|key| fields.get(key));
    let text = name.and_then(Value::as_str).unwrap_or_default();
    let stem = text
        .trim_end_matches("Fast")
        .trim_end_matches("Pil")
        .trim_end_matches("ImageProcessor")
        .trim_end_matches("FeatureExtractor");
    match stem {
        "CLIP" => Ok(Kind::Clip),
        "Siglip" => Ok(Kind::Siglip),
        "Siglip2" => Ok(Kind::NaFlex),
        _ => {
            let known =
                "expected CLIPImageProcessor, SiglipImageProcessor or Siglip2ImageProcessor";
            Err(match name {
                Some(name) => wrong("image_processor_type", name, known),
                None => Error::Data(format!("image_processor_type is missing; {known}")),
            })
        }
    }
}

/// Switches that change the pixels in a way that is not done here.
fn refuse(fields: &Fields) -> Result<()> {
    for key in [
        "do_pad",
        "do_thumbnail",
        "do_align_long_axis",
        "do_flip_channel_order",
        "do_reduce_labels",
    ] {
        if fields.flag(key, false)? {
            return Err(Error::Data(format!("{key}: true; expected false")));
        }
    }
    Ok(())
}

fn hf_resize(fields: &Fields, kind: Kind) -> Result<Resize> {
    let square = |size| Resize::Squash {
        height: size,
        width: size,
    };
    let Some(size) = fields.get("size") else {
        return Ok(if kind == Kind::Clip {
            Resize::Shortest(224)
        } else {
            square(224)
        });
    };
    if !size.is_object() {
        // The old form: CLIP means the shorter side by one number, SigLIP both.
        if let Some([height, width]) = size.as_array().map(Vec::as_slice) {
            return Ok(Resize::Squash {
                height: side("size", height)?,
                width: side("size", width)?,
            });
        }
        let to_square = fields.flag("default_to_square", kind != Kind::Clip)?;
        let size = side("size", size)?;
        return Ok(if to_square {
            square(size)
        } else {
            Resize::Shortest(size)
        });
    }
    let within = Fields(size);
    match (
        within.side("shortest_edge")?,
        within.side("height")?,
        within.side("width")?,
    ) {
        (Some(edge), None, None) if within.get("longest_edge").is_none() => {
            Ok(Resize::Shortest(edge))
        }
        (None, Some(height), Some(width)) => Ok(Resize::Squash { height, width }),
        _ => Err(wrong(
            "size",
            size,
            "expected {\"shortest_edge\": N} or {\"height\": N, \"width\": N}",
        )),
    }
}

fn hf_crop(fields: &Fields) -> Result<Crop> {
    let (height, width) = match fields.get("crop_size") {
        None => (224, 224),
        Some(size) if size.is_object() => {
            let within = Fields(size);
            within
                .side("height")?
                .zip(within.side("width")?)
                .ok_or_else(|| wrong("crop_size", size, "expected {\"height\": N, \"width\": N}"))?
        }
        Some(size) => (side("crop_size", size)?, side("crop_size", size)?),
    };
    Ok(Crop {
        height,
        width,
        fill: 0,
        rounding: Rounding::Down,
    })
}

/// Pillow's numbers for filters.
fn hf_filter(value: &Value) -> Result<Filter> {
    let name = value.as_str().map(str::to_lowercase);
    match (value.as_u64(), name.as_deref()) {
        (Some(0), _) | (_, Some("nearest")) => Ok(Filter::Nearest),
        (Some(1), _) | (_, Some("lanczos")) => Ok(Filter::Lanczos),
        (Some(2), _) | (_, Some("bilinear")) => Ok(Filter::Bilinear),
        (Some(3), _) | (_, Some("bicubic")) => Ok(Filter::Bicubic),
        (Some(4), _) | (_, Some("box")) => Ok(Filter::Box),
        (Some(5), _) | (_, Some("hamming")) => Ok(Filter::Hamming),
        _ => Err(wrong(
            "resample",
            value,
            "expected the number of a Pillow filter, 0 to 5",
        )),
    }
}
