//! [`Palette`]: the themes, each a set of colours for one kind of eye or room.

use std::ffi::OsString;
use std::str::FromStr;

use super::rgb::Rgb;

/// What `--theme` may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ThemeChoice {
    /// Light if COLORFGBG names a light background, else dark.
    #[default]
    Auto,
    /// Soft colours on a dark ground.
    Dark,
    /// Deep colours on paper.
    Light,
    /// White and full colours on black.
    HighContrast,
    /// Colours that are distinct with any kind of colour vision.
    ColorBlind,
}

/// A theme's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Soft colours on a dark ground.
    #[default]
    Dark,
    /// Deep colours on paper.
    Light,
    /// White and full colours on black.
    HighContrast,
    /// Colours that are distinct with any kind of colour vision.
    ColorBlind,
}

/// The colours that a theme is made of.
pub(super) struct Colors {
    pub back: Rgb,
    pub raised: Rgb,
    pub selected: Rgb,
    pub border: Rgb,
    pub grid: Rgb,
    pub faint: Rgb,
    pub muted: Rgb,
    pub text: Rgb,
    pub accent: Rgb,
    pub good: Rgb,
    pub warn: Rgb,
    pub bad: Rgb,
    /// After Okabe and Ito: told apart by people who see colours differently.
    pub lanes: [Rgb; 6],
}

const DARK: Colors = Colors {
    back: [0x11, 0x14, 0x1b],
    raised: [0x1b, 0x20, 0x2b],
    selected: [0x2c, 0x35, 0x48],
    border: [0x33, 0x3b, 0x4c],
    grid: [0x29, 0x2f, 0x3d],
    faint: [0x5b, 0x65, 0x79],
    muted: [0x8b, 0x95, 0xa9],
    text: [0xd6, 0xdb, 0xe5],
    accent: [0xb4, 0xa0, 0xf5],
    good: [0x7f, 0xd1, 0xae],
    warn: [0xf2, 0xc9, 0x6b],
    bad: [0xf2, 0x7a, 0x7a],
    lanes: [
        [0x5a, 0xb9, 0xf0],
        [0xf0, 0xa4, 0x3a],
        [0x3f, 0xc9, 0x9b],
        [0xd9, 0x8c, 0xb8],
        [0xee, 0xe0, 0x5e],
        [0xe8, 0x74, 0x4a],
    ],
};

const LIGHT: Colors = Colors {
    back: [0xfb, 0xfa, 0xf6],
    raised: [0xee, 0xed, 0xe7],
    selected: [0xd8, 0xde, 0xec],
    border: [0xc3, 0xc4, 0xc4],
    grid: [0xe2, 0xe1, 0xdc],
    faint: [0x83, 0x88, 0x90],
    muted: [0x58, 0x5f, 0x6b],
    text: [0x1d, 0x22, 0x2b],
    accent: [0x5b, 0x3f, 0xc4],
    good: [0x13, 0x75, 0x4c],
    warn: [0x8a, 0x5a, 0x00],
    bad: [0xb3, 0x26, 0x26],
    lanes: [
        [0x00, 0x66, 0xa8],
        [0xb0, 0x5a, 0x00],
        [0x00, 0x7a, 0x57],
        [0xa0, 0x3c, 0x7d],
        [0x7a, 0x6a, 0x00],
        [0xb2, 0x3a, 0x12],
    ],
};

const HIGH_CONTRAST: Colors = Colors {
    back: [0x00, 0x00, 0x00],
    raised: [0x10, 0x10, 0x10],
    selected: [0x00, 0x3c, 0x8f],
    border: [0xa0, 0xa0, 0xa0],
    grid: [0x5a, 0x5a, 0x5a],
    faint: [0xb4, 0xb4, 0xb4],
    muted: [0xdc, 0xdc, 0xdc],
    text: [0xff, 0xff, 0xff],
    accent: [0xff, 0xe1, 0x3d],
    good: [0x5c, 0xff, 0x8a],
    warn: [0xff, 0xc8, 0x20],
    bad: [0xff, 0x8a, 0x8a],
    lanes: [
        [0x4c, 0xd2, 0xff],
        [0xff, 0xb0, 0x20],
        [0x4d, 0xff, 0xb8],
        [0xff, 0xa6, 0xe0],
        [0xff, 0xff, 0x66],
        [0xff, 0x8c, 0x5a],
    ],
};

/// As dark as [`DARK`], but good and bad are blue and orange, and the lanes differ in brightness, too.
const COLOR_BLIND: Colors = Colors {
    accent: [0xe6, 0xe6, 0xa0],
    good: [0x6c, 0xc4, 0xff],
    warn: [0xf7, 0xd9, 0x4c],
    bad: [0xff, 0x9a, 0x3c],
    lanes: [
        [0x56, 0xb4, 0xe9],
        [0xe6, 0x9f, 0x00],
        [0xf5, 0xf5, 0xf5],
        [0x00, 0x7f, 0xc4],
        [0xf0, 0xe4, 0x42],
        [0xc0, 0x5a, 0x00],
    ],
    ..DARK
};

