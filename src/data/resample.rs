//! [`resize`]: Pillow's resampling, to the byte, of a window of the result.
//!
//! Pillow's `Image.resize` (`src/libImaging/Resample.c`) convolves rows and columns one after the other, in fixed-point
//! numbers of 22 bits, and rounds to bytes between the two. Columns come first, since Pillow 13, where the height
//! shrinks by more than twice what the width does (before, never: a step of 255 here and there). The tests of
//! `preprocess` hold this to it. Only what a crop keeps is computed: a picture of 1 x 60,000 pixels whose shorter side
//! grows to 224 would otherwise need gigabytes.
//!
//! Own code, and not `fast_image_resize` (6.1), for both of these: its bicubic differs from Pillow's in 7 to 16 % of a
//! photograph's bytes, by up to 9.

use std::ops::Range;

use multiversion::multiversion;

use super::decode::Rgb;

/// Which neighbours a pixel is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// Means of areas.
    Box,
    /// A triangle, as wide as the pixels shrink.
    Bilinear,
    /// A Hamming window.
    Hamming,
    /// Keys' cubic with a = -0.5.
    Bicubic,
    /// Lanczos, three lobes.
    Lanczos,
}

impl Filter {
    /// How far a pixel's neighbours are, in pixels of the result.
    const fn support(self) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// The weight of a neighbour so far away.
    fn weight(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            Self::Nearest => 0.0,
            // Half open: a pixel between two belongs to one.
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear => (1.0 - distance).max(0.0),
            Self::Hamming => {
                if distance == 0.0 {
                    1.0
                } else if distance >= 1.0 {
                    0.0
                } else {
                    let x = distance * std::f64::consts::PI;
                    x.sin() / x * (0.54 + 0.46 * x.cos())
                }
            }
            Self::Bicubic => {
                const A: f64 = -0.5;
                let x = distance;
                if x < 1.0 {
                    ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
                } else if x < 2.0 {
                    (((x - 5.0) * x + 8.0) * x - 4.0) * A
                } else {
                    0.0
                }
            }
            Self::Lanczos => {
                if (-3.0..3.0).contains(&x) {
                    sinc(x) * sinc(x / 3.0)
                } else {
                    0.0
                }
            }
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        let x = x * std::f64::consts::PI;
        x.sin() / x
    }
}

/// Bits behind the point: 32, less 8 for the byte and 2 for what overshoots.
const PRECISION: u32 = 22;

/// For each pixel of the window, where its neighbours begin and their weights.
struct Taps {
    starts: Vec<usize>,
    weights: Vec<Vec<i32>>,
}

