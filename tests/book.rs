//! The book and the README: every page is listed, links lead somewhere, commands are understood, scenarios read, and
//! the pages that the program writes are as it writes them today.

mod markdown;

use std::fs;
use std::path::{Component, Path, PathBuf};

use clip_lab::scenario::{BUNDLED, Data};

use crate::cli::stdout;
use markdown::{Page, blocks, page};

/// What the README may take, in bytes.
const README: usize = 10_240;

/// The files that are read: those of the book, and those beside it that readers are sent to.
fn files() -> Vec<PathBuf> {
    let mut files = vec![
        "README.md".into(),
        "CONTRIBUTING.md".into(),
        "benches/README.md".into(),
    ];
    collect(Path::new("docs"), &mut files);
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "md") {
            files.push(path);
        }
    }
}

fn read(path: &Path) -> Page {
    page(&fs::read_to_string(path).unwrap())
}

/// `docs/guide/../use/x.md` without the way there and back.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// What is wrong with a link of `file`, if something is.
fn fault(file: &Path, link: &str) -> Option<String> {
    if link.contains("://") {
        return (!link.starts_with("https://")).then(|| "is not https".into());
    }
    let (path, anchor) = link
        .split_once('#')
        .map_or((link, None), |(p, a)| (p, Some(a)));
    let target = if path.is_empty() {
        file.to_path_buf()
    } else {
        plain(&file.parent().unwrap().join(path))
    };
    if !target.exists() {
        return Some(format!("{} is not there", target.display()));
    }
    // The book is also built by itself: what lies outside is not in it.
    if file.starts_with("docs") && !target.starts_with("docs") {
        return Some("leads out of the book".into());
    }
    let anchor = anchor?;
    let anchors = read(&target).anchors;
    (!anchors.iter().any(|known| known == anchor))
        .then(|| format!("{} has no `#{anchor}`, only {anchors:?}", target.display()))
}

#[test]
fn links_lead_somewhere() {
    let mut found = Vec::new();
    let mut count = 0;
    for file in files() {
        for link in read(&file).links {
            count += 1;
            found.extend(
                fault(&file, &link).map(|why| format!("{}: {link}: {why}", file.display())),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(count > 60, "only {count} links were seen");
}

#[test]
fn a_broken_link_is_seen() {
    let file = Path::new("docs/guide/dials.md");
    for good in [
        "matrix.md",
        "../use/own-data.md",
        "#turning",
        "https://example.org/#x",
    ] {
        assert_eq!(fault(file, good), None, "{good}");
    }
    for bad in [
        "matrx.md",
        "#spinning",
        "matrix.md#nothing",
        "../../README.md",
        "http://example.org",
    ] {
        assert!(fault(file, bad).is_some(), "{bad}");
    }
    assert_eq!(fault(Path::new("README.md"), "docs/README.md#words"), None);
}

#[test]
fn the_readme_is_short() {
    let bytes = fs::metadata("README.md").unwrap().len();
    assert!(bytes <= README as u64, "{bytes} bytes");
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = read(Path::new("docs/SUMMARY.md"));
    let mut listed: Vec<PathBuf> = summary
        .links
        .iter()
        .map(|link| Path::new("docs").join(link))
        .collect();
    let mut pages = Vec::new();
    collect(Path::new("docs"), &mut pages);
    pages.retain(|page| !page.ends_with("SUMMARY.md"));
    listed.sort();
    pages.sort();
    assert_eq!(listed, pages);
}

/// The commands of the `console` blocks, with the file they stand in.
fn commands() -> Vec<(PathBuf, Vec<String>)> {
    let mut commands = Vec::new();
    for file in files() {
        for block in blocks(&fs::read_to_string(&file).unwrap(), "console") {
            for line in block.lines() {
                let line = line.strip_prefix("$ ").unwrap_or_else(|| {
                    panic!(
                        "{}: a line without `$ ` in a console block: {line}",
                        file.display()
                    )
                });
                let all = line.split(" && ").map(markdown::words);
                commands.extend(all.map(|words| (file.clone(), words)));
            }
        }
    }
    commands
}

#[test]
fn commands_are_understood_and_name_scenarios_that_exist() {
    let commands = commands();
    assert!(commands.len() > 60, "only {} commands", commands.len());
    for (file, words) in commands {
        let place = format!("{}: {words:?}", file.display());
        assert_eq!(words[0], "clip-lab", "{place}");
        let read = clip_lab::cli::command().try_get_matches_from(&words);
        let read = read.unwrap_or_else(|e| panic!("{place}\n{e}"));
        let lab = match read.subcommand() {
            None => &read,
            Some(("run" | "check" | "bench", below)) => below,
            Some(_) => continue,
        };
        for id in ["scenarios", "scenario", "files"] {
            let names = lab.try_get_raw(id).ok().flatten().into_iter().flatten();
            for name in names.map(|name| name.to_str().unwrap()) {
                let bundled = BUNDLED.iter().any(|(known, _)| *known == name);
                let file = Path::new(name).extension().is_some_and(|e| e == "ron");
                assert!(bundled || file || name.starts_with("./"), "{place}: {name}");
            }
        }
    }
}

#[test]
fn the_scenarios_in_the_book_read() {
    let mut scenarios = Vec::new();
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        for block in blocks(&text, "ron") {
            let name = file.display().to_string();
            scenarios
                .push(clip_lab::scenario::parse(&block, &name).unwrap_or_else(|e| panic!("{e}")));
        }
    }
    assert!(
        scenarios
            .iter()
            .any(|s| !s.expect.is_empty() && s.lesson.is_some())
    );
    assert!(scenarios.iter().any(|s| matches!(s.data, Data::Pairs(_))));
}

#[test]
fn the_pages_that_the_program_writes_are_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("reference");
    assert_eq!(stdout(&["man", "--book", written.to_str().unwrap()]), "");
    let mut names = Vec::new();
    for entry in fs::read_dir(&written).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_owned();
        let kept = fs::read_to_string(Path::new("docs/reference").join(&name)).unwrap_or_default();
        assert!(
            fs::read_to_string(&path).unwrap() == kept,
            "docs/reference/{} is out of date: run `clip-lab man --book docs/reference`",
            name.display()
        );
        names.push(name);
    }
    assert_eq!(names.len(), fs::read_dir("docs/reference").unwrap().count());
}

#[test]
fn help_shows_pages_and_subcommands() {
    let page = stdout(&["help", "five-minutes"]);
    assert!(
        page.starts_with("Five minutes in the lab\n=====")
            && page.lines().all(|line| !line.contains('\u{1b}'))
    );
    assert!(stdout(&["help", "run"]).contains("Usage: clip-lab run"));
    assert!(stdout(&["help"]).contains("  scenario-files "));
    let mistake = crate::cli::mistake(&["help", "five-minute"]);
    assert!(mistake.contains("five-minutes"), "{mistake}");
}

#[test]
fn blocks_and_anchors_are_seen() {
    let text = "# A b, `c`: d\n\n## A b, `c`: d\n\n```console\n$ clip-lab 'a b' > x # why\n```\n\n[x](y.md) ![z](w.png)\n";
    let page = page(text);
    assert_eq!(page.anchors, ["a-b-c-d", "a-b-c-d-1"]);
    assert_eq!(page.links, ["y.md", "w.png"]);
    let block = &blocks(text, "console")[0];
    let line = block.trim_end().strip_prefix("$ ").unwrap();
    assert_eq!(markdown::words(line), ["clip-lab", "a b"]);
}
