//! [`Whole`]: a file that is whole after every append.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::error::{Error, Result};

/// A file that grows by whole records: a record is one write, so a process that is killed leaves whole ones.
pub(super) struct Whole {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Whole {
    /// A new file, in the place of an older one.
    pub(super) fn create(path: PathBuf) -> Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&path);
        let file = file.map_err(Error::file("create", &path))?;
        Ok(Self {
            path,
            file,
            length: 0,
        })
    }

    /// Appends a record, or nothing.
    pub(super) fn append(&mut self, record: &[u8]) -> Result<()> {
        if let Err(error) = self.file.write_all(record) {
            // A full disk may have taken half a record: cut it off, so that what stands is whole.
            let _ = self
                .file
                .set_len(self.length)
                .and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
            return Err(Error::file("write", &self.path)(error));
        }
        self.length += record.len() as u64;
        Ok(())
    }
}
