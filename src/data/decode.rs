//! [`decode`]: the bytes of a picture's file to 8-bit colours, or what is wrong with them.
//!
//! PNG, JPEG, WebP, GIF, BMP and TIFF, told by their first bytes and never by a name. Knows nothing of files, towers
//! or sizes that a model wants.
//!
//! The colours are those of Pillow's `Image.open(file).convert("RGB")`, with these choices:
//!
//! - EXIF orientation is applied, as `PIL.ImageOps.exif_transpose` does and as transformers' `load_image` does.
//! - Transparency is dropped, as Pillow and `OpenCLIP` do: a transparent pixel has the colour that stands in the file.
//!   It is kept beside the colours for [`Decoded::over_white`], which is what transformers 5 does.
//! - Of 16 bits a channel the upper 8 are kept: what Pillow does with colours. Pillow clips 16-bit *greys* at 255,
//!   which leaves them white; here they are scaled like colours.
//! - Of an animation the first frame is read, and [`Decoded::animated`] says so.
//! - Colour profiles are not applied, as there.

mod whole;

use std::io::{Cursor, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder as _, DynamicImage, ImageDecoder, ImageError, ImageFormat};
use whole::{chunks_fit, entries_fit, jpeg_ends};

/// A picture of 8-bit colours, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Pixels across, at least 1.
    pub width: usize,
    /// Pixels down, at least 1.
    pub height: usize,
    /// `3 * width * height` bytes: red, green, blue of each pixel.
    pub bytes: Vec<u8>,
}

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The picture, upright.
    pub image: Rgb,
    /// Opacity of each pixel, unless all are opaque.
    pub alpha: Option<Vec<u8>>,
    /// "JPEG", "PNG" ...
    pub format: &'static str,
    /// Whether there are more frames, which are not read.
    pub animated: bool,
    /// Whether channels had more than 8 bits.
    pub deep: bool,
}

/// How large a picture may be. Checked against the header, before anything is allocated for its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Width times height.
    pub pixels: u64,
    /// Bytes that the decoder may hold of it.
    pub bytes: u64,
}

impl Default for Limits {
    /// Pillow's bound against decompression bombs, 179 million pixels, and 1 GiB.
    fn default() -> Self {
        Self {
            pixels: 178_956_970,
            bytes: 1 << 30,
        }
    }
}

/// Why a file is no picture. Goes on after "FILE: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Of none of the formats.
    #[error("unsupported image format; expected PNG, JPEG, WebP, GIF, BMP or TIFF{0}")]
    Unknown(&'static str),
    /// Beyond the limits.
    #[error(
        "too large: {width} x {height} pixels ({} million); at most {} million and {} MiB",
        millions(u64::from(*width) * u64::from(*height)), millions(limits.pixels), limits.bytes >> 20
    )]
    TooLarge {
        /// Pixels across, as the header says.
        width: u32,
        /// Pixels down.
        height: u32,
        /// What would be allowed.
        limits: Limits,
    },
    /// The file ends before the picture does.
    #[error("damaged: the {0} file is cut off")]
    Cut(&'static str),
    /// What is in it makes no sense.
    #[error("damaged: cannot decode the {format} file: {reason}")]
    Broken {
        /// The format.
        format: &'static str,
        /// The decoder's words.
        reason: String,
    },
    /// A kind of this format that is not read.
    #[error("unsupported kind of {format}: {reason}")]
    Unsupported {
        /// The format.
        format: &'static str,
        /// The decoder's words.
        reason: String,
    },
}

/// Decodes a picture.
///
/// # Errors
/// [`Damage`] says why there is none. Nothing in a file makes this panic.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Decoded, Damage> {
    if bytes.is_empty() {
        return Err(Damage::Empty);
    }
    let format = image::guess_format(bytes).map_err(|_| Damage::Unknown(looks_like(bytes)))?;
    let name = name(format).ok_or(Damage::Unknown(""))?;
    // The decoders are safe code that may still have a fault; one file must not end a run.
    catch_unwind(AssertUnwindSafe(|| dispatch(bytes, format, name, limits))).unwrap_or_else(|_| {
        Err(Damage::Broken {
            format: name,
            reason: "the decoder failed".into(),
        })
    })
}

