//! [`Bindings`]: the user's keys, laid over the table of actions. The table stays the one source: its
//! rows are what can be bound.

mod renames;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use crate::error::Result;
use crate::scenario::{did_you_mean, read_form, refuse_form};
use crate::ui::action::{self, Context, Entry, Key, TABLE, key_name};

/// Keys for rows of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bindings {
    /// Row of the table, and its keys.
    rows: Vec<(usize, Vec<Key>)>,
}

/// The pairs of a RON map, in the order of the text, whatever stands there twice.
struct Pairs(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map from actions to lists of keys")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(Collect)
    }
}

/// A row of the table with its keys, and where they stand in the text.
type Bound = (usize, Vec<(Key, Range<usize>)>);

/// Something wrong: what, where, what is allowed there, advice.
type Fault = (String, Range<usize>, String, Option<String>);

impl Bindings {
    /// Reads bindings; `origin` is their name in messages.
    ///
    /// # Errors
    /// A report on all that cannot be: unknown actions, no keys, and keys that would mean two things.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let Some(Pairs(pairs)) = read_form(text, origin)? else {
            return Ok(Self::default());
        };
        // Pairs and texts come in one order, so each text has its place.
        let mut places = literals(text).into_iter();
        let mut place = move || places.next().unwrap_or(0..0);
        let mut faults: Vec<Fault> = Vec::new();
        let mut rows: Vec<Bound> = Vec::new();
        for (name, words) in pairs {
            let at = place();
            let row = TABLE.iter().position(|row| row.id() == name);
            let keyless = row.is_some_and(|row| TABLE[row].keys.is_empty());
            if words.is_empty() && !keyless {
                let text = format!("{name} has no key");
                faults.push((text, at.clone(), "add one, or remove the line".into(), None));
            }
            let mut keys = Vec::new();
            for word in words {
                let at = place();
                match key_name::parse(&word) {
                    Ok(key) => keys.push((key, at)),
                    Err(said) => faults.push((said, at, String::new(), None)),
                }
            }
            match row {
                None => faults.push(unknown(&name, at)),
                Some(row) if rows.iter().any(|(other, _)| *other == row) => {
                    let text = format!("duplicate action {name}");
                    faults.push((text, at, "keep one of them".into(), None));
                }
                Some(row) => rows.push((row, keys)),
            }
        }
        faults.extend(conflicts(&rows));
        if !faults.is_empty() {
            return Err(refuse_form(origin, text, faults));
        }
        let plain = |(row, keys): (usize, Vec<(Key, _)>)| {
            (row, keys.into_iter().map(|(key, _)| key).collect())
        };
        Ok(Self {
            rows: rows.into_iter().map(plain).collect(),
        })
    }

    /// Lays the keys over the table, for the rest of the process.
    pub fn apply(self) {
        action::bind(self.rows);
    }
}

fn unknown(name: &str, at: Range<usize>) -> Fault {
    if let Some(now) = renames::now(name) {
        return (
            format!("the action `{name}` has another name now"),
            at,
            String::new(),
            Some(now),
        );
    }
    let ids: Vec<String> = TABLE.iter().map(Entry::id).collect();
    let hint = did_you_mean(name, ids.iter().map(String::as_str));
    let help = hint.unwrap_or_else(|| "`clip-lab config keys` lists all of them".into());
    (
        format!("unknown action `{name}`"),
        at,
        String::new(),
        Some(help),
    )
}

/// Keys that would mean two things at once, or that must stay text.
fn conflicts(bound: &[Bound]) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut said: Vec<Range<usize>> = Vec::new();
    let places = Context::ALL.map(|context| [false, true].map(|tour| context.chain(tour)));
    for chain in places.into_iter().flatten() {
        let mut seen: HashMap<Key, (usize, Option<Range<usize>>)> = HashMap::new();
        for (i, row) in TABLE.iter().enumerate() {
            if !chain.contains(&row.context) {
                continue;
            }
            let own = bound.iter().find(|(at, _)| *at == i);
            let keys: Vec<(Key, Option<Range<usize>>)> = match own {
                Some((_, keys)) => keys.iter().map(|(k, at)| (*k, Some(at.clone()))).collect(),
                None => row.keys.iter().map(|key| (*key, None)).collect(),
            };
            for (key, at) in keys {
                let before = seen.insert(key, (i, at.clone()));
                let Some((other, other_at)) = before else {
                    continue;
                };
                let (Some(at), other) = (at.or(other_at), &TABLE[other]) else {
                    continue;
                };
                if !said.contains(&at) {
                    let text = format!(
                        "{} is bound to both {} and {}",
                        key_name::name(&key),
                        other.id(),
                        row.id()
                    );
                    said.push(at.clone());
                    faults.push((
                        text,
                        at,
                        "use another key, or rebind one of the two".into(),
                        None,
                    ));
                }
            }
        }
    }
    for (row, keys) in bound {
        let row = &TABLE[*row];
        for (key, at) in keys {
            let usual = row.keys.contains(key);
            if let Some(why) = action::reserved(row.context, *key).filter(|_| !usual) {
                let text = format!("{} cannot be bound", key_name::name(key));
                faults.push((text, at.clone(), why.into(), None));
            }
        }
    }
    faults
}

