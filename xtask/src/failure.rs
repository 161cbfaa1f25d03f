//! What went wrong and what to do about it, as the user reads it.

use std::fmt;

/// A failure with its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub what: String,
    pub remedy: String,
}

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// A failed operation on a file or folder.
    pub fn io(doing: impl fmt::Display, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                "Free some disk space, then run the same command again."
            }
            std::io::ErrorKind::PermissionDenied => {
                "Give yourself permission to write there, then run the same command again."
            }
            std::io::ErrorKind::ReadOnlyFilesystem => "Use a clone on a writable disk.",
            _ => "Fix that, then run the same command again.",
        };
        Self::new(format!("{doing}: {error}"), remedy)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        for line in self.remedy.lines() {
            write!(f, "\n       {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_stands_indented_below_what_happened() {
        let failure = Failure::new("it broke", "First this.\nThen that.");
        assert_eq!(
            failure.to_string(),
            "error: it broke\n       First this.\n       Then that."
        );
    }

    #[test]
    fn a_full_disk_is_told_apart() {
        let error = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert!(
            Failure::io("cannot copy", &error)
                .remedy
                .contains("disk space")
        );
    }
}