impl Decoded {
    /// The picture on white paper: colours mixed with white where it is transparent.
    pub fn over_white(self) -> Rgb {
        let mut image = self.image;
        if let Some(alpha) = self.alpha {
            for (pixel, alpha) in image.bytes.chunks_exact_mut(3).zip(alpha) {
                for value in pixel {
                    let (colour, alpha) = (u32::from(*value), u32::from(alpha));
                    *value = ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
                }
            }
        }
        image
    }
}

fn dispatch(
    bytes: &[u8],
    format: ImageFormat,
    name: &'static str,
    limits: Limits,
) -> Result<Decoded, Damage> {
    let fault = |e: ImageError| damage(name, &e);
    let input = || Cursor::new(bytes);
    let mut animated = false;
    let image = match format {
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(input(), bounds(limits)).map_err(fault)?;
            animated = decoder.is_apng().map_err(fault)?;
            read(decoder, name, limits)
        }
        ImageFormat::Jpeg => {
            // The decoder fills what is missing with grey.
            if !jpeg_ends(bytes) {
                return Err(Damage::Cut(name));
            }
            read(JpegDecoder::new(input()).map_err(fault)?, name, limits)
        }
        ImageFormat::WebP => {
            // What turns a picture upright may stand behind it.
            let length = bytes.get(4..8).and_then(|b| b.try_into().ok());
            let length = length.map_or(u32::MAX, u32::from_le_bytes);
            let end = (length as usize).saturating_add(8);
            if !bytes.get(..end).is_some_and(chunks_fit) {
                return Err(Damage::Cut(name));
            }
            let decoder = WebPDecoder::new(input()).map_err(fault)?;
            animated = decoder.has_animation();
            read(decoder, name, limits)
        }
        ImageFormat::Gif => {
            let image = read(GifDecoder::new(input()).map_err(fault)?, name, limits)?;
            let mut again = GifDecoder::new(input()).map_err(fault)?;
            again.set_limits(bounds(limits)).map_err(fault)?;
            animated = again
                .into_frames()
                .skip(1)
                .take(1)
                .any(|frame| frame.is_ok());
            Ok(image)
        }
        ImageFormat::Bmp => read(BmpDecoder::new(input()).map_err(fault)?, name, limits),
        _ => {
            if !entries_fit(bytes) {
                return Err(Damage::Cut(name));
            }
            read(TiffDecoder::new(input()).map_err(fault)?, name, limits)
        }
    }?;
    let deep = image.color().bytes_per_pixel() > image.color().channel_count();
    let (image, alpha) = colours(image);
    Ok(Decoded {
        image,
        alpha: alpha.filter(|alpha| alpha.iter().any(|a| *a != 255)),
        format: name,
        animated,
        deep,
    })
}

/// Reads the pixels, if there may be so many, and turns them upright.
fn read(
    mut decoder: impl ImageDecoder,
    format: &'static str,
    limits: Limits,
) -> Result<DynamicImage, Damage> {
    let fault = |e: ImageError| damage(format, &e);
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Damage::Broken {
            format,
            reason: format!("{width} x {height} pixels"),
        });
    }
    if u64::from(width) * u64::from(height) > limits.pixels || decoder.total_bytes() > limits.bytes
    {
        return Err(Damage::TooLarge {
            width,
            height,
            limits,
        });
    }
    if matches!(
        decoder.color_type(),
        image::ColorType::Rgb32F | image::ColorType::Rgba32F
    ) {
        return Err(Damage::Unsupported {
            format,
            reason: "floating-point colours without a white level".into(),
        });
    }
    decoder.set_limits(bounds(limits)).map_err(fault)?;
    // A picture is a picture even if its metadata make no sense.
    let orientation = decoder.orientation();
    let mut image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    if let Ok(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// 8-bit colours and opacity.
fn colours(image: DynamicImage) -> (Rgb, Option<Vec<u8>>) {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (bytes, alpha) = match image {
        DynamicImage::ImageRgb8(image) => (image.into_raw(), None),
        DynamicImage::ImageLuma8(image) => (grey(image.into_raw().into_iter()), None),
        DynamicImage::ImageLumaA8(image) => {
            let (grey_values, alpha) = split::<2>(&image);
            (grey(grey_values.into_iter()), Some(alpha))
        }
        DynamicImage::ImageRgba8(image) => {
            let (colours, alpha) = split::<4>(&image);
            (colours, Some(alpha))
        }
        DynamicImage::ImageLuma16(image) => (grey(image.iter().copied().map(upper)), None),
        DynamicImage::ImageLumaA16(image) => {
            let (grey_values, alpha) = split::<2>(&eight(&image));
            (grey(grey_values.into_iter()), Some(alpha))
        }
        DynamicImage::ImageRgb16(image) => (eight(&image), None),
        DynamicImage::ImageRgba16(image) => {
            let (colours, alpha) = split::<4>(&eight(&image));
            (colours, Some(alpha))
        }
        other => (other.into_rgb8().into_raw(), None),
    };
    let image = Rgb {
        width,
        height,
        bytes,
    };
    (image, alpha)
}

fn grey(values: impl Iterator<Item = u8>) -> Vec<u8> {
    values.flat_map(|value| [value; 3]).collect()
}

/// Takes the last of every `N` values for itself.
fn split<const N: usize>(values: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let pixels = values.len() / N;
    let (mut colours, mut alpha) = (
        Vec::with_capacity(pixels * (N - 1)),
        Vec::with_capacity(pixels),
    );
    for pixel in values.chunks_exact(N) {
        colours.extend_from_slice(&pixel[..N - 1]);
        alpha.push(pixel[N - 1]);
    }
    (colours, alpha)
}

fn eight(values: &[u16]) -> Vec<u8> {
    values.iter().copied().map(upper).collect()
}

const fn upper(value: u16) -> u8 {
    (value >> 8) as u8
}

fn bounds(limits: Limits) -> image::Limits {
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.bytes);
    bounds
}

