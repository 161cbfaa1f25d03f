//! Light augmentation: another pose, other colours, another background, the same thing.
//!
//! A picture's colours are changed before its background is laid under it. All colour changes are
//! linear, so they are one matrix for each picture; all poses are one affine map. Knows neither
//! classes nor captions: a data set says which [`Augment`] leaves its captions true.

mod colour;

use rand_chacha::ChaCha8Rng;

use colour::Colours;

use super::Picture;
use super::image::{Layer, WHITE, over, to_byte, write_row};
use crate::random::{around_zero, below, between, chance, exp, sin_cos, unit};

/// Ranges of the random changes. Shares are probabilities; a range of zero changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Augment {
    /// Natural logarithm of the size, least and largest.
    pub log_scale: (f32, f32),
    /// Shift along each axis, as a part of the side, either way.
    pub shift: f32,
    /// Rotation in degrees, either way.
    pub rotation: f32,
    /// Share that is mirrored left to right.
    pub flip: f32,
    /// Share whose colours change at all.
    pub jitter: f32,
    /// Added to all channels, either way; a channel runs from 0 to 1.
    pub brightness: f32,
    /// Natural logarithm of the contrast about middle grey, either way.
    pub contrast: f32,
    /// Natural logarithm of the saturation, either way.
    pub saturation: f32,
    /// Turn of the hue, as a part of the circle, either way.
    pub hue: f32,
    /// Share of the changed ones that turns grey.
    pub grey: f32,
    /// Share that lies over a random colour instead of white.
    pub background: f32,
    /// Share with a random square painted over.
    pub cutout: f32,
}

impl Augment {
    /// Nothing changes.
    pub const NONE: Self = Self {
        log_scale: (0.0, 0.0),
        shift: 0.0,
        rotation: 0.0,
        flip: 0.0,
        jitter: 0.0,
        brightness: 0.0,
        contrast: 0.0,
        saturation: 0.0,
        hue: 0.0,
        grey: 0.0,
        background: 0.0,
        cutout: 0.0,
    };

    /// Writes a changed picture at `side` pixels as planes: `3 * side * side` bytes into `out`.
    pub fn write(&self, picture: &Picture, side: usize, rng: &mut ChaCha8Rng, out: &mut [u8]) {
        let layer = Layer::at_most(picture, side);
        let pose = self.draw_pose(layer.side, side, rng);
        let colours = self.draw_colours(rng);
        let background = if chance(rng, self.background) {
            draw_colour(rng)
        } else {
            WHITE
        };
        let source = Padded::new(&layer);
        let mut row = vec![[0.0; 4]; side];
        for y in 0..side {
            for (x, pixel) in row.iter_mut().enumerate() {
                let changed = colours.change(source.at(pose.source(x as f32, y as f32)));
                *pixel = over(changed, background);
            }
            write_row(&row, y, out);
        }
        if chance(rng, self.cutout) {
            cut_out(side, rng, out);
        }
    }

    fn draw_pose(&self, from: usize, to: usize, rng: &mut ChaCha8Rng) -> Pose {
        let shrink = exp(-between(rng, self.log_scale)) * (from as f32 / to as f32);
        let (sin, cos) = sin_cos(around_zero(rng, self.rotation));
        let mirror = if chance(rng, self.flip) { -1.0 } else { 1.0 };
        let shift = [around_zero(rng, self.shift), around_zero(rng, self.shift)];
        let matrix = [
            [mirror * shrink * cos, -shrink * sin],
            [mirror * shrink * sin, shrink * cos],
        ];
        let centre = (to as f32 - 1.0) / 2.0;
        let middle = (from as f32 - 1.0) / 2.0;
        let origin = |axis: usize| {
            middle + shift[axis] * from as f32 - centre * (matrix[axis][0] + matrix[axis][1])
        };
        Pose {
            matrix,
            origin: [origin(0), origin(1)],
        }
    }

    fn draw_colours(&self, rng: &mut ChaCha8Rng) -> Colours {
        // All are drawn whether needed or not, so that one switch does not reshuffle the others.
        let changed = chance(rng, self.jitter);
        let hue = around_zero(rng, self.hue) * 360.0;
        let saturation = exp(around_zero(rng, self.saturation));
        let saturation = if chance(rng, self.grey) {
            0.0
        } else {
            saturation
        };
        let contrast = exp(around_zero(rng, self.contrast));
        let brightness = around_zero(rng, self.brightness);
        if !changed {
            return Colours::SAME;
        }
        Colours::new(hue, saturation, contrast, brightness)
    }
}

