//! Other RON files of the program, read with the same reports as scenarios: line, column, caret, advice.

use std::ops::Range;

use serde::de::DeserializeOwned;

use super::outline::Outline;
use super::report::{Fault, render};
use super::{dialect, explain};
use crate::error::{Error, Result};

/// Reads a value from RON; `None` where there is nothing but blanks and comments. `origin` is the text's
/// name in messages.
///
/// # Errors
/// [`Error::Scenario`] with the report.
pub fn read_form<T: DeserializeOwned>(text: &str, origin: &str) -> Result<Option<T>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let outline = Outline::new(text);
    if outline.is_empty() {
        return Ok(None);
    }
    dialect::options()
        .from_str(text)
        .map(Some)
        .map_err(|e| Error::Scenario(render(origin, text, &[explain::fault(&outline, &e)])))
}

/// A report on faults that were found elsewhere: what is wrong, where (bytes of the text), what is
/// allowed, advice.
pub fn refuse_form(
    origin: &str,
    text: &str,
    faults: Vec<(String, Range<usize>, String, Option<String>)>,
) -> Error {
    let faults: Vec<_> = faults
        .into_iter()
        .map(|(message, span, label, help)| Fault::new(message, span).label(label).help(help))
        .collect();
    Error::Scenario(render(origin, text, &faults))
}
