//! What the formats hold, what is left out, and in what order pairs come.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::*;
use crate::data::{Batch, sample};

/// Fixtures that pandas, webdataset and Python's csv, json and tarfile wrote.
const FIXTURES: &str = "tests/fixtures/pairs";

fn spec(path: &str, more: &str) -> scenario::Pairs {
    ron::from_str(&format!(
        "(path: {path:?}, folder: Some({FIXTURES:?}), {more})"
    ))
    .unwrap()
}

fn open(path: &str, more: &str) -> Result<Pairs> {
    Pairs::open(&spec(path, &format!("augment: true, {more}")), 16)
}

/// All of it, nothing held out: the captions, pair by pair, and what was said.
fn all(path: &str, more: &str) -> (Vec<String>, String) {
    let pairs = open(path, &format!("held_out: Some(0.0), {more}")).unwrap();
    let caption = |pair: &u32| pairs.index.caption(*pair as usize, 0).to_owned();
    let captions = pairs.index.trained.iter().map(caption).collect();
    (captions, pairs.notices().join("\n"))
}

fn request(step: u64, batch_size: usize) -> Request {
    Request {
        seed: 3,
        step,
        batch_size,
        image_size: 16,
        augment: true,
        quality: Quality::default(),
    }
}

fn batch(pairs: &Pairs, request: &Request) -> Batch {
    let made = sample(pairs, request, 1);
    assert_eq!(
        made,
        sample(pairs, request, 3),
        "three threads make another"
    );
    made
}

/// The colour in the middle of a picture of a batch.
fn colour(batch: &Batch, pair: usize) -> [u8; 3] {
    let picture = batch.pictures(pair..pair + 1);
    [136, 256 + 136, 512 + 136].map(|at| picture[at])
}

#[test]
fn tables_are_read_as_their_writers_meant_them() {
    for (path, taken) in [
        ("photos.csv", "`filepath` and `title`"),
        ("tabs.csv", "`filepath` and `title`"),
        ("photos.tsv", "`image` and `text`"),
    ] {
        let (captions, said) = all(path, "");
        let red = "a red one, all of it";
        let wanted = [
            red,
            "the \"green\" one",
            "blau \u{2014} \u{9752}",
            "cut short",
            red,
        ];
        assert_eq!(captions, wanted, "{path}");
        assert!(
            said.contains("5 pairs to train on, 0 held out, 4 different captions"),
            "{said}"
        );
        assert!(said.contains(taken), "{said}");
        assert!(
            said.contains("2 left out: img/none.png (no such file), img/grey.png (no caption)"),
            "{said}"
        );
    }
    let (captions, said) = all("photos.jsonl", "");
    assert_eq!(captions, ["a red one", "green", "blue"]);
    assert!(said.contains("`image` and `caption`"), "{said}");
    let wanted = "4 left out: line 5 (not a JSON object), line 6 (no image path), img/grey.png (no \
                  caption), line 8 (not a JSON object)";
    assert!(said.contains(wanted), "{said}");
    let pairs = open("photos.jsonl", "held_out: Some(0.0)").unwrap();
    assert_eq!(
        (pairs.index.captions(1), pairs.index.caption(1, 2)),
        (3, "vert")
    );
}

#[test]
fn shards_are_read_as_webdataset_wrote_them() {
    let (captions, said) = all("shard-{000000..000002}.tar", "");
    let wanted = [
        "red from text",
        "green from json",
        "blue from text",
        "grey from json",
        "red from text",
    ];
    assert_eq!(captions, wanted);
    assert!(
        said.contains("(3 shards)") && !said.contains("left out"),
        "{said}"
    );
    let pairs = open("shard-*.tar", "held_out: Some(0.0), shuffle_buffer: 1").unwrap();
    assert_eq!(pairs.index.ends, [2, 4, 5]);
    let made = batch(&pairs, &request(0, 5));
    for pair in 0..5 {
        let [r, g, b] = colour(&made, pair).map(i32::from);
        let right = match made.captions[pair].split(' ').next().unwrap() {
            "red" => r > 200 && g < 50,
            "green" => g > 140 && r < 50,
            "blue" => b > 180 && r < 50,
            _ => (r - g).abs() < 5 && (r - 128).abs() < 9,
        };
        assert!(right, "{} is {r} {g} {b}", made.captions[pair]);
    }
    // A shard that is missing costs itself.
    let (captions, said) = all("shard-{000001..000003}.tar", "");
    assert_eq!(captions.len(), 3);
    assert!(
        said.contains("1 left out: tests/fixtures/pairs/shard-000003.tar (no such file)"),
        "{said}"
    );
    for path in ["gnu.tar", "pax.tar"] {
        let (captions, said) = all(path, "");
        assert_eq!(captions, ["a long name", "\u{9752}"], "{said}");
    }
}

