//! Scales: how a share of a range becomes a colour or a character; rising from dark to bright, or
//! diverging from a dark middle, for numbers that have a sign.

use super::rgb::{Rgb, mix};
use super::style::Theme;

/// Around zero: what hardly differs from the background.
const MIDDLE: Rgb = [0x1d, 0x21, 0x2a];
/// Half way and all the way below zero: blue; above it: orange. Told apart by people who see colours
/// differently.
const BELOW: [Rgb; 2] = [[0x2f, 0x74, 0xc0], [0xa6, 0xdc, 0xff]];
const ABOVE: [Rgb; 2] = [[0xc2, 0x60, 0x1c], [0xff, 0xdf, 0xa0]];

/// How a share of a range is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// 0 is dark, 1 is bright.
    Rising,
    /// 0.5 is dark; 0 and 1 are bright in two colours.
    Diverging,
}

impl Theme {
    /// The colour of `share` (0 to 1).
    pub fn shade(&self, scale: Scale, share: f64) -> Rgb {
        match scale {
            Scale::Rising => self.heat(share),
            Scale::Diverging => {
                let half = f64::from((self.levels / 2).max(2));
                let signed = (share.clamp(0.0, 1.0) * 2.0 - 1.0) * half;
                let size = signed.round().abs() / half;
                let ends = if signed < 0.0 { BELOW } else { ABOVE };
                if size <= 0.5 {
                    mix(MIDDLE, ends[0], size * 2.0)
                } else {
                    mix(ends[0], ends[1], size * 2.0 - 1.0)
                }
            }
        }
    }

    /// The characters of `share` (0 to 1) in a cell of two: the ramp twice, or a sign and how large, in
    /// ninths.
    pub fn letters(&self, scale: Scale, share: f64) -> [char; 2] {
        if !share.is_finite() {
            return ['?'; 2];
        }
        match scale {
            Scale::Rising => [self.ramp(share); 2],
            Scale::Diverging => {
                let signed = share.clamp(0.0, 1.0) * 2.0 - 1.0;
                let size = (signed.abs() * 9.0).round() as u32;
                let sign = if signed < 0.0 { '-' } else { '+' };
                match char::from_digit(size, 10) {
                    Some(digit) if size > 0 => [sign, digit],
                    _ => [' ', ' '],
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Glyphs};

    #[test]
    fn the_diverging_scale_is_dark_at_zero_and_has_a_colour_for_each_sign() {
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let at = |share| theme.shade(Scale::Diverging, share);
        assert_eq!(at(0.5), MIDDLE);
        let ([r, _, b], [r2, _, b2]) = (at(0.2), at(0.8));
        assert!(b > r && r2 > b2, "blue below, orange above");
        let bright = |rgb: Rgb| rgb.iter().map(|&c| u32::from(c)).sum::<u32>();
        for i in 0..9 {
            let (inner, outer) = (f64::from(i) / 20.0, f64::from(i + 1) / 20.0);
            assert!(bright(at(0.5 + inner)) < bright(at(0.5 + outer)));
            assert!(bright(at(0.5 - inner)) < bright(at(0.5 - outer)));
        }
    }

    #[test]
    fn without_colour_a_difference_is_a_sign_and_a_digit() {
        let theme = Theme::new(Depth::None, Glyphs::Ascii);
        let at = |share| String::from_iter(theme.letters(Scale::Diverging, share));
        assert_eq!(
            [at(0.0), at(0.25), at(0.5), at(1.0), at(f64::NAN)],
            ["-9", "-5", "  ", "+9", "??"]
        );
        assert_eq!(theme.letters(Scale::Rising, 1.0), ['@', '@']);
    }
}
