//! [`Notices`]: what a data set has to say, on standard error, each line once.

use std::io::Write as _;
use std::sync::Arc;

use crate::data::Prepared;

/// What was said.
pub struct Notices {
    prepared: Arc<Prepared>,
    said: Vec<String>,
}

impl Notices {
    /// Says what there is to say at the start.
    pub fn new(prepared: &Arc<Prepared>) -> Self {
        let mut notices = Self {
            prepared: Arc::clone(prepared),
            said: Vec::new(),
        };
        notices.say();
        notices
    }

    /// Says what is new.
    pub fn say(&mut self) {
        for notice in self.prepared.dataset().notices() {
            if !self.said.contains(&notice) {
                // Nobody may be there to hear it.
                let _ = writeln!(std::io::stderr(), "data: {notice}");
                self.said.push(notice);
            }
        }
    }
}
