//! Where each value of a RON text lies: a forgiving scanner for messages.
//!
//! ron's parser says where it stopped, not where a value that was read without complaint stands.
//! This finds values by path (`lanes.1.name`) and tokens by offset. It never refuses a text, and
//! it knows nothing of scenarios.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name: field, variant, `true`.
    Ident,
    /// Digits with whatever is stuck to them.
    Number,
    /// A string or character literal, quotes included.
    Text,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// `,`, `:` and everything else.
    Mark,
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    /// Bytes of the text.
    pub span: Range<usize>,
}

/// A value with its place.
#[derive(Debug)]
struct Node {
    /// Bytes of the whole value.
    span: Range<usize>,
    /// What a caret should stand under: the whole value if it is plain, else its opening.
    head: Range<usize>,
    /// Named and positional parts of a group.
    fields: Vec<(Range<usize>, Node)>,
    items: Vec<Node>,
}

/// The tokens and values of a text.
pub(super) struct Outline<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    root: Option<Node>,
}

impl<'a> Outline<'a> {
    /// Scans `text`.
    pub fn new(text: &'a str) -> Self {
        let tokens = scan(text);
        let root = Reader {
            text,
            tokens: &tokens,
            next: 0,
            depth: 0,
        }
        .document();
        Self { text, tokens, root }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether it holds nothing but blanks and comments.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The value at `path`: field names and positions joined by dots. If the file does not state
    /// it, the nearest value around the place where it would stand.
    pub fn value(&self, path: &str) -> Range<usize> {
        self.walk(path).map_or(0..0, |(node, _)| node.head.clone())
    }

    /// Whether the file itself states the value at `path`.
    pub fn states(&self, path: &str) -> bool {
        self.walk(path).is_some_and(|(_, complete)| complete)
    }

    fn walk(&self, path: &str) -> Option<(&Node, bool)> {
        let mut node = self.root.as_ref()?;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            match node.step(self.text, step) {
                Some(inner) => node = inner,
                None => return Some((node, false)),
            }
        }
        Some((node, true))
    }

    /// The token that covers or follows the byte `at`.
    pub fn token_from(&self, at: usize) -> Option<&Token> {
        self.tokens.iter().find(|token| token.span.end > at)
    }

    /// The last token that begins before the byte `at`.
    pub fn token_before(&self, at: usize) -> Option<&Token> {
        self.tokens.iter().rev().find(|token| token.span.start < at)
    }

    /// The opening of the innermost group that is still open just before the byte `at`.
    pub fn group_around(&self, at: usize) -> Option<Range<usize>> {
        let mut node = self.root.as_ref()?;
        loop {
            let inner = node
                .parts()
                .find(|part| part.span.start < at && at <= part.span.end);
            match inner {
                Some(part) if !part.is_plain() => node = part,
                _ => return Some(node.head.clone()),
            }
        }
    }

    /// Name of the field whose value covers the byte `at`, directly or within a list or tuple.
    pub fn field_at(&self, at: usize) -> Option<&'a str> {
        let mut node = self.root.as_ref()?;
        let mut name = None;
        loop {
            let covers = |n: &Node| n.span.start <= at && at < n.span.end.max(n.span.start + 1);
            if let Some((key, inner)) = node.fields.iter().find(|(_, inner)| covers(inner)) {
                name = Some(&self.text[key.clone()]);
                node = inner;
            } else if let Some(inner) = node.items.iter().find(|inner| covers(inner)) {
                node = inner;
            } else {
                return name;
            }
        }
    }
}

impl Node {
    fn is_plain(&self) -> bool {
        self.head == self.span
    }

    fn parts(&self) -> impl Iterator<Item = &Self> {
        self.fields.iter().map(|(_, node)| node).chain(&self.items)
    }

    fn step(&self, text: &str, step: &str) -> Option<&Self> {
        let direct = match step.parse::<usize>() {
            Ok(index) => self.items.get(index),
            Err(_) => self
                .fields
                .iter()
                .find(|(key, _)| &text[key.clone()] == step)
                .map(|(_, n)| n),
        };
        // `Emoji((train: ...))` and `Some((...))` wrap the record that is meant.
        direct.or_else(|| match &self.items[..] {
            [only] if self.fields.is_empty() && !only.is_plain() => only.step(text, step),
            _ => None,
        })
    }
}

/// Groups deeper than this are not told apart; ron refuses them anyway.
const DEPTH: usize = 100;

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    depth: usize,
}

