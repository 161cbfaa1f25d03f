//! The list of scenarios: bundled ones by name, any other by its path.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Screen, frame};
use crate::ui::app::Choice;
use crate::ui::input::Input;
use crate::ui::region::Target;

/// Draws the list.
pub fn render(frame: &mut Frame, area: Rect, screen: &mut Screen, input: &Input, chosen: usize) {
    let app = screen.app;
    let choices = app.matching(input.text());
    let height = (app.choices.len() as u16 + 14).clamp(8, area.height.saturating_sub(2).max(1));
    let inner = frame::popup(frame, area, screen, "open a scenario", (92, height));
    let theme = screen.theme;
    let prompt = Line::from(vec![
        Span::styled("name or path ", theme.muted()),
        Span::styled(
            input.text().to_string(),
            theme.accent().add_modifier(Modifier::BOLD),
        ),
        Span::styled(theme.glyph("▏", "_"), theme.accent()),
    ]);
    frame::put(frame, inner, 0, &prompt);
    let list = Rect {
        y: inner.y + 2.min(inner.height),
        height: inner.height.saturating_sub(4),
        ..inner
    };
    if choices.is_empty() {
        let text = if input.text().is_empty() {
            "type the path of a scenario"
        } else {
            "Enter opens the file of this name"
        };
        frame::put(frame, list, 0, &Line::styled(text, theme.faint()));
    }
    let name = app
        .choices
        .iter()
        .map(|c| c.name.chars().count())
        .max()
        .unwrap_or(10)
        .min(26);
    let lines = headed(&choices);
    let rows = usize::from(list.height).max(1);
    let at = lines.iter().position(|line| *line == Row::Choice(chosen));
    // With the first of a group its heading comes into sight.
    let first = (at.unwrap_or(0) + 1).saturating_sub(rows);
    for (y, line) in lines
        .iter()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let place = Rect {
            y: list.y + y as u16,
            height: 1,
            ..list
        };
        let i = match line {
            Row::Heading(text) => {
                let style = theme.accent().add_modifier(Modifier::BOLD);
                frame::put(frame, place, 0, &Line::styled(*text, style));
                continue;
            }
            Row::Choice(i) => *i,
        };
        let choice = choices[i];
        let title = frame::cut(
            &choice.title,
            usize::from(list.width).saturating_sub(name + 6),
            screen,
        );
        let line = Line::from(vec![
            Span::styled(
                format!("   {:name$}  ", frame::cut(&choice.name, name, screen)),
                theme.text().add_modifier(Modifier::BOLD),
            ),
            Span::styled(title, theme.muted()),
        ]);
        frame::put(frame, place, 0, &line);
        if i == chosen {
            frame.buffer_mut().set_style(place, theme.selected(true));
        }
        screen.regions.add(place, Target::Row(i));
    }
    let foot = "Enter opens it and ends this run, Esc goes back";
    frame::put(
        frame,
        inner,
        inner.height.saturating_sub(1),
        &Line::styled(foot, theme.faint()),
    );
}

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Heading(&'static str),
    Choice(usize),
}

/// The choices, each group below its heading.
fn headed(choices: &[&Choice]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut group = "";
    for (i, choice) in choices.iter().enumerate() {
        if choice.group != group {
            group = choice.group;
            rows.push(Row::Heading(group));
        }
        rows.push(Row::Choice(i));
    }
    rows
}
