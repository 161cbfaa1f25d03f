//! [`Preprocess`]: how a model wants its pictures, as plain data, and the way there.
//!
//! Resizes and crops as the library that trained the model does, to the byte: Pillow's resampling (`super::resample`
//! under torchvision's `Resize` and `CenterCrop` for `OpenCLIP`, under transformers' image processors (its Pillow
//! backend) for what comes from there. transformers' default backend resizes by torchvision on tensors, which differs
//! from Pillow by a step of 255 here and there. `tests/fixtures/preprocess` holds this module to both libraries.
//!
//! Colours become RGB first, as in transformers. `OpenCLIP` resizes first, which is the same for pictures that are RGB
//! in the file; a palette it resizes by the nearest pixel, and transparent pictures with premultiplied colours, so that
//! there its features differ from these.

mod config;
mod write;

use std::fmt;

use super::decode::{Decoded, Rgb};
use super::resample;

pub use super::resample::Filter;

/// How a picture becomes what an image tower reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocess {
    /// What is behind a transparent picture.
    pub transparency: Transparency,
    /// How its size changes.
    pub resize: Resize,
    /// How pixels are made of others.
    pub filter: Filter,
    /// The part that is kept.
    pub crop: Option<Crop>,
    /// What a byte is multiplied by: 1/255.
    pub rescale: f64,
    /// Subtracted from red, green and blue after that.
    pub mean: [f64; 3],
    /// Divided by.
    pub std: [f64; 3],
}

/// What is behind a transparent picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transparency {
    /// Opacity is dropped: `OpenCLIP`, and transformers before version 5.
    Drop,
    /// White paper: transformers 5.
    White,
}

/// How a picture's size changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// Not at all.
    Keep,
    /// The shorter side becomes so long: CLIP.
    Shortest(usize),
    /// Both sides, whatever the picture's shape: `SigLIP`.
    Squash {
        /// Pixels down.
        height: usize,
        /// Pixels across.
        width: usize,
    },
    /// As large as fits within: `OpenCLIP`'s "longest".
    Within {
        /// Pixels down.
        height: usize,
        /// Pixels across.
        width: usize,
    },
    /// As small as covers it: `OpenCLIP`'s "shortest" where the sides differ.
    Cover {
        /// Pixels down.
        height: usize,
        /// Pixels across.
        width: usize,
    },
    /// The picture's own shape, in so many patches at most: `SigLIP` 2 `NaFlex`.
    Patches {
        /// Pixels a side of a patch.
        patch: usize,
        /// At most so many.
        most: usize,
    },
}

/// The middle of a picture; where it is smaller, with a margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    /// Pixels down.
    pub height: usize,
    /// Pixels across.
    pub width: usize,
    /// Grey level of the margin.
    pub fill: u8,
    /// Where the middle is if no pixel is.
    pub rounding: Rounding,
}

/// Where the middle is if no pixel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Half a pixel goes to the even place: torchvision's `int(round(...))`.
    Even,
    /// Up or to the left: transformers' `//`.
    Down,
}

/// What an image tower reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// `[3, height, width]`: planes of red, green, blue.
    pub values: Vec<f32>,
    /// Pixels down.
    pub height: usize,
    /// Pixels across.
    pub width: usize,
}

/// The most pixels that a tower is fed: far beyond any model, and far below what memory holds.
const MOST: usize = 1 << 26;

impl Preprocess {
    /// A decoded file as the tower reads it.
    pub fn prepare(&self, picture: Decoded) -> Pixels {
        let image = match self.transparency {
            Transparency::Drop => picture.image,
            Transparency::White => picture.over_white(),
        };
        self.apply(&image)
    }

    /// A picture as the tower reads it. The same bytes on every machine.
    pub fn apply(&self, image: &Rgb) -> Pixels {
        let image = self.bytes(image);
        let area = image.width * image.height;
        let mut values = vec![0.0; 3 * area];
        for (channel, plane) in values.chunks_exact_mut(area).enumerate() {
            let level: [f32; 256] = std::array::from_fn(|byte| {
                ((byte as f64 * self.rescale - self.mean[channel]) / self.std[channel]) as f32
            });
            let bytes = image.bytes.iter().skip(channel).step_by(3);
            for (value, byte) in plane.iter_mut().zip(bytes) {
                *value = level[usize::from(*byte)];
            }
        }
        Pixels {
            values,
            height: image.height,
            width: image.width,
        }
    }

