//! Standard output and error while the screen is up. Whatever anything prints, libtorch included, goes
//! to the log file and never onto the screen.

use std::path::{Path, PathBuf};

/// Log files beyond this size begin anew.
#[cfg(unix)]
const LONGEST: u64 = 1 << 20;

/// What the program keeps for itself: `$XDG_STATE_HOME/clip-lab`.
pub fn state_folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let state = folder("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(Path::new(&folder("HOME")?).join(".local/state")))?;
    Some(state.join("clip-lab"))
}

/// Where the log lies.
pub fn log_path() -> Option<PathBuf> {
    Some(state_folder()?.join("clip-lab.log"))
}

/// Where all that is printed can be read, in words.
pub fn log_place() -> String {
    log_path().map_or_else(
        || "printed text is lost: HOME is not set".into(),
        |path| format!("printed text is saved in {}", path.display()),
    )
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions, create_dir_all};
    use std::io::{self, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::path::Path;
    use std::sync::OnceLock;

    use rustix::io::fcntl_dupfd_cloexec;
    use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};
    use rustix::termios::isatty;

    use crate::ui::terminal::stdio::{LONGEST, log_path};

    /// The user's standard output and error, as they were found, and where their text goes meanwhile.
    struct Found {
        stdout: OwnedFd,
        stderr: OwnedFd,
        log: File,
        /// Length of the log before this process wrote any.
        length: u64,
        /// A user who sent stderr to a file wants it there.
        divert_stderr: bool,
    }

    static FOUND: OnceLock<Found> = OnceLock::new();

    fn found() -> io::Result<&'static Found> {
        if let Some(found) = FOUND.get() {
            return Ok(found);
        }
        // Above the three standard ones, whatever of them is closed.
        let keep = |fd: rustix::fd::BorrowedFd<'_>| fcntl_dupfd_cloexec(fd, 3);
        let log = log_path()
            .and_then(|path| open_log(&path).ok())
            .map_or_else(|| OpenOptions::new().write(true).open("/dev/null"), Ok)?;
        let new = Found {
            stdout: keep(stdout())?,
            stderr: keep(stderr())?,
            length: log.metadata()?.len(),
            log,
            divert_stderr: isatty(stderr()),
        };
        Ok(FOUND.get_or_init(|| new))
    }

    fn open_log(path: &Path) -> io::Result<File> {
        if let Some(folder) = path.parent() {
            create_dir_all(folder)?;
        }
        let log = OpenOptions::new().create(true).append(true).open(path)?;
        if log.metadata()?.len() > LONGEST {
            log.set_len(0)?;
        }
        Ok(log)
    }

    /// The terminal, for the screen alone.
    pub fn screen() -> io::Result<File> {
        Ok(File::from(found()?.stdout.try_clone()?))
    }

    /// From here on, what is printed goes to the log.
    pub fn divert() -> io::Result<()> {
        let found = found()?;
        io::stdout().flush()?;
        dup2_stdout(found.log.as_fd())?;
        if found.divert_stderr {
            dup2_stderr(found.log.as_fd())?;
        }
        Ok(())
    }

    /// From here on, what is printed goes where the user sees it.
    pub fn give_back() -> io::Result<()> {
        let found = found()?;
        io::stdout().flush()?;
        dup2_stdout(&found.stdout)?;
        if found.divert_stderr {
            dup2_stderr(&found.stderr)?;
        }
        Ok(())
    }

    /// The end of what was printed since this process began.
    pub fn log_tail(most: u64) -> String {
        use std::io::{Read, Seek, SeekFrom};
        let Some(found) = FOUND.get() else {
            return String::new();
        };
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(log_path().ok_or(io::ErrorKind::NotFound)?)?;
            let end = file.metadata()?.len();
            // Another lab may have begun the log anew.
            let start = found.length.min(end).max(end.saturating_sub(most));
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .collect()
    }

    /// Whether the log has grown since this process opened it.
    pub fn log_has_news() -> bool {
        FOUND.get().is_some_and(|found| {
            found
                .log
                .metadata()
                .is_ok_and(|now| now.is_file() && now.len() != found.length)
        })
    }
}

#[cfg(unix)]
pub use unix::{divert, give_back, log_has_news, log_tail, screen};

/// Elsewhere nothing is diverted.
#[cfg(not(unix))]
mod other {
    use std::io::{self, Write};

    pub fn screen() -> io::Result<io::Stdout> {
        Ok(io::stdout())
    }

    pub fn divert() -> io::Result<()> {
        Ok(())
    }

    pub fn give_back() -> io::Result<()> {
        io::stdout().flush()
    }

    pub fn log_has_news() -> bool {
        false
    }

    pub fn log_tail(_: u64) -> String {
        String::new()
    }
}

#[cfg(not(unix))]
pub use other::{divert, give_back, log_has_news, log_tail, screen};
