//! No module depends on itself by way of others, rooms depend on one another in one order, ratatui and
//! crossterm stay in `ui`, and tch stays where tensors are. A boundary that nobody tests erodes.

mod graph;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use graph::{Graph, code, is_word};

/// The rooms, that is the modules of the crate's root, from the highest down. A room may use what
/// comes after it.
const ROOMS: &[&str] = &[
    "cli",
    "ui",
    "study",
    "exercise",
    "lab",
    "infer",
    "export",
    "train",
    "objective",
    "eval",
    "optim",
    "model",
    "data",
    "loss",
    "scenario",
    "telemetry",
    "control",
    "quantity",
    "random",
    "deal",
    "files",
    "memory",
    "error",
];

/// What a room must not know although it stands below: user and used.
const NEVER: &[(&str, &str)] = &[("data", "loss"), ("lab", "infer")];

/// Crates that only some rooms may name.
const CRATES: &[(&[&str], &[&str])] = &[
    (&["ratatui", "crossterm"], &["ui"]),
    // `error` wraps tch's error type and knows nothing else of it.
    (
        &["tch", "torch_sys"],
        &[
            "data",
            "model",
            "loss",
            "optim",
            "objective",
            "train",
            "eval",
            "error",
        ],
    ),
    (&["clap"], &["cli", "ui"]),
];

/// `ui::view::heat` belongs to `ui`.
fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// Uses of a room that stands above, or that must not be known, one line each.
fn upward(graph: &Graph) -> Vec<String> {
    let place = |module| ROOMS.iter().position(|known| *known == room(module));
    let mut found = Vec::new();
    for (module, uses) in &graph.edges {
        let Some(own) = place(module) else {
            found.push(format!(
                "`{module}` is in no room: add `{}` to this test",
                room(module)
            ));
            continue;
        };
        for (used, path) in uses {
            let above = place(used).is_some_and(|other| other < own);
            if above || NEVER.contains(&(room(module), room(used))) {
                found.push(format!("`{module}` uses `{used}` by `{path}`"));
            }
        }
    }
    found
}

/// What depends on itself: a line for each circle, then one for each edge in it.
fn circles(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for circle in graph.circles() {
        found.push(format!("a circle: {}", listed(&circle)));
        for (module, uses) in &graph.edges {
            for (used, path) in uses {
                if circle.contains(&**module) && circle.contains(&**used) {
                    found.push(format!("  `{module}` uses `{used}` by `{path}`"));
                }
            }
        }
    }
    found
}

fn listed(circle: &BTreeSet<&str>) -> String {
    circle.iter().copied().collect::<Vec<_>>().join(" ")
}

/// Crates that the code of a room names although they belong elsewhere.
fn foreign(room: &str, code: &str) -> Vec<String> {
    let names = |(names, homes): &(&'static [&'static str], &[&str])| {
        let names: &'static [&'static str] = if homes.contains(&room) { &[] } else { names };
        names.iter()
    };
    (CRATES.iter().flat_map(names))
        .filter(|name| names_crate(code, name))
        .map(|name| format!("`{room}` uses the crate `{name}`"))
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

/// The files below `src` by their paths there, with their texts.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files);
    let read = |file: &PathBuf| {
        let inside = file.strip_prefix("src").unwrap();
        let name = inside.to_str().unwrap().replace('\\', "/");
        (name, fs::read_to_string(file).unwrap())
    };
    files.iter().map(read).collect()
}

fn graph(files: &[(String, String)]) -> Graph {
    Graph::new(files.iter().map(|(file, text)| (&**file, &**text)))
}