impl Taps {
    fn new(from: usize, to: usize, window: Range<usize>, filter: Filter) -> Self {
        let scale = from as f64 / to as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let inverse = 1.0 / stretch;
        let mut taps = Self {
            starts: Vec::with_capacity(window.len()),
            weights: Vec::with_capacity(window.len()),
        };
        for x in window {
            let centre = (x as f64 + 0.5) * scale;
            // Rounded towards zero, as C does.
            let start = ((centre - support + 0.5) as i64).max(0) as usize;
            let end = ((centre + support + 0.5) as i64).clamp(0, from as i64) as usize;
            let exact: Vec<f64> = (start..end)
                .map(|i| filter.weight((i as f64 - centre + 0.5) * inverse))
                .collect();
            let sum: f64 = exact.iter().fold(0.0, |sum, w| sum + w);
            let fixed = |w: &f64| {
                let w = if sum == 0.0 { *w } else { w / sum };
                let scaled = w * f64::from(1_u32 << PRECISION);
                (if w < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
            };
            taps.starts.push(start);
            taps.weights.push(exact.iter().map(fixed).collect());
        }
        taps
    }

    /// The pixels that any of them needs.
    fn reach(&self) -> Range<usize> {
        let start = self.starts.iter().min().copied().unwrap_or(0);
        let ends = self.starts.iter().zip(&self.weights);
        start..ends.map(|(s, w)| s + w.len()).max().unwrap_or(start)
    }
}

/// The part `columns` x `rows` of `image` resized to `width` x `height`.
pub fn resize(
    image: &Rgb,
    (width, height): (usize, usize),
    (columns, rows): (Range<usize>, Range<usize>),
    filter: Filter,
) -> Rgb {
    if filter == Filter::Nearest {
        return nearest(image, (width, height), (columns, rows));
    }
    // A side that stays as long as it is is not convolved.
    let taps = |from: usize, to: usize, window: &Range<usize>| {
        (from != to).then(|| Taps::new(from, to, window.clone(), filter))
    };
    let horizontal = taps(image.width, width, &columns);
    let vertical = taps(image.height, height, &rows);
    let shrinks = |from: usize, to: usize| from as i64 - to as i64;
    let (narrower, shorter) = (shrinks(image.width, width), shrinks(image.height, height));
    if shorter > 0 && 2 * narrower < shorter {
        let needed = horizontal.as_ref().map_or(columns.clone(), Taps::reach);
        let low = convolve_down(image, 0, &needed, &rows, vertical.as_ref());
        // What is not convolved was cut to the window already.
        let columns = 0..columns.len();
        convolve_across(
            &low,
            needed.start,
            &(0..low.height),
            &columns,
            horizontal.as_ref(),
        )
    } else {
        let needed = vertical.as_ref().map_or(rows.clone(), Taps::reach);
        let narrow = convolve_across(image, 0, &needed, &columns, horizontal.as_ref());
        let rows = 0..rows.len();
        convolve_down(
            &narrow,
            needed.start,
            &(0..narrow.width),
            &rows,
            vertical.as_ref(),
        )
    }
}

/// `rows` of the image, each convolved; without taps, its `columns`. The image begins at column `offset` of what the
/// taps were made for.
fn convolve_across(
    image: &Rgb,
    offset: usize,
    rows: &Range<usize>,
    columns: &Range<usize>,
    taps: Option<&Taps>,
) -> Rgb {
    let across = columns.len();
    let mut bytes = vec![0; 3 * across * rows.len()];
    let mut wide = Vec::with_capacity(image.width);
    // A window without pixels has rows without bytes.
    for (out, y) in bytes
        .chunks_exact_mut((3 * across).max(1))
        .zip(rows.clone())
    {
        let row = &image.bytes[3 * image.width * y..3 * image.width * (y + 1)];
        match taps {
            Some(taps) => across_row(row, taps, offset, &mut wide, out),
            None => out.copy_from_slice(&row[3 * columns.start..3 * columns.end]),
        }
    }
    Rgb {
        width: across,
        height: rows.len(),
        bytes,
    }
}

/// `columns` of the image, each convolved; without taps, its `rows`. The image begins at row `offset` of what the taps
/// were made for.
fn convolve_down(
    image: &Rgb,
    offset: usize,
    columns: &Range<usize>,
    rows: &Range<usize>,
    taps: Option<&Taps>,
) -> Rgb {
    let across = columns.len();
    let mut bytes = vec![0; 3 * across * rows.len()];
    let mut sums = vec![0; 3 * across];
    let stride = 3 * image.width;
    for (i, out) in bytes.chunks_exact_mut((3 * across).max(1)).enumerate() {
        let from = |row: usize| &image.bytes[stride * row + 3 * columns.start..];
        match taps {
            Some(taps) => {
                let row = taps.starts[i] - offset;
                down_rows(from(row), stride, &taps.weights[i], &mut sums, out);
            }
            None => out.copy_from_slice(&from(rows.start + i)[..3 * across]),
        }
    }
    Rgb {
        width: across,
        height: rows.len(),
        bytes,
    }
}

const HALF: i32 = 1 << (PRECISION - 1);

fn byte(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// One row, narrower or wider. `wide` is room for the row with a fourth value a pixel, which fits registers.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn across_row(row: &[u8], taps: &Taps, offset: usize, wide: &mut Vec<[i32; 4]>, out: &mut [u8]) {
    wide.clear();
    let pixels = row.chunks_exact(3);
    wide.extend(pixels.map(|p| [i32::from(p[0]), i32::from(p[1]), i32::from(p[2]), 0]));
    let each = out.chunks_exact_mut(3);
    for (pixel, (start, weights)) in each.zip(taps.starts.iter().zip(&taps.weights)) {
        let start = start - offset;
        let mut sums = [HALF; 4];
        for (neighbour, weight) in wide[start..start + weights.len()].iter().zip(weights) {
            for (sum, value) in sums.iter_mut().zip(neighbour) {
                *sum += value * weight;
            }
        }
        for (value, sum) in pixel.iter_mut().zip(sums) {
            *value = byte(sum);
        }
    }
}

/// One row out of several, `stride` bytes apart, the first having the first weight.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn down_rows(rows: &[u8], stride: usize, weights: &[i32], sums: &mut [i32], out: &mut [u8]) {
    sums.fill(HALF);
    for (row, &weight) in rows.chunks(stride).zip(weights) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += i32::from(*value) * weight;
        }
    }
    for (value, sum) in out.iter_mut().zip(sums.iter()) {
        *value = byte(*sum);
    }
}

fn nearest(
    image: &Rgb,
    (width, height): (usize, usize),
    (columns, rows): (Range<usize>, Range<usize>),
) -> Rgb {
    let at = |i: usize, from: usize, to: usize| {
        (((i as f64 + 0.5) * (from as f64 / to as f64)) as usize).min(from - 1)
    };
    let mut bytes = Vec::with_capacity(3 * columns.len() * rows.len());
    for y in rows.clone() {
        let y = at(y, image.height, height);
        for x in columns.clone() {
            let i = 3 * (y * image.width + at(x, image.width, width));
            bytes.extend_from_slice(&image.bytes[i..i + 3]);
        }
    }
    Rgb {
        width: columns.len(),
        height: rows.len(),
        bytes,
    }
}
