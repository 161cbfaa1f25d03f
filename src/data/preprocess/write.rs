//! [`Preprocess`] as the files that models come with: the other way round from `config`.

use serde_json::{Value, json};

use super::{Crop, Filter, Preprocess, Resize, Rounding, Transparency};

impl Preprocess {
    /// Pictures of this lab: squares of the tower's size, values from -1 to 1.
    ///
    /// `SigLIP`'s mean and deviation rather than CLIP's, which are the statistics of photographs on the web: drawings
    /// on a plain ground are better served by the whole range.
    pub fn own(side: usize) -> Self {
        Self {
            transparency: Transparency::Drop,
            resize: Resize::Squash {
                height: side,
                width: side,
            },
            filter: Filter::Bicubic,
            crop: None,
            rescale: 1.0 / 255.0,
            mean: [0.5; 3],
            std: [0.5; 3],
        }
    }

    /// Photographs for a tower of this lab: the largest square in the middle, as CLIP has it; normalised as all
    /// pictures of this lab.
    pub fn photos(side: usize) -> Self {
        Self {
            resize: Resize::Shortest(side),
            crop: Some(Crop {
                height: side,
                width: side,
                fill: 0,
                rounding: Rounding::Even,
            }),
            ..Self::own(side)
        }
    }

    /// `OpenCLIP`'s `preprocess_cfg`.
    ///
    /// # Errors
    /// What it cannot say.
    pub fn to_open_clip(&self) -> Result<Value, String> {
        let (mode, size) = match (self.resize, self.crop) {
            (Resize::Squash { height, width }, None) => ("squash", [height, width]),
            (Resize::Shortest(side), Some(crop)) if (crop.height, crop.width) == (side, side) => {
                ("shortest", [side, side])
            }
            (Resize::Cover { height, width }, Some(_)) => ("shortest", [height, width]),
            (Resize::Within { height, width }, Some(_)) => ("longest", [height, width]),
            _ => {
                return Err(format!(
                    "OpenCLIP does not support this preprocessing: {self}"
                ));
            }
        };
        let interpolation = match self.filter {
            Filter::Bicubic => "bicubic",
            Filter::Bilinear => "bilinear",
            other => {
                return Err(format!(
                    "OpenCLIP does not support the interpolation {other:?}"
                ));
            }
        };
        if (self.rescale - 1.0 / 255.0).abs() > 1e-9 {
            return Err(format!(
                "OpenCLIP divides pixels by 255; this model multiplies them by {}",
                self.rescale
            ));
        }
        let mut cfg = json!({
            "size": size,
            "mode": "RGB",
            "mean": self.mean,
            "std": self.std,
            "interpolation": interpolation,
            "resize_mode": mode,
        });
        if let Some(crop) = self.crop.filter(|_| mode == "longest") {
            cfg["fill_color"] = crop.fill.into();
        }
        Ok(cfg)
    }

    /// `transformers`' `preprocessor_config.json`, for a model of CLIP's kind or of `SigLIP`'s.
    pub fn to_hf(&self, clip: bool) -> Value {
        let kind = match (self.resize, clip) {
            (Resize::Patches { .. }, _) => "Siglip2ImageProcessor",
            (_, true) => "CLIPImageProcessor",
            (_, false) => "SiglipImageProcessor",
        };
        let mut config = json!({
            "image_processor_type": kind,
            "do_convert_rgb": true,
            "do_rescale": true,
            "rescale_factor": self.rescale,
            "do_normalize": true,
            "image_mean": self.mean,
            "image_std": self.std,
            // Pillow's numbers.
            "resample": match self.filter {
                Filter::Nearest => 0,
                Filter::Lanczos => 1,
                Filter::Bilinear => 2,
                Filter::Bicubic => 3,
                Filter::Box => 4,
                Filter::Hamming => 5,
            },
            "do_resize": self.resize != Resize::Keep,
        });
        match self.resize {
            Resize::Keep => {}
            Resize::Shortest(side) => config["size"] = json!({ "shortest_edge": side }),
            Resize::Squash { height, width }
            | Resize::Within { height, width }
            | Resize::Cover { height, width } => {
                config["size"] = json!({ "height": height, "width": width });
            }
            Resize::Patches { patch, most } => {
                config["patch_size"] = patch.into();
                config["max_num_patches"] = most.into();
            }
        }
        if kind == "CLIPImageProcessor" {
            config["do_center_crop"] = self.crop.is_some().into();
        }
        if let Some(crop) = self.crop {
            config["crop_size"] = json!({ "height": crop.height, "width": crop.width });
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let own = Preprocess::own(32);
        for made in [own.clone(), Preprocess::photos(32)] {
            let cfg = made.to_open_clip().unwrap();
            assert_eq!(Preprocess::from_open_clip(&cfg, (1, 1)).unwrap(), made);
        }
        for clip in [true, false] {
            let read = Preprocess::from_hf(&own.to_hf(clip).to_string()).unwrap();
            let white = Preprocess {
                transparency: Transparency::White,
                ..own.clone()
            };
            assert_eq!(read, white);
        }
    }
}