impl Palette {
    /// All themes, in the order in which a key goes through them.
    pub const ALL: [Self; 4] = [
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::ColorBlind,
    ];

    /// What was asked for, or what `COLORFGBG` says of the terminal: its last part is the number of the
    /// background's colour.
    pub fn detect(choice: ThemeChoice, env: impl Fn(&str) -> Option<OsString>) -> Self {
        match choice {
            ThemeChoice::Dark => return Self::Dark,
            ThemeChoice::Light => return Self::Light,
            ThemeChoice::HighContrast => return Self::HighContrast,
            ThemeChoice::ColorBlind => return Self::ColorBlind,
            ThemeChoice::Auto => {}
        }
        let colours = env("COLORFGBG").map(|value| value.to_string_lossy().into_owned());
        let back = colours
            .as_deref()
            .and_then(|value| value.rsplit(';').next()?.trim().parse::<u8>().ok());
        match back {
            Some(7 | 9..=15) => Self::Light,
            _ => Self::Dark,
        }
    }

    /// Its name, as `--theme` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::ColorBlind => "color-blind",
        }
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|p| *p == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    pub(super) const fn colors(self) -> &'static Colors {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::HighContrast => &HIGH_CONTRAST,
            Self::ColorBlind => &COLOR_BLIND,
        }
    }
}

impl FromStr for ThemeChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        <Self as clap::ValueEnum>::from_str(text, true).map_err(|_| {
            format!("theme must be auto, dark, light, high-contrast or color-blind, got `{text}`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, as WCAG 2 has it.
    fn luminance(rgb: Rgb) -> f64 {
        let [r, g, b] = rgb.map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn what_is_to_be_read_stands_out_from_its_ground() {
        for palette in Palette::ALL {
            let c = palette.colors();
            let least = if palette == Palette::HighContrast {
                7.0
            } else {
                4.5
            };
            let mut read = vec![c.text, c.muted, c.accent, c.good, c.warn, c.bad];
            read.extend(c.lanes);
            for (i, colour) in read.into_iter().enumerate() {
                let found = contrast(colour, c.back);
                // The colour-blind theme's two darkest lanes draw curves, for which 3 is asked.
                let least = if palette == Palette::ColorBlind && i >= 6 {
                    3.0
                } else {
                    least
                };
                assert!(found >= least, "{palette:?} colour {i}: {found:.2}");
            }
        }
    }

    #[test]
    fn lanes_differ_without_red_and_green() {
        // What the commonest kinds of colour blindness still see: brightness, and blue against yellow.
        let seen = |rgb: Rgb| {
            let [r, g, b] = rgb.map(f64::from);
            [0.45 * r + 0.55 * g, b]
        };
        for palette in Palette::ALL {
            let lanes = palette.colors().lanes;
            let apart = |a: Rgb, b: Rgb| {
                let (a, b) = (seen(a), seen(b));
                (a[0] - b[0]).hypot(a[1] - b[1])
            };
            let least = if palette == Palette::ColorBlind {
                40.0
            } else {
                12.0
            };
            for (i, a) in lanes.iter().enumerate() {
                for b in &lanes[..i] {
                    assert!(apart(*a, *b) >= least, "{palette:?}: {a:?} and {b:?}");
                }
            }
        }
    }

    #[test]
    fn the_terminal_says_whether_it_is_light() {
        let detect = |choice, value: &'static str| {
            Palette::detect(choice, move |name| {
                (name == "COLORFGBG").then(|| value.into())
            })
        };
        assert_eq!(detect(ThemeChoice::Auto, "0;15"), Palette::Light);
        assert_eq!(detect(ThemeChoice::Auto, "0;default;15"), Palette::Light);
        assert_eq!(detect(ThemeChoice::Auto, "15;0"), Palette::Dark);
        assert_eq!(detect(ThemeChoice::Auto, "12;8"), Palette::Dark);
        assert_eq!(detect(ThemeChoice::Auto, "nonsense"), Palette::Dark);
        assert_eq!(
            detect(ThemeChoice::HighContrast, "0;15"),
            Palette::HighContrast
        );
    }

    #[test]
    fn a_key_goes_through_all_themes_and_comes_back() {
        let mut seen = vec![Palette::Dark];
        while seen.len() < 5 {
            seen.push(seen[seen.len() - 1].next());
        }
        assert_eq!(seen[..4], Palette::ALL);
        assert_eq!(seen[4], Palette::Dark);
        for palette in Palette::ALL {
            let choice: ThemeChoice = palette.name().parse().unwrap();
            assert_eq!(Palette::detect(choice, |_| None), palette);
        }
    }
}
