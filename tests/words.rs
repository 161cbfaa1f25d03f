//! What users read is plain: no string and no help text has a worn phrase. Sources are read token by token, so
//! comments do not count, and documentation counts where clap shows it.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Phrases that make a reader stop, and what to write instead.
const WORN: &[(&str, &str)] = &[
    ("is wanted", "expected ..."),
    ("are wanted", "expected ..."),
    ("wants a", "must be a ..., expected a ..."),
    (" wants ", "must be, needs, expects"),
    ("is no ", "is not a, no ..."),
    ("that is none", "false"),
    ("so many", "N, the number"),
    ("one feels", "say what the user does"),
    ("a mistake in what", "usage error"),
    ("what was asked", "name it"),
    ("would not fit", "out of memory budget, refused"),
    ("is called like", "is named like"),
    ("called like a", "named like a"),
    ("--out wrote", "run folder"),
    ("goings back", "rewinds"),
    ("starts over", "resets"),
    ("found first", "R@1"),
    ("never saw", "held-out"),
    ("never seen", "held-out"),
    ("training never", "held-out"),
    ("never trained on", "held-out"),
    ("of one's own", "your own"),
    ("no longer a number", "NaN or infinite"),
    ("is honoured", "applies"),
    ("stands twice", "is there twice, duplicate"),
    ("stands here", "is here"),
    ("holds no ", "has no"),
    ("says nothing", "say what it lacks"),
    ("captions exchanged", "shuffled captions"),
    ("are exchanged", "are shuffled"),
    ("pictures of noise", "noise images"),
    ("not understood", "unknown"),
    ("own accord", "by itself"),
    ("nobody looks", "without a screen"),
    ("knob", "dial"),
    ("in one's words", "name it"),
    ("no command says", "cannot be expressed as a command"),
];

/// Files whose strings are plain, by the beginnings of their paths.
const CLEAN: [&str; 2] = ["src/", "xtask/src/"];

/// Derives that show documentation to users.
const CLAP: [&str; 4] = ["Args", "Parser", "Subcommand", "ValueEnum"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder whose names end so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The strings of some source: literals outside of tests, and documentation that clap shows.
fn strings(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(source.parse().unwrap(), false, &mut found);
    found
}

/// `shown` says that the documentation in these tokens is shown to users.
fn walk(tokens: TokenStream, shown: bool, found: &mut Vec<String>) {
    let mut attributes: Vec<TokenStream> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                if let Some(TokenTree::Punct(bang)) = tokens.peek()
                    && bang.as_char() == '!'
                {
                    tokens.next();
                }
                if let Some(TokenTree::Group(group)) = tokens.peek()
                    && group.delimiter() == Delimiter::Bracket
                {
                    attributes.push(group.stream());
                    tokens.next();
                }
            }
            TokenTree::Group(group) => {
                let item = group.delimiter() == Delimiter::Brace;
                let (test, clap) = (only_for_tests(&attributes), for_clap(&attributes));
                if !test {
                    read(&attributes, shown || clap, found);
                    walk(group.stream(), item && (clap || shown), found);
                }
                if item || test {
                    attributes.clear();
                }
            }
            TokenTree::Literal(literal) => found.extend(text(&literal.to_string())),
            TokenTree::Punct(end) if matches!(end.as_char(), ',' | ';') => {
                if !only_for_tests(&attributes) {
                    read(&attributes, shown || for_clap(&attributes), found);
                }
                attributes.clear();
            }
            _ => {}
        }
    }
    read(&attributes, shown, found);
}

/// Takes what attributes say: the literals of all of them, and documentation if it is shown. Once.
fn read(attributes: &[TokenStream], shown: bool, found: &mut Vec<String>) {
    let mut doc = Vec::new();
    for attribute in attributes {
        let is_doc = attribute.to_string().starts_with("doc");
        let mut literals = Vec::new();
        walk(attribute.clone(), false, &mut literals);
        if is_doc {
            doc.extend(literals.iter().map(|line| line.trim().to_owned()));
        } else {
            found.extend(literals);
        }
    }
    if shown && !doc.is_empty() {
        found.push(doc.join(" "));
    }
}