fn damage(format: &'static str, error: &ImageError) -> Damage {
    let reason = || {
        let text = error.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    };
    if cut_off(error) {
        return Damage::Cut(format);
    }
    match error {
        ImageError::Unsupported(_) => Damage::Unsupported {
            format,
            reason: reason(),
        },
        _ => Damage::Broken {
            format,
            reason: reason(),
        },
    }
}

/// Whether the decoder ran out of bytes.
fn cut_off(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = match error {
        ImageError::IoError(io) => Some(io),
        error => Some(error),
    };
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == ErrorKind::UnexpectedEof
        {
            return true;
        }
        cause = error.source();
    }
    // Decoders that make a text of it.
    let text = error.to_string().to_lowercase();
    ["unexpected end", "unexpectedeof", "failed to fill"]
        .iter()
        .any(|words| text.contains(words))
}

/// The format's name, if it is read here.
const fn name(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Png => Some("PNG"),
        ImageFormat::Jpeg => Some("JPEG"),
        ImageFormat::WebP => Some("WebP"),
        ImageFormat::Gif => Some("GIF"),
        ImageFormat::Bmp => Some("BMP"),
        ImageFormat::Tiff => Some("TIFF"),
        _ => None,
    }
}

/// What people take for a picture.
fn looks_like(bytes: &[u8]) -> &'static str {
    let start = bytes.trim_ascii_start();
    if start.starts_with(b"<svg") || start.starts_with(b"<?xml") {
        "; it looks like SVG or XML"
    } else if start.starts_with(b"<") {
        "; it looks like a web page"
    } else if start.starts_with(b"version https://git-lfs") {
        "; it is a Git LFS pointer: run `git lfs pull`"
    } else if bytes.get(4..8) == Some(b"ftyp") {
        "; it looks like HEIC or AVIF: convert it first"
    } else {
        ""
    }
}

