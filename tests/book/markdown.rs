//! What tests see in Markdown: links, anchors, blocks of code.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Where a page leads, and where one can go in it.
#[derive(Debug, Default)]
pub struct Page {
    /// The targets of links and pictures.
    pub links: Vec<String>,
    /// The anchors of its headings, as forges and mdBook make them.
    pub anchors: Vec<String>,
}

/// Reads a page.
pub fn page(text: &str) -> Page {
    let mut page = Page::default();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap());
                let again = page.anchors.iter().filter(|known| {
                    let rest = known.strip_prefix(&slug);
                    rest.is_some_and(|rest| {
                        rest.trim_start_matches(['-', '1', '2', '3']).is_empty()
                    })
                });
                let again = again.count();
                page.anchors.push(if again == 0 {
                    slug
                } else {
                    format!("{slug}-{again}")
                });
            }
            _ => {}
        }
    }
    page
}

/// A heading's anchor: lower case, hyphens for blanks, no punctuation.
fn slug(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// The fenced blocks of a language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if *info == *language => {
                open = true;
                found.push(String::new());
            }
            Event::Text(text) if open => found.last_mut().unwrap().push_str(&text),
            Event::End(TagEnd::CodeBlock) => open = false,
            _ => {}
        }
    }
    found
}

/// The words of a command as a shell gives them to a program: without remark, redirection and pipe.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in line.chars() {
        match (c, quote) {
            (c, Some(end)) if c == end => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            (' ', None) => words.push(String::new()),
            ('>' | '|', None) => break,
            ('#', None) if words.last().unwrap().is_empty() => break,
            (c, _) => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
