//! Reading scenarios: from files, from the bundled ones, from text.

use std::path::Path;

use super::Scenario;
use crate::error::{Error, Result};

/// The scenarios inside the program: file name without `.ron`, and text.
pub const BUNDLED: &[(&str, &str)] = &[];

/// The bundled scenario called `name`.
pub fn bundled(name: &str) -> Option<&'static str> {
    BUNDLED
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

/// Reads the scenario at `path`, or the bundled one of that name.
pub fn load(path: impl AsRef<Path>) -> Result<Scenario> {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    parse(&text, &path.display().to_string())
}

/// Reads a scenario from text; `origin` is its name in messages.
pub fn parse(text: &str, origin: &str) -> Result<Scenario> {
    ron::from_str(text).map_err(|e| Error::Scenario(format!("{origin}: {e}")))
}
