//! Tables and JSON lines: a path and a caption a row, as OpenCLIP's `csv` data and `img2dataset` have them.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::index::{Builder, Place};
use crate::error::{Error, Result};
use crate::scenario::{Pairs, did_you_mean};

/// Largest row or line, bytes.
const MOST_ROW: usize = 1 << 20;

/// Usual names of what holds a path: OpenCLIP's first.
const IMAGE: [&str; 7] = [
    "filepath",
    "file_path",
    "image",
    "image_path",
    "path",
    "file_name",
    "filename",
];

/// Usual names of what holds a caption: OpenCLIP's first.
pub const CAPTION: [&str; 4] = ["title", "caption", "text", "captions"];

/// Adds the rows of a table with a header. What was taken for what.
///
/// # Errors
/// A file that cannot be read, or has no such columns.
pub fn csv(path: &Path, spec: &Pairs, tabs: bool, to: &mut Builder) -> Result<String> {
    let file = File::open(path).map_err(Error::file("read", path))?;
    let mut file = BufReader::new(file);
    let start = file.fill_buf().map_err(Error::file("read", path))?;
    // OpenCLIP writes its .csv with tabs unless told otherwise.
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or(start);
    let tabs = tabs || (first.contains(&b'\t') && !first.contains(&b','));
    let late = u64::from(first.ends_with(b"\r"));
    let room = Rc::new(Cell::new(MOST_ROW));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .flexible(true)
        .from_reader(Bounded(file, Rc::clone(&room)));
    let told = |e: &csv::Error| match e.kind() {
        csv::ErrorKind::Io(e) => e.to_string(),
        _ => e.to_string(),
    };
    let header = reader.byte_headers();
    let header = header.map_err(|e| Error::Data(format!("{}: {}", path.display(), told(&e))))?;
    let header: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    let column = |asked: Option<&String>, usual: &[&str], field: &str| {
        column(&header, asked, usual).ok_or_else(|| no_column(path, &header, asked, usual, field))
    };
    let image = column(spec.image.as_ref(), &IMAGE, "image")?;
    let caption = column(spec.caption.as_ref(), &CAPTION, "caption")?;
    let mut row = csv::ByteRecord::new();
    loop {
        room.set(MOST_ROW);
        // After "\r\n" the reader stands before the second of the two, which begins the next line.
        let line = reader.position().line() + late;
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(e) => {
                // What follows may be the inside of a text.
                let why = format!("{}; the rest of the file was skipped", told(&e));
                to.leave_out(&format!("{} line {line}", path.display()), &why);
                break;
            }
        }
        let field = |at: usize| row.get(at).map(str::from_utf8);
        match (field(image), field(caption)) {
            (Some(Ok(image)), Some(Ok(caption))) => add(image, &[caption.to_owned()], line, to),
            (Some(Err(_)), _) | (_, Some(Err(_))) => {
                to.leave_out(&format!("line {line}"), "not UTF-8");
            }
            _ => {
                let last = reader.position().line() + late - 1;
                let why = if last > line {
                    format!("too few columns up to line {last}: a quotation mark is not closed")
                } else {
                    "too few columns".into()
                };
                to.leave_out(&format!("line {line}"), &why);
            }
        }
    }
    Ok(format!("`{}` and `{}`", header[image], header[caption]))
}

