//! Standard output without surprises: a reader that goes away ends the program quietly, a full
//! disk is reported. And what goes wrong, on standard error.

use std::io::{ErrorKind, Write as _};

use crate::error::{Error, Kind, Result};

const NAME: &str = "standard output";

/// Writes `text` to standard output and flushes it.
///
/// # Errors
/// [`Error::File`] if it cannot be written. A closed pipe comes as an error as well, so that the
/// caller stops; [`super::main`] does not complain about it.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::file("write", NAME))
}

/// Whether the error is that nobody reads standard output any more.
pub fn is_closed_pipe(error: &Error) -> bool {
    matches!(error, Error::File { path, source, .. }
        if path.as_os_str() == NAME && source.kind() == ErrorKind::BrokenPipe)
}

/// Says on standard error what went wrong. That it may be closed is no reason to panic.
pub fn report(error: &Error) {
    let text = match error {
        // A scenario's report opens with "error:" itself.
        Error::Scenario(text) if text.starts_with("error") => text.clone(),
        _ => format!("error: {error}"),
    };
    let hint = match error.kind() {
        Kind::Internal => {
            "  this is an error of clip-lab or of this machine; see `clip-lab doctor`\n"
        }
        Kind::User => "",
    };
    let _ = write!(std::io::stderr(), "{text}\n{hint}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_standard_output_is_forgiven() {
        let broken = || std::io::Error::from(ErrorKind::BrokenPipe);
        assert!(is_closed_pipe(&Error::file("write", NAME)(broken())));
        assert!(!is_closed_pipe(&Error::file("write", "metrics.csv")(
            broken()
        )));
        let full = std::io::Error::from(ErrorKind::StorageFull);
        assert!(!is_closed_pipe(&Error::file("write", NAME)(full)));
    }
}
