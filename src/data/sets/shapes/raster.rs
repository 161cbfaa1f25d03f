//! [`Scene`]: what is on a picture of shapes, exactly, and the small rasterizer that draws it.
//!
//! Outlines are polygons; each pixel gets the exact area that the polygon covers of it, so that edges
//! are smooth at any resolution.

use super::attributes::{Attributes, SHAPES};
use crate::data::Picture;
use crate::random::sin_cos;

/// One shape before a background. Lengths are parts of the picture's side, from its top left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// What captions speak of.
    pub attributes: Attributes,
    /// The shape's middle, from the left and from the top.
    pub centre: [f32; 2],
    /// From the middle to the outermost point.
    pub radius: f32,
    /// Degrees, clockwise.
    pub rotation: f32,
    /// sRGB.
    pub colour: [u8; 3],
    /// sRGB at the top and at the bottom.
    pub background: [[u8; 3]; 2],
}

impl Scene {
    /// The scene at `side` pixels a side; opaque.
    pub fn picture(&self, side: usize) -> Picture {
        let mut rgba = Vec::with_capacity(side * side);
        let mix = |a: u8, b: u8, share: f32| f32::from(a) + (f32::from(b) - f32::from(a)) * share;
        let mask = self.mask(side);
        for (y, row) in mask.chunks_exact(side).enumerate() {
            let down = (y as f32 + 0.5) / side as f32;
            let [top, bottom] = self.background;
            let back: [f32; 3] = std::array::from_fn(|i| mix(top[i], bottom[i], down));
            rgba.extend(row.iter().map(|&cover| {
                let channel = |i: usize| {
                    let value = back[i] + (f32::from(self.colour[i]) - back[i]) * cover;
                    (value + 0.5) as u8
                };
                [channel(0), channel(1), channel(2), 255]
            }));
        }
        Picture { side, rgba }
    }

    /// How much of each pixel the shape covers, 0 to 1, row by row.
    pub fn mask(&self, side: usize) -> Vec<f32> {
        let mut canvas = Canvas::new(side);
        for contour in outline(self.attributes.shape) {
            let points: Vec<_> = contour
                .iter()
                .map(|&point| self.place(point, side))
                .collect();
            canvas.fill(&points);
        }
        canvas.cover()
    }

    fn place(&self, [x, y]: [f32; 2], side: usize) -> [f32; 2] {
        let (sin, cos) = sin_cos(self.rotation);
        let side = side as f32;
        let scale = self.radius * side;
        [
            self.centre[0] * side + scale * (x * cos - y * sin),
            self.centre[1] * side + scale * (x * sin + y * cos),
        ]
    }
}

/// Closed contours within the unit circle, y downwards; a contour the other way round is a hole.
fn outline(shape: usize) -> Vec<Vec<[f32; 2]>> {
    match SHAPES[shape] {
        "circle" => vec![polygon(48, 0.92)],
        "square" => vec![scaled(
            &[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]],
            0.8,
        )],
        "triangle" => vec![vec![[0.0, -0.95], [0.92, 0.68], [-0.92, 0.68]]],
        "star" => vec![star()],
        "heart" => vec![heart()],
        "cross" => vec![cross()],
        "ring" => vec![
            polygon(48, 0.95),
            polygon(40, 0.58).into_iter().rev().collect(),
        ],
        _ => vec![vec![[0.0, -1.0], [0.62, 0.0], [0.0, 1.0], [-0.62, 0.0]]],
    }
}

fn scaled(points: &[[f32; 2]], scale: f32) -> Vec<[f32; 2]> {
    points
        .iter()
        .map(|point| point.map(|x| x * scale))
        .collect()
}

fn polygon(corners: u16, radius: f32) -> Vec<[f32; 2]> {
    let corner = |i: u16| {
        let (sin, cos) = sin_cos(360.0 * f32::from(i) / f32::from(corners));
        [radius * cos, radius * sin]
    };
    (0..corners).map(corner).collect()
}

