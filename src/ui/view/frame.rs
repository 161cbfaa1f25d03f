//! What panels have in common: their frame, lanes' names, lines that are cut where room ends.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr;

use super::Screen;
use crate::ui::action::{self, Action, Entry};
use crate::ui::app::Focus;
use crate::ui::panel::Panel;
use crate::ui::region::Target;

/// Columns of a title that may not go.
const SHORTEST: usize = 12;

/// Draws a panel's frame with its key and title, notes its place, and returns what is inside.
pub fn panel(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    panel: Panel,
    title: &str,
    right: Line<'static>,
) -> Rect {
    screen.regions.add(area, Target::Panel(panel));
    let focused = screen.app.focus == Focus::Panel && screen.app.panel == panel;
    let theme = screen.theme;
    // Where all panels are, each shows its key; a page has few, and Tab goes through them.
    let key = action::entry(&Action::Panel(panel))
        .filter(|_| screen.app.dense)
        .map(Entry::keys_text)
        .unwrap_or_default();
    let gap = if key.is_empty() { "" } else { " " };
    let name = if focused {
        theme.accent()
    } else {
        theme.text()
    };
    let title = Line::from(vec![
        Span::raw(" "),
        Span::styled(key, theme.accent()),
        Span::raw(gap),
        Span::styled(title.to_string(), name.add_modifier(Modifier::BOLD)),
        Span::raw(" "),
    ]);
    titled(frame, area, screen, title, right, focused)
}

/// A frame with a title on the left and values on the right. Where there is not room for both the title is cut
/// before values go.
pub fn titled(
    frame: &mut Frame,
    area: Rect,
    screen: &Screen,
    title: Line<'static>,
    right: Line<'static>,
    focused: bool,
) -> Rect {
    let theme = screen.theme;
    let corners = if screen.boxed { 2 } else { 0 };
    let room = usize::from(area.width).saturating_sub(corners + 1);
    let (title, right) = if title.width() + right.width() <= room {
        (title, right)
    } else if right.width() + SHORTEST <= room {
        (cut_line(title, room - right.width(), screen), right)
    } else {
        (cut_line(title, room, screen), Line::default())
    };
    if screen.boxed {
        let block = Block::bordered()
            .border_set(theme.border_set())
            .border_style(theme.border(focused))
            .title_top(title)
            .title_top(right.alignment(Alignment::Right));
        let inner = block.inner(area);
        frame.render_widget(block, area);
        return inner;
    }
    ruled(frame, area, screen, title, right, focused)
}

/// A rule with a title, and what is below it.
pub fn ruled(
    frame: &mut Frame,
    area: Rect,
    screen: &Screen,
    title: Line<'static>,
    right: Line<'static>,
    focused: bool,
) -> Rect {
    let theme = screen.theme;
    let rule = Rect {
        height: area.height.min(1),
        ..area
    };
    let dash = theme.glyph("─", "-").repeat(usize::from(area.width));
    frame.buffer_mut().set_stringn(
        area.x,
        area.y,
        dash,
        usize::from(rule.width),
        theme.border(focused),
    );
    let width = right.width() as u16;
    frame.render_widget(title, rule);
    frame.render_widget(
        right,
        Rect {
            x: area.right() - width,
            width,
            ..rule
        },
    );
    Rect {
        y: area.y + rule.height,
        height: area.height - rule.height,
        ..area
    }
}

/// An empty box in the middle of the screen, above all else.
pub fn popup(
    frame: &mut Frame,
    area: Rect,
    screen: &mut Screen,
    title: &str,
    size: (u16, u16),
) -> Rect {
    let (width, height) = (size.0.min(area.width), size.1.min(area.height));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    // What lies below cannot be clicked.
    screen.regions.clear();
    raised(frame, place, screen, title, "")
}

/// Says in the lower border of a card which of its lines are in sight, if not all are.
pub fn more(frame: &mut Frame, inner: Rect, screen: &Screen, from: usize, lines: usize) {
    let rows = screen.regions.scroll_rows;
    let border = Rect {
        y: inner.bottom(),
        height: 1,
        ..inner
    };
    if lines <= rows || border.y >= frame.area().bottom() {
        return;
    }
    let arrows = match (from > 0, from + rows < lines) {
        (true, true) => screen.theme.glyph("↑↓", "^v"),
        (true, false) => screen.theme.glyph("↑", "^"),
        (false, _) => screen.theme.glyph("↓", "v"),
    };
    let last = (from + rows).min(lines);
    let text = format!(" {arrows} {}-{last} of {lines} lines: j k ", from + 1);
    let width = text.width() as u16;
    put(
        frame,
        Rect {
            width: width.min(border.width),
            ..border
        },
        0,
        &Line::styled(text, screen.theme.accent()),
    );
}

/// A card above what else is there, with a title and a word at its foot. Returns what is inside, a column
/// of air on each side left out.
pub fn raised(frame: &mut Frame, place: Rect, screen: &Screen, title: &str, foot: &str) -> Rect {
    let theme = screen.theme;
    frame.render_widget(Clear, place);
    frame.buffer_mut().set_style(place, theme.raised());
    let title = Line::from(format!(" {title} "));
    let mut block = Block::bordered()
        .border_set(theme.border_set())
        .border_style(theme.accent())
        .title_top(title.style(theme.accent().add_modifier(Modifier::BOLD)));
    if !foot.is_empty() {
        let foot = Line::styled(foot.to_owned(), theme.faint());
        block = block.title_bottom(foot.right_aligned());
    }
    let inner = block.inner(place);
    frame.render_widget(block, place);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// Notes which of the lines that are read hold what is to be found.
pub fn find(screen: &mut Screen, lines: &[String]) {
    let find = &screen.app.find;
    let found = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| find.is_in(line));
    screen.regions.found = found.map(|(i, _)| i).collect();
}

