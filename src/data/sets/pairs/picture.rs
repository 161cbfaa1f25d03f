//! From a picture's file to the square that a tower sees.
//!
//! The largest square in the middle, as OpenCLIP sees pictures in evaluations, to the byte; for
//! training a square of 0.9 to 1 of its area somewhere within it. The middle only, because that is what evaluations
//! see; never mirrored and never recoloured, because captions name sides and colours.

use std::fs::File;
use std::io::Read;

use rand_chacha::ChaCha8Rng;

use super::index::Found;
use super::tar::read_at;
use crate::data::Picture;
use crate::data::decode::Rgb;
use crate::data::preprocess::Preprocess;
use crate::random::{between, unit};

/// Largest picture that is read, bytes of the file.
pub const MOST_BYTES: u64 = 64 << 20;

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

/// A part of the picture, at `side` pixels: whole pixels of it, as torchvision's `RandomResizedCrop` takes them. All of
/// it is what a saved model's own preprocessing makes of the picture.
pub fn square(picture: &Rgb, crop: Crop, side: usize) -> Picture {
    let seen = if crop == Crop::WHOLE {
        Preprocess::photos(side).bytes(picture)
    } else {
        Preprocess::own(side).bytes(&cut(picture, crop))
    };
    let pixels = seen.bytes.chunks_exact(3);
    Picture {
        side,
        rgba: pixels.map(|p| [p[0], p[1], p[2], 255]).collect(),
    }
}

/// The pixels of a crop.
fn cut(picture: &Rgb, crop: Crop) -> Rgb {
    let whole = picture.width.min(picture.height);
    let part = ((whole as f64 * crop.side).round() as usize).clamp(1, whole);
    let start = |axis: usize, of: usize| {
        (of - whole) / 2 + (crop.at[axis] * (whole - part) as f64).round() as usize
    };
    let (left, top) = (start(0, picture.width), start(1, picture.height));
    let mut bytes = Vec::with_capacity(3 * part * part);
    let rows = picture.bytes.chunks_exact(3 * picture.width);
    for row in rows.skip(top).take(part) {
        bytes.extend_from_slice(&row[3 * left..3 * (left + part)]);
    }
    Rgb {
        width: part,
        height: part,
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};

    fn gradient(width: usize, height: usize) -> Rgb {
        let colour = |i: usize| {
            let (x, y) = (i % width, i / width);
            [(x * 255 / width) as u8, (y * 255 / height) as u8, 7]
        };
        Rgb {
            width,
            height,
            bytes: (0..width * height).flat_map(colour).collect(),
        }
    }

    #[test]
    fn the_middle_of_a_wide_picture_is_seen() {
        for (width, height) in [(300, 100), (100, 300), (64, 64), (1, 1), (5, 200)] {
            let made = square(&gradient(width, height), Crop::WHOLE, 32);
            assert_eq!((made.side, made.rgba.len()), (32, 1024));
            let [red, green, ..] = made.rgba[16 * 32 + 16];
            if width > 5 {
                assert!((124..133).contains(&red) && (124..133).contains(&green));
            }
        }
        let made = square(&gradient(300, 100), Crop::WHOLE, 32);
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
            let made = square(&picture, crop, 64);
            let first = f64::from(made.rgba[0][0]);
            let last = f64::from(made.rgba[63][0]);
            assert!(first < 18.0 && last > 236.0, "{first} {last}");
        }
    }

    #[test]
    fn what_is_no_file_says_so() {
        let told = |path: &str| read(&Found::File(path.into())).unwrap_err();
        assert_eq!(told("/no/such"), "no such file");
        assert_eq!(told("/"), "not a file");
    }
}
