//! [`Watch`]: notices when the open scenario's file changes on disk.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::scenario;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// When a file was written, and its length.
type Stamp = (SystemTime, u64);

/// A file under watch.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    seen: Option<Stamp>,
    looked: Instant,
}

impl Watch {
    /// Watches the file of this name; a bundled scenario has none.
    pub fn new(name: &str, now: Instant) -> Option<Self> {
        if scenario::bundled(name).is_some() {
            return None;
        }
        let path = PathBuf::from(name);
        Some(Self {
            seen: stamp(&path),
            path,
            looked: now,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file changed since it was last asked; looks at most once a second. A file that is
    /// gone has not changed: editors put a new one in its place.
    pub fn changed(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.looked) < EVERY {
            return false;
        }
        self.looked = now;
        let found = stamp(&self.path);
        let changed = found.is_some() && found != self.seen;
        if changed {
            self.seen = found;
        }
        changed
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_on_disk_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.ron");
        std::fs::write(&path, "one").unwrap();
        let began = Instant::now();
        let mut watch = Watch::new(path.to_str().unwrap(), began).unwrap();
        let later = |n| began + EVERY * n;
        assert!(!watch.changed(later(1)), "nothing happened");
        std::fs::write(&path, "another").unwrap();
        assert!(!watch.changed(later(1)), "looked at a moment ago");
        assert!(watch.changed(later(2)));
        assert!(!watch.changed(later(3)), "said already");
        std::fs::remove_file(&path).unwrap();
        assert!(!watch.changed(later(4)), "an editor may be saving");
        std::fs::write(&path, "a third text").unwrap();
        assert!(watch.changed(later(5)));
        assert!(Watch::new("siglip", began).is_none());
    }
}
