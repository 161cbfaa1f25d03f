//! What the screen remembers from one start to the next, in `$XDG_STATE_HOME/clip-lab/state.ron`: the page
//! and its panel, all panels or pages, the theme, and what a newcomer chose. The program writes this file;
//! what the user states in config.ron or by a flag wins over it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::app::App;
use super::panel::{Page, Panel};
use super::terminal::state_folder;
use crate::error::{Error, Result};
use crate::files;

/// What `clip-lab` without arguments opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// The tour, at the stop that was reached: the first is 0.
    Learn(usize),
    /// The lab.
    Explore,
}

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// What a newcomer chose, or has come to since.
    pub start: Option<Start>,
    /// The page that was shown last.
    pub page: Page,
    /// The panel that was in hand there; the loss curve if absent.
    pub panel: Option<Panel>,
    /// Whether all panels were shown at once.
    pub dense: bool,
    /// The theme, if it was changed in the lab.
    pub theme: Option<String>,
}

/// The file, and what stands in it.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    place: Option<PathBuf>,
    /// What stands in the file.
    pub kept: Remembered,
    /// Why the file could not be read, for the log.
    pub fault: Option<String>,
}

impl Memory {
    /// Reads the user's file. One that is broken counts as none.
    pub fn load() -> Self {
        state_folder().map_or_else(Self::default, |folder| Self::at(&folder.join("state.ron")))
    }

    fn at(place: &Path) -> Self {
        let read = match std::fs::read_to_string(place) {
            Ok(text) => ron::from_str(&text).map_err(|e| e.to_string()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Remembered::default()),
            Err(e) => Err(e.to_string()),
        };
        let (kept, fault) = match read {
            Ok(kept) => (kept, None),
            Err(why) => {
                let place = place.display();
                let text = format!("ignoring {place}, which cannot be read: {why}");
                (Remembered::default(), Some(text))
            }
        };
        Self {
            place: Some(place.into()),
            kept,
            fault,
        }
    }

    /// Writes the file if something has changed.
    ///
    /// # Errors
    /// What the system says of the file; it is said once, and nothing is written any more.
    pub fn keep(&mut self, now: Remembered) -> Result<()> {
        let Some(place) = self.place.as_deref().filter(|_| now != self.kept) else {
            return Ok(());
        };
        self.kept = now;
        let written = write(place, &self.kept);
        if written.is_err() {
            self.place = None;
        }
        written
    }
}

fn write(place: &Path, kept: &Remembered) -> Result<()> {
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    }
    let text = ron::to_string(kept).map_err(|e| Error::Internal(e.to_string()))?;
    files::replace(place, text + "\n")
}

impl App {
    /// Shows the page that was shown last; a lesson has a page of its own.
    pub fn recall(&mut self, kept: &Remembered) {
        if self.scenario.lesson.is_none() {
            self.show_page(kept.page, kept.panel.unwrap_or(Panel::Loss), kept.dense);
        }
    }

    /// What is to be remembered; `before` for what this start does not say.
    pub fn remembered(&self, before: &Remembered) -> Remembered {
        let start = match (self.course.bare, self.course.stop) {
            (true, Some(stop)) => Some(Start::Learn(stop)),
            (true, None) if !self.welcomes() => Some(Start::Explore),
            _ => before.start,
        };
        // A lesson's page is not the user's choice.
        let own = self.scenario.lesson.is_none();
        let panel = Some(self.panel).filter(|panel| *panel != Panel::Loss);
        Remembered {
            start,
            page: if own { self.page } else { before.page },
            panel: if own { panel } else { before.panel },
            dense: if own { self.dense } else { before.dense },
            theme: before.theme.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::Action;
    use crate::ui::fixture;

    #[test]
    fn page_panel_and_view_come_back_and_the_file_is_written_only_for_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("clip-lab/state.ron");
        let mut memory = Memory::at(&place);
        assert_eq!(
            (memory.kept.clone(), memory.fault.clone()),
            Default::default()
        );
        memory.keep(Remembered::default()).unwrap();
        assert!(!place.exists(), "nothing to remember, no file");
        let mut app = fixture::app(300);
        app.update(Action::Page(Page::Loss));
        app.update(Action::Panel(Panel::Gradient));
        memory.keep(app.remembered(&memory.kept)).unwrap();
        let again = Memory::at(&place);
        assert_eq!(again.kept, memory.kept);
        let mut app = fixture::app(300);
        app.recall(&again.kept);
        assert_eq!(
            (app.page, app.panel, app.dense),
            (Page::Loss, Panel::Gradient, false)
        );
        app.update(Action::AllPanels);
        let dense = app.remembered(&again.kept);
        let mut app = fixture::app(300);
        app.recall(&dense);
        assert!(app.dense);
    }

    #[test]
    fn a_broken_file_is_ignored_and_said_and_one_of_another_version_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("state.ron");
        std::fs::write(&place, "(page: Nowhere").unwrap();
        let memory = Memory::at(&place);
        assert_eq!(memory.kept, Remembered::default());
        assert!(memory.fault.unwrap().contains("ignoring"));
        std::fs::write(&place, "(dense: true, colour: 3)").unwrap();
        let memory = Memory::at(&place);
        assert!(memory.kept.dense && memory.fault.is_none());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let mut memory = Memory::at(&folder.path().join("file/state.ron"));
        let dense = Remembered {
            dense: true,
            ..Remembered::default()
        };
        assert!(memory.keep(dense).is_err());
        assert!(memory.keep(Remembered::default()).is_ok());
    }

    #[test]
    fn what_a_newcomer_chose_follows_the_tour_and_explicit_scenarios_leave_it_alone() {
        let learner = Remembered {
            start: Some(Start::Learn(2)),
            ..Remembered::default()
        };
        let mut app = fixture::app(300);
        assert_eq!(app.remembered(&learner).start, Some(Start::Learn(2)));
        app.course.bare = true;
        app.begin_tour(4);
        assert_eq!(app.remembered(&learner).start, Some(Start::Learn(4)));
        app.course.stop = None;
        assert_eq!(app.remembered(&learner).start, Some(Start::Explore));
    }
}