#[test]
fn dependencies_point_one_way() {
    let files = sources();
    let graph = graph(&files);
    assert!(graph.edges.len() > 200, "only {}", graph.edges.len());
    let mut found = upward(&graph);
    found.extend(files.iter().flat_map(|(file, text)| {
        let room = room(file).split(['/', '.']).next().unwrap();
        let inside = !["lib", "main"].contains(&room);
        let foreign = if inside {
            foreign(room, &code(text).0)
        } else {
            Vec::new()
        };
        foreign
            .into_iter()
            .map(move |fault| format!("{file}: {fault}"))
    }));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_module_depends_on_itself_by_way_of_others() {
    let found = circles(&graph(&sources()));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A graph of made-up files.
fn made(files: &[(&str, &str)]) -> Graph {
    Graph::new(files.iter().copied())
}

#[test]
fn a_use_of_a_room_above_is_seen() {
    let train = ("train.rs", "pub struct Trainer;");
    for (file, source) in [
        ("scenario.rs", "use crate::train::Trainer;"),
        (
            "loss.rs",
            "use crate::{\n    error::Error,\n    train::{self, Trainer},\n};",
        ),
        ("loss.rs", "use crate::train;\nfn f(t: train::Trainer) {}"),
        (
            "loss/deep/down.rs",
            "use super::super::super::train::Trainer;",
        ),
        (
            "telemetry.rs",
            "fn f() -> crate::train::Trainer { todo!() }",
        ),
        ("eval.rs", "pub use crate::train::Trainer as T;"),
        (
            "model.rs",
            "const QUOTE: char = '\"';\nuse crate::train::Trainer;\nconst C: char = '\"';",
        ),
        (
            "data.rs",
            "macro_rules! m { () => { $crate::train::Trainer } }",
        ),
        ("brand_new.rs", ""),
    ] {
        let found = upward(&made(&[train, (file, source)]));
        assert_eq!(found.len(), 1, "{file}: {source}: {found:?}");
    }
    let loss = ("loss.rs", "pub struct Values;");
    assert_eq!(
        upward(&made(&[loss, ("data.rs", "use crate::loss::Values;")])).len(),
        1
    );
}

#[test]
fn what_is_no_use_of_a_room_above_is_left_alone() {
    let train = ("train.rs", "pub struct Trainer;");
    for (file, source) in [
        ("lab.rs", "use crate::train::Trainer;"),
        (
            "scenario.rs",
            "// crate::train::Trainer is elsewhere\n/* crate::train::Trainer */",
        ),
        (
            "scenario.rs",
            "const X: &str = \"\\\"crate::train::Trainer\"; const Y: &str = r#\"\"crate::train::T\"#;",
        ),
        (
            "scenario.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::train::Trainer;\n}",
        ),
        (
            "scenario.rs",
            "#[cfg(test)]\nuse crate::train::Trainer;\nfn f<'a>(x: &'a str) {}",
        ),
        ("scenario.rs", "fn f(train: X) { train.x(); train::x; }"),
        ("loss.rs", "let batch::x = watch::y;"),
    ] {
        let found = upward(&made(&[train, (file, source)]));
        assert_eq!(found, Vec::<String>::new(), "{file}: {source}");
    }
    let files = [
        train,
        ("scenario.rs", "#[cfg(test)]\nmod fixture;"),
        (
            "scenario/fixture.rs",
            "use crate::train::Trainer;\nmod deep;",
        ),
        ("scenario/fixture/deep.rs", "use crate::train::Trainer;"),
    ];
    assert_eq!(upward(&made(&files)), Vec::<String>::new());
}

#[test]
fn circles_are_seen_whatever_they_lead_through() {
    let circle = |files: &[(&str, &str)]| {
        let graph = made(files);
        let found: Vec<String> = graph.circles().iter().map(listed).collect();
        found.join("; ")
    };
    // A parent that owns what its child names, and names its child.
    for parent in [
        "mod child;\npub struct Own;\npub use child::Other;",
        "mod child;\npub struct Own;\nfn f() { child::g(); }",
        "mod child;\npub struct Own;\nuse self::child::Other as O;",
    ] {
        for child in [
            "use super::Own;\npub struct Other;\npub fn g() {}",
            "pub struct Other;\npub fn g() { let x = crate::loss::Own; }",
            "use super::*;\npub struct Other;\npub fn g() -> Own {}",
            "use crate::loss;\npub struct Other;\npub fn g() -> loss::Own {}",
        ] {
            let files = [("loss.rs", parent), ("loss/child.rs", child)];
            assert_eq!(circle(&files), "loss loss::child", "{parent}\n{child}");
        }
    }
    // Siblings, one of which takes the other's item from the parent that hands it on.
    for parent in [
        "mod a;\nmod b;\npub use a::A;\npub use b::B;",
        "mod a;\nmod b;\npub use a::*;\npub use b::*;",
        "mod a;\nmod b;\nuse a::A as Renamed;\npub use self::{a::A, b::B};",
    ] {
        let files = [
            ("loss.rs", parent),
            ("loss/a.rs", "use super::B;\npub struct A(B);"),
            ("loss/b.rs", "use crate::loss::A;\npub struct B(A);"),
        ];
        assert_eq!(circle(&files), "loss::a loss::b", "{parent}");
    }
    // What a macro defines by name belongs to its file.
    let files = [
        ("loss.rs", "mod a;\nmod b;\npub use a::*;"),
        (
            "loss/a.rs",
            "macro_rules! m { ($x:ident) => { pub enum A { $x } } }\nuse super::b::B;\nm! { X }",
        ),
        ("loss/b.rs", "use super::A;\npub struct B(A);"),
    ];
    assert_eq!(circle(&files), "loss::a loss::b");
    // Three rooms, by re-exports of re-exports.
    let files = [
        (
            "loss.rs",
            "pub use crate::data::Batch;\npub struct Law(Batch);",
        ),
        ("data.rs", "mod batch;\npub use batch::Batch;"),
        ("data/batch.rs", "pub struct Batch(crate::model::Clip);"),
        ("model.rs", "pub struct Clip(crate::loss::Law);"),
    ];
    assert_eq!(circle(&files), "data::batch loss model");
    assert_eq!(circles(&made(&files)).len(), 1 + 3);
}

#[test]
fn a_parent_that_only_hands_on_is_in_no_circle() {
    let files = [
        (
            "loss.rs",
            "mod a;\nmod b;\nuse std::fmt;\npub use a::A;\nfn run() { a::f(); b::go(); }",
        ),
        (
            "loss/a.rs",
            "use super::fmt;\npub struct A;\nimpl A { fn b(&self) {} }",
        ),
        (
            "loss/b.rs",
            "use super::A;\npub fn go() { let x = crate::loss::A; super::a::f(); }",
        ),
    ];
    assert_eq!(circles(&made(&files)), Vec::<String>::new());
    let graph = made(&files);
    let used: Vec<&str> = graph.edges["loss::b"].keys().map(String::as_str).collect();
    assert_eq!(used, ["loss::a"]);
}

#[test]
fn crates_stay_in_their_rooms() {
    for (room, source) in [
        ("lab", "use tch::Tensor;"),
        ("scenario", "fn f(x: &tch::Tensor) {}"),
        ("cli", "use ratatui::layout::Rect;"),
        ("cli", "pub use crossterm;"),
        ("train", "use clap::Args;"),
    ] {
        assert_eq!(foreign(room, &code(source).0).len(), 1, "{room}: {source}");
    }
    for (room, source) in [
        ("ui", "use ratatui::Frame;"),
        ("train", "use tch::{Device, Tensor};\nuse crate::loss;"),
        ("scenario", "const X: &str = \"use tch::Tensor;\";"),
        ("cli", "let batch::x = watch::y;"),
    ] {
        assert!(
            foreign(room, &code(source).0).is_empty(),
            "{room}: {source}"
        );
    }
}
