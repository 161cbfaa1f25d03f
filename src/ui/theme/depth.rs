//! What a terminal can show: the number of colours and the characters, asked for or found out.

use std::ffi::OsString;
use std::str::FromStr;

use super::rgb::Rgb;

/// What `--color` may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// From `NO_COLOR`, `COLORTERM` and `TERM`.
    #[default]
    Auto,
    /// 24 bits.
    #[value(alias = "true")]
    Truecolor,
    /// xterm's 256.
    #[value(name = "256")]
    Ansi256,
    /// The terminal's own 16.
    #[value(name = "16")]
    Ansi16,
    /// None at all.
    #[value(alias = "never")]
    None,
}

/// What `--glyphs` may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum GlyphChoice {
    /// Octants if the terminal is known to draw them, else braille; ASCII if the locale is not UTF-8.
    #[default]
    Auto,
    /// Unicode 16's octants: as fine as braille, with solid cells.
    Octant,
    /// Braille dots.
    Braille,
    /// Half blocks.
    Half,
    /// ASCII only.
    Ascii,
}

/// Colours that a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// 256.
    Ansi256,
    /// 16.
    Ansi16,
    /// None.
    None,
}

/// Characters that a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// 2 x 4 solid parts of a cell.
    Octant,
    /// 2 x 4 dots in a cell.
    Braille,
    /// 1 x 2 parts of a cell.
    Half,
    /// ASCII.
    Ascii,
}

impl Depth {
    /// What was asked for, or what the environment promises. `NO_COLOR` counts unless empty, as
    /// no-color.org has it.
    pub fn detect(choice: ColorChoice, env: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| {
            env(name)
                .map(|v| v.to_string_lossy().to_ascii_lowercase())
                .unwrap_or_default()
        };
        match choice {
            ColorChoice::Truecolor => return Self::True,
            ColorChoice::Ansi256 => return Self::Ansi256,
            ColorChoice::Ansi16 => return Self::Ansi16,
            ColorChoice::None => return Self::None,
            ColorChoice::Auto => {}
        }
        let term = text("TERM");
        let promised = ["truecolor", "24bit"].contains(&text("COLORTERM").as_str());
        let known = [
            "-direct",
            "kitty",
            "ghostty",
            "alacritty",
            "wezterm",
            "foot",
        ];
        if !text("NO_COLOR").is_empty() || term == "dumb" {
            Self::None
        } else if promised || known.iter().any(|name| term.contains(name)) || cfg!(windows) {
            Self::True
        } else if term.contains("256") {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }
}

impl Glyphs {
    /// What was asked for, or what the locale allows.
    pub fn detect(choice: GlyphChoice, env: impl Fn(&str) -> Option<OsString>) -> Self {
        match choice {
            GlyphChoice::Octant => return Self::Octant,
            GlyphChoice::Braille => return Self::Braille,
            GlyphChoice::Half => return Self::Half,
            GlyphChoice::Ascii => return Self::Ascii,
            GlyphChoice::Auto => {}
        }
        let term = env("TERM").unwrap_or_default();
        if term == "dumb" {
            return Self::Ascii;
        }
        // The Linux console has half blocks in its font, but no braille.
        if term == "linux" {
            return Self::Half;
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .filter_map(|name| env(name))
            .map(|v| v.to_string_lossy().to_ascii_lowercase())
            .find(|v| !v.is_empty());
        // No locale at all is common in containers, whose terminals are UTF-8 nevertheless; only
        // one that names another encoding is believed.
        match locale {
            Some(l) if l.contains('.') && !l.contains("utf") => Self::Ascii,
            _ if draws_octants(&env) => Self::Octant,
            _ => Self::Braille,
        }
    }

    /// Dots across and down one cell.
    pub const fn dots(self) -> (usize, usize) {
        match self {
            Self::Octant | Self::Braille => (2, 4),
            Self::Half => (1, 2),
            Self::Ascii => (1, 1),
        }
    }
}

/// Whether the terminal says that it is one that draws octants itself, whatever its font has: Ghostty from
/// 1.2 on. Others that do, such as kitty and foot, do not tell their version; `--glyphs octant` is for them.
fn draws_octants(env: impl Fn(&str) -> Option<OsString>) -> bool {
    let text = |name: &str| env(name).map(|v| v.to_string_lossy().to_ascii_lowercase());
    if text("TERM_PROGRAM").as_deref() != Some("ghostty") {
        return false;
    }
    let version = text("TERM_PROGRAM_VERSION").unwrap_or_default();
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, 2)
}

impl FromStr for ColorChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        <Self as clap::ValueEnum>::from_str(text, true)
            .map_err(|_| format!("color must be auto, truecolor, 256, 16 or none, got `{text}`"))
    }
}

