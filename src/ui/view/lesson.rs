//! The lesson's prompt, in full, and the claims of the scenario: which have been seen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::{Screen, frame};
use crate::scenario::expect::Standing;
use crate::ui::app::LessonStage;

/// The most rows that a prompt takes.
const ROWS: usize = 3;

fn prompt(screen: &Screen, text: &str, width: u16) -> Vec<String> {
    let mut rows = frame::wrap(text, usize::from(width).saturating_sub(4).max(8));
    if rows.len() > ROWS {
        rows.truncate(ROWS);
        if let Some(last) = rows.last_mut() {
            let room = usize::from(width).saturating_sub(6);
            *last = format!(
                "{} {}",
                frame::cut(last, room, screen),
                screen.theme.glyph("…", "~")
            );
        }
    }
    rows
}

/// Rows of the tallest text: what is below must not jump when the text changes.
fn text_rows(screen: &Screen, width: u16) -> u16 {
    let texts = screen.app.lesson_texts();
    let rows = texts.iter().map(|text| prompt(screen, text, width).len());
    rows.max().unwrap_or(0) as u16
}

/// Rows of the lesson: its text, and a line for its claims.
pub fn height(screen: &Screen, width: u16) -> u16 {
    let claims = u16::from(!screen.app.scenario.expect.is_empty());
    text_rows(screen, width) + claims
}

/// Draws the text and the claims.
pub fn render(frame: &mut Frame, area: Rect, screen: &Screen) {
    let theme = screen.theme;
    let waits = screen.app.lesson_stage().is_some_and(LessonStage::waits);
    let text = screen.app.lesson_text().unwrap_or_default();
    let rows = prompt(screen, &text, area.width);
    for (i, row) in rows.iter().enumerate() {
        let sign = match (i, waits) {
            (0, true) => theme.glyph("‖ ", "= "),
            (0, false) => theme.glyph("▸ ", "> "),
            _ => "  ",
        };
        let [sign_style, style] = if waits {
            [theme.warn(), theme.text().add_modifier(Modifier::BOLD)]
        } else {
            [theme.accent(), theme.text().add_modifier(Modifier::ITALIC)]
        };
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(sign, sign_style),
            Span::styled(row.clone(), style),
        ]);
        frame::put(frame, area, i as u16, &line);
    }
    let row = text_rows(screen, area.width);
    let mut spans = vec![Span::raw("   ")];
    let mut room = usize::from(area.width).saturating_sub(4);
    for (text, standing) in fitting(screen.app.claims(), room) {
        let (sign, style) = sign(screen, standing);
        let text = match text {
            Some(text) => frame::cut(&format!("{sign} {text}   "), room, screen),
            None => format!("{sign} "),
        };
        room = room.saturating_sub(text.width());
        spans.push(Span::styled(text, style));
    }
    let over = screen.app.lesson_stage() == Some(LessonStage::End);
    if over && screen.app.course.stop.is_some() {
        spans.push(Span::styled(
            frame::cut("N: next stop", room, screen),
            theme.accent(),
        ));
    }
    frame::put(frame, area, row, &Line::from(spans));
}

/// The claims with their texts, if they fit side by side. If not, all their signs, and the text of the
/// first that is still to be seen.
fn fitting(claims: Vec<(String, Standing)>, room: usize) -> Vec<(Option<String>, Standing)> {
    let wide: usize = claims.iter().map(|(text, _)| text.width() + 5).sum();
    let next = claims
        .iter()
        .position(|(_, standing)| *standing == Standing::Open);
    let next = next.unwrap_or(claims.len().saturating_sub(1));
    let shown = |i: usize| wide <= room + 3 || i == next;
    let mut fitting: Vec<_> = claims
        .into_iter()
        .enumerate()
        .map(|(i, (text, standing))| (shown(i).then_some(text), standing))
        .collect();
    if wide > room + 3 && next < fitting.len() {
        // The text stands behind all signs.
        let last = fitting.remove(next);
        fitting.push(last);
    }
    fitting
}

/// The claims of a scenario without a lesson, as signs: seen, open, missed.
pub fn claims(screen: &Screen) -> Line<'static> {
    let standings = screen.app.claims();
    if standings.is_empty() {
        return Line::default();
    }
    let mut spans = vec![Span::styled("expected ", screen.theme.faint())];
    for (_, standing) in standings {
        let (sign, style) = sign(screen, standing);
        spans.push(Span::styled(sign, style));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

fn sign(screen: &Screen, standing: Standing) -> (&'static str, Style) {
    let theme = screen.theme;
    match standing {
        Standing::Seen(_) => (theme.glyph("✓", "*"), theme.good()),
        Standing::Open => (theme.glyph("○", "o"), theme.muted()),
        Standing::Missed => (theme.glyph("✗", "x"), theme.warn()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_that_do_not_fit_are_all_there_as_signs_with_the_text_of_the_next() {
        let claim = |text: &str, standing| (text.to_owned(), standing);
        let claims = || {
            vec![
                claim("the first one", Standing::Seen(3)),
                claim("the second one", Standing::Open),
                claim("the third one", Standing::Open),
            ]
        };
        let texts = |room| -> Vec<Option<String>> {
            fitting(claims(), room).into_iter().map(|c| c.0).collect()
        };
        assert!(texts(80).iter().all(Option::is_some));
        let short = fitting(claims(), 40);
        assert_eq!(short.len(), 3, "none is lost");
        assert_eq!(short[0], (None, Standing::Seen(3)));
        assert_eq!(short[2], claim_with("the second one"));
    }

    #[test]
    fn every_text_of_the_tour_is_shown_whole_in_80_columns() {
        for name in crate::scenario::tour::STOPS {
            let scenario = crate::scenario::load(name).unwrap();
            let app = crate::ui::app::App::new(scenario, Vec::new());
            for text in app.lesson_texts() {
                assert!(frame::wrap(&text, 80 - 4).len() <= ROWS, "{name}: {text}");
            }
        }
    }

    fn claim_with(text: &str) -> (Option<String>, Standing) {
        (Some(text.to_owned()), Standing::Open)
    }
}
