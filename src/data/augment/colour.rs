//! [`Colours`]: hue, saturation, contrast and brightness as one matrix.
//!
//! Knows neither randomness nor pictures.

use crate::random::sin_cos;

/// A linear change of straight colours, made on premultiplied ones: what each of red, green, blue and
/// alpha contributes to all four.
pub struct Colours([[f32; 4]; 4]);

impl Colours {
    /// Changes nothing.
    pub const SAME: Self = Self([
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ]);

    /// Turns the hue by so many degrees, then the saturation, then the contrast about middle grey,
    /// then adds the brightness.
    pub fn new(hue: f32, saturation: f32, contrast: f32, brightness: f32) -> Self {
        let turned = multiply(saturate(saturation), rotate_hue(hue));
        let matrix = turned.map(|row| row.map(|x| x * contrast));
        // contrast * (c - 1/2) + 1/2 + brightness, as far as it does not depend on the colour.
        let [x, y, z] = matrix.map(|row| 0.5 + brightness - 0.5 * (row[0] + row[1] + row[2]));
        let column = |c: usize| [matrix[0][c], matrix[1][c], matrix[2][c], 0.0];
        Self([column(0), column(1), column(2), [x, y, z, 1.0]])
    }

    /// The changed colour, premultiplied like the one given; cut off at 0 and at its alpha.
    #[inline]
    pub fn change(&self, [r, g, b, alpha]: [f32; 4]) -> [f32; 4] {
        let Self([red, green, blue, rest]) = self;
        std::array::from_fn(|i| {
            let sum = r * red[i] + g * green[i] + b * blue[i] + alpha * rest[i];
            sum.max(0.0).min(alpha)
        })
    }
}

/// Rotation of colours about the grey axis.
fn rotate_hue(degrees: f32) -> [[f32; 3]; 3] {
    let (sin, cos) = sin_cos(degrees);
    let (third, skew) = ((1.0 - cos) / 3.0, sin * 0.577_350_26);
    let (same, next, last) = (cos + third, third - skew, third + skew);
    [[same, next, last], [last, same, next], [next, last, same]]
}

/// Between luma (0) and the colour itself (1), and beyond.
fn saturate(amount: f32) -> [[f32; 3]; 3] {
    let luma = [0.299, 0.587, 0.114].map(|weight| (1.0 - amount) * weight);
    std::array::from_fn(|i| std::array::from_fn(|j| luma[j] + if i == j { amount } else { 0.0 }))
}

fn multiply(a: [[f32; 3]; 3], b: [[f32; 3]; 3]) -> [[f32; 3]; 3] {
    let dot = |i: usize, j: usize| a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
    std::array::from_fn(|i| std::array::from_fn(|j| dot(i, j)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hue_turns_red_into_green_and_leaves_grey_alone() {
        let turned = rotate_hue(120.0).map(|row| row[0]);
        assert!(
            (turned[1] - 1.0).abs() < 1e-6 && turned[0].abs() < 1e-6,
            "{turned:?}"
        );
        for degrees in [10.0, 77.0, -140.0] {
            for row in rotate_hue(degrees) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn changes_are_those_of_the_equations() {
        let close = |got: [f32; 4], want: [f32; 4]| {
            let far = got.iter().zip(want).any(|(g, w)| (g - w).abs() > 1e-6);
            assert!(!far, "{got:?} {want:?}");
        };
        let colour = [0.2, 0.6, 0.4, 1.0];
        close(Colours::SAME.change(colour), colour);
        close(Colours::new(0.0, 1.0, 1.0, 0.0).change(colour), colour);
        close(
            Colours::new(0.0, 1.0, 1.0, 0.1).change(colour),
            [0.3, 0.7, 0.5, 1.0],
        );
        close(
            Colours::new(0.0, 1.0, 2.0, 0.0).change(colour),
            [0.0, 0.7, 0.3, 1.0],
        );
        let luma = 0.299 * 0.2 + 0.587 * 0.6 + 0.114 * 0.4;
        close(
            Colours::new(0.0, 0.0, 1.0, 0.0).change(colour),
            [luma, luma, luma, 1.0],
        );
        // Half transparent: the change of the straight colour, times one half.
        let half = colour.map(|x| x / 2.0);
        close(
            Colours::new(0.0, 1.0, 2.0, 0.1).change(half),
            [0.0, 0.4, 0.2, 0.5],
        );
    }
}