/// Where each pixel of the result comes from.
struct Pose {
    matrix: [[f32; 2]; 2],
    origin: [f32; 2],
}

impl Pose {
    #[inline]
    fn source(&self, x: f32, y: f32) -> (f32, f32) {
        let [[a, b], [c, d]] = self.matrix;
        (
            self.origin[0] + a * x + b * y,
            self.origin[1] + c * x + d * y,
        )
    }
}

/// Between 0 and `most`; two instructions, unlike `clamp`.
#[inline]
fn bounded(x: f32, most: f32) -> f32 {
    let x = if x > 0.0 { x } else { 0.0 };
    if x < most { x } else { most }
}

/// A layer with a transparent margin of one pixel, so that looking up needs no branches.
struct Padded {
    stride: usize,
    pixels: Vec<[f32; 4]>,
}

impl Padded {
    fn new(layer: &Layer) -> Self {
        let stride = layer.side + 2;
        let mut pixels = vec![[0.0; 4]; stride * stride];
        let rows = pixels.chunks_exact_mut(stride).skip(1);
        for (to, from) in rows.zip(layer.pixels.chunks_exact(layer.side)) {
            to[1..=layer.side].copy_from_slice(from);
        }
        Self { stride, pixels }
    }

    /// Bilinear; transparent beyond the edges.
    #[inline]
    fn at(&self, (x, y): (f32, f32)) -> [f32; 4] {
        let most = self.stride as f32 - 1.001;
        let (x, y) = (bounded(x + 1.0, most), bounded(y + 1.0, most));
        // Neither is negative, so cutting off is rounding down.
        let (i, j) = (x as i32, y as i32);
        let (u, v) = (x - i as f32, y - j as f32);
        let start = j as usize * self.stride + i as usize;
        let window = &self.pixels[start..start + self.stride + 2];
        let top = mix(window[0], window[1], u);
        let bottom = mix(window[self.stride], window[self.stride + 1], u);
        mix(top, bottom, v)
    }
}

#[inline]
fn mix(a: [f32; 4], b: [f32; 4], share: f32) -> [f32; 4] {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share)
}

fn draw_colour(rng: &mut ChaCha8Rng) -> [f32; 4] {
    [unit(rng), unit(rng), unit(rng), 1.0]
}

