//! The user's own settings: `$XDG_CONFIG_HOME/clip-lab/config.ron`, and the keys beside it.

mod keys;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::theme::{ColorChoice, GlyphChoice, ThemeChoice};
use crate::error::{Error, Result};
use crate::scenario::read_form;

pub use keys::{Bindings, template as keys_template};

/// The settings' template: what stands in it is what holds without it.
pub const TEMPLATE: &str = r#"// clip-lab's settings. This file belongs at $XDG_CONFIG_HOME/clip-lab/config.ron
// (usually ~/.config/clip-lab/config.ron): clip-lab config > ~/.config/clip-lab/config.ron
// Flags on the command line override it. `clip-lab config check` reports errors in it.
(
    // Theme: auto (light if COLORFGBG is light), dark, light, high-contrast, color-blind.
    theme: "auto",

    // Number of colours: auto, truecolor, 256, 16, none.
    color: "auto",

    // Characters of the plots: auto, octant, braille, half, ascii.
    glyphs: "auto",

    // At most 4 frames and 64 KB a second, and 16 levels of brightness. Always on over SSH.
    low_bandwidth: false,

    // Whether the lab takes clicks and the wheel; M changes it.
    mouse: true,

    // The scenario that opens by default: a bundled one or a file.
    scenario: "softmax-vs-sigmoid",
)
"#;

/// The user's settings.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default, rename = "Settings")]
pub struct Config {
    /// The theme.
    #[serde(deserialize_with = "word")]
    pub theme: ThemeChoice,
    /// Colours.
    #[serde(deserialize_with = "word")]
    pub color: ColorChoice,
    /// Characters.
    #[serde(deserialize_with = "word")]
    pub glyphs: GlyphChoice,
    /// Few frames and colours.
    pub low_bandwidth: bool,
    /// Whether the mouse is the lab's at first.
    pub mouse: bool,
    /// The scenario that opens if none is named.
    pub scenario: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::Auto,
            color: ColorChoice::Auto,
            glyphs: GlyphChoice::Auto,
            low_bandwidth: false,
            mouse: true,
            scenario: None,
        }
    }
}

fn word<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// The folder of the settings.
pub fn folder() -> Option<PathBuf> {
    let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let config = value("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(Path::new(&value("HOME")?).join(".config")))?;
    Some(config.join("clip-lab"))
}

/// Reads the settings and the keys of a folder; what is not there is as it always was.
///
/// # Errors
/// A file that cannot be read or used, with the whole report: it is never passed over.
pub fn load(folder: &Path) -> Result<(Config, Bindings)> {
    let config = folder.join("config.ron");
    let settings = match read(&config)? {
        Some(text) => parse(&text, &config.display().to_string())?,
        None => Config::default(),
    };
    let keys = folder.join("keys.ron");
    let bindings = match read(&keys)? {
        Some(text) => Bindings::parse(&text, &keys.display().to_string())?,
        None => Bindings::default(),
    };
    Ok((settings, bindings))
}

/// Reads settings; `origin` is their name in messages.
///
/// # Errors
/// [`Error::Scenario`] with a report.
pub fn parse(text: &str, origin: &str) -> Result<Config> {
    Ok(read_form(text, origin)?.unwrap_or_default())
}

fn read(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::file("read", path)(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_what_holds_anyway() {
        let settings = parse(TEMPLATE, "config.ron").unwrap();
        let scenario = settings.scenario.clone();
        assert_eq!(
            settings,
            Config {
                scenario,
                ..Config::default()
            }
        );
        assert_eq!(
            settings.scenario.as_deref(),
            Some(crate::scenario::BUNDLED[0].0)
        );
        for line in TEMPLATE.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn what_is_not_said_stays_as_it_is() {
        let settings = parse("(theme: \"light\")", "x").unwrap();
        assert_eq!(settings.theme, ThemeChoice::Light);
        assert!(settings.mouse);
        assert_eq!(parse("// nothing\n", "x").unwrap(), Config::default());
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap().0, Config::default());
    }

    #[test]
    fn a_wrong_file_is_an_error_with_line_and_column() {
        for (text, place, says) in [
            ("(\n  theme: \"blue\",\n)", ":2:10", "high-contrast"),
            ("(\n  thme: \"dark\",\n)", ":2:3", "did you mean `theme`?"),
            ("(mouse: 3)", ":1:9", "true or false"),
            ("(mouse: true", "", "ends too early"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("config.ron"), text).unwrap();
            let error = load(folder.path()).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let said = error.to_string();
            assert!(
                said.contains(&format!("config.ron{place}")) && said.contains(says),
                "{said}"
            );
        }
    }
}
