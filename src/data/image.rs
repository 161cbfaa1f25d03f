//! [`Layer`]: a picture with premultiplied colours, as all geometry needs it, and the way from a
//! [`Picture`] to the bytes that a tower reads.
//!
//! Only exact floating-point operations: the same bytes on every machine. Knows no randomness.

use super::{ClassId, Picture};
use crate::telemetry::Thumbnail;

/// A square picture, red, green, blue (premultiplied) and alpha, each 0 to 1, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Pixels a side.
    pub side: usize,
    /// `side * side` pixels.
    pub pixels: Vec<[f32; 4]>,
}

impl Layer {
    /// The picture, at `side` pixels if it is larger than that.
    pub fn at_most(picture: &Picture, side: usize) -> Self {
        match picture.side {
            from if from <= side => Self::new(picture),
            from if from.is_multiple_of(side) => Self::blocks(picture, from / side),
            _ => Self::new(picture).resize(side),
        }
    }

    /// The picture. What its colours are where it is transparent does not matter.
    pub fn new(picture: &Picture) -> Self {
        Self::blocks(picture, 1)
    }

    /// The picture with each block of `factor * factor` pixels averaged into one.
    fn blocks(picture: &Picture, factor: usize) -> Self {
        let side = picture.side / factor;
        let mut pixels = Vec::with_capacity(side * side);
        let scale = 1.0 / (255 * 255 * factor * factor) as f32;
        for rows in picture.rgba.chunks_exact(factor * picture.side) {
            for x in 0..side {
                let mut sum = [0.0; 4];
                for row in rows.chunks_exact(picture.side) {
                    for pixel in &row[x * factor..(x + 1) * factor] {
                        let [r, g, b, alpha] = pixel.map(f32::from);
                        add(&mut sum, [r, g, b, 255.0], alpha);
                    }
                }
                pixels.push(sum.map(|sum| sum * scale));
            }
        }
        Self { side, pixels }
    }

    /// The same picture at another size: averages areas to shrink, interpolates to grow.
    pub fn resize(&self, side: usize) -> Self {
        let taps = taps(self.side, side);
        let mut narrow = vec![[0.0; 4]; side * self.side];
        for (from, to) in self
            .pixels
            .chunks_exact(self.side)
            .zip(narrow.chunks_exact_mut(side))
        {
            for (pixel, taps) in to.iter_mut().zip(&taps) {
                for &(x, weight) in taps {
                    add(pixel, from[x], weight);
                }
            }
        }
        let mut pixels = vec![[0.0; 4]; side * side];
        for (row, taps) in pixels.chunks_exact_mut(side).zip(&taps) {
            for &(y, weight) in taps {
                for (pixel, &from) in row.iter_mut().zip(&narrow[y * side..(y + 1) * side]) {
                    add(pixel, from, weight);
                }
            }
        }
        Self { side, pixels }
    }

    /// Lays the picture over white and writes it as planes: red, green, blue, each `side * side`
    /// bytes.
    fn write(mut self, out: &mut [u8]) {
        for (y, row) in self.pixels.chunks_exact_mut(self.side).enumerate() {
            for pixel in row.iter_mut() {
                *pixel = over(*pixel, WHITE);
            }
            write_row(row, y, out);
        }
    }
}

/// A premultiplied colour over an opaque one.
#[inline]
pub fn over(colour: [f32; 4], background: [f32; 4]) -> [f32; 4] {
    let gap = 1.0 - colour[3];
    std::array::from_fn(|i| colour[i] + gap * background[i])
}

/// Writes row `y` of a picture of three planes, red, green and blue.
pub fn write_row(row: &[[f32; 4]], y: usize, out: &mut [u8]) {
    let side = row.len();
    for (channel, plane) in out.chunks_exact_mut(side * side).enumerate() {
        for (byte, pixel) in plane[y * side..(y + 1) * side].iter_mut().zip(row) {
            *byte = to_byte(pixel[channel]);
        }
    }
}

/// White, the background of every picture that is not augmented.
pub const WHITE: [f32; 4] = [1.0; 4];

