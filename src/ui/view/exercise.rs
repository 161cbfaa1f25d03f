//! The question of an exercise, what the last answer was told, and how far one has come. It stands where the prompt of
//! a lesson stands otherwise.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::{Screen, frame};
use crate::exercise::{EXERCISES, Verdict, Work};
use crate::ui::action::Action;
use crate::ui::region::Target;

/// The most rows of a question, and of what is said beside it; the last word may be longer.
const ROWS: usize = 4;
const LAST: usize = 7;

/// "exercise 1 of 5: InfoNCE by hand", while one is done.
pub fn title(screen: &Screen) -> Option<String> {
    let work = screen.app.desk.work()?;
    Some(format!(
        "exercise {} of {}: {}",
        work.exercise + 1,
        EXERCISES.len(),
        work.exercise().title
    ))
}

/// Rows that it needs; 0 without an exercise.
pub fn height(screen: &Screen, width: u16) -> u16 {
    lines(screen, width).len() as u16
}

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen) {
    screen.regions.add(area, Target::Act(Action::Answer));
    for (row, line) in lines(screen, area.width).iter().enumerate() {
        frame::put(frame, area, row as u16, line);
    }
}

fn lines(screen: &Screen, width: u16) -> Vec<Line<'static>> {
    let Some(work) = screen.app.desk.work() else {
        return Vec::new();
    };
    let theme = screen.theme;
    let room = usize::from(width).saturating_sub(4).max(8);
    let mut lines = Vec::new();
    let most = if work.is_done() { LAST } else { ROWS };
    let mut add = |sign: (&'static str, Style), text: &str, style: Style| {
        let mut rows = frame::wrap(text, room);
        if rows.len() > most {
            rows.truncate(most);
            if let Some(last) = rows.last_mut() {
                *last = frame::cut(&format!("{last} ..."), room, screen);
            }
        }
        for (i, row) in rows.into_iter().enumerate() {
            let sign = if i == 0 {
                Span::styled(sign.0, sign.1)
            } else {
                Span::raw("  ")
            };
            lines.push(Line::from(vec![
                Span::raw(" "),
                sign,
                Span::styled(row, style),
            ]));
        }
    };
    let (sign, style, text) = said(screen, work);
    add((sign, style), &text, theme.muted());
    let question = work.question().map(|question| {
        let given = screen.app.given();
        (question.ask)(&given)
    });
    if let Some(question) = question {
        let sign = theme.glyph("▸ ", "> ");
        let style = theme.text().add_modifier(Modifier::BOLD);
        add((sign, theme.accent()), &question, style);
    }
    lines.push(progress(screen, work, room));
    lines
}

/// What the last answer was told; before it what the exercise is about, after the last what was reached.
fn said(screen: &Screen, work: &Work) -> (&'static str, Style, String) {
    let theme = screen.theme;
    let (right, wrong) = (theme.glyph("✓ ", "* "), theme.glyph("✗ ", "x "));
    match screen.app.desk.said() {
        Some(Verdict::Right(text)) => (right, theme.good(), format!("Right. {text}")),
        Some(Verdict::Done(text)) => (right, theme.good(), text.clone()),
        Some(Verdict::Wrong(text)) => (wrong, theme.warn(), text.clone()),
        Some(Verdict::Hint(text) | Verdict::Unclear(text)) => ("  ", theme.text(), text.clone()),
        None if work.is_done() => ("  ", theme.text(), "You have done this exercise.".into()),
        None => ("  ", theme.text(), work.exercise().about.into()),
    }
}

fn progress(screen: &Screen, work: &Work, room: usize) -> Line<'static> {
    let theme = screen.theme;
    let mut spans = vec![Span::raw("   ")];
    for (i, question) in work.exercise().questions.iter().enumerate() {
        let (sign, style) = match work.answered.get(i) {
            Some(answer) if answer.found => (theme.glyph("✓", "*"), theme.good()),
            Some(_) => (theme.glyph("–", "-"), theme.muted()),
            None if i == work.at => (theme.glyph("●", "@"), theme.accent()),
            None => (theme.glyph("○", "o"), theme.muted()),
        };
        debug_assert!(!question.name.is_empty());
        spans.push(Span::styled(sign, style));
    }
    let all = work.exercise().questions.len();
    let (place, keys) = match work.question() {
        Some(question) => (
            format!("  {} of {all}: {}", work.at + 1, question.name),
            "Enter answers, ? as an answer gives a hint, i tells more",
        ),
        None => (
            format!("  {} of {all} found by yourself", work.found()),
            match screen.app.next_exercise() {
                Some(_) => "Enter opens the next exercise, i tells more",
                None => "o opens any scenario, i tells more",
            },
        ),
    };
    let keys = if screen.app.desk.in_hand() {
        keys
    } else {
        "Esc comes back to the question"
    };
    spans.push(Span::styled(place, theme.text()));
    let used: usize = spans.iter().map(Span::width).sum();
    let keys = format!("  {keys}");
    spans.push(Span::styled(
        frame::cut(&keys, (room + 4).saturating_sub(used), screen),
        theme.faint(),
    ));
    Line::from(spans)
}
