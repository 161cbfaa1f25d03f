//! A [`Drawing`] as pixels. Letters come from a bitmap of Noto Sans Mono; what it lacks (lines of boxes,
//! Greek, arrows, signs) is drawn here or written as its closest letters.

use std::io::Cursor;

use image::{ImageFormat, Rgb as Pixel, RgbImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};
use unicode_width::UnicodeWidthChar;

use super::shapes::{CELL, Drawing, Rgb, Shape};

/// Largest side of a picture.
const LARGEST: f64 = 8192.0;

impl Drawing {
    /// As PNG.
    ///
    /// # Errors
    /// What the encoder says; a picture of no pixels is one reason.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        png(self)
    }
}

fn png(drawing: &Drawing) -> Result<Vec<u8>, String> {
    let side = |x: f64| {
        if (1.0..=LARGEST).contains(&x) {
            Ok(x as u32)
        } else {
            Err(format!("cannot draw an image of {x} pixels a side"))
        }
    };
    let (width, height) = (side(drawing.width)?, side(drawing.height)?);
    let mut image = RgbImage::from_pixel(width, height, Pixel(drawing.back));
    for shape in &drawing.shapes {
        match shape {
            Shape::Rect { at, fill } => fill_rect(&mut image, *at, *fill),
            Shape::Line {
                points,
                width,
                color,
            } => {
                for pair in points.windows(2) {
                    stroke(&mut image, pair[0], pair[1], *width, *color);
                }
            }
            Shape::Text {
                at,
                text,
                color,
                bold,
                ..
            } => write(&mut image, *at, text, *color, *bold),
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|e| e.to_string())?;
    Ok(bytes.into_inner())
}

/// Lays a colour over a pixel; outside the picture nothing happens.
fn blend(image: &mut RgbImage, x: f64, y: f64, color: Rgb, share: f64) {
    if x < 0.0 || y < 0.0 || x >= f64::from(image.width()) || y >= f64::from(image.height()) {
        return;
    }
    let pixel = image.get_pixel_mut(x as u32, y as u32);
    for (old, new) in pixel.0.iter_mut().zip(color) {
        *old = (f64::from(*old) * (1.0 - share) + f64::from(new) * share).round() as u8;
    }
}

fn fill_rect(image: &mut RgbImage, [x, y, w, h]: [f64; 4], fill: Rgb) {
    let (left, right) = (x.round().max(0.0) as u32, (x + w).round().max(0.0) as u32);
    let (top, bottom) = (y.round().max(0.0) as u32, (y + h).round().max(0.0) as u32);
    for y in top..bottom.min(image.height()) {
        for x in left..right.min(image.width()) {
            image.put_pixel(x, y, Pixel(fill));
        }
    }
}

/// A straight line with soft edges.
fn stroke(image: &mut RgbImage, a: (f64, f64), b: (f64, f64), width: f64, color: Rgb) {
    let half = width / 2.0;
    let reach = half + 1.0;
    let limit = |x: f64, most: u32| x.clamp(0.0, f64::from(most)) as u32;
    let (left, right) = (a.0.min(b.0) - reach, a.0.max(b.0) + reach);
    let (top, bottom) = (a.1.min(b.1) - reach, a.1.max(b.1) + reach);
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).max(1e-9);
    for y in limit(top, image.height())..limit(bottom + 1.0, image.height()) {
        for x in limit(left, image.width())..limit(right + 1.0, image.width()) {
            let (px, py) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
            let t = (((px - a.0) * dx + (py - a.1) * dy) / length).clamp(0.0, 1.0);
            let distance = (px - a.0 - t * dx).hypot(py - a.1 - t * dy);
            let share = (half + 0.5 - distance).clamp(0.0, 1.0);
            if share > 0.0 {
                blend(image, f64::from(x), f64::from(y), color, share);
            }
        }
    }
}

fn write(image: &mut RgbImage, at: (f64, f64), text: &str, color: Rgb, bold: bool) {
    let mut x = at.0;
    for c in text.chars() {
        let cells = c.width().unwrap_or(0);
        if cells == 0 {
            continue;
        }
        glyph(image, (x, at.1), c, cells, color, bold);
        x += cells as f64 * CELL.0;
    }
}

fn glyph(image: &mut RgbImage, (x, y): (f64, f64), c: char, cells: usize, color: Rgb, bold: bool) {
    let weight = if bold {
        FontWeight::Bold
    } else {
        FontWeight::Regular
    };
    if let Some(letter) = get_raster(c, weight, RasterHeight::Size20) {
        let left = x + (CELL.0 - letter.width() as f64) / 2.0;
        for (row, line) in letter.rows().enumerate() {
            for (column, ink) in line.iter().enumerate().filter(|(_, ink)| **ink > 0) {
                let (px, py) = (left.round() + column as f64, y.round() + row as f64);
                blend(image, px, py, color, f64::from(*ink) / 255.0);
            }
        }
        return;
    }
    for [a, b, c, d] in strokes(c) {
        let place = |px: f64, py: f64| (x + px * CELL.0 * cells as f64, y + py * CELL.1);
        stroke(image, place(*a, *b), place(*c, *d), 1.6, color);
    }
}