#[test]
fn nothing_leads_out_of_an_archive_and_what_is_damaged_is_named() {
    let (captions, said) = all("hostile.tar", "");
    assert_eq!(captions, ["good", "cut short", "one"]);
    let wanted = "11 left out: ../out.jpg (its path leads outside the archive), ../out.txt (its path leads outside \
                  the archive), /abs.jpg (its path leads outside the archive), /abs.txt (its path leads outside \
                  the archive), link.jpg (not a regular file), and 6 more";
    assert!(said.contains(wanted), "{said}");
    // Decoded, the third turns out to be none: another comes in its place, the same one each time.
    let pairs = open("hostile.tar", "held_out: Some(0.0)").unwrap();
    let made = batch(&pairs, &request(0, 30));
    assert!(made.captions.iter().all(|caption| caption != "cut short"));
    assert_eq!(pairs.notices().len(), 3, "{:?}", pairs.notices());
    assert!(pairs.notices()[2].starts_with(
        "1 damaged and replaced: broken.jpg in tests/fixtures/pairs/hostile.tar (damaged: "
    ));
    let again = open("hostile.tar", "held_out: Some(0.0)").unwrap();
    assert_eq!(made, batch(&again, &request(0, 30)));
    // A key that was asked for stands in the JSON alone.
    assert_eq!(all("hostile.tar", "caption: Some(\"text\")").0, ["one"]);
}

#[test]
fn folders_are_classes() {
    let pairs = open("classes", "format: Some(Folders), held_out: Some(0.0)").unwrap();
    assert_eq!(pairs.names(), ["cat", "hot dog"]);
    assert_eq!(pairs.trained_classes(), [0, 1]);
    assert_eq!(pairs.labels()[0].of, [0, 1]);
    assert_eq!(pairs.gallery(Split::Trained).len(), 8);
    assert!(pairs.gallery(Split::HeldOut).is_empty());
    let made = batch(&pairs, &request(0, 64));
    for (class, caption) in made.classes.iter().zip(&made.captions) {
        assert!(caption.contains(&pairs.names()[*class]), "{caption}");
    }
    assert!(made.captions.iter().any(|caption| caption == "hot dog"));
    assert!(
        made.captions
            .iter()
            .any(|caption| caption == "a photo of a cat")
    );
    assert!(
        pairs
            .corpus()
            .contains(&"a close-up of a hot dog".to_owned())
    );
    assert_eq!(made.measured().classes, 2);
}

#[test]
fn an_epoch_has_every_pair_once_and_held_out_ones_never_come() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "filepath,title\n".to_owned();
    let png = fs::read(format!("{FIXTURES}/img/red.png")).unwrap();
    for i in 0..60 {
        fs::write(folder.path().join(format!("{i}.png")), &png).unwrap();
        writeln!(table, "{i}.png,number {i}").unwrap();
    }
    fs::write(folder.path().join("all.csv"), table).unwrap();
    let spec = scenario::Pairs {
        folder: Some(folder.path().display().to_string()),
        ..spec("all.csv", "held_out: Some(0.2)")
    };
    let pairs = Pairs::open(&spec, 16).unwrap();
    let (trained, held_out) = (pairs.index.trained.len(), pairs.index.held_out as usize);
    assert_eq!(trained + held_out, 60);
    assert!((3..25).contains(&held_out));
    let said = |steps: std::ops::Range<u64>, seed| -> Vec<String> {
        let one = |step| {
            batch(
                &pairs,
                &Request {
                    seed,
                    ..request(step, trained)
                },
            )
            .captions
        };
        steps.flat_map(one).collect()
    };
    let first = said(0..1, 3);
    let distinct: HashSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), trained);
    assert_ne!(first, said(1..2, 3));
    assert_ne!(first, said(0..1, 4));
    let hidden = pairs.gallery(Split::HeldOut);
    assert_eq!(hidden.len(), held_out);
    assert!(
        hidden
            .iter()
            .all(|(class, _)| !first.contains(&pairs.names()[*class]))
    );
    // The data's dials draw classes, as of any other data.
    let mut few = request(0, 40);
    few.quality.concepts = Some(5);
    assert_eq!(batch(&pairs, &few).measured().classes, 5);
    let mut twice = request(0, 40);
    twice.quality.duplicates = 0.5;
    assert_eq!(batch(&pairs, &twice).measured().duplicates, 0.5);
}