impl FromStr for GlyphChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        <Self as clap::ValueEnum>::from_str(text, true).map_err(|_| {
            format!("glyphs must be auto, octant, braille, half or ascii, got `{text}`")
        })
    }
}

/// The closest of xterm's colours 16 to 255.
pub(super) fn nearest_256(rgb: Rgb) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let level = |c: u8| (0..6).min_by_key(|&i| LEVELS[i].abs_diff(c)).unwrap_or(0);
    let [r, g, b] = rgb.map(level);
    let cube = [LEVELS[r], LEVELS[g], LEVELS[b]];
    let mean = rgb.iter().map(|&c| u16::from(c)).sum::<u16>() / 3;
    let step = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey = [8 + 10 * step; 3];
    if distance(grey, rgb) < distance(cube, rgb) {
        232 + step
    } else {
        (16 + 36 * r + 6 * g + b) as u8
    }
}

/// The closest of the usual 16 colours.
pub(super) fn nearest_16(rgb: Rgb) -> u8 {
    const TABLE: [Rgb; 16] = [
        [0, 0, 0],
        [205, 0, 0],
        [0, 205, 0],
        [205, 205, 0],
        [0, 0, 238],
        [205, 0, 205],
        [0, 205, 205],
        [229, 229, 229],
        [127, 127, 127],
        [255, 0, 0],
        [0, 255, 0],
        [255, 255, 0],
        [92, 92, 255],
        [255, 0, 255],
        [0, 255, 255],
        [255, 255, 255],
    ];
    (0..16)
        .min_by_key(|&i| distance(TABLE[usize::from(i)], rgb))
        .unwrap_or(7)
}

fn distance(a: Rgb, b: Rgb) -> u32 {
    (0..3).map(|i| u32::from(a[i].abs_diff(b[i])).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).into())
        }
    }

    #[test]
    fn colours_follow_the_environment_unless_asked_for() {
        let detect = |choice, pairs| Depth::detect(choice, env(pairs));
        assert_eq!(
            detect(ColorChoice::Auto, &[("TERM", "xterm-256color")]),
            Depth::Ansi256
        );
        assert_eq!(
            detect(
                ColorChoice::Auto,
                &[("TERM", "xterm"), ("COLORTERM", "truecolor")]
            ),
            Depth::True
        );
        assert_eq!(
            detect(
                ColorChoice::Auto,
                &[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]
            ),
            Depth::None
        );
        assert_eq!(
            detect(
                ColorChoice::Auto,
                &[("COLORTERM", "truecolor"), ("NO_COLOR", "")]
            ),
            Depth::True
        );
        assert_eq!(
            detect(ColorChoice::Truecolor, &[("NO_COLOR", "1")]),
            Depth::True
        );
        assert_eq!(
            detect(ColorChoice::Auto, &[("TERM", "vt100")]),
            Depth::Ansi16
        );
    }

    #[test]
    fn glyphs_follow_the_locale() {
        let detect = |pairs| Glyphs::detect(GlyphChoice::Auto, env(pairs));
        assert_eq!(detect(&[("LANG", "en_GB.UTF-8")]), Glyphs::Braille);
        assert_eq!(detect(&[("LANG", "en_GB.ISO-8859-1")]), Glyphs::Ascii);
        assert_eq!(detect(&[]), Glyphs::Braille);
        assert_eq!(
            detect(&[("TERM", "linux"), ("LANG", "C.UTF-8")]),
            Glyphs::Half
        );
    }

    #[test]
    fn colours_map_to_their_neighbours() {
        assert_eq!(nearest_256([255, 0, 0]), 196);
        assert_eq!(nearest_256([128, 128, 128]), 244);
        assert_eq!(nearest_16([250, 250, 5]), 11);
    }

    #[test]
    fn octants_only_where_the_terminal_is_known_to_have_them() {
        let detect = |pairs| Glyphs::detect(GlyphChoice::Auto, env(pairs));
        assert_eq!(
            detect(&[
                ("TERM_PROGRAM", "ghostty"),
                ("TERM_PROGRAM_VERSION", "1.2.3")
            ]),
            Glyphs::Octant
        );
        assert_eq!(
            detect(&[
                ("TERM_PROGRAM", "ghostty"),
                ("TERM_PROGRAM_VERSION", "1.1.3")
            ]),
            Glyphs::Braille
        );
        // What runs inside a multiplexer must go by what that can show.
        assert_eq!(
            detect(&[("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.5")]),
            Glyphs::Braille
        );
    }

    #[test]
    fn choices_parse() {
        assert_eq!("256".parse::<ColorChoice>().unwrap(), ColorChoice::Ansi256);
        assert_eq!("ascii".parse::<GlyphChoice>().unwrap(), GlyphChoice::Ascii);
        assert!(
            "purple"
                .parse::<ColorChoice>()
                .unwrap_err()
                .contains("truecolor")
        );
    }
}
