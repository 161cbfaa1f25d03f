//! The terminal as `doctor` shows it: what the screen will use and which variable decides it.

use std::io::IsTerminal as _;

use crate::ui::theme::{ColorChoice, Depth, GlyphChoice, Glyphs};

/// The environment of the terminal.
pub struct Terminal {
    /// Whether standard output is one.
    pub is_terminal: bool,
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    /// Colours that the screen will use.
    pub color: &'static str,
    /// Characters that the screen will use.
    pub glyphs: &'static str,
    /// The variable that decides the character set, and its value.
    pub locale: Option<(&'static str, String)>,
}

/// Reads an environment variable; an empty one is as good as none.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether the terminal is reached over SSH.
pub fn ssh() -> bool {
    env("SSH_CONNECTION").is_some() || env("SSH_TTY").is_some()
}

/// Columns of the terminal, if standard output is one.
pub fn columns() -> Option<usize> {
    size().map(|(columns, _)| usize::from(columns))
}

impl Terminal {
    /// Looks around, as the screen does.
    pub fn detect() -> Self {
        let any = |name: &str| std::env::var_os(name);
        Self {
            is_terminal: std::io::stdout().is_terminal(),
            size: size(),
            color: match Depth::detect(ColorChoice::Auto, any) {
                Depth::True => "truecolor",
                Depth::Ansi256 => "256",
                Depth::Ansi16 => "16",
                Depth::None => "none",
            },
            glyphs: match Glyphs::detect(GlyphChoice::Auto, any) {
                Glyphs::Octant => "octant",
                Glyphs::Braille => "braille",
                Glyphs::Half => "half",
                Glyphs::Ascii => "ascii",
            },
            locale: ["LC_ALL", "LC_CTYPE", "LANG"]
                .into_iter()
                .find_map(|name| Some((name, env(name)?))),
        }
    }

    /// Whether the locale says UTF-8; unknown if there is none.
    pub fn utf8(&self) -> Option<bool> {
        let (_, value) = self.locale.as_ref()?;
        let value = value.to_ascii_lowercase();
        Some(value.contains("utf-8") || value.contains("utf8"))
    }

    /// The variables that decide the colours, as they stand.
    pub fn color_from() -> String {
        let names = ["NO_COLOR", "COLORTERM", "TERM"];
        let set = names
            .iter()
            .filter_map(|name| Some(format!("{name}={}", env(name)?)));
        set.collect::<Vec<_>>().join(", ")
    }

    /// The variables that decide the characters, as they stand.
    pub fn glyphs_from(&self) -> String {
        match (&self.locale, env("TERM").as_deref()) {
            (_, Some(term @ ("dumb" | "linux"))) => format!("TERM={term}"),
            _ if self.glyphs == "octant" => "TERM_PROGRAM=ghostty".into(),
            (Some((name, value)), _) => format!("{name}={value}"),
            (None, _) => "no locale is set".into(),
        }
    }
}

#[cfg(unix)]
fn size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    (size.ws_col > 0).then_some((size.ws_col, size.ws_row))
}

#[cfg(not(unix))]
fn size() -> Option<(u16, u16)> {
    None
}