    /// The resized and cropped picture, before its bytes become numbers.
    pub fn bytes(&self, image: &Rgb) -> Rgb {
        let (width, height) = self.resized(image.width, image.height);
        let Some(crop) = self.crop else {
            // What no crop bounds: a thread of 1 x 65,535 pixels whose shorter side is to be 224.
            let (width, height) = if width.saturating_mul(height) > MOST {
                (
                    width.min(MOST / height.clamp(1, MOST)).max(1),
                    height.min(MOST),
                )
            } else {
                (width, height)
            };
            return resample::resize(image, (width, height), (0..width, 0..height), self.filter);
        };
        let (left, top) = (
            crop.rounding.middle(width, crop.width),
            crop.rounding.middle(height, crop.height),
        );
        // What of the resized picture is within the crop.
        let seen = |from: i64, length: usize, of: usize| {
            from.clamp(0, of as i64) as usize..(from + length as i64).clamp(0, of as i64) as usize
        };
        let (columns, rows) = (
            seen(left, crop.width, width),
            seen(top, crop.height, height),
        );
        let part = resample::resize(image, (width, height), (columns, rows), self.filter);
        if (part.width, part.height) == (crop.width, crop.height) {
            return part;
        }
        let mut bytes = vec![crop.fill; 3 * crop.width * crop.height];
        let (x, y) = ((-left).max(0) as usize, (-top).max(0) as usize);
        let lines = bytes.chunks_exact_mut(3 * crop.width).skip(y);
        for (line, row) in lines.zip(part.bytes.chunks_exact(3 * part.width.max(1))) {
            line[3 * x..3 * (x + part.width)].copy_from_slice(row);
        }
        Rgb {
            width: crop.width,
            height: crop.height,
            bytes,
        }
    }

    /// Height and width of every picture, if they do not depend on it.
    pub fn size(&self) -> Option<(usize, usize)> {
        match (self.crop, self.resize) {
            (Some(crop), _) => Some((crop.height, crop.width)),
            (None, Resize::Squash { height, width }) => Some((height, width)),
            _ => None,
        }
    }

    /// Width and height after resizing.
    fn resized(&self, width: usize, height: usize) -> (usize, usize) {
        let (w, h) = (width as f64, height as f64);
        let ratio = |ratio: f64| {
            // Python rounds halves to even numbers.
            let side = |x: f64| ((x / ratio).round_ties_even() as usize).max(1);
            (side(w), side(h))
        };
        match self.resize {
            Resize::Keep => (width, height),
            Resize::Shortest(size) if width <= height => (size, size * height / width),
            Resize::Shortest(size) => (size * width / height, size),
            Resize::Squash { height, width } => (width, height),
            Resize::Within {
                height: most_h,
                width: most_w,
            } => ratio((h / most_h as f64).max(w / most_w as f64)),
            Resize::Cover {
                height: least_h,
                width: least_w,
            } => ratio((h / least_h as f64).min(w / least_w as f64)),
            Resize::Patches { patch, most } => {
                let (height, width) = patches(height, width, patch, most);
                (width, height)
            }
        }
    }
}

impl Rounding {
    /// Where the middle `part` of `whole` begins; below 0 by the margin where the whole is smaller.
    fn middle(self, whole: usize, part: usize) -> i64 {
        let gap = whole as i64 - part as i64;
        match self {
            Self::Down => gap.div_euclid(2),
            Self::Even if gap < 0 => -(-gap / 2),
            Self::Even => gap / 2 + i64::from(gap % 4 == 3),
        }
    }
}

/// Height and width, in whole patches and at most so many, of a picture that keeps its shape: transformers'
/// `get_image_size_for_max_num_patches`, whose bisection decides what a search for the largest scale would not.
fn patches(height: usize, width: usize, patch: usize, most: usize) -> (usize, usize) {
    const EPS: f64 = 1e-5;
    let side = |scale: f64, length: usize| {
        let whole = (length as f64 * scale / patch as f64).ceil() as usize;
        whole.max(1) * patch
    };
    let (mut low, mut high) = (EPS / 10.0, 100.0);
    while high - low >= EPS {
        let scale = f64::midpoint(low, high);
        if side(scale, height) / patch * (side(scale, width) / patch) <= most {
            low = scale;
        } else {
            high = scale;
        }
    }
    (side(low, height), side(low, width))
}