fn star() -> Vec<[f32; 2]> {
    let corner = |i: u16| {
        let (sin, cos) = sin_cos(36.0 * f32::from(i) - 90.0);
        let radius = if i.is_multiple_of(2) { 1.0 } else { 0.42 };
        [radius * cos, radius * sin]
    };
    (0..10).map(corner).collect()
}

/// x = 16 sin^3 t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t.
fn heart() -> Vec<[f32; 2]> {
    let corner = |i: u16| {
        let t = 360.0 * f32::from(i) / 40.0;
        let cos = |n: f32| sin_cos(n * t).1;
        let sin = sin_cos(t).0;
        let y = 13.0 * cos(1.0) - 5.0 * cos(2.0) - 2.0 * cos(3.0) - cos(4.0);
        [16.0 * sin * sin * sin / 17.5, (-y - 2.0) / 17.5]
    };
    (0..40).map(corner).collect()
}

fn cross() -> Vec<[f32; 2]> {
    const ARM: f32 = 0.3;
    const END: f32 = 0.92;
    let quarter = [[-ARM, -END], [ARM, -END], [ARM, -ARM]];
    (0..4)
        .flat_map(|turn| {
            quarter.map(|[x, y]| match turn {
                0 => [x, y],
                1 => [-y, x],
                2 => [-x, -y],
                _ => [y, -x],
            })
        })
        .collect()
}

/// Sums, for each pixel, the signed change of coverage from its left neighbour: an edge adds what it
/// covers in each row it crosses, and a running sum along the row is the coverage. The method of the
/// font-rs rasterizer.
struct Canvas {
    side: usize,
    changes: Vec<f32>,
}

impl Canvas {
    fn new(side: usize) -> Self {
        Self {
            side,
            changes: vec![0.0; side * side],
        }
    }

    fn fill(&mut self, points: &[[f32; 2]]) {
        for (i, &from) in points.iter().enumerate() {
            self.edge(from, points[(i + 1) % points.len()]);
        }
    }

    fn edge(&mut self, from: [f32; 2], to: [f32; 2]) {
        let (sign, upper, lower) = if from[1] < to[1] {
            (1.0, from, to)
        } else {
            (-1.0, to, from)
        };
        if upper[1] >= lower[1] {
            return;
        }
        let slope = (lower[0] - upper[0]) / (lower[1] - upper[1]);
        let x_at = |y: f32| upper[0] + (y - upper[1]) * slope;
        let first = upper[1].max(0.0) as usize;
        let last = (lower[1].max(0.0).ceil() as usize).min(self.side);
        for row in first..last {
            let top = upper[1].max(row as f32);
            let bottom = lower[1].min(row as f32 + 1.0);
            self.span(row, sign * (bottom - top), x_at(top), x_at(bottom));
        }
    }

    /// An edge within one row: `height` of the row (signed) from `a` to `b` along x.
    fn span(&mut self, row: usize, height: f32, a: f32, b: f32) {
        let edge = self.side as f32;
        let (left, right) = (a.min(b).clamp(0.0, edge), a.max(b).clamp(0.0, edge));
        // Everything right of the edge is covered; the part of pixel x that is, as a difference.
        let mut before = 0.0;
        for x in left as usize..self.side {
            let cover = covered(left - x as f32, right - x as f32);
            self.changes[row * self.side + x] += height * (cover - before);
            before = cover;
            if x as f32 >= right {
                break;
            }
        }
    }

    /// Filled where contours run clockwise.
    fn cover(&self) -> Vec<f32> {
        let mut cover = Vec::with_capacity(self.changes.len());
        for row in self.changes.chunks_exact(self.side) {
            let mut sum = 0.0;
            cover.extend(row.iter().map(|change| {
                sum += change;
                sum.abs().min(1.0)
            }));
        }
        cover
    }
}