/// Adds the lines of a file of JSON objects.
///
/// # Errors
/// A file that cannot be read.
pub fn jsonl(path: &Path, spec: &Pairs, to: &mut Builder) -> Result<String> {
    let file = File::open(path).map_err(Error::file("read", path))?;
    let mut file = BufReader::new(file);
    let mut bytes = Vec::new();
    let mut taken = None;
    for line in 1_u64.. {
        bytes.clear();
        let mut limited = (&mut file).take(MOST_ROW as u64 + 1);
        let read = limited.read_until(b'\n', &mut bytes);
        if read.map_err(Error::file("read", path))? == 0 {
            break;
        }
        let place = || format!("line {line}");
        if bytes.len() > MOST_ROW {
            to.leave_out(&place(), "more than 1 MiB");
            file.skip_until(b'\n').map_err(Error::file("read", path))?;
            continue;
        }
        // Some editors begin a file with a mark.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        if text.trim_ascii().is_empty() {
            continue;
        }
        let Ok(object) = serde_json::from_slice::<Map<String, Value>>(text) else {
            to.leave_out(&place(), "not a JSON object");
            continue;
        };
        let image = value(&object, spec.image.as_deref(), &IMAGE);
        let caption = value(&object, spec.caption.as_deref(), &CAPTION);
        let Some((key, Value::String(image))) = image else {
            to.leave_out(&place(), "no image path");
            continue;
        };
        if let (None, Some((caption, _))) = (&taken, caption) {
            taken = Some(format!("`{key}` and `{caption}`"));
        }
        let captions = caption.map_or_else(Vec::new, |(_, value)| texts(value));
        add(image, &captions, line, to);
    }
    Ok(taken.unwrap_or_else(|| "no usual key".into()))
}

fn add(image: &str, captions: &[String], line: u64, to: &mut Builder) {
    let image = image.trim();
    if image.is_empty() {
        return to.leave_out(&format!("line {line}"), "no image path");
    }
    if image.len() > 4096 {
        return to.leave_out(&format!("line {line}"), "a path longer than 4096 bytes");
    }
    match std::fs::metadata(to.folder().join(image)) {
        Ok(about) if about.is_file() => to.add(&Place::File(image), image, captions),
        Ok(_) => to.leave_out(image, "not a file"),
        Err(_) => to.leave_out(image, "no such file"),
    }
}

/// The text or texts of a value.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => {
            let text = |value: &Value| value.as_str().map(Into::into);
            list.iter().filter_map(text).collect()
        }
        _ => Vec::new(),
    }
}

/// The value of the key that was asked for, or else of the first usual one.
pub fn value<'a>(
    object: &'a Map<String, Value>,
    asked: Option<&'a str>,
    usual: &[&'a str],
) -> Option<(&'a str, &'a Value)> {
    let get = |key: &'a str| object.get(key).map(|value| (key, value));
    match asked {
        Some(key) => get(key),
        None => usual.iter().find_map(|key| get(key)),
    }
}

fn column(header: &[String], asked: Option<&String>, usual: &[&str]) -> Option<usize> {
    let find = |name: &str| header.iter().position(|known| known == name);
    match asked {
        Some(name) => find(name),
        None => usual.iter().find_map(|name| find(name)),
    }
}

fn no_column(
    path: &Path,
    header: &[String],
    asked: Option<&String>,
    usual: &[&str],
    field: &str,
) -> Error {
    let known: Vec<String> = header
        .iter()
        .take(20)
        .map(|name| super::damage::shown(name))
        .collect();
    let wanted = match asked {
        Some(name) => {
            let hint = did_you_mean(name, header.iter().map(String::as_str));
            let hint = hint.map_or_else(String::new, |hint| format!("\n  {hint}"));
            format!("no column called `{name}`{hint}")
        }
        None => format!(
            "no column has a known name ({}): name it with `{field}`",
            usual.join(", ")
        ),
    };
    Error::Data(format!(
        "{}: {wanted}\n  its columns: {}",
        path.display(),
        known.join(", ")
    ))
}

/// Refuses to go on within a row that is too long; whoever reads rows sets the room for the next one.
struct Bounded<R>(R, Rc<Cell<usize>>);

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let room = self.1.get();
        if room == 0 {
            return Err(std::io::Error::other(
                "a row longer than 1 MiB (is a quote not closed?)",
            ));
        }
        let most = buffer.len().min(room);
        let read = self.0.read(&mut buffer[..most])?;
        self.1.set(room - read);
        Ok(read)
    }
}
