//! Files that mean harm: whatever bytes come, nothing panics and nothing large is allocated.
//!
//! Each case takes a good file and spoils it in a few places. A few hundred run with the suite; millions with
//!
//! ```text
//! PROPTEST_CASES=1000000 cargo test --release --test lib -- fuzz:: --nocapture
//! ```

mod alloc;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clip_lab::data::decode::{Limits, decode};
use clip_lab::data::tokenizer::{Clean, Family, Tokenizer};
use clip_lab::model::checkpoint;
use clip_lab::quantity::ImageSize;
use clip_lab::scenario::{self};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tch::Device;

#[global_allocator]
static WATCHED: alloc::Watched = alloc::Watched;

/// One way to spoil a file; places are shares of its length, so that they mean something in every file.
#[derive(Clone, Debug)]
enum Harm {
    /// A byte becomes another.
    Byte(u16, u8),
    /// A bit is flipped.
    Bit(u16, u8),
    /// A number of 2, 4 or 8 bytes takes an awkward value.
    Number(u16, u8, u64),
    /// It ends here.
    Cut(u16),
    /// A part comes twice.
    Twice(u16, u8),
    /// A part is gone.
    Gone(u16, u8),
    /// Something stands in between.
    Insert(u16, Vec<u8>),
    /// A digit of a text becomes many.
    Digits(u16),
}

fn harm() -> impl Strategy<Value = Harm> {
    let awkward = prop_oneof![
        Just(0),
        Just(1),
        Just(u64::MAX),
        Just(i64::MAX as u64),
        Just(u64::from(u32::MAX)),
        Just(1 << 31),
        Just(1 << 40),
        any::<u64>()
    ];
    let words = prop_oneof![
        Just(b"{".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"[[[[[[[[[[[[".to_vec()),
        Just(b"../".to_vec()),
        Just(b"\0".to_vec()),
        Just(b",\n".to_vec()),
        Just(b"-1e999".to_vec()),
        Just("\u{202e}é".as_bytes().to_vec()),
        vec(any::<u8>(), 1..24)
    ];
    prop_oneof![
        4 => (any::<u16>(), any::<u8>()).prop_map(|(at, to)| Harm::Byte(at, to)),
        4 => (any::<u16>(), 0..8_u8).prop_map(|(at, bit)| Harm::Bit(at, bit)),
        2 => (any::<u16>(), 1..4_u8, awkward).prop_map(|(at, size, to)| Harm::Number(at, size, to)),
        1 => any::<u16>().prop_map(Harm::Cut),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(at, n)| Harm::Twice(at, n)),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(at, n)| Harm::Gone(at, n)),
        2 => (any::<u16>(), words).prop_map(|(at, what)| Harm::Insert(at, what)),
        1 => any::<u16>().prop_map(Harm::Digits),
    ]
}

fn spoil(file: &[u8], harms: &[Harm], near: usize) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for harm in harms {
        let length = bytes.len();
        // Every other place is near the beginning, where headers are.
        let place = |at: u16| {
            let span = if at.is_multiple_of(2) {
                length.min(near)
            } else {
                length
            };
            usize::from(at) * span / 65_536
        };
        let part = |at: u16, n: u8| {
            let from = place(at);
            from..(from + usize::from(n)).min(length)
        };
        match harm {
            Harm::Byte(at, to) => {
                if let Some(byte) = bytes.get_mut(place(*at)) {
                    *byte = *to;
                }
            }
            Harm::Bit(at, bit) => {
                if let Some(byte) = bytes.get_mut(place(*at)) {
                    *byte ^= 1 << bit;
                }
            }
            Harm::Number(at, size, to) => {
                let number = &to.to_le_bytes()[..1 << size];
                let from = place(*at);
                for (byte, new) in bytes.iter_mut().skip(from).zip(number) {
                    *byte = *new;
                }
            }
            Harm::Cut(at) => bytes.truncate(place(*at)),
            Harm::Twice(at, n) => {
                let again = bytes[part(*at, *n)].to_vec();
                let from = place(*at);
                bytes.splice(from..from, again);
            }
            Harm::Gone(at, n) => {
                bytes.drain(part(*at, *n));
            }
            Harm::Insert(at, what) => {
                let from = place(*at);
                bytes.splice(from..from, what.iter().copied());
            }
            Harm::Digits(at) => {
                let from = place(*at);
                let digit = bytes.iter().skip(from).position(u8::is_ascii_digit);
                if let Some(digit) = digit {
                    bytes.splice(from + digit..=from + digit, *b"99999999999");
                }
            }
        }
    }
    bytes
}

