//! [`Rules`]: what a scenario knows of a data set before any of it is opened.

use std::path::Path;

use crate::scenario::validate::check::Check;

/// A data set as a scenario asks for it.
pub trait Rules {
    /// Blames what does not fit together.
    fn check(&self, check: &mut Check);

    /// Whether training pictures are augmented, until a control says otherwise.
    fn augment(&self) -> bool;

    /// Whether the set lies in files of the user's own.
    fn in_files(&self) -> bool {
        false
    }

    /// Lets relative paths start at `folder`, the one of the scenario's file, from wherever the scenario is read
    /// again.
    fn anchor(&mut self, _folder: &Path) {}
}
