//! What is asked of the loop around the screen: colours, the mouse, the command, the export, the log,
//! the file on disk.

use super::{App, Effect, Overlay};
use crate::ui::action::{Action, key_of};

/// Things said that the log pane keeps.
const KEPT: usize = 500;

impl App {
    /// Keeps a line for the log pane.
    pub fn note(&mut self, text: String) {
        if self.said.len() == KEPT {
            self.said.remove(0);
        }
        self.said.push(text);
    }

    pub(super) fn switch_mouse(&mut self) -> Vec<Effect> {
        self.mouse = !self.mouse;
        self.say(if self.mouse {
            "the lab takes the mouse again".to_string()
        } else {
            let key = key_of(&Action::Mouse);
            format!("the terminal has the mouse: select text; {key} gives it back to the lab")
        });
        vec![Effect::Mouse(self.mouse)]
    }

    pub(super) fn reload(&mut self) -> Vec<Effect> {
        if let Some(path) = self.file.clone() {
            return vec![Effect::Open(path)];
        }
        self.complain("this scenario has no file to reload");
        Vec::new()
    }

    /// Offers to load the file that changed on disk.
    pub fn offer_reload(&mut self, path: &str) {
        self.say(format!(
            "{path} changed on disk: {} reloads it and ends this run",
            key_of(&Action::Reload)
        ));
    }

    /// Shows the log: what was printed, and what the lanes said.
    pub fn show_log(&mut self, printed: &str) {
        let mut text = String::new();
        for line in &self.said {
            text.push_str(line);
            text.push('\n');
        }
        if !printed.trim().is_empty() {
            if !text.is_empty() {
                text.push_str("\nprinted meanwhile:\n");
            }
            text.push_str(printed);
        }
        if text.is_empty() {
            text.push_str("no messages yet");
        }
        let back = match &self.overlay {
            Some(Overlay::Log { back, .. }) => *back,
            _ => 0,
        };
        self.overlay = Some(Overlay::Log { text, back });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::action::{TABLE, entry};
    use crate::ui::fixture;
    use crate::ui::region::Target;

    fn app() -> App {
        fixture::app(300)
    }

    #[test]
    fn m_hands_the_mouse_over_and_takes_it_back() {
        let mut app = app();
        assert_eq!(app.update(Action::Mouse), [Effect::Mouse(false)]);
        assert!(app.message.as_ref().unwrap().1.contains("M gives it back"));
        assert_eq!(app.update(Action::Mouse), [Effect::Mouse(true)]);
    }

    /// The action whose key does what a click on the target does. A new kind of target does not
    /// compile until it is sorted in here.
    fn by_key(target: &Target) -> Vec<Action> {
        match target {
            Target::Panel(_) => vec![Action::NextPanel],
            Target::Dial(dial, lane) => {
                // Dials without a letter are gone to.
                let hold = match entry(&Action::Dial(*dial)) {
                    Some(row) if !row.keys.is_empty() => Action::Dial(*dial),
                    _ => Action::NextDial,
                };
                let aim = lane.map(|_| Action::NextLane);
                [hold].into_iter().chain(aim).collect()
            }
            Target::Lane(_) => vec![Action::NextLane],
            Target::Act(action) => vec![action.clone()],
            Target::Chart(_) => {
                use crate::ui::action::ChartKey as K;
                [K::Left, K::Right].map(Action::Chart).to_vec()
            }
            Target::Row(_) => vec![Action::Up, Action::Down, Action::Accept],
            Target::Matrix(_) | Target::Cells(_) => {
                use crate::ui::action::Direction as D;
                [D::Left, D::Right, D::Up, D::Down]
                    .map(Action::Cursor)
                    .to_vec()
            }
        }
    }

    #[test]
    fn everything_that_the_mouse_meets_has_a_key() {
        use crate::ui::theme::{Depth, Glyphs, Theme};
        use ratatui::{Terminal, backend::TestBackend};
        let theme = Theme::new(Depth::True, Glyphs::Braille);
        let mut met = 0;
        // Every screen that an action of the table opens, at sizes of all three layouts.
        for row in TABLE {
            for size in [(60, 20), (80, 24), (120, 40)] {
                let mut app = app();
                app.size = size;
                app.update(row.action.clone());
                let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
                terminal
                    .draw(|frame| app.regions = crate::ui::view::render(frame, &app, &theme))
                    .unwrap();
                for (_, target) in app.regions.iter() {
                    met += 1;
                    for action in by_key(target) {
                        let row = entry(&action).unwrap_or_else(|| panic!("{action:?} has no row"));
                        assert!(!row.keys.is_empty(), "{target:?} has no key");
                    }
                }
            }
        }
        assert!(met > 1000, "{met}");
    }

    #[test]
    fn a_changed_file_is_offered_and_ctrl_o_takes_it() {
        let mut app = app();
        assert!(app.update(Action::Reload).is_empty());
        app.file = Some("mine.ron".into());
        app.offer_reload("mine.ron");
        assert!(app.message.as_ref().unwrap().1.contains("Ctrl-o"));
        assert_eq!(
            app.update(Action::Reload),
            [Effect::Open("mine.ron".into())]
        );
    }

    #[test]
    fn the_log_keeps_what_lanes_said_and_stays_bounded() {
        let mut app = app();
        for i in 0..2 * KEPT {
            app.observe(fixture::edited(300, |lane, snapshot| {
                snapshot.message = (lane == 0).then(|| format!("news {i}"));
            }));
        }
        assert_eq!(app.said.len(), KEPT);
        assert_eq!(app.update(Action::Log), [Effect::Log]);
        app.show_log("libtorch: a warning\n");
        let Some(Overlay::Log { text, .. }) = &app.overlay else {
            panic!("the log is open")
        };
        assert!(text.contains("softmax: news 999") && text.contains("libtorch: a warning"));
        app.regions.scroll_end = 400;
        app.update(Action::Up);
        app.show_log("libtorch: another\n");
        let Some(Overlay::Log { back, .. }) = &app.overlay else {
            panic!("the log is open")
        };
        assert!(*back > 0, "what was scrolled to stays in sight");
    }
}