impl Reader<'_> {
    /// The first value; extension attributes before it are passed over.
    fn document(mut self) -> Option<Node> {
        while self.symbol() == Some("#") {
            self.next += 2;
            self.value();
        }
        self.value()
    }

    fn symbol(&self) -> Option<&str> {
        self.tokens
            .get(self.next)
            .map(|token| &self.text[token.span.clone()])
    }

    fn kind(&self, ahead: usize) -> Option<Kind> {
        self.tokens.get(self.next + ahead).map(|token| token.kind)
    }

    fn value(&mut self) -> Option<Node> {
        let head = self.tokens.get(self.next)?.span.clone();
        match self.kind(0)? {
            Kind::Open => Some(self.group(head)),
            Kind::Ident if self.kind(1) == Some(Kind::Open) => {
                self.next += 1;
                Some(self.group(head))
            }
            Kind::Close => None,
            Kind::Ident | Kind::Number | Kind::Text | Kind::Mark => {
                self.next += 1;
                Some(Node {
                    span: head.clone(),
                    head,
                    fields: Vec::new(),
                    items: Vec::new(),
                })
            }
        }
    }

    fn group(&mut self, head: Range<usize>) -> Node {
        self.next += 1;
        self.depth += 1;
        let mut node = Node {
            span: head.clone(),
            head,
            fields: Vec::new(),
            items: Vec::new(),
        };
        while let Some(token) = self.tokens.get(self.next) {
            if token.kind == Kind::Close {
                node.span.end = token.span.end;
                self.next += 1;
                self.depth -= 1;
                return node;
            }
            let colon = self
                .tokens
                .get(self.next + 1)
                .map(|t| &self.text[t.span.clone()])
                == Some(":");
            if token.kind == Kind::Mark || self.depth > DEPTH {
                self.next += 1;
            } else if colon {
                let key = token.span.clone();
                self.next += 2;
                if let Some(value) = self.value() {
                    node.fields.push((key, value));
                }
            } else if let Some(value) = self.value() {
                node.items.push(value);
            }
        }
        // Never closed: it reaches to the end.
        node.span.end = self.text.len();
        self.depth -= 1;
        node
    }
}

/// Cuts a text into tokens; blanks and comments fall away.
fn scan(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let skip = blank(rest);
        if skip > 0 {
            at += skip;
            continue;
        }
        let (kind, length) = match first {
            '(' | '[' | '{' => (Kind::Open, 1),
            ')' | ']' | '}' => (Kind::Close, 1),
            '"' => (Kind::Text, quoted(rest, '"')),
            '\'' => (Kind::Text, quoted(rest, '\'')),
            'r' if raw(rest).is_some() => (Kind::Text, raw(rest).unwrap_or(1)),
            '0'..='9' | '+' | '-' | '.' => (Kind::Number, number(rest)),
            c if c == '_' || c.is_alphabetic() => (Kind::Ident, word(rest)),
            c => (Kind::Mark, c.len_utf8()),
        };
        tokens.push(Token {
            kind,
            span: at..at + length,
        });
        at += length;
    }
    tokens
}

/// Bytes of the white space or comment that `rest` begins with.
fn blank(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return rest.len() - rest.trim_start().len();
    }
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += c.len_utf8();
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            // A lifetime-like apostrophe swallows no more than its line.
            '\n' if quote == '\'' => return at,
            _ => {}
        }
    }
    rest.len()
}

/// Bytes of a raw string `r#"..."#`, if `rest` begins with one.
fn raw(rest: &str) -> Option<usize> {
    let hashes = rest[1..].chars().take_while(|&c| c == '#').count();
    let body = rest[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(2 + hashes + length)
}

fn number(rest: &str) -> usize {
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        let exponent = matches!(before, 'e' | 'E') && matches!(c, '+' | '-');
        let part = c.is_ascii_alphanumeric() || c == '_' || c == '.' || exponent || at == 0;
        if !part {
            return at;
        }
        before = c;
    }
    rest.len()
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"#![enable(implicit_some)]
// a comment (with a bracket
(
    title: "a (b", /* and /* one */ more */
    data: Emoji((train: [Noto, Fluent])),
    lanes: [(name: r"x", t: -1e-3), (name: "y")],
)"#;

    fn at<'a>(outline: &Outline<'a>, path: &str) -> &'a str {
        &outline.text()[outline.value(path)]
    }

    #[test]
    fn values_are_found_by_path() {
        let outline = Outline::new(TEXT);
        assert_eq!(at(&outline, "title"), "\"a (b\"");
        assert_eq!(at(&outline, "data"), "Emoji");
        assert_eq!(at(&outline, "data.train.1"), "Fluent");
        assert_eq!(at(&outline, "lanes.0.t"), "-1e-3");
        assert_eq!(at(&outline, "lanes.1.name"), "\"y\"");
        assert!(outline.states("lanes.1.name"));
    }

    #[test]
    fn what_is_absent_falls_back_to_what_is_around_it() {
        let outline = Outline::new(TEXT);
        assert_eq!(at(&outline, "data.captions.languages"), "Emoji");
        assert!(!outline.states("data.captions.languages"));
        assert_eq!(Outline::new("").value("data"), 0..0);
    }

    #[test]
    fn fields_are_found_by_offset() {
        let outline = Outline::new(TEXT);
        let offset = TEXT.find("Fluent").unwrap();
        assert_eq!(outline.field_at(offset), Some("train"));
        assert_eq!(outline.field_at(TEXT.find("-1e-3").unwrap()), Some("t"));
    }

    #[test]
    fn no_text_makes_it_panic_or_hang() {
        for text in [
            "(",
            ")",
            "\"",
            "'",
            "r#\"",
            "/*",
            "-",
            "((((",
            "a: b: c",
            "#",
            "é(ü: 'x",
            "[,,:]",
        ] {
            let outline = Outline::new(text);
            outline.value("a.0.b");
            outline.group_around(text.len());
            outline.field_at(0);
        }
        let deep = "(".repeat(100_000);
        assert_eq!(Outline::new(&deep).value("x"), 0..1);
    }
}