impl fmt::Display for Preprocess {
    /// In words: "shorter side to 224 (bicubic), middle 224 x 224, ...".
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let filter = match self.filter {
            Filter::Nearest => "nearest",
            Filter::Box => "box",
            Filter::Bilinear => "bilinear",
            Filter::Hamming => "hamming",
            Filter::Bicubic => "bicubic",
            Filter::Lanczos => "lanczos",
        };
        match self.resize {
            Resize::Keep => write!(f, "keeps its size")?,
            Resize::Shortest(size) => write!(f, "shorter side scaled to {size} ({filter})")?,
            Resize::Squash { height, width } => {
                write!(f, "squashed to {width} x {height} ({filter})")?;
            }
            Resize::Within { height, width } => {
                write!(f, "scaled to fit into {width} x {height} ({filter})")?;
            }
            Resize::Cover { height, width } => {
                write!(f, "scaled to cover {width} x {height} ({filter})")?;
            }
            Resize::Patches { patch, most } => {
                write!(
                    f,
                    "native aspect ratio, at most {most} patches of {patch} x {patch} ({filter})"
                )?;
            }
        }
        if let Some(crop) = self.crop {
            write!(f, ", middle {} x {}", crop.width, crop.height)?;
        }
        match self.transparency {
            Transparency::Drop => write!(f, ", transparency dropped")?,
            Transparency::White => write!(f, ", transparency over white")?,
        }
        write!(f, ", mean {:?}, std {:?}", self.mean, self.std)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::super::decode::{Limits, decode};
    use super::*;

    /// `tests/fixtures/preprocess/make.py` writes them.
    #[derive(serde::Deserialize)]
    struct Case {
        photo: String,
        from: String,
        config: Value,
        height: usize,
        width: usize,
        corner: [f32; 3],
        bytes: String,
    }

