//! Standard output without surprises: a reader that goes away ends the program quietly, a full
//! disk is reported.

use std::io::{ErrorKind, Write as _};

use crate::error::{Error, Result};

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
pub(super) fn is_closed_pipe(error: &Error) -> bool {
    matches!(error, Error::File { path, source, .. }
        if path.as_os_str() == NAME && source.kind() == ErrorKind::BrokenPipe)
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