/// How a line that is read is written: what is to be found stands out.
pub fn read_style(screen: &Screen, at: usize, line: &str) -> Style {
    let find = &screen.app.find;
    if !find.is_in(line) {
        screen.theme.text()
    } else if find.line == Some(at) {
        screen.theme.selected(true)
    } else {
        screen.theme.accent()
    }
}

/// What is to be found, for the foot of what is read.
pub fn found(screen: &Screen) -> Option<String> {
    let find = &screen.app.find;
    let words = find.input.as_ref()?.text();
    Some(if find.typing {
        format!("/{words}{}", screen.theme.glyph("▏", "_"))
    } else {
        let count = screen.regions.found.len();
        format!("/{words}: in {count} lines; n next, N previous, Esc leaves the search")
    })
}

/// A lane's sign and name.
pub fn lane_name(screen: &Screen, lane: usize) -> [Span<'static>; 2] {
    let style = screen.theme.lane(lane);
    [
        Span::styled(format!("{} ", screen.theme.marker(lane)), style),
        Span::styled(
            screen.app.lanes[lane].lane.clone(),
            style.add_modifier(Modifier::BOLD),
        ),
    ]
}

/// Lanes' signs with a number each, for titles; with names if there is room, close together if
/// there is little, nothing if there is none.
pub fn legend(
    screen: &Screen,
    room: u16,
    number: impl Fn(usize) -> Option<String>,
) -> Line<'static> {
    let entries: Vec<_> = (0..screen.app.lanes.len())
        .filter_map(|lane| Some((lane_name(screen, lane), number(lane)?)))
        .collect();
    let build = |named: bool, gap: &'static str| {
        let mut spans = Vec::new();
        for ([sign, name], number) in entries.clone() {
            spans.push(Span::raw(" "));
            spans.push(Span::styled(
                sign.content.trim_end().to_string(),
                sign.style,
            ));
            spans.push(Span::raw(gap));
            if named {
                spans.push(name);
                spans.push(Span::raw(" "));
            }
            spans.push(Span::styled(number, screen.theme.text()));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    };
    [(true, " "), (false, " "), (false, "")]
        .into_iter()
        .map(|(named, gap)| build(named, gap))
        .find(|line| line.width() <= usize::from(room))
        .unwrap_or_default()
}

/// The text, cut to a width, with an ellipsis if something is missing.
pub fn cut(text: &str, width: usize, screen: &Screen) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let dots = screen.theme.glyph("…", "~");
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + c.to_string().width() + 1 > width {
            break;
        }
        kept.push(c);
    }
    if width > 0 {
        kept.push_str(dots);
    }
    kept
}

/// The line, cut to a width, with an ellipsis and a blank if something is missing.
fn cut_line(line: Line<'static>, width: usize, screen: &Screen) -> Line<'static> {
    if line.width() <= width {
        return line;
    }
    let mut room = width.saturating_sub(1);
    let mut spans = Vec::new();
    for span in line.spans {
        let whole = span.width() <= room;
        let text = cut(&span.content, room, screen);
        room -= text.width().min(room);
        spans.push(Span::styled(text, span.style));
        if !whole {
            break;
        }
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// A cell of a table: the text at its right end, and always a blank before it, so that columns stay apart.
pub fn cell(text: &str, width: usize, screen: &Screen) -> String {
    let text = cut(text, width.saturating_sub(1), screen);
    let gap = width.saturating_sub(text.width());
    " ".repeat(gap) + &text
}

/// The text in lines of a width, broken at blanks where there are any.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word = word.to_string();
        loop {
            let last = lines.last_mut().expect("a text has a line");
            let gap = usize::from(!last.is_empty());
            if last.width() + gap + word.width() <= width {
                if gap == 1 {
                    last.push(' ');
                }
                last.push_str(&word);
                break;
            }
            if last.is_empty() {
                // Longer than a line: broken anywhere. At least one character, or it never ends.
                let mut at = 0;
                for (i, c) in word.char_indices() {
                    if at > 0 && word[..i + c.len_utf8()].width() > width {
                        break;
                    }
                    at = i + c.len_utf8();
                }
                last.push_str(&word[..at]);
                word = word[at..].to_string();
                if word.is_empty() {
                    break;
                }
            }
            lines.push(String::new());
        }
    }
    lines
}

/// What an empty panel will show, in its middle.
pub fn promise(frame: &mut Frame, area: Rect, screen: &Screen, panel: Panel) {
    let width = area.width.saturating_sub(4).min(48);
    if width < 12 {
        return;
    }
    let lines = wrap(panel.row().explains, usize::from(width));
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (i, line) in lines.into_iter().enumerate() {
        put(
            frame,
            area,
            top + i as u16,
            &Line::styled(line, screen.theme.muted()).centered(),
        );
    }
}

/// Writes a line at a place, cut at the area's right end.
pub fn put(frame: &mut Frame, area: Rect, row: u16, line: &Line) {
    if row < area.height {
        frame.render_widget(
            line,
            Rect {
                y: area.y + row,
                height: 1,
                ..area
            },
        );
    }
}

/// A span of plain blanks.
pub fn blanks(n: usize) -> Span<'static> {
    Span::styled(" ".repeat(n), Style::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_long_ones_break() {
        assert_eq!(wrap("a photo of a cat", 7), ["a photo", "of a", "cat"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("漢字", 1).len(), 2);
        assert_eq!(wrap("", 5), [""]);
    }
}