/// The byte of a value from 0 to 1; values beyond are clamped.
#[inline]
// Two instructions; `clamp` would take care of NaN, which does not come here.
#[allow(clippy::manual_clamp)]
pub fn to_byte(value: f32) -> u8 {
    /// At this size a float's last bit is worth one: adding it rounds, and leaves the whole number in
    /// the lowest bits.
    const ONES: f32 = (1 << 23) as f32;
    ((value * 255.0).max(0.0).min(255.0) + ONES).to_bits() as u8
}

/// The picture over white at `side` pixels, as planes: `3 * side * side` bytes into `out`.
pub fn write_plain(picture: &Picture, side: usize, out: &mut [u8]) {
    let layer = Layer::at_most(picture, side);
    if layer.side == side {
        layer.write(out);
    } else {
        layer.resize(side).write(out);
    }
}

/// Pictures of an evaluation as the tower reads them, bytes `[N, 3, side, side]`, over white.
pub fn pixels(pictures: &[(ClassId, Picture)], side: usize) -> Vec<u8> {
    let bytes = 3 * side * side;
    let mut out = vec![0; pictures.len() * bytes];
    for ((_, picture), out) in pictures.iter().zip(out.chunks_exact_mut(bytes)) {
        write_plain(picture, side, out);
    }
    out
}

/// A picture of planes, `3 * from * from` bytes, at `side` pixels for the screen (at most `from`).
pub fn thumbnail(planes: &[u8], from: usize, side: usize) -> Thumbnail {
    let side = side.clamp(1, from);
    let area = from * from;
    if side == from {
        let rgb = (0..area).map(|i| [planes[i], planes[area + i], planes[2 * area + i]]);
        return Thumbnail {
            side,
            rgb: rgb.collect(),
        };
    }
    // Whole pixels only, which is fine enough for a screen and cheap.
    let span = |i: usize| i * from / side..((i + 1) * from / side);
    let mean = |plane: &[u8], x: usize, y: usize| {
        let mut sum = 0;
        for row in span(y) {
            sum += plane[row * from..][span(x)]
                .iter()
                .map(|&b| usize::from(b))
                .sum::<usize>();
        }
        let n = span(x).len() * span(y).len();
        ((sum + n / 2) / n) as u8
    };
    let rgb = (0..side * side).map(|i| {
        let channel = |c: usize| mean(&planes[c * area..(c + 1) * area], i % side, i / side);
        [channel(0), channel(1), channel(2)]
    });
    Thumbnail {
        side,
        rgb: rgb.collect(),
    }
}

fn add(to: &mut [f32; 4], from: [f32; 4], weight: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += weight * from;
    }
}

