//! Search: the pairs of the batch whose caption holds what was typed, and the way from one to the next.

use super::{App, Overlay};
use crate::ui::action::Context;
use crate::ui::panel::{Page, Panel};

impl App {
    /// Opens the line in which the search is typed; where one looks for what is nearest, the query.
    pub(super) fn begin_search(&mut self) {
        let asks = self.here() == Context::Query || (!self.dense && self.page == Page::Use);
        if asks {
            self.begin_asking();
        } else {
            self.overlay = Some(Overlay::search());
        }
    }

    /// The places in the batch of the pairs that the search finds.
    pub fn matches(&self) -> Vec<usize> {
        let Some(text) = &self.search else {
            return Vec::new();
        };
        let text = text.to_lowercase();
        let shown = self.shown(self.target.unwrap_or(0));
        let pairs = shown.iter().flat_map(|shown| shown.pairs.iter());
        let found = |caption: &str| caption.to_lowercase().contains(&text);
        pairs
            .enumerate()
            .filter(|(_, pair)| found(&pair.caption) || found(&pair.name))
            .map(|(at, _)| at)
            .collect()
    }

    /// Searches for what was typed and goes to the first match from the cursor on.
    pub(super) fn accept_search(&mut self, typed: &str) {
        self.overlay = None;
        let typed = typed.trim();
        if typed.is_empty() {
            self.search = None;
            return;
        }
        self.search = Some(typed.to_owned());
        let matches = self.matches();
        let from = self.cursor.0;
        let first = matches.iter().position(|at| *at >= from).unwrap_or(0);
        self.show_match(&matches, first);
    }

    /// Goes to the next match of the search, or the previous one.
    pub(super) fn next_match(&mut self, forward: bool) {
        if self.search.is_none() {
            self.complain("nothing to find yet: type / and a word of a caption");
            return;
        }
        let matches = self.matches();
        let now = self.cursor.0;
        let next = if forward {
            matches.iter().position(|at| *at > now).unwrap_or(0)
        } else {
            let before = matches.iter().rposition(|at| *at < now);
            before.unwrap_or(matches.len().saturating_sub(1))
        };
        self.show_match(&matches, next);
    }

    fn show_match(&mut self, matches: &[usize], at: usize) {
        let text = self.search.clone().unwrap_or_default();
        let Some(&place) = matches.get(at) else {
            let kept = self
                .shown(self.target.unwrap_or(0))
                .map_or(0, |s| s.pairs.len());
            self.complain(format!(
                "no caption holds \"{text}\" among the first {kept} of this batch"
            ));
            return;
        };
        self.cursor = (place, place);
        let on_loss = !self.dense && self.page == Page::Loss;
        let gradient = on_loss || (self.dense && self.panel == Panel::Gradient);
        self.look_at(if gradient {
            Panel::Gradient
        } else {
            Panel::Matrix
        });
        let shown = self.shown(self.target.unwrap_or(0));
        let caption = shown.and_then(|s| Some(s.pairs.get(place)?.caption.clone()));
        self.say(format!(
            "\"{text}\": {} of {}, pair {}: {}",
            at + 1,
            matches.len(),
            place + 1,
            caption.unwrap_or_default()
        ));
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::ui::fixture;

    fn type_keys(app: &mut App, keys: &str) {
        for c in keys.chars() {
            let code = match c {
                '\n' => KeyCode::Enter,
                c => KeyCode::Char(c),
            };
            app.key(KeyEvent::from(code));
        }
    }

    fn said(app: &App) -> &str {
        app.message.as_ref().map_or("", |(_, text)| text)
    }

    #[test]
    fn a_word_of_a_caption_moves_the_cursor_from_pair_to_pair_and_round() {
        let mut app = fixture::app(300);
        let pairs = app.lanes[0].pairs.to_vec();
        // A word that more than one caption holds.
        let places: Vec<usize> = (0..pairs.len())
            .filter(|&at| pairs[at].caption.contains("photo"))
            .collect();
        assert!(places.len() > 1, "{pairs:?}");
        type_keys(&mut app, "/photo\n");
        assert_eq!(
            (app.panel, app.cursor),
            (Panel::Matrix, (places[0], places[0]))
        );
        assert!(
            said(&app).contains(&format!("1 of {}", places.len())),
            "{}",
            said(&app)
        );
        type_keys(&mut app, "n");
        assert_eq!(app.cursor.0, places[1]);
        type_keys(&mut app, "NN");
        assert_eq!(app.cursor.0, *places.last().unwrap(), "round");
        type_keys(&mut app, "n");
        assert_eq!(app.cursor.0, places[0]);
        app.key(KeyEvent::from(KeyCode::Esc));
        assert_eq!(app.search, None, "Esc leaves the search");
    }

    #[test]
    fn what_is_not_there_is_said_and_the_cursor_stays() {
        let mut app = fixture::app(300);
        app.cursor = (3, 1);
        type_keys(&mut app, "n");
        assert!(said(&app).contains("type /"));
        type_keys(&mut app, "/zebra crossing\n");
        assert!(said(&app).contains("no caption holds"), "{}", said(&app));
        assert_eq!(app.cursor, (3, 1));
    }

    #[test]
    fn on_the_page_of_uses_a_query_is_typed_and_on_that_of_the_loss_the_gradient_s_cursor_moves() {
        let mut app = fixture::app(300);
        type_keys(&mut app, "3/");
        assert!(matches!(app.overlay, Some(Overlay::Ask { .. })));
        app.key(KeyEvent::from(KeyCode::Esc));
        type_keys(&mut app, "2/a\n");
        assert_eq!((app.page, app.panel), (Page::Loss, Panel::Gradient));
    }
}
