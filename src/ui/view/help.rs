//! The help: every key there is, made from the table of actions; typing filters it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Screen, frame};
use crate::ui::action::{Context, Entry, TABLE};
use crate::ui::input::Input;
use crate::ui::panel::Panel;

/// Draws the help.
pub fn render(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    (filter, typing): (&Input, bool),
    scroll: usize,
) {
    let inner = frame::popup(
        frame,
        area,
        screen,
        "help",
        (104, area.height.saturating_sub(2).min(58)),
    );
    let theme = screen.theme;
    let lines = lines(screen, filter.text(), usize::from(inner.width));
    let prompt = if typing || !filter.text().is_empty() {
        let mark = if typing { theme.glyph("▏", "_") } else { "" };
        Line::from(vec![
            Span::styled("filter ", theme.muted()),
            Span::styled(filter.text().to_string(), theme.accent()),
            Span::styled(mark, theme.accent()),
        ])
    } else {
        Line::from(vec![
            Span::styled("/", theme.accent()),
            Span::styled(" filter    ", theme.muted()),
            Span::styled(":", theme.accent()),
            Span::styled(" finds actions without a key, by name", theme.muted()),
        ])
    };
    frame::put(frame, inner, 0, &prompt);
    let foot = "Esc closes, j k scroll";
    let width = foot.len() as u16;
    if inner.width > width + 30 {
        frame::put(
            frame,
            Rect {
                x: inner.right() - width,
                width,
                ..inner
            },
            0,
            &Line::styled(foot, theme.faint()),
        );
    }
    let list = Rect {
        y: inner.y + 1.min(inner.height),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let rows = usize::from(list.height);
    let from = screen.regions.read(lines.len(), rows, scroll);
    frame::more(frame, inner, screen, from, lines.len());
    for (i, line) in lines
        .iter()
        .skip(from)
        .take(usize::from(list.height))
        .enumerate()
    {
        frame::put(frame, list, i as u16, line);
    }
}

fn lines(screen: &Screen, filter: &str, width: usize) -> Vec<Line<'static>> {
    let theme = screen.theme;
    let words: Vec<_> = filter.split_whitespace().map(str::to_lowercase).collect();
    let fits = |text: &str| words.iter().all(|word| text.to_lowercase().contains(word));
    let mut lines = Vec::new();
    let heading = |lines: &mut Vec<Line<'static>>, text: &'static str, here: bool| {
        lines.push(Line::default());
        lines.push(Line::from(vec![
            Span::styled(text, theme.accent().add_modifier(Modifier::BOLD)),
            Span::styled(if here { ", as now" } else { "" }, theme.good()),
        ]));
    };
    for context in order(screen.app.here(), screen.app.in_tour()) {
        let row_fits = |entry: &&Entry| {
            fits(&format!(
                "{} {} {}",
                entry.keys_text(),
                entry.name,
                entry.about
            ))
        };
        let rows: Vec<_> = TABLE
            .iter()
            .filter(|entry| entry.context == context)
            .filter(row_fits)
            .collect();
        if rows.is_empty() {
            continue;
        }
        heading(&mut lines, context.title(), context == screen.app.here());
        for entry in rows {
            let keys = if theme.ascii() {
                spelled(&entry.keys_text())
            } else {
                entry.keys_text()
            };
            let keys = if keys.is_empty() { ":".into() } else { keys };
            let (mut keys, mut name) = (format!("{keys:>13}  "), format!("{:17}", entry.name));
            for about in frame::wrap(entry.about, width.saturating_sub(33).max(10)) {
                lines.push(Line::from(vec![
                    Span::styled(
                        std::mem::replace(&mut keys, " ".repeat(15)),
                        theme.text().add_modifier(Modifier::BOLD),
                    ),
                    Span::styled(std::mem::replace(&mut name, " ".repeat(17)), theme.text()),
                    Span::styled(about, theme.muted()),
                ]));
            }
        }
    }
    let panels: Vec<_> = Panel::ALL
        .into_iter()
        .filter(|panel| fits(panel.row().explains))
        .collect();
    if !panels.is_empty() {
        heading(&mut lines, "What the panels show", false);
        for panel in panels {
            lines.extend(
                frame::wrap(panel.row().explains, width.saturating_sub(2))
                    .into_iter()
                    .map(|l| Line::styled(format!("  {l}"), theme.muted())),
            );
        }
    }
    if lines.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled("no match", theme.faint()));
    }
    lines
}

/// All contexts: the one in which the help was asked for first, with those whose keys work there too.
fn order(here: Context, tour: bool) -> Vec<Context> {
    let first = here.chain(tour);
    let mut order = first.to_vec();
    order.extend(Context::ALL.iter().filter(|c| !first.contains(c)));
    order
}

/// Arrows as words, for terminals without them.
pub fn spelled(keys: &str) -> String {
    keys.replace('←', "Left")
        .replace('→', "Right")
        .replace('↑', "Up")
        .replace('↓', "Down")
}