/// Paints a square of 0.2 to 0.5 of the side, partly outside perhaps, in one random colour.
fn cut_out(side: usize, rng: &mut ChaCha8Rng, out: &mut [u8]) {
    let reach = (between(rng, (0.1, 0.25)) * side as f32) as usize;
    let (x, y) = (below(rng, side), below(rng, side));
    let colour = draw_colour(rng).map(to_byte);
    let span = |at: usize| at.saturating_sub(reach)..(at + reach + 1).min(side);
    for (plane, colour) in out.chunks_exact_mut(side * side).zip(colour) {
        for row in span(y) {
            plane[row * side..][span(x)].fill(colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::image::write_plain;
    use super::*;
    use crate::random::{Purpose, generator};

    /// A left half of solid colour, a right half transparent with misleading colours.
    fn half(side: usize, colour: [u8; 3]) -> Picture {
        let [r, g, b] = colour;
        let pixel = |i: usize| {
            if i % side < side / 2 {
                [r, g, b, 255]
            } else {
                [0, 255, 0, 0]
            }
        };
        Picture {
            side,
            rgba: (0..side * side).map(pixel).collect(),
        }
    }

    fn write(augment: Augment, picture: &Picture, side: usize, seed: u64) -> Vec<u8> {
        let mut out = vec![7; 3 * side * side];
        augment.write(
            picture,
            side,
            &mut generator(seed, Purpose::Pair, 0, 0),
            &mut out,
        );
        out
    }

    #[test]
    fn no_augmentation_is_the_plain_picture() {
        let picture = half(64, [200, 30, 90]);
        for side in [16, 32, 64] {
            let mut plain = vec![0; 3 * side * side];
            write_plain(&picture, side, &mut plain);
            assert_eq!(write(Augment::NONE, &picture, side, 1), plain, "{side}");
        }
    }

    #[test]
    fn a_flip_mirrors_exactly() {
        let picture = half(16, [200, 30, 90]);
        let plain = write(Augment::NONE, &picture, 16, 1);
        let flipped = write(
            Augment {
                flip: 1.0,
                ..Augment::NONE
            },
            &picture,
            16,
            1,
        );
        for (plain, flipped) in plain.chunks(16).zip(flipped.chunks(16)) {
            let mirrored: Vec<u8> = plain.iter().rev().copied().collect();
            assert_eq!(mirrored, flipped);
        }
    }

    #[test]
    fn the_background_shows_only_where_the_picture_is_transparent() {
        let picture = half(16, [200, 30, 90]);
        let augment = Augment {
            background: 1.0,
            ..Augment::NONE
        };
        let (a, b) = (
            write(augment, &picture, 16, 1),
            write(augment, &picture, 16, 2),
        );
        for (i, (a, b)) in a.iter().zip(&b).enumerate() {
            assert_eq!(a == b, i % 16 < 8, "{i}: {a} {b}");
        }
    }

    #[test]
    fn grey_has_three_equal_channels_and_keeps_its_luma() {
        let picture = half(8, [200, 30, 90]);
        let out = write(
            Augment {
                jitter: 1.0,
                grey: 1.0,
                ..Augment::NONE
            },
            &picture,
            8,
            1,
        );
        // 0.299 * 200 + 0.587 * 30 + 0.114 * 90 = 87.67
        assert_eq!([out[0], out[64], out[128]], [88; 3]);
        assert_eq!(out[7], 255, "the background stays white");
    }

    #[test]
    fn scale_and_shift_move_the_edge_where_they_should() {
        let picture = half(64, [0, 0, 0]);
        let edge = |augment: Augment| {
            let out = write(augment, &picture, 64, 3);
            out[32 * 64..33 * 64]
                .iter()
                .filter(|&&byte| byte < 128)
                .count()
        };
        assert_eq!(edge(Augment::NONE), 32);
        // Half as large: a quarter of the row, between a quarter and the middle.
        let half_size = Augment {
            log_scale: (-2.0_f32.ln(), -2.0_f32.ln()),
            ..Augment::NONE
        };
        assert_eq!(edge(half_size), 16);
        let shifts: Vec<usize> = (0..50)
            .map(|seed| {
                let out = write(
                    Augment {
                        shift: 0.25,
                        ..Augment::NONE
                    },
                    &picture,
                    64,
                    seed,
                );
                out[32 * 64..33 * 64]
                    .iter()
                    .filter(|&&byte| byte < 128)
                    .count()
            })
            .collect();
        assert!(shifts.iter().all(|&n| (16..=32).contains(&n)), "{shifts:?}");
        assert!(
            shifts.iter().any(|&n| n < 20) && shifts.iter().any(|&n| n > 30),
            "{shifts:?}"
        );
    }

    #[test]
    fn extreme_ranges_stay_within_bounds() {
        let wild = Augment {
            log_scale: (-3.0, 3.0),
            shift: 2.0,
            rotation: 180.0,
            flip: 0.5,
            jitter: 1.0,
            brightness: 2.0,
            contrast: 2.0,
            saturation: 2.0,
            hue: 0.5,
            grey: 0.2,
            background: 0.5,
            cutout: 1.0,
        };
        for seed in 0..200 {
            for side in [16, 40, 128] {
                assert_eq!(
                    write(wild, &half(64, [250, 3, 77]), side, seed).len(),
                    3 * side * side
                );
            }
        }
        assert_eq!(write(wild, &half(1, [250, 3, 77]), 16, 0).len(), 768);
    }

    #[test]
    fn a_cutout_paints_one_square() {
        let picture = Picture {
            side: 32,
            rgba: vec![[0; 4]; 1024],
        };
        let out = write(
            Augment {
                cutout: 1.0,
                ..Augment::NONE
            },
            &picture,
            32,
            5,
        );
        let painted = out[..1024].iter().filter(|&&byte| byte != 255).count();
        assert!((9..=17 * 17).contains(&painted), "{painted}");
    }
}