/// Where the texts in quotes stand, comments left out.
fn literals(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut i) = (Vec::new(), 0);
    while i < bytes.len() {
        let rest = &text.as_bytes()[i..];
        if rest.starts_with(b"//") {
            i += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") {
            let mut depth = 0;
            while i < bytes.len() {
                let rest = &bytes[i..];
                if rest.starts_with(b"/*") {
                    depth += 1;
                    i += 2;
                } else if rest.starts_with(b"*/") {
                    depth -= 1;
                    i += 2;
                    if depth == 0 {
                        break;
                    }
                } else {
                    i += 1;
                }
            }
        } else if bytes[i] == b'"' {
            let from = i;
            i += 1;
            while i < bytes.len() && bytes[i] != b'"' {
                i += if bytes[i] == b'\\' { 2 } else { 1 };
            }
            i = (i + 1).min(bytes.len());
            found.push(from..i);
        } else {
            i += 1;
        }
    }
    found
}

/// The keys' template: every row with the keys that it has anyway.
pub fn template() -> String {
    let mut out = String::from(
        "// clip-lab's keys. This file belongs at $XDG_CONFIG_HOME/clip-lab/keys.ron, beside config.ron:\n\
         // clip-lab config keys > ~/.config/clip-lab/keys.ron\n\
         // Uncomment the lines that you change. A key is a character, Ctrl- and a letter, F1 to\n\
         // F12, or a name: Space, Enter, Esc, Tab, Shift-Tab, Shift-Left, Backspace, Left, Right, Up, Down,\n\
         // PgUp, PgDn, Home, End. An empty list means no key: find the action with `:`, or give it a key.\n\
         // `clip-lab config check` reports keys that are bound twice.\n\
         {\n",
    );
    for context in Context::ALL {
        let _ = writeln!(out, "    // {}", context.title());
        for row in TABLE.iter().filter(|row| row.context == context) {
            let keys: Vec<_> = row
                .keys
                .iter()
                .map(|key| format!("{:?}", key_name::name(key)))
                .collect();
            let line = format!("// \"{}\": [{}],", row.id(), keys.join(", "));
            let _ = writeln!(out, "    {line:44} // {}", row.about);
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push_str("\n}\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let ids: HashSet<String> = TABLE.iter().map(Entry::id).collect();
        assert_eq!(ids.len(), TABLE.len());
        assert!(ids.contains("main.play-pause"));
    }

    #[test]
    fn the_template_reads_as_it_is_and_with_its_slashes_taken_away() {
        let text = template();
        assert_eq!(
            Bindings::parse(&text, "keys.ron").unwrap(),
            Bindings::default()
        );
        let all = text.replace("    // \"", "    \"");
        let bindings = Bindings::parse(&all, "keys.ron").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(bindings.rows.len(), TABLE.len());
        for (row, keys) in bindings.rows {
            assert_eq!(keys, TABLE[row].keys, "{}", TABLE[row].id());
        }
    }

    #[test]
    fn keys_can_be_exchanged() {
        let text =
            r#"{ "main.temperature": ["e"], "main.learning-rate": ["t", "F5"], "main.theme": [] }"#;
        let bindings = Bindings::parse(text, "keys.ron").unwrap();
        let row = |id: &str| TABLE.iter().position(|row| row.id() == id).unwrap();
        assert_eq!(
            bindings.rows,
            [
                (row("main.temperature"), vec![Key::char('e')]),
                (
                    row("main.learning-rate"),
                    vec![Key::char('t'), Key::of(crossterm::event::KeyCode::F(5))]
                ),
                (row("main.theme"), Vec::new()),
            ]
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_line_and_column() {
        for (text, place, says) in [
            (
                "{\n  // \"x\"\n  \"main.bias\": [\"B\"],\n}",
                ":3:17",
                "both main.bias and main.batch-size",
            ),
            (
                "{\n  \"main.bais\": [\"F5\"],\n}",
                ":2:3",
                "did you mean `main.bias`?",
            ),
            (
                "{\n  \"main.tau\": [\"F5\"],\n}",
                ":2:3",
                "use `main.temperature`",
            ),
            ("{ \"main.data\": [\"F5\"] }", ":1:3", "main.noise-images"),
            ("{ \"main.bias\": [] }", ":1:3", "no key"),
            ("{ \"main.bias\": [\"Hyper-x\"] }", ":1:17", "unknown key"),
            (
                "{ \"main.bias\": [\"2\"] }",
                ":1:17",
                "both main.bias and main.loss-page",
            ),
            ("{ \"line.accept\": [\"x\"] }", ":1:19", "text"),
            (
                "{ \"main.bias\": [\"F5\"], \"main.bias\": [\"F6\"] }",
                ":1:24",
                "duplicate action",
            ),
            // A key of the main screen works while a dial is held, too.
            ("{ \"dials.type\": [\"q\"] }", ":1:18", "main.quit"),
        ] {
            let error = Bindings::parse(text, "keys.ron").unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let said = error.to_string();
            assert!(
                said.contains(&format!("keys.ron{place}")) && said.contains(says),
                "{text}\n{said}"
            );
        }
        assert!(Bindings::parse("(main: 3)", "keys.ron").is_err());
    }
}
