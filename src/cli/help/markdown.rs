//! Markdown as a terminal shows it: wrapped text, tables in columns, code set in. Knows the forms that the book uses
//! and leaves others as text.

mod table;
mod wrap;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use table::Table;
use wrap::{BOLD, PLAIN, Wrap, width};

/// How a page is shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether what stands out is bold; otherwise code keeps its marks.
    pub bold: bool,
}

/// The page as lines of text.
pub fn render(text: &str, look: Look) -> String {
    let mut page = Rendering {
        look,
        out: Vec::new(),
        inline: String::new(),
        lists: Vec::new(),
        first: String::new(),
        table: None,
        link: None,
    };
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        page.take(event);
    }
    let mut out = page.out.join("\n");
    out.truncate(out.trim_end().len());
    out.push('\n');
    if look.bold {
        out.replace(BOLD, "\x1b[1m").replace(PLAIN, "\x1b[0m")
    } else {
        out.replace([BOLD, PLAIN], "")
    }
}

/// A page on its way.
struct Rendering {
    look: Look,
    out: Vec<String>,
    /// The text of the block at hand.
    inline: String,
    /// The lists around it: the next number, if they have numbers.
    lists: Vec<Option<u64>>,
    /// What begins the item at hand.
    first: String,
    table: Option<Table>,
    /// Where the link at hand leads.
    link: Option<String>,
}

impl Rendering {
    fn take(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.inline.push_str(&text),
            Event::Code(text) if self.look.bold => self.stand_out(&text),
            Event::Code(text) => self.inline.extend(["`", &*text, "`"]),
            Event::SoftBreak => self.inline.push(' '),
            Event::HardBreak => self.inline.push('\n'),
            _ => {}
        }
    }

    fn stand_out(&mut self, text: &str) {
        self.inline.push(BOLD);
        self.inline.push_str(text);
        self.inline.push(PLAIN);
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Strong | Tag::Emphasis if self.look.bold => self.inline.push(BOLD),
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            Tag::Image { .. } => self.inline.push_str("[picture: "),
            Tag::List(number) => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(number);
            }
            Tag::Item => {
                self.first = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".into(),
                };
            }
            Tag::Table(_) => self.table = Some(Table::default()),
            Tag::Paragraph | Tag::Heading { .. } if self.lists.is_empty() => self.gap(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis if self.look.bold => self.inline.push(PLAIN),
            TagEnd::Image => self.inline.push(']'),
            TagEnd::Link => {
                if let Some(link) = self.link.take()
                    && link.contains("://")
                {
                    self.inline.extend([" <", &*link, ">"]);
                }
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::CodeBlock => self.block_of_code(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                self.table.get_or_insert_default().cell(cell);
            }
            TagEnd::TableHead | TagEnd::TableRow => self.table.get_or_insert_default().end_row(),
            TagEnd::Table => {
                self.gap();
                let table = self.table.take().unwrap_or_default();
                self.out.extend(table.lines(self.look.width));
            }
            _ => {}
        }
    }

    /// An empty line between blocks.
    fn gap(&mut self) {
        if self.out.last().is_some_and(|line| !line.is_empty()) {
            self.out.push(String::new());
        }
    }

    /// Writes the text at hand as a paragraph, or as a part of an item.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.inline);
        if text.trim().is_empty() {
            return;
        }
        let first = std::mem::take(&mut self.first);
        let depth = self.lists.len().saturating_sub(1);
        let mark = match self.lists.last() {
            Some(Some(_)) => 3,
            Some(None) => 2,
            None => 0,
        };
        let indent = " ".repeat(2 * depth);
        let wrap = Wrap {
            first: format!("{indent}{first}"),
            rest: indent + &" ".repeat(mark),
            width: self.look.width,
        };
        self.out.extend(wrap.lines(&text));
    }

    fn heading(&mut self, level: HeadingLevel) {
        let text = std::mem::take(&mut self.inline);
        let under = match level {
            HeadingLevel::H1 => "=",
            _ => "-",
        };
        let line = under.repeat(width(&text));
        self.out.extend([format!("{BOLD}{text}{PLAIN}"), line]);
        self.gap();
    }

    fn block_of_code(&mut self) {
        self.gap();
        let text = std::mem::take(&mut self.inline);
        let lines = text.lines().map(|line| format!("    {line}"));
        self.out
            .extend(lines.map(|line| line.trim_end().to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::pages::PAGES;
    use super::*;
    use crate::cli::command;

    fn plain(text: &str, width: usize) -> String {
        render(text, Look { width, bold: false })
    }

    #[test]
    fn blocks_are_wrapped_set_in_and_kept_apart() {
        let text = "# Dials\n\n\
                    Press `t`, then\n\
                    look at [the curve](curves.md) of the loss.\n\n\
                    ```console\n\
                    $ clip-lab help a-line-that-is-never-wrapped\n\
                    ```\n\n\
                    1. One item that is long enough.\n\
                    2. Two\n   \
                    - inner\n\n\
                    End.\n";
        let shown = "\
Dials
=====

Press `t`, then look
at the curve of the
loss.

    $ clip-lab help a-line-that-is-never-wrapped

1. One item that is
   long enough.
2. Two
  - inner

End.
";
        assert_eq!(plain(text, 20), shown);
    }

    #[test]
    fn a_table_fits_its_width() {
        let text = "| key | does |\n|---|---|\n| `t` | takes the temperature in hand |\n| `b` | the bias |\n";
        let shown = "\
key  does
---  ---------------
`t`  takes the
     temperature in
     hand
`b`  the bias
";
        assert_eq!(plain(text, 20), shown);
        assert_eq!(plain(text, 60).lines().count(), 4);
        let text =
            "| layout | weights |\n|---|---|\n| OpenCLIP | `open_clip_model.safetensors` |\n";
        let shown = "- OpenCLIP\n  weights: `open_clip_model.safetensors`\n";
        assert_eq!(plain(text, 20), shown);
    }

    #[test]
    fn what_stands_out_is_bold_on_a_terminal_only() {
        let look = Look {
            width: 40,
            bold: true,
        };
        let text = "Press `t`, **now**: [more](https://example.org).";
        let bold = "Press \x1b[1mt\x1b[0m, \x1b[1mnow\x1b[0m: more\n<https://example.org>.\n";
        assert_eq!(render(text, look), bold);
        let plain = plain(text, 80);
        assert_eq!(plain, "Press `t`, now: more <https://example.org>.\n");
    }

    #[test]
    fn pages_of_the_book_keep_to_their_width() {
        let mut root = command();
        root.build();
        for page in PAGES {
            for columns in [60, 80, 100] {
                let shown = plain(&page.text(&root).unwrap(), columns);
                let title = page.title(&root).unwrap();
                assert!(!shown.contains(BOLD) && shown.starts_with(&title));
                // Code is not wrapped, and nor is a single long word.
                let prose = shown.lines().filter(|line| !line.starts_with("    "));
                for line in prose.filter(|line| line.trim().contains(' ')) {
                    let words = line.split_whitespace().map(width).max().unwrap_or(0);
                    assert!(
                        width(line) <= columns.max(words + 12),
                        "{} at {columns}: {line}",
                        page.path
                    );
                }
            }
        }
    }
}