fn millions(pixels: u64) -> String {
    format!("{:.1}", pixels as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/decode")
    }

    fn file(name: &str) -> Vec<u8> {
        std::fs::read(folder().join(name)).unwrap()
    }

    fn open(name: &str) -> Decoded {
        decode(&file(name), Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Bytes that are furthest apart.
    fn apart(a: &[u8], b: &[u8]) -> u8 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        width: usize,
        height: usize,
        rgb: String,
    }

    #[test]
    fn every_kind_of_file_is_what_pillow_reads() {
        let expected: BTreeMap<String, Expected> =
            serde_json::from_slice(&file("expected.json")).unwrap();
        assert!(expected.len() >= 30);
        for (name, wanted) in expected {
            let found = open(&name);
            let size = (found.image.width, found.image.height);
            assert_eq!(size, (wanted.width, wanted.height), "{name}");
            let rgb: Vec<u8> = (0..wanted.rgb.len() / 2)
                .map(|i| u8::from_str_radix(&wanted.rgb[2 * i..2 * i + 2], 16).unwrap())
                .collect();
            // Inverse transforms and colour conversions of lossy formats are not defined to the bit.
            let close = match name.rsplit('.').next().unwrap() {
                "jpg" => 3,
                "webp" if name.starts_with("lossy") => 3,
                _ if name.starts_with("cmyk") => 1,
                _ => 0,
            };
            let off = apart(&found.image.bytes, &rgb);
            assert!(off <= close, "{name}: {off}");
        }
    }

    #[test]
    fn what_is_not_in_the_colours_is_said() {
        for (name, animated, deep, alpha) in [
            ("animated.gif", true, false, false),
            ("animated.webp", true, false, false),
            ("animated.png", true, false, false),
            ("still.gif", false, false, true),
            ("grey-16.png", false, true, false),
            ("grey-alpha.png", false, false, true),
            ("lossless-alpha.webp", false, false, true),
            ("rgb.tif", false, false, false),
        ] {
            let found = open(name);
            let said = (found.animated, found.deep, found.alpha.is_some());
            assert_eq!(said, (animated, deep, alpha), "{name}");
        }
        // The left column is transparent, the right one opaque.
        let (dropped, white) = (open("rgba.png").image, open("rgba.png").over_white());
        assert_eq!(white.bytes[..3], [255; 3]);
        assert_eq!(white.bytes[36..39], dropped.bytes[36..39]);
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_refused_or_whole_and_never_panics() {
        for entry in std::fs::read_dir(folder()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with("json") || name.ends_with("py") {
                continue;
            }
            let (bytes, whole) = (file(&name), open(&name));
            let mut cuts = 0;
            for length in 0..bytes.len() {
                match decode(&bytes[..length], Limits::default()) {
                    // What is behind the pixels may be missing.
                    Ok(found) => {
                        assert_eq!(found.image, whole.image, "{name}: {length} bytes");
                        assert!(!name.ends_with("jpg"), "{name}: {length} bytes");
                    }
                    Err(damage) => cuts += usize::from(matches!(damage, Damage::Cut(_))),
                }
            }
            assert!(cuts * 4 > bytes.len(), "{name}: {cuts} of {}", bytes.len());
        }
    }

    #[test]
    fn spoiled_bytes_never_panic() {
        for entry in std::fs::read_dir(folder()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let bytes = file(&name);
            for i in 0..bytes.len().min(800) {
                for value in [0, 0x7f, 0xff] {
                    let mut spoiled = bytes.clone();
                    spoiled[i] = value;
                    let limits = Limits {
                        pixels: 1 << 20,
                        bytes: 1 << 24,
                    };
                    let _ = decode(&spoiled, limits);
                }
            }
        }
    }

    #[test]
    fn size_is_checked_in_the_header_and_refused_in_numbers() {
        // A bitmap's header that promises 60,000 x 60,000 pixels, and nothing behind it.
        let mut header = file("rgb.bmp")[..54].to_vec();
        header[18..22].copy_from_slice(&60_000_u32.to_le_bytes());
        header[22..26].copy_from_slice(&60_000_u32.to_le_bytes());
        let damage = decode(&header, Limits::default()).unwrap_err();
        assert_eq!(
            damage.to_string(),
            "too large: 60000 x 60000 pixels (3600.0 million); at most 179.0 million and 1024 MiB"
        );
        for (pixels, bytes) in [(90, 1 << 20), (1 << 20, 272)] {
            let damage = decode(&file("rgb.png"), Limits { pixels, bytes }).unwrap_err();
            assert!(matches!(damage, Damage::TooLarge { width: 13, .. }));
        }
    }

    #[test]
    fn what_is_no_picture_is_called_what_it_is() {
        let says = |bytes: &[u8], words: &str| {
            let damage = decode(bytes, Limits::default()).unwrap_err().to_string();
            assert!(damage.contains(words), "{damage}");
        };
        says(b"", "the file is empty");
        says(b"a caption", "unsupported image format");
        says(b"\n<!DOCTYPE html>", "web page");
        says(b"version https://git-lfs.github.com/spec/v1", "Git LFS");
        says(b"\0\0\0\x20ftypheic\0\0\0\0", "HEIC");
        says(
            &file("orientation-1.jpg")[..700],
            "the JPEG file is cut off",
        );
        says(&file("rgb.png")[..50], "the PNG file is cut off");
    }
}
