//! [`Error`]: what went wrong, where, and what to do about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that stops a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A flag or an argument that cannot be used. The text says what to do instead.
    #[error("{0}")]
    Usage(String),
    /// A scenario that cannot be read. The text is the whole report: position, line, caret, advice.
    #[error("{0}")]
    Scenario(String),
    /// Data that cannot be trained on or loaded. The text says why.
    #[error("{0}")]
    Data(String),
    /// A file that cannot be read or written.
    #[error("cannot {action} {}: {source}{}", path.display(), hint(source))]
    File {
        /// What was tried: "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
    /// A broken invariant of this program.
    #[error("internal error: {0}")]
    Internal(String),
    /// An error that stops several lanes at once.
    #[error(transparent)]
    Shared(#[from] Arc<Error>),
}

/// A `Result` of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose fault an error is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The user can mend it: exit code 2.
    User,
    /// The program or its machine failed: exit code 1.
    Internal,
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Usage(_) | Self::Scenario(_) | Self::Data(_) | Self::File { .. } => Kind::User,
            Self::Torch(_) | Self::Internal(_) => Kind::Internal,
            Self::Shared(error) => error.kind(),
        }
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self.kind() {
            Kind::User => 2,
            Kind::Internal => 1,
        }
    }

    /// For `map_err` on a file operation: `fs::read(p).map_err(Error::file("read", p))`.
    pub fn file(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}

fn hint(source: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match source.kind() {
        ErrorKind::NotFound => "\n  check the path",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "\n  choose a writable folder"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "\n  free some space on that disk",
        _ => "",
    }
}