#[test]
fn nothing_usable_is_an_error_that_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("empty.csv", b"");
    write("header.csv", b"filepath,title\n");
    write("columns.csv", b"file,titel\nx.png,y\n");
    write("missing.csv", b"filepath,title\nx.png,a\ny.png,b\n");
    write("broken.csv", b"filepath,title\nx.txt,a\n");
    write("x.txt", b"no picture");
    let mut row = b"filepath,title\n\"".to_vec();
    row.resize(3 << 20, b'x');
    write("quote.csv", &row);
    write("line.jsonl", &row[15..]);
    write("crlf.csv", b"filepath,title\r\nx.png,a\r\ny.png\r\n");
    write("open.csv", b"filepath,title\n\"x.png\ny.png,a\nz.png,b\n");
    write("x.tar", b"no archive");
    for (path, more, message) in [
        ("empty.csv", "", "no column has a known name"),
        ("header.csv", "", "it is empty"),
        ("columns.csv", "", "its columns: file, titel"),
        (
            "columns.csv",
            "image: Some(\"file\"), caption: Some(\"title\")",
            "did you mean `titel`",
        ),
        (
            "missing.csv",
            "",
            "2 left out: x.png (no such file), y.png (no such file)",
        ),
        ("broken.csv", "held_out: Some(0.0)", "1 damaged: "),
        ("crlf.csv", "", "line 3 (too few columns)"),
        (
            "open.csv",
            "",
            "line 2 (too few columns up to line 4: a quotation mark is not closed)",
        ),
        ("quote.csv", "", "is a quote not closed?"),
        ("line.jsonl", "", "line 1 (more than 1 MiB)"),
        ("x.tar", "", "the archive is cut off in a header"),
        ("none.csv", "", "cannot read"),
        ("none", "format: Some(Folders)", "cannot read"),
        ("*.tar.gz", "format: Some(WebDataset)", "no file matches"),
    ] {
        let spec = scenario::Pairs {
            folder: Some(folder.path().display().to_string()),
            ..spec(path, more)
        };
        let Err(error) = Pairs::open(&spec, 16) else {
            panic!("{path} was accepted")
        };
        assert_eq!(error.kind(), crate::error::Kind::User);
        assert!(error.to_string().contains(message), "{path}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_class_folders_are_not_followed() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let png = fs::read(format!("{FIXTURES}/img/red.png")).unwrap();
    fs::create_dir(folder.path().join("cat")).unwrap();
    fs::write(folder.path().join("cat/1.png"), &png).unwrap();
    fs::write(outside.path().join("2.png"), &png).unwrap();
    let link = |to: &Path, name: &str| {
        std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    };
    link(&outside.path().join("2.png"), "cat/2.png");
    link(&folder.path().join("cat/1.png"), "cat/3.png");
    link(outside.path(), "dog");
    link(folder.path(), "cat/round");
    let spec = scenario::Pairs {
        folder: Some(folder.path().display().to_string()),
        held_out: Some(crate::quantity::Fraction::ZERO),
        ..spec(".", "format: Some(Folders)")
    };
    let pairs = Pairs::open(&spec, 16).unwrap();
    assert_eq!(pairs.index.trained.len(), 2);
    assert!(
        pairs.found[1].starts_with("3 left out: "),
        "{:?}",
        pairs.found
    );
}

#[test]
fn other_data_may_be_what_is_held_out() {
    let pairs = open("photos.csv", "held_out_path: Some(\"shard-*.tar\")").unwrap();
    assert_eq!((pairs.index.trained.len(), pairs.index.held_out), (5, 5));
    assert_eq!(pairs.gallery(Split::HeldOut).len(), 5);
    assert!(
        pairs.found[0].contains("; held out: 3 shards"),
        "{:?}",
        pairs.found
    );
    assert!(pairs.trained_classes().len() < pairs.names().len());
}
