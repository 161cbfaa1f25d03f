//! [`Findings`]: the latest report of every task, for the screen.

use super::{
    GeometryReport, LanguageReport, ProbeReport, QueryReport, RegimesReport, Report, Split,
    ZeroShotReport,
};

/// The latest of each kind: bounded, since kinds are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// One for each property, set of templates and split, in the order in which they first came.
    pub zero_shot: Vec<ZeroShotReport>,
    /// Of held-out pictures and their names.
    pub geometry: Option<GeometryReport>,
    /// One for each property.
    pub probes: Vec<ProbeReport>,
    /// One for each property.
    pub regimes: Vec<RegimesReport>,
    /// One for each language and split.
    pub languages: Vec<LanguageReport>,
    /// The latest answer to what was asked.
    pub query: Option<QueryReport>,
}

impl Findings {
    /// Takes a report in the place of an earlier one of its kind. Retrieval has its own curves.
    pub fn take(&mut self, report: Report) {
        match report {
            Report::Retrieval(_) => {}
            Report::ZeroShot(new) => put(&mut self.zero_shot, new, |a, b| {
                (&a.property, &a.templates, a.split) == (&b.property, &b.templates, b.split)
            }),
            Report::Query(new) => self.query = Some(new),
            Report::Geometry(new) => self.geometry = Some(new),
            Report::LinearProbe(new) => put(&mut self.probes, new, |a, b| a.property == b.property),
            Report::Regimes(new) => put(&mut self.regimes, new, |a, b| a.property == b.property),
            Report::Language(new) => put(&mut self.languages, new, |a, b| {
                (&a.language, a.split) == (&b.language, b.split)
            }),
        }
    }

    /// Forgets what later weights were found to be: those of a path that was left.
    pub fn cut_after(&mut self, step: u64) {
        self.zero_shot.retain(|r| r.step <= step);
        self.geometry = self.geometry.take().filter(|r| r.step <= step);
        self.probes.retain(|r| r.step <= step);
        self.regimes.retain(|r| r.step <= step);
        self.languages.retain(|r| r.step <= step);
        self.query = self.query.take().filter(|r| r.step <= step);
    }

    /// The report on this property with these templates.
    pub fn zero_shot(
        &self,
        property: &str,
        templates: &str,
        split: Split,
    ) -> Option<&ZeroShotReport> {
        self.zero_shot
            .iter()
            .find(|r| r.property == property && r.templates == templates && r.split == split)
    }
}

fn put<T>(list: &mut Vec<T>, new: T, same: impl Fn(&T, &T) -> bool) {
    match list.iter_mut().find(|old| same(old, &new)) {
        Some(old) => *old = new,
        None => list.push(new),
    }
}
