//! [`Check`]: collects the faults of a scenario, each at its place in the file.

use crate::scenario::outline::Outline;
use crate::scenario::report::Fault;

/// Collects faults.
pub struct Check<'a> {
    pub outline: &'a Outline<'a>,
    pub faults: Vec<Fault>,
}

impl Check<'_> {
    /// Blames the value at `path`.
    pub fn fault(
        &mut self,
        path: &str,
        message: impl Into<String>,
        label: &str,
        help: impl Into<Option<String>>,
    ) {
        let span = self.outline.value(path);
        self.faults
            .push(Fault::new(message, span).label(label).help(help));
    }
}
