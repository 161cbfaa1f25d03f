//! [`replace`]: files that are whole whatever happens. Knows nothing of what is in them.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};

/// Writes a file so that there is always the old one or the new one, even if the machine stops meanwhile.
///
/// # Errors
/// What the system says of the file; then the old one stays, and nothing beside it.
pub fn replace(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Of this process alone, and of this file alone: two may write at once.
    let draft = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(content.as_ref())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|error| {
        // The error that matters is the one above.
        let _ = fs::remove_file(&draft);
        Error::file("write", path)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_file_stays_if_the_new_one_cannot_be_put_there() {
        let folder = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(&folder).unwrap().count();
        let path = folder.path().join("a.txt");
        replace(&path, "old").unwrap();
        replace(&path, "new").unwrap();
        assert_eq!(
            (fs::read_to_string(&path).unwrap().as_str(), names()),
            ("new", 1)
        );
        // A folder that holds something is replaced by no file.
        let taken = folder.path().join("taken");
        fs::create_dir_all(taken.join("inside")).unwrap();
        let error = replace(&taken, "new").unwrap_err();
        assert!(
            error.exit_code() == 2 && error.to_string().contains("taken"),
            "{error}"
        );
        assert_eq!(names(), 2, "no draft is left");
    }
}