/// Spoils `files` as often as cases are asked for and hands each to `taste`, which may refuse it, and may hold at most
/// `most` bytes.
fn fuzz(name: &str, files: &[Vec<u8>], most: usize, taste: impl Fn(usize, &[u8])) {
    let cases = std::env::var("PROPTEST_CASES").ok();
    let cases = cases.and_then(|text| text.parse().ok()).unwrap_or(256);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let (largest, began) = (Cell::new(0), Instant::now());
    let which = 0..files.len();
    TestRunner::new(config)
        .run(&(which, vec(harm(), 1..6)), |(which, harms)| {
            let file = spoil(&files[which], &harms, 512);
            let held = alloc::watch(|| taste(which, &file));
            largest.set(largest.get().max(held));
            prop_assert!(held <= most, "{held} bytes for a file of {}", file.len());
            Ok(())
        })
        .unwrap();
    println!(
        "{name}: {cases} cases in {:.0} s, at most {} KiB held",
        began.elapsed().as_secs_f64(),
        largest.get() >> 10
    );
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// A folder in memory, if there is such a place: nothing of this shall wear a disk.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

fn copy(from: &str, to: &Path) {
    for entry in fs::read_dir(fixture(from)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn weights() {
    let dir = folder();
    copy("checkpoint/open_clip", dir.path());
    let path = dir.path().join(checkpoint::WEIGHTS);
    let file = fs::read(&path).unwrap();
    // The header parsed, the tensors of the model, and a copy of one.
    fuzz("weights", &[file], 4 << 20, |_, bytes| {
        fs::write(&path, bytes).unwrap();
        let _ = checkpoint::load(dir.path(), Device::Cpu);
    });
}

#[test]
fn configurations() {
    let (open_clip, hf) = (folder(), folder());
    copy("checkpoint/open_clip", open_clip.path());
    copy("checkpoint/hf_naflex", hf.path());
    let paths = [
        open_clip.path().join("open_clip_config.json"),
        hf.path().join("config.json"),
    ];
    let files = paths.clone().map(|path| fs::read(path).unwrap());
    fuzz("configurations", &files, 16 << 20, |which, bytes| {
        fs::write(&paths[which], bytes).unwrap();
        let _ = checkpoint::load(paths[which].parent().unwrap(), Device::Cpu);
    });
}

#[test]
fn vocabularies() {
    let (json, pieces) = (folder(), folder());
    copy("checkpoint/open_clip_siglip", json.path());
    copy("checkpoint/hf_siglip", pieces.path());
    let paths = [
        json.path().join("tokenizer.json"),
        pieces.path().join("spiece.model"),
    ];
    let files = paths.clone().map(|path| fs::read(path).unwrap());
    fuzz("vocabularies", &files, 64 << 20, |which, bytes| {
        fs::write(&paths[which], bytes).unwrap();
        let family = [Family::OpenClip(Clean::Whitespace), Family::Siglip][which];
        if let Ok(tokenizer) = Tokenizer::open(paths[which].parent().unwrap(), family, 16) {
            let _ = tokenizer.ids("A red cat, naïve 🍎 <unk>");
        }
    });
}

#[test]
fn pictures() {
    let mut files = Vec::new();
    for entry in fs::read_dir(fixture("decode")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|end| end != "py" && end != "json")
        {
            files.push(fs::read(path).unwrap());
        }
    }
    assert!(files.len() > 10);
    let limits = Limits {
        pixels: 1 << 20,
        bytes: 32 << 20,
    };
    fuzz("pictures", &files, 96 << 20, |_, bytes| {
        let _ = decode(bytes, limits);
    });
}

#[test]
fn scenarios() {
    let files = scenario::BUNDLED.iter();
    let files: Vec<_> = files.map(|(_, text)| text.as_bytes().to_vec()).collect();
    fuzz("scenarios", &files, 16 << 20, |_, bytes| {
        let _ = scenario::parse(&String::from_utf8_lossy(bytes), "spoiled.ron");
    });
}

/// A scenario whose data is a file of the user's.
fn own_pairs(path: &Path) -> scenario::Pairs {
    let text = scenario::bundled("clip").unwrap();
    let start = text.find("data: Emoji(").unwrap();
    let end = start + text[start..].find("model:").unwrap();
    let data = format!("data: Pairs(path: \"{}\"),\n    ", path.display());
    let text = format!("{}{data}{}", &text[..start], &text[end..]);
    match scenario::parse(&text, "own.ron").unwrap().data {
        scenario::Data::Pairs(pairs) => pairs,
        _ => unreachable!(),
    }
}

fn pairs(name: &str, files: &[&str]) {
    let dir = folder();
    copy("pairs", dir.path());
    fs::create_dir(dir.path().join("img")).unwrap();
    copy("pairs/img", &dir.path().join("img"));
    let paths: Vec<PathBuf> = files.iter().map(|file| dir.path().join(file)).collect();
    let specs: Vec<scenario::Pairs> = paths.iter().map(|path| own_pairs(path)).collect();
    let good: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let side = ImageSize::new(16).unwrap().size();
    fuzz(name, &good, 64 << 20, |which, bytes| {
        fs::write(&paths[which], bytes).unwrap();
        let _ = clip_lab::data::sets::pairs::Pairs::open(&specs[which], side);
    });
}

#[test]
fn tables() {
    pairs("tables", &["photos.csv", "photos.tsv", "photos.jsonl"]);
}

#[test]
fn archives() {
    pairs(
        "archives",
        &["shard-000000.tar", "gnu.tar", "pax.tar", "hostile.tar"],
    );
}
