//! Modules depend on one another in one direction only, ratatui and crossterm stay in `ui`, and
//! tch stays where tensors are. A boundary that nobody tests erodes.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the lowest up. A module may use its own layer and what lies below.
const LAYERS: &[&[&str]] = &[
    &["error", "memory", "control", "scenario", "telemetry"],
    &["data", "model", "loss", "optim"],
    &["train", "eval"],
    &["export", "lab"],
    &["ui", "cli"],
];

/// Neighbours that must not know each other all the same: user and used.
const NEVER: &[(&str, &str)] = &[
    ("ui", "cli"),
    ("export", "lab"),
    ("data", "model"),
    ("data", "loss"),
    ("loss", "model"),
    ("loss", "data"),
    // Training evaluates; an evaluation trains nothing but what it fine-tunes.
    ("eval", "train"),
    ("error", "control"),
    ("error", "scenario"),
    ("error", "telemetry"),
];

/// Crates that only some modules may name.
const CRATES: &[(&[&str], &[&str])] = &[
    (&["ratatui", "crossterm"], &["ui"]),
    // `error` wraps tch's error type and knows nothing else of it.
    (
        &["tch", "torch_sys"],
        &["data", "model", "loss", "optim", "train", "eval", "error"],
    ),
    (&["clap"], &["cli", "ui"]),
];

/// What is wrong with the file of `module` whose text is `source`, one line each.
fn violations(module: &str, source: &str) -> Vec<String> {
    let code = strip(source);
    let mut found = Vec::new();
    let Some(layer) = layer_of(module) else {
        return vec![format!(
            "`{module}` is not among the layers: add it to this test"
        )];
    };
    for used in crate_paths(&code) {
        let above = layer_of(&used).is_some_and(|other| other > layer);
        if above || NEVER.contains(&(module, used.as_str())) {
            found.push(format!("`{module}` uses `crate::{used}`"));
        }
    }
    for (names, homes) in CRATES {
        for name in *names {
            if names_crate(&code, name) && !homes.contains(&module) {
                found.push(format!("`{module}` uses `{name}`"));
            }
        }
    }
    found
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The code without comments, text literals and unit tests, which may reach further.
fn strip(source: &str) -> String {
    let body = source
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let lines = body
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    // Quotes that begin or end no text: escaped ones, and the character.
    let code = lines.collect::<Vec<_>>().join("\n");
    let code = code.replace("\\\"", "").replace("'\"'", "''");
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// First segments of all `crate::x` paths, those within `use crate::{...}` included.
fn crate_paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        if code[..at].ends_with(is_word) {
            continue;
        }
        let rest = code[at + prefix.len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(top_level(group)),
            None => found.push(rest.chars().take_while(|&c| is_word(c)).collect()),
        }
    }
    found
}

/// First words of the parts of a brace group, up to its closing brace.
fn top_level(group: &str) -> Vec<String> {
    let (mut depth, mut part, mut parts) = (0, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(std::mem::take(&mut part)),
            _ if depth == 0 => part.push(c),
            _ => {}
        }
    }
    parts.push(part);
    parts
        .iter()
        .map(|p| p.trim().chars().take_while(|&c| is_word(c)).collect())
        .collect()
}

/// Whether the code has a path that begins with the crate `name`.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let begins = !before.ends_with(|c| is_word(c) || c == ':' || c == '.');
        let path =
            after.starts_with("::") || (before.ends_with("use ") && !after.starts_with(is_word));
        begins && path
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// `src/ui/view/heat.rs` belongs to `ui`.
fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix("src").unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_string()
}

#[test]
fn dependencies_point_one_way() {
    let files = rust_files(Path::new("src"));
    assert!(files.len() > 20, "only {} files were found", files.len());
    let mut found = Vec::new();
    for file in files {
        let module = module_of(&file);
        if module != "lib" && module != "main" {
            let source = fs::read_to_string(&file).unwrap();
            found.extend(
                violations(&module, &source)
                    .into_iter()
                    .map(|v| format!("{}: {v}", file.display())),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_check_sees_what_it_must() {
    for (module, source) in [
        ("scenario", "use crate::train::Trainer;"),
        (
            "loss",
            "use crate::{\n    error::Error,\n    ui::{App, Theme},\n};",
        ),
        ("telemetry", "fn f() -> crate::lab::Lane { todo!() }"),
        ("lab", "use tch::Tensor;"),
        ("scenario", "fn f(x: &tch::Tensor) {}"),
        ("cli", "use ratatui::layout::Rect;"),
        ("cli", "pub use crossterm;"),
        ("train", "use clap::Args;"),
        ("ui", "use crate::cli::Format;"),
        ("export", "fn f(x: crate::lab::Lab) {}"),
        (
            "lab",
            "const QUOTE: char = '\"';\nuse crate::ui::App;\nconst MORE: char = '\"';",
        ),
        ("brand_new", ""),
    ] {
        assert_eq!(violations(module, source).len(), 1, "{module}: {source}");
    }
}

#[test]
fn the_check_leaves_the_rest_alone() {
    for (module, source) in [
        (
            "ui",
            "use ratatui::Frame;\nuse crate::{lab::Lab, telemetry::Snapshot};",
        ),
        ("train", "use tch::{Device, Tensor};\nuse crate::loss;"),
        (
            "scenario",
            "// crate::train is elsewhere\nconst X: &str = \"use tch::Tensor;\";",
        ),
        (
            "scenario",
            "use super::report::Fault;\nuse crate::scenario::load;",
        ),
        (
            "scenario",
            "#[cfg(test)]\nmod tests {\n    use crate::train::Trainer;\n}",
        ),
        ("cli", "let batch::x = watch::y;"),
    ] {
        assert_eq!(
            violations(module, source),
            Vec::<String>::new(),
            "{module}: {source}"
        );
    }
}