fn only_for_tests(attributes: &[TokenStream]) -> bool {
    let mut texts = attributes.iter().map(ToString::to_string);
    texts.any(|text| text.replace(' ', "") == "cfg(test)")
}

fn for_clap(attributes: &[TokenStream]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.to_string();
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        text.starts_with("derive") && words.any(|word| CLAP.contains(&word))
    })
}

/// The text of a literal that is one, with its lines joined as the compiler joins them.
fn text(literal: &str) -> Option<String> {
    // A character may be a quotation mark.
    let start = literal
        .find('"')
        .filter(|start| !literal[..*start].contains('\''))?;
    let raw = literal[..start].contains('r');
    let inner = &literal[start + 1..literal.rfind('"')?];
    if raw {
        return Some(inner.to_owned());
    }
    let mut pieces = inner.split("\\\n");
    let mut joined = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        joined += piece.trim_start();
    }
    Some(joined.replace("\\n", "\n").replace("\\\"", "\""))
}

/// The first worn phrase of a text, with its remedy. Lines count as one.
fn worn(text: &str) -> Option<(&'static str, &'static str)> {
    let plain = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let padded = format!(" {plain} ");
    WORN.iter()
        .copied()
        .find(|(phrase, _)| padded.contains(phrase))
}

fn complaints(place: &str, texts: &[String]) -> Vec<String> {
    let of = |text: &String| {
        worn(text).map(|(phrase, better)| format!("{place}: `{phrase}` ({better}) in {text:?}"))
    };
    texts.iter().filter_map(of).collect()
}

#[test]
fn strings_and_help_have_no_worn_phrases() {
    let mut all = Vec::new();
    let mut read = 0;
    for folder in ["src", "xtask/src"] {
        for path in files(&root().join(folder), ".rs") {
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let tests = name.contains("/tests/") || name.ends_with("/tests.rs");
            if !tests && CLEAN.iter().any(|clean| name.starts_with(clean)) {
                let texts = strings(&fs::read_to_string(&path).unwrap());
                read += texts.len();
                all.extend(complaints(&name, &texts));
            }
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(read > 3000, "only {read} strings were read");
}

#[test]
fn scenarios_and_the_book_have_no_worn_phrases() {
    let mut paths = files(&root().join("scenarios"), ".ron");
    // The pages in docs/reference are made of strings that are tested themselves.
    let made = root().join("docs/reference");
    let pages = files(&root().join("docs"), ".md").into_iter();
    paths.extend(pages.filter(|path| !path.starts_with(&made)));
    paths.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)));
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for (i, part) in text.split("\n\n").enumerate() {
            let part = part.replace("// ", "").replace("//\n", "");
            let all = complaints(&format!("{}, part {}", path.display(), i + 1), &[part]);
            assert!(all.is_empty(), "{}", all.join("\n"));
        }
    }
}

#[test]
fn a_phrase_that_is_put_back_is_found() {
    for (phrase, _) in WORN {
        let source = format!("fn f() {{ g(\"what{phrase}x\"); }}").replace("x\"", " x\"");
        let found = strings(&source);
        assert_eq!(complaints("f", &found).len(), 1, "{phrase}: {found:?}");
    }
    let help = "/// a whole number is wanted\n#[derive(Args)]\nstruct A {\n/// So many\n/// steps\na: u8 }";
    assert_eq!(complaints("help", &strings(help)).len(), 2);
    // Split over lines, in a format, in an attribute of clap, in a raw string.
    for source in [
        "const A: &str = \"a number is \\\n    wanted\";",
        "fn f() { format!(\"{x} is no {y}\") }",
        "#[arg(help = \"so many\")] struct A;",
        "const A: &str = r#\"one feels\"#;",
    ] {
        assert_eq!(complaints("f", &strings(source)).len(), 1, "{source}");
    }
}

#[test]
fn comments_tests_and_plain_documentation_do_not_count() {
    let source = "//! is wanted\n\
                  // so many\n\
                  /// one feels\n\
                  fn f() {}\n\
                  #[cfg(test)] mod tests { const A: &str = \"is wanted\"; }";
    let found = complaints("f", &strings(source));
    assert!(found.is_empty(), "{found:?}");
}