#[allow(clippy::too_many_lines)] // A table, in the form of a match.
/// Lines, in parts of a cell, that stand for a character which the font lacks.
fn strokes(c: char) -> &'static [[f64; 4]] {
    const H: [f64; 4] = [0.0, 0.5, 1.0, 0.5];
    const V: [f64; 4] = [0.5, 0.0, 0.5, 1.0];
    const L: [f64; 4] = [0.0, 0.5, 0.5, 0.5];
    const R: [f64; 4] = [0.5, 0.5, 1.0, 0.5];
    const U: [f64; 4] = [0.5, 0.0, 0.5, 0.5];
    const D: [f64; 4] = [0.5, 0.5, 0.5, 1.0];
    match c {
        '─' | '━' | '–' | '—' => &[H],
        '╌' | '┄' | '┈' => &[[0.05, 0.5, 0.2, 0.5], [0.55, 0.5, 0.7, 0.5]],
        '│' | '┃' | '╎' | '┆' | '┊' => &[V],
        '▏' => &[[0.1, 0.0, 0.1, 1.0]],
        '╭' | '┌' => &[R, D],
        '╮' | '┐' => &[L, D],
        '╰' | '└' => &[R, U],
        '╯' | '┘' => &[L, U],
        '├' => &[V, R],
        '┤' => &[V, L],
        '┬' => &[H, D],
        '┴' => &[H, U],
        '┼' => &[H, V],
        '▁' | '…' => &[
            [0.1, 0.8, 0.25, 0.8],
            [0.42, 0.8, 0.58, 0.8],
            [0.75, 0.8, 0.9, 0.8],
        ],
        '•' | '★' => &[
            [0.5, 0.28, 0.85, 0.5],
            [0.85, 0.5, 0.5, 0.72],
            [0.5, 0.72, 0.15, 0.5],
            [0.15, 0.5, 0.5, 0.28],
            [0.3, 0.5, 0.7, 0.5],
            [0.5, 0.38, 0.5, 0.62],
        ],
        '▲' | '△' => &[
            [0.5, 0.28, 0.9, 0.7],
            [0.9, 0.7, 0.1, 0.7],
            [0.1, 0.7, 0.5, 0.28],
        ],
        '▼' | '▽' => &[
            [0.1, 0.3, 0.9, 0.3],
            [0.9, 0.3, 0.5, 0.72],
            [0.5, 0.72, 0.1, 0.3],
        ],
        '▶' | '▸' | '›' => &[
            [0.2, 0.3, 0.8, 0.5],
            [0.8, 0.5, 0.2, 0.7],
            [0.2, 0.7, 0.2, 0.3],
        ],
        '◀' | '◂' | '‹' => &[
            [0.8, 0.3, 0.2, 0.5],
            [0.2, 0.5, 0.8, 0.7],
            [0.8, 0.7, 0.8, 0.3],
        ],
        '‖' | '⏸' => &[[0.3, 0.3, 0.3, 0.75], [0.7, 0.3, 0.7, 0.75]],
        '←' => &[H, [0.0, 0.5, 0.35, 0.38], [0.0, 0.5, 0.35, 0.62]],
        '→' => &[H, [1.0, 0.5, 0.65, 0.38], [1.0, 0.5, 0.65, 0.62]],
        '↑' => &[
            [0.5, 0.2, 0.5, 0.8],
            [0.5, 0.2, 0.2, 0.38],
            [0.5, 0.2, 0.8, 0.38],
        ],
        '↓' => &[
            [0.5, 0.2, 0.5, 0.8],
            [0.5, 0.8, 0.2, 0.62],
            [0.5, 0.8, 0.8, 0.62],
        ],
        'τ' => &[
            [0.1, 0.42, 0.9, 0.4],
            [0.5, 0.42, 0.45, 0.7],
            [0.45, 0.7, 0.6, 0.76],
        ],
        'Σ' => &[
            [0.85, 0.25, 0.15, 0.25],
            [0.15, 0.25, 0.5, 0.5],
            [0.5, 0.5, 0.15, 0.75],
            [0.15, 0.75, 0.85, 0.75],
        ],
        'σ' => &[
            [0.9, 0.42, 0.4, 0.42],
            [0.4, 0.42, 0.15, 0.6],
            [0.15, 0.6, 0.45, 0.76],
            [0.45, 0.76, 0.75, 0.6],
            [0.75, 0.6, 0.5, 0.42],
        ],
        '✓' => &[[0.15, 0.55, 0.4, 0.75], [0.4, 0.75, 0.9, 0.3]],
        '✗' | '✕' => &[[0.2, 0.3, 0.8, 0.75], [0.8, 0.3, 0.2, 0.75]],
        '≥' => &[
            [0.2, 0.3, 0.8, 0.45],
            [0.8, 0.45, 0.2, 0.6],
            [0.2, 0.75, 0.8, 0.75],
        ],
        '≤' => &[
            [0.8, 0.3, 0.2, 0.45],
            [0.2, 0.45, 0.8, 0.6],
            [0.2, 0.75, 0.8, 0.75],
        ],
        // Not in the font: a frame says that a character stands here.
        _ => &[
            [0.15, 0.25, 0.85, 0.25],
            [0.85, 0.25, 0.85, 0.78],
            [0.85, 0.78, 0.15, 0.78],
            [0.15, 0.78, 0.15, 0.25],
        ],
    }
}
