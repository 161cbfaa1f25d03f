//! [`Findings`]: the latest report of every kind and subject, for the screen.

use super::report::{OfTask, Report};

/// The latest report of each place: bounded, since places are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// In the order in which their places first came.
    reports: Vec<Report>,
}

impl Findings {
    /// Takes a report in the place of an earlier one.
    pub fn take(&mut self, new: impl Into<Report>) {
        let new = new.into();
        match self.reports.iter_mut().find(|r| r.place() == new.place()) {
            Some(old) => *old = new,
            None => self.reports.push(new),
        }
    }

    /// Forgets what later weights were found to be: those of a path that was left.
    pub fn cut_after(&mut self, step: u64) {
        self.reports.retain(|report| report.step() <= step);
    }

    /// All reports of a kind.
    pub fn all<T: OfTask + 'static>(&self) -> impl Iterator<Item = &T> {
        self.reports.iter().filter_map(T::of)
    }

    /// The first report of a kind.
    pub fn first<T: OfTask + 'static>(&self) -> Option<&T> {
        self.all().next()
    }
}
