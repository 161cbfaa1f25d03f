//! From the bytes of a picture to the square that a tower sees.
//!
//! The largest square in the middle, resized with Pillow's bicubic filter, as OpenCLIP does for evaluations; for
//! training a square of 0.9 to 1 of its area somewhere within it. The middle only, because that is what evaluations
//! see; never mirrored and never recoloured, because captions name sides and colours.

use std::fs::File;
use std::io::{Cursor, Read};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbaImage};
use rand_chacha::ChaCha8Rng;

use super::index::Found;
use super::tar::read_at;
use crate::data::Picture;
use crate::data::draw::{between, unit};

/// Largest picture that is read, bytes of the file.
pub const MOST_BYTES: u64 = 64 << 20;

/// Largest side, and largest memory of a decoded picture.
const MOST_SIDE: u32 = 16_384;
const MOST_DECODED: u64 = 512 << 20;

/// Least area of a crop for training.
const LEAST_AREA: f32 = 0.9;

/// A part of the largest square in the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    /// Its side, as a part of the square's.
    side: f64,
    /// Its place along each axis: 0 at one end, 1 at the other.
    at: [f64; 2],
}

impl Crop {
    /// All of it.
    pub const WHOLE: Self = Self {
        side: 1.0,
        at: [0.0; 2],
    };

    /// A random one.
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let area = between(rng, (LEAST_AREA, 1.0));
        Self {
            side: f64::from(area).sqrt(),
            at: [f64::from(unit(rng)), f64::from(unit(rng))],
        }
    }
}

/// The bytes of a picture.
///
/// # Errors
/// Why they cannot be had.
pub fn read(found: &Found) -> Result<Vec<u8>, String> {
    let told = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => e.to_string(),
    };
    match found {
        Found::File(path) => {
            let file = File::open(path).map_err(told)?;
            let about = file.metadata().map_err(told)?;
            if !about.is_file() {
                return Err("not a file".into());
            }
            if about.len() > MOST_BYTES {
                return Err("more than 64 MiB".into());
            }
            let mut bytes = Vec::with_capacity(about.len() as usize);
            // It may grow meanwhile.
            file.take(MOST_BYTES)
                .read_to_end(&mut bytes)
                .map_err(told)?;
            Ok(bytes)
        }
        Found::Member(path, offset, size) => {
            let mut file = File::open(path).map_err(told)?;
            // Its size was checked when the shard was walked.
            read_at(&mut file, *offset, *size).map_err(told)
        }
    }
}

/// The picture, upright.
///
/// # Errors
/// Why there is none in these bytes.
pub fn decode(bytes: &[u8]) -> Result<RgbaImage, String> {
    let told = |e: image::ImageError| format!("not a picture: {e}");
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| e.to_string())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(told)?;
    let orientation = decoder.orientation().map_err(told)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(told)?;
    picture.apply_orientation(orientation);
    Ok(picture.into_rgba8())
}

/// A part of the picture, at `side` pixels.
///
/// # Errors
/// A picture without pixels.
pub fn square(picture: &RgbaImage, crop: Crop, side: usize) -> Result<Picture, String> {
    let (width, height) = picture.dimensions();
    let told = |e: &dyn std::error::Error| e.to_string();
    let source =
        ImageRef::new(width, height, picture.as_raw(), PixelType::U8x4).map_err(|e| told(&e))?;
    let mut target = Image::new(side as u32, side as u32, PixelType::U8x4);
    let whole = f64::from(width.min(height));
    let part = whole * crop.side;
    let start =
        |axis: usize, of: u32| (f64::from(of) - whole) / 2.0 + crop.at[axis] * (whole - part);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(picture.pixels().any(|pixel| pixel.0[3] != 255))
        .crop(start(0, width), start(1, height), part, part);
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|e| told(&e))?;
    let pixels = target.buffer().chunks_exact(4);
    Ok(Picture {
        side,
        rgba: pixels.map(|p| [p[0], p[1], p[2], p[3]]).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::draw::{Purpose, generator};
    use super::*;

    fn gradient(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| {
            image::Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, 7, 255])
        })
    }

    #[test]
    fn the_middle_of_a_wide_picture_is_seen() {
        for (width, height) in [(300, 100), (100, 300), (64, 64), (1, 1), (5, 200)] {
            let made = square(&gradient(width, height), Crop::WHOLE, 32).unwrap();
            assert_eq!((made.side, made.rgba.len()), (32, 1024));
            let [red, green, ..] = made.rgba[16 * 32 + 16];
            if width > 5 {
                assert!((124..133).contains(&red) && (124..133).contains(&green));
            }
        }
        let made = square(&gradient(300, 100), Crop::WHOLE, 32).unwrap();
        // From a third to two thirds of the width.
        assert!((84..90).contains(&made.rgba[0][0]), "{:?}", made.rgba[0]);
    }

    #[test]
    fn crops_lie_within_the_middle_and_are_nearly_all_of_it() {
        let picture = gradient(256, 256);
        for seed in 0..50 {
            let mut rng = generator(seed, Purpose::Pair, 0, 0);
            let crop = Crop::draw(&mut rng);
            assert!(
                (0.9_f64.sqrt() - 1e-6..=1.0).contains(&crop.side),
                "{crop:?}"
            );
            let made = square(&picture, crop, 64).unwrap();
            let first = f64::from(made.rgba[0][0]);
            let last = f64::from(made.rgba[63][0]);
            assert!(first < 18.0 && last > 236.0, "{first} {last}");
        }
    }

    #[test]
    fn what_is_no_picture_says_so() {
        for bytes in [&b""[..], b"GIF89a", b"\x89PNG\r\n\x1a\nnonsense", b"hello"] {
            assert!(decode(bytes).unwrap_err().starts_with("not a picture"));
        }
        assert_eq!(
            read(&Found::File("/no/such".into())).unwrap_err(),
            "no such file"
        );
        assert_eq!(read(&Found::File("/".into())).unwrap_err(), "not a file");
    }
}