/// For each of `to` pixels, which of `from` pixels it is made of, with weights that add up to one.
fn taps(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let step = from as f32 / to as f32;
    let shrink = |i: usize| {
        let (start, end) = (i as f32 * step, (i + 1) as f32 * step);
        let last = (end.ceil() as usize).min(from);
        (start as usize..last)
            .map(|x| (x, ((x + 1) as f32).min(end) - (x as f32).max(start)))
            .filter(|&(_, weight)| weight > 1e-4)
            .map(|(x, weight)| (x, weight / step))
            .collect()
    };
    let grow = |i: usize| {
        let centre = ((i as f32 + 0.5) * step - 0.5).clamp(0.0, (from - 1) as f32);
        let x = centre as usize;
        vec![
            (x, 1.0 - (centre - x as f32)),
            ((x + 1).min(from - 1), centre - x as f32),
        ]
    };
    (0..to)
        .map(|i| if to < from { shrink(i) } else { grow(i) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solid(side: usize, rgba: [u8; 4]) -> Picture {
        Picture {
            side,
            rgba: vec![rgba; side * side],
        }
    }

    fn plain(picture: &Picture, side: usize) -> Vec<u8> {
        let mut out = vec![7; 3 * side * side];
        write_plain(picture, side, &mut out);
        out
    }

    #[test]
    fn transparent_is_white_and_opaque_is_itself_at_any_size() {
        for side in [16, 24, 37, 64, 100] {
            assert!(
                plain(&solid(64, [9, 200, 30, 0]), side)
                    .iter()
                    .all(|&b| b == 255)
            );
            let opaque = plain(&solid(64, [9, 200, 30, 255]), side);
            let area = side * side;
            assert!(opaque[..area].iter().all(|&b| b == 9), "{side}");
            assert!(opaque[area..2 * area].iter().all(|&b| b == 200), "{side}");
            assert!(opaque[2 * area..].iter().all(|&b| b == 30), "{side}");
        }
    }

    #[test]
    fn half_transparent_black_is_grey() {
        assert!(
            plain(&solid(4, [0, 0, 0, 128]), 4)
                .iter()
                .all(|&b| b == 127)
        );
    }

    #[test]
    fn colours_of_transparent_pixels_do_not_bleed() {
        let mut picture = solid(8, [255, 0, 255, 0]);
        for y in 0..8 {
            for x in 0..4 {
                picture.rgba[y * 8 + x] = [0, 0, 0, 255];
            }
        }
        for side in [3, 5, 8, 16] {
            let out = plain(&picture, side);
            let area = side * side;
            assert_eq!(out[..area], out[area..2 * area], "grey only, at {side}");
        }
    }

    #[test]
    fn shrinking_averages_areas() {
        let mut picture = solid(4, [255, 255, 255, 255]);
        picture.rgba[0] = [0, 0, 0, 255];
        picture.rgba[1] = [0, 0, 0, 255];
        let out = plain(&picture, 2);
        assert_eq!(out[..4], [128, 255, 255, 255]);
        let (fast, general) = (Layer::at_most(&picture, 2), Layer::new(&picture).resize(2));
        for (a, b) in fast
            .pixels
            .iter()
            .flatten()
            .zip(general.pixels.iter().flatten())
        {
            assert!((a - b).abs() < 1e-6);
        }
        // Three pixels of four make one and a third each.
        let layer = Layer::new(&picture).resize(3);
        assert!(
            (layer.pixels[0][0] - 0.25).abs() < 1e-6,
            "{:?}",
            layer.pixels[0]
        );
        let mean = layer.pixels.iter().map(|p| p[0]).sum::<f32>() / 9.0;
        assert!((mean - 14.0 / 16.0).abs() < 1e-6);
    }

    #[test]
    fn bytes_are_rounded_and_clamped() {
        for byte in 0..=255 {
            assert_eq!(to_byte(f32::from(byte) / 255.0), byte);
        }
        assert_eq!(
            [to_byte(-0.1), to_byte(-9.0), to_byte(1.001), to_byte(9.0)],
            [0, 0, 255, 255]
        );
        assert_eq!(
            [
                to_byte(10.4 / 255.0),
                to_byte(10.6 / 255.0),
                to_byte(254.6 / 255.0)
            ],
            [10, 11, 255]
        );
    }

    #[test]
    fn weights_add_up_to_one() {
        for from in [1, 3, 64, 72] {
            for to in [1, 2, 16, 31, 63, 65, 224] {
                for taps in taps(from, to) {
                    let sum: f32 = taps.iter().map(|&(_, w)| w).sum();
                    assert!((sum - 1.0).abs() < 1e-3, "{from} {to} {taps:?}");
                    assert!(taps.iter().all(|&(x, w)| x < from && w >= 0.0));
                }
            }
        }
    }

    #[test]
    fn thumbnails_keep_place_and_colour() {
        let side = 6;
        let mut planes = vec![0; 3 * side * side];
        planes[0] = 200; // red, top left
        planes[2 * 36 + 35] = 100; // blue, bottom right
        let small = thumbnail(&planes, side, 3);
        assert_eq!(small.side, 3);
        assert_eq!(small.rgb[0], [50, 0, 0]);
        assert_eq!(small.rgb[8], [0, 0, 25]);
        assert_eq!(small.rgb[4], [0, 0, 0]);
        assert_eq!(
            thumbnail(&planes, side, 32).side,
            6,
            "never larger than the picture"
        );
        assert_eq!(thumbnail(&planes, side, 4).rgb.len(), 16);
    }
}