/// Of the unit pixel, the mean part right of an edge that runs evenly from `left` to `right`.
fn covered(left: f32, right: f32) -> f32 {
    if right - left < 1e-5 {
        return (1.0 - left).clamp(0.0, 1.0);
    }
    // Integral of clamp(1 - x, 0, 1) over [left, right].
    let integral = |x: f32| {
        if x < 0.0 {
            x
        } else if x < 1.0 {
            x - x * x / 2.0
        } else {
            0.5
        }
    };
    (integral(right) - integral(left)) / (right - left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cover_of(side: usize, points: &[[f32; 2]]) -> Vec<f32> {
        let mut canvas = Canvas::new(side);
        canvas.fill(points);
        canvas.cover()
    }

    /// Twice the signed area by the shoelace formula.
    fn area(points: &[[f32; 2]]) -> f32 {
        let cross = |i: usize| {
            let ([a, b], [c, d]) = (points[i], points[(i + 1) % points.len()]);
            a * d - b * c
        };
        (0..points.len()).map(cross).sum::<f32>() / 2.0
    }

    #[test]
    fn a_rectangle_covers_exactly_its_part_of_each_pixel() {
        let cover = cover_of(4, &[[0.5, 1.0], [2.25, 1.0], [2.25, 2.5], [0.5, 2.5]]);
        #[rustfmt::skip]
        let expected = [
            0.0, 0.0, 0.0, 0.0,
            0.5, 1.0, 0.25, 0.0,
            0.25, 0.5, 0.125, 0.0,
            0.0, 0.0, 0.0, 0.0,
        ];
        for (got, expected) in cover.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-5, "{cover:?}");
        }
    }

    #[test]
    fn every_shape_covers_its_area_at_any_rotation() {
        for (shape, name) in SHAPES.iter().enumerate() {
            let contours = outline(shape);
            let expected: f32 = contours.iter().map(|c| area(c)).sum();
            assert!(expected > 0.3, "clockwise on the screen: {name}");
            for contour in &contours {
                assert!(
                    contour.iter().all(|[x, y]| x * x + y * y <= 1.35),
                    "{shape}"
                );
            }
            for rotation in [0.0, 13.0, -71.0] {
                let scene = Scene {
                    attributes: Attributes {
                        colour: 0,
                        shape,
                        size: 0,
                        place: 0,
                    },
                    centre: [0.47, 0.52],
                    radius: 0.3,
                    rotation,
                    colour: [0; 3],
                    background: [[255; 3]; 2],
                };
                let got: f32 = scene.mask(64).iter().sum();
                let expected = expected * 0.3 * 0.3 * 64.0 * 64.0;
                assert!(
                    (got / expected - 1.0).abs() < 1e-3,
                    "{shape} {rotation}: {got} {expected}"
                );
            }
        }
    }

    #[test]
    fn what_sticks_out_of_the_picture_is_cut_off() {
        let cover = cover_of(4, &[[-9.0, -3.0], [2.0, -3.0], [2.0, 9.0], [-9.0, 9.0]]);
        for (i, cover) in cover.iter().enumerate() {
            assert!((cover - f32::from(u8::from(i % 4 < 2))).abs() < 1e-5);
        }
        let far = cover_of(4, &[[9.0, -3.0], [12.0, -3.0], [12.0, 9.0], [9.0, 9.0]]);
        assert!(far.iter().all(|c| c.abs() < 1e-5), "{far:?}");
    }

    #[test]
    fn a_ring_has_a_hole() {
        let scene = Scene {
            attributes: Attributes {
                colour: 0,
                shape: 6,
                size: 1,
                place: 4,
            },
            centre: [0.5, 0.5],
            radius: 0.4,
            rotation: 5.0,
            colour: [1, 2, 3],
            background: [[200; 3], [100; 3]],
        };
        let picture = scene.picture(33);
        assert_eq!(picture.rgba[16 * 33 + 16], [150, 150, 150, 255]);
        assert_eq!(picture.rgba[16 * 33 + 6], [1, 2, 3, 255]);
    }
}
