//! What commands that read pictures say alike of files that cannot be read.

use std::io::Write as _;
use std::path::Path;

use crate::data::loader::Loaded;
use crate::error::{Error, Result};

/// Names a bad file on standard error.
pub fn complain(path: &Path, fault: &str) {
    // That standard error may be closed is no reason to panic.
    let _ = writeln!(std::io::stderr(), "{}: {fault}", shown(path));
}

/// The error at the end of a command that could not read some files.
pub fn unread(failed: usize, all: usize) -> Result<()> {
    if failed == 0 {
        return Ok(());
    }
    Err(Error::Data(format!(
        "cannot read {failed} of {all} images; see the errors above"
    )))
}

/// A file's name for people: without what would move a terminal's cursor.
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// What is read of a picture, as `Loaded` says it: none for one that cannot be read.
pub fn fault(loaded: &Loaded) -> Option<&str> {
    loaded.pixels.as_ref().err().map(String::as_str)
}
