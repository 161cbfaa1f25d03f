//! What of the findings is looked at: which property, which templates, which row; and questions to the model.

use super::{App, Effect, Overlay};
use crate::lab::Command;
use crate::telemetry::{LanguageReport, Query, QueryReport, Split, ZeroShotReport};
use crate::ui::action::Direction;
use crate::ui::panel::Panel;

impl App {
    /// Properties that some lane was asked about, in the order of the reports.
    pub fn properties(&self) -> Vec<&str> {
        self.distinct(|report| &report.property)
    }

    /// Sets of templates that some lane was asked with.
    pub fn template_sets(&self) -> Vec<&str> {
        self.distinct(|report| &report.templates)
    }

    fn distinct<'a>(&'a self, of: impl Fn(&'a ZeroShotReport) -> &'a String) -> Vec<&'a str> {
        let mut known: Vec<&str> = Vec::new();
        let lanes = self.lanes.iter();
        for report in lanes.flat_map(|lane| lane.findings.all::<ZeroShotReport>()) {
            if !known.contains(&of(report).as_str()) {
                known.push(of(report));
            }
        }
        known
    }

    /// The property that is looked at: a small one, whose confusions can be drawn, before the user chooses.
    pub fn property(&self) -> Option<&str> {
        let known = self.properties();
        known
            .get(self.chosen.property.min(known.len().saturating_sub(1)))
            .copied()
    }

    /// The set of templates that is looked at.
    pub fn templates(&self) -> Option<&str> {
        let known = self.template_sets();
        known
            .get(self.chosen.templates.min(known.len().saturating_sub(1)))
            .copied()
    }

    /// A lane's zero-shot report on what is looked at, held-out pictures if there are any.
    pub fn zero_shot(
        &self,
        lane: usize,
        property: &str,
        templates: &str,
    ) -> Option<&ZeroShotReport> {
        let findings = &self.lanes.get(lane)?.findings;
        [Split::HeldOut, Split::Trained]
            .into_iter()
            .find_map(|split| {
                findings
                    .all()
                    .find(|r: &&ZeroShotReport| r.is(property, templates, split))
            })
    }

    /// The lane whose answer is shown: the addressed one, or the first.
    pub fn asked_lane(&self) -> usize {
        self.target.unwrap_or(0)
    }

    pub(super) fn choose_finding(&mut self, direction: Direction, by: usize) {
        let (properties, sets) = (self.properties().len(), self.template_sets().len());
        let lanes = self.lanes.iter();
        let rows = lanes.map(|lane| lane.findings.all::<LanguageReport>().count());
        let rows = rows.max().unwrap_or(0);
        let hits = self
            .lanes
            .get(self.asked_lane())
            .and_then(|lane| Some(lane.findings.first::<QueryReport>()?.hits.len()));
        let panel = self.panel;
        let chosen = &mut self.chosen;
        let (place, count) = match (panel, direction) {
            (Panel::Query, _) => (&mut chosen.hit, hits.unwrap_or(0)),
            (Panel::Languages, _) => (&mut chosen.scroll, rows),
            (_, Direction::Up | Direction::Down) => (&mut chosen.property, properties),
            (_, Direction::Left | Direction::Right) => (&mut chosen.templates, sets),
        };
        *place = match direction {
            Direction::Up | Direction::Left => place.saturating_sub(by),
            Direction::Down | Direction::Right => (*place + by).min(count.saturating_sub(1)),
        };
    }

    /// Scrolls the list of languages.
    pub(super) fn scroll_languages(&mut self, down: bool) {
        let lanes = self.lanes.iter();
        let rows = lanes.map(|lane| lane.findings.all::<LanguageReport>().count());
        let last = rows.max().unwrap_or(0).saturating_sub(1);
        let scroll = &mut self.chosen.scroll;
        *scroll = if down {
            (*scroll + 1).min(last)
        } else {
            scroll.saturating_sub(1)
        };
    }

    pub(super) fn begin_asking(&mut self) {
        self.overlay = Some(Overlay::ask());
    }

    /// Asks every lane for the pictures nearest to what was typed.
    pub(super) fn ask(&mut self, caption: &str) -> Vec<Effect> {
        let caption = caption.trim();
        if caption.is_empty() {
            self.complain("type a caption, for example: a red apple");
            return Vec::new();
        }
        self.overlay = None;
        self.look_at(Panel::Query);
        self.chosen.hit = 0;
        let command = Command::Query(Query::Caption(caption.into()));
        self.tell_all(
            command,
            &format!("looking for \"{caption}\" among the held-out images"),
        )
    }

    /// Asks every lane for the names nearest to the picture that is chosen.
    pub(super) fn ask_picture(&mut self) -> Vec<Effect> {
        let lane = self.lanes.get(self.asked_lane());
        let Some(query) = lane.and_then(|lane| lane.findings.first::<QueryReport>()) else {
            self.begin_asking();
            return Vec::new();
        };
        let place = match query.query {
            // From a picture's names back to the typing of another caption.
            Query::Picture(_) => None,
            Query::Caption(_) => query
                .hits
                .get(self.chosen.hit)
                .map(|hit| (hit.place, hit.name.clone())),
        };
        let Some((place, name)) = place else {
            self.begin_asking();
            return Vec::new();
        };
        self.chosen.hit = 0;
        self.tell_all(
            Command::Query(Query::Picture(place)),
            &format!("looking for the names nearest to the image of {name}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::Action;
    use crate::ui::fixture;

    #[test]
    fn a_caption_is_asked_of_every_lane() {
        let mut app = fixture::app(700);
        let _ = app.update(Action::Ask);
        for c in "cat".chars() {
            let _ = app.update(Action::Insert(c));
        }
        let effects = app.update(Action::Accept);
        let wanted = Command::Query(Query::Caption("cat".into()));
        assert_eq!(
            effects,
            [Effect::Send {
                lane: None,
                command: wanted
            }]
        );
        assert_eq!(app.panel, Panel::Query);
    }

    #[test]
    fn an_empty_caption_is_not_asked() {
        let mut app = fixture::app(700);
        let _ = app.update(Action::Ask);
        assert_eq!(app.update(Action::Accept), []);
        assert!(app.overlay.is_some(), "one may go on typing");
    }

    #[test]
    fn the_chosen_picture_is_asked_about_and_then_another_caption_is_typed() {
        let mut app = fixture::app(700);
        let _ = app.update(Action::Panel(Panel::Query));
        let _ = app.update(Action::Cursor(Direction::Down));
        let effects = app.update(Action::AskPicture);
        let query: &QueryReport = app.lanes[0].findings.first().unwrap();
        let place = query.hits[1].place;
        let wanted = Command::Query(Query::Picture(place));
        assert_eq!(
            effects,
            [Effect::Send {
                lane: None,
                command: wanted
            }]
        );
    }

    #[test]
    fn arrows_stay_within_what_there_is() {
        let mut app = fixture::app(700);
        let _ = app.update(Action::Panel(Panel::ZeroShot));
        for _ in 0..20 {
            let _ = app.update(Action::Cursor(Direction::Down));
            let _ = app.update(Action::Cursor(Direction::Right));
        }
        assert_eq!(app.property(), app.properties().last().copied());
        assert_eq!(app.templates(), app.template_sets().last().copied());
        let mut empty = fixture::app(700);
        empty.observe(fixture::starting());
        let _ = empty.update(Action::Panel(Panel::ZeroShot));
        let _ = empty.update(Action::Cursor(Direction::Down));
        assert_eq!(empty.property(), None);
    }
}