    fn file(name: &str) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/preprocess");
        std::fs::read(folder.join(name)).unwrap()
    }

    fn base64(text: &str) -> Vec<u8> {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digits: Vec<u32> = text
            .bytes()
            .filter_map(|c| DIGITS.iter().position(|d| *d == c).map(|i| i as u32))
            .collect();
        let group = |group: &[u32]| {
            let bits = group.iter().fold(0, |bits, d| bits << 6 | d) << (6 * (4 - group.len()));
            bits.to_be_bytes()[1..group.len()].to_vec()
        };
        digits.chunks(4).flat_map(group).collect()
    }

    fn hf(text: &str) -> Preprocess {
        Preprocess::from_hf(text).unwrap()
    }

    #[test]
    fn pixels_are_those_of_open_clip_and_transformers_to_the_byte() {
        let cases: Vec<Case> = serde_json::from_slice(&file("cases.json")).unwrap();
        assert!(cases.len() >= 20);
        for case in cases {
            let what = format!("{} {} {}", case.photo, case.from, case.config);
            let preprocess = match case.from.as_str() {
                "hf" => hf(&case.config.to_string()),
                _ => Preprocess::from_open_clip(&case.config, (9, 9)).unwrap(),
            };
            let photo = decode(&file(&case.photo), Limits::default()).unwrap();
            let bytes = preprocess.bytes(&photo.image);
            assert_eq!(
                (bytes.height, bytes.width),
                (case.height, case.width),
                "{what}"
            );
            if let Some(size) = preprocess.size() {
                assert_eq!(size, (case.height, case.width), "{what}");
            }
            let planes: Vec<u8> = (0..3)
                .flat_map(|c| bytes.bytes.iter().skip(c).step_by(3).copied())
                .collect();
            assert!(planes == base64(&case.bytes), "{what}");
            let pixels = preprocess.prepare(photo);
            let area = case.height * case.width;
            for (channel, want) in case.corner.iter().enumerate() {
                let found = pixels.values[channel * area];
                assert!((found - want).abs() < 1e-5, "{what}: {found} {want}");
            }
        }
    }

    #[test]
    fn what_lies_outside_a_crop_is_not_computed() {
        // Resized whole, this would be 224 x 14,680,064 pixels.
        let thread = Rgb {
            width: 1,
            height: 65_536,
            bytes: vec![100; 3 * 65_536],
        };
        let clip = hf(r#"{"image_processor_type": "CLIPImageProcessor"}"#);
        assert!(clip.bytes(&thread).bytes.iter().all(|b| *b == 100));
        let free = hf(r#"{"image_processor_type": "CLIPImageProcessor", "do_center_crop": false}"#);
        let pixels = free.bytes(&thread);
        assert!(pixels.width * pixels.height <= MOST);
        for side in [1, 2] {
            let dot = Rgb {
                width: side,
                height: 1,
                bytes: vec![7; 3 * side],
            };
            for config in [
                "CLIPImageProcessor",
                "SiglipImageProcessor",
                "Siglip2ImageProcessor",
            ] {
                let config = hf(&format!(r#"{{"image_processor_type": "{config}"}}"#));
                assert!(config.bytes(&dot).bytes.iter().all(|b| *b == 7));
            }
        }
    }

    #[test]
    fn old_and_new_keys_mean_the_same() {
        let new = hf(
            r#"{"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 336},
                "crop_size": {"height": 336, "width": 336}, "resample": 3, "do_convert_rgb": true}"#,
        );
        let old = hf(
            r#"{"feature_extractor_type": "CLIPFeatureExtractor", "size": 336, "crop_size": 336,
                "resample": 3, "image_mean": [0.48145466, 0.4578275, 0.40821073], "do_pad": null}"#,
        );
        let nested = hf(
            r#"{"processor_class": "CLIPProcessor", "image_processor": {"size": {"shortest_edge": 336},
                "image_processor_type": "CLIPImageProcessorPil", "crop_size": 336}}"#,
        );
        assert_eq!(new, old);
        assert_eq!(new, nested);
        assert_eq!(new.size(), Some((336, 336)));
        let siglip = hf(r#"{"image_processor_type": "SiglipImageProcessor", "size": 384}"#);
        assert_eq!(siglip.size(), Some((384, 384)));
        let raw = hf(
            r#"{"image_processor_type": "SiglipImageProcessor", "do_normalize": false, "do_resize": false,
                "do_rescale": false}"#,
        );
        assert_eq!(
            (raw.resize, raw.rescale, raw.std),
            (Resize::Keep, 1.0, [1.0; 3])
        );
        let plain = Preprocess::from_open_clip(&Value::Null, (32, 32)).unwrap();
        assert_eq!(plain.size(), Some((32, 32)));
        assert!(
            plain
                .to_string()
                .starts_with("shorter side scaled to 32 (bicubic), middle 32 x 32")
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (key, text) in [
            ("not JSON", "{"),
            ("image_processor_type is missing", "{}"),
            (
                "\"BlipImageProcessor\"",
                r#"{"image_processor_type": "BlipImageProcessor"}"#,
            ),
            (
                "size: ",
                r#"{"image_processor_type": "CLIPImageProcessor", "size": {"longest_edge": 3}}"#,
            ),
            (
                "size: 0",
                r#"{"image_processor_type": "CLIPImageProcessor", "size": 0}"#,
            ),
            (
                "resample: 9",
                r#"{"image_processor_type": "CLIPImageProcessor", "resample": 9}"#,
            ),
            (
                "do_pad: true",
                r#"{"image_processor_type": "CLIPImageProcessor", "do_pad": true}"#,
            ),
            (
                "image_std: ",
                r#"{"image_processor_type": "CLIPImageProcessor", "image_std": [0, 1, 1]}"#,
            ),
            (
                "image_mean: ",
                r#"{"image_processor_type": "CLIPImageProcessor", "image_mean": [1, 1]}"#,
            ),
        ] {
            let fault = Preprocess::from_hf(text).unwrap_err();
            assert!(fault.to_string().contains(key), "{fault}");
            assert_eq!(fault.exit_code(), 2);
        }
        for (key, cfg) in [
            ("resize_mode: \"stretch\"", r#"{"resize_mode": "stretch"}"#),
            ("interpolation: 3", r#"{"interpolation": 3}"#),
            ("mode: \"L\"", r#"{"mode": "L"}"#),
            (
                "fill_color: 300",
                r#"{"resize_mode": "longest", "fill_color": 300}"#,
            ),
        ] {
            let cfg = serde_json::from_str(cfg).unwrap();
            let fault = Preprocess::from_open_clip(&cfg, (8, 8))
                .unwrap_err()
                .to_string();
            assert!(fault.contains(key), "{fault}");
        }
    }
}
