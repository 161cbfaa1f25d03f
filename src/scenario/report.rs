//! What a scenario's reader prints when it refuses: position, source line, caret, advice.
//!
//! Only the layout is decided here, in the manner of rustc; what is wrong is found elsewhere.

use std::fmt::Write as _;
use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong, in one line.
    pub message: String,
    /// The bytes of the text that are to blame.
    pub span: Range<usize>,
    /// Stands beside the caret: usually what is allowed. May be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without label or advice.
    pub fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            message: message.into(),
            span,
            label: String::new(),
            help: None,
        }
    }

    /// Says beside the caret what is allowed.
    pub fn label(self, label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..self
        }
    }

    /// Says what to do.
    pub fn help(self, help: impl Into<Option<String>>) -> Self {
        Self {
            help: help.into(),
            ..self
        }
    }
}

/// The report on all `faults` of `text`, in the text's order; `origin` names it.
pub(super) fn render(origin: &str, text: &str, faults: &[Fault]) -> String {
    let mut faults: Vec<_> = faults.iter().collect();
    faults.sort_by_key(|fault| fault.span.start);
    let mut out = faults
        .iter()
        .map(|fault| one(origin, text, fault))
        .collect::<Vec<_>>()
        .join("\n");
    if faults.len() > 1 {
        let _ = write!(out, "\nerror: {} faults in {origin}", faults.len());
    }
    out.truncate(out.trim_end().len());
    out
}

fn one(origin: &str, text: &str, fault: &Fault) -> String {
    let place = Place::of(text, &fault.span);
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let (shown, indent, carets) = window(place.source, place.from, place.to);
    let mut out = format!("error: {}\n", fault.message);
    let _ = writeln!(out, "{gutter}--> {origin}:{}:{}", place.line, place.column);
    let _ = writeln!(out, "{gutter} |");
    let _ = writeln!(out, "{}", format!("{number} | {shown}").trim_end());
    let mark = format!(
        "{gutter} | {}{} {}",
        " ".repeat(indent),
        "^".repeat(carets),
        fault.label
    );
    let _ = writeln!(out, "{}", mark.trim_end());
    if let Some(help) = &fault.help {
        let _ = writeln!(out, "{gutter} |\n{gutter} = help: {help}");
    }
    out
}

/// A span in terms of lines.
struct Place<'a> {
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    /// The line's text.
    source: &'a str,
    /// Bytes of `source` that carets stand under.
    from: usize,
    to: usize,
}

impl<'a> Place<'a> {
    fn of(text: &'a str, span: &Range<usize>) -> Self {
        let start = span.start.min(text.len());
        let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let source = text[begin..end].trim_end_matches('\r');
        let from = (start - begin).min(source.len());
        Self {
            line: 1 + text[..begin].matches('\n').count(),
            column: 1 + source[..from].chars().count(),
            source,
            from,
            to: span.end.saturating_sub(begin).clamp(from, source.len()),
        }
    }
}

/// Widest excerpt of a source line, in terminal cells.
const WIDTH: usize = 96;

/// The part of a line around its bytes `from..to` as it is printed, the cells before the carets,
/// and the number of carets.
fn window(source: &str, from: usize, to: usize) -> (String, usize, usize) {
    let before = visible(&source[..from]);
    let marked = visible(&source[from..to]);
    let after = visible(&source[to..]);
    let carets = marked.width().clamp(1, WIDTH / 2);
    if before.width() + marked.width() + after.width() <= WIDTH {
        return (format!("{before}{marked}{after}"), before.width(), carets);
    }
    let mut start = before.len();
    let mut room = WIDTH / 3;
    for (at, c) in before.char_indices().rev() {
        let width = c.width().unwrap_or(0);
        if width > room {
            break;
        }
        room -= width;
        start = at;
    }
    let lead = if start > 0 { "..." } else { "" };
    let kept = format!("{lead}{}", &before[start..]);
    let indent = kept.width();
    let mut shown = kept;
    for c in marked.chars().chain(after.chars()) {
        if shown.width() >= WIDTH - 3 {
            shown.push_str("...");
            break;
        }
        shown.push(c);
    }
    (shown, indent, carets)
}

/// Tabs as blanks, and nothing that a terminal would obey.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_value() {
        let text = "(\n\ttitle: \"über 日本\", steps: 0,\n)";
        let at = text.find("0,").unwrap();
        let fault = Fault::new("too few", at..at + 1)
            .label("1 or more")
            .help("train a while".to_string());
        assert_eq!(
            render("x.ron", text, &[fault]),
            "error: too few\n --> x.ron:2:27\n  |\n2 |     title: \"über 日本\", steps: 0,\n  |                                ^ \
             1 or more\n  |\n  = help: train a while"
        );
    }

    #[test]
    fn several_faults_come_in_order_and_are_counted() {
        let text = "abc\ndef";
        let report = render(
            "x",
            text,
            &[Fault::new("second", 4..5), Fault::new("first", 0..1)],
        );
        assert!(report.find("first").unwrap() < report.find("second").unwrap());
        assert!(report.ends_with("error: 2 faults in x"), "{report}");
    }

    #[test]
    fn a_long_line_is_cut_around_its_fault() {
        let text = format!("{}BAD{}", "x".repeat(500_000), "y".repeat(500_000));
        let report = render("x", &text, &[Fault::new("m", 500_000..500_003)]);
        assert!(report.contains("xxBADyy"), "{report}");
        assert!(
            report.lines().all(|line| line.width() <= WIDTH + 8),
            "{report}"
        );
        let line = report.lines().find(|line| line.contains("BAD")).unwrap();
        let mark = report.lines().find(|line| line.contains("^^^")).unwrap();
        assert_eq!(line.find("BAD"), mark.find("^^^"));
    }

    #[test]
    fn spans_beyond_the_text_and_control_characters_do_no_harm() {
        let report = render("x", "a\u{1b}[31m", &[Fault::new("m", 99..120)]);
        assert!(!report.contains('\u{1b}'));
        assert!(render("x", "", &[Fault::new("empty", 0..0)]).contains("x:1:1"));
    }
}
