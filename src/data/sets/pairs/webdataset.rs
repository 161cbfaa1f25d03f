//! Tar shards as WebDataset and OpenCLIP read them: members in a row whose names agree up to the first dot are one
//! sample; `.jpg`, `.jpeg`, `.png` or `.webp` is its picture, `.txt` its caption, or else a key of `.json`.

use std::fs::File;
use std::path::Path;

use serde_json::{Map, Value};

use super::index::{Builder, MOST_CAPTION, Place};
use super::picture::MOST_BYTES;
use super::table::{CAPTION, texts, value};
use super::tar::{Member, Walk, read_at};
use crate::scenario::Pairs;

const PICTURES: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// Largest text or JSON that is read, bytes.
const MOST_TEXT: u64 = 1 << 20;

/// Adds the samples of a shard; what cannot be read of it is left out.
pub fn shard(path: &Path, spec: &Pairs, to: &mut Builder) {
    let shown = path.display().to_string();
    let opened = Walk::open(path).and_then(|walk| Ok((walk, File::open(path)?)));
    let (mut walk, texts) = match opened {
        Ok(opened) => opened,
        Err(e) => {
            let missing = e.kind() == std::io::ErrorKind::NotFound;
            let why = if missing {
                "no such file".into()
            } else {
                e.to_string()
            };
            return to.lose(&shown, &why);
        }
    };
    to.begin_shard(path.to_path_buf());
    let mut sample = Members::default();
    let mut shard = Shard { texts, spec, to };
    loop {
        match walk.step() {
            Ok(Some(member)) => {
                let Some((key, extension)) = shard.parts(&member) else {
                    continue;
                };
                // As WebDataset: the same extension again is another sample.
                if key != sample.key || sample.has(&extension) {
                    shard.close(&sample);
                    sample = Members {
                        key,
                        ..Members::default()
                    };
                }
                sample.take(&extension, member);
            }
            Ok(None) => break,
            Err(why) => {
                shard
                    .to
                    .lose(&shown, &format!("{why}; the rest of the shard was skipped"));
                break;
            }
        }
    }
    shard.close(&sample);
}

/// Members that belong together.
#[derive(Default)]
struct Members {
    key: String,
    picture: Option<Member>,
    text: Option<Member>,
    json: Option<Member>,
}

impl Members {
    fn slot(&mut self, extension: &str) -> Option<&mut Option<Member>> {
        match extension {
            "txt" => Some(&mut self.text),
            "json" => Some(&mut self.json),
            _ if PICTURES.contains(&extension) => Some(&mut self.picture),
            _ => None,
        }
    }

    fn has(&mut self, extension: &str) -> bool {
        self.slot(extension).is_some_and(|slot| slot.is_some())
    }

    fn take(&mut self, extension: &str, member: Member) {
        if let Some(slot) = self.slot(extension) {
            *slot = Some(member);
        }
    }
}

struct Shard<'a> {
    texts: File,
    spec: &'a Pairs,
    to: &'a mut Builder,
}

impl Shard<'_> {
    /// Key and extension of a member that may be a part of a sample; what cannot is left out, if it would have been.
    fn parts(&mut self, member: &Member) -> Option<(String, String)> {
        let name = member.name.strip_prefix("./").unwrap_or(&member.name);
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, extension) = file.split_once('.')?;
        let extension = extension.to_ascii_lowercase();
        let part =
            PICTURES.contains(&extension.as_str()) || matches!(&extension[..], "txt" | "json");
        // What the system's own files are called.
        if !part || stem.is_empty() {
            return None;
        }
        if name.starts_with('/') || name.split('/').any(|step| step == "..") {
            self.to
                .leave_out(name, "its path leads outside the archive");
            return None;
        }
        if !member.plain {
            self.to.leave_out(name, "not a regular file");
            return None;
        }
        let folder = &name[..name.len() - file.len()];
        Some((format!("{folder}{stem}"), extension))
    }

    /// Adds a sample that is complete.
    fn close(&mut self, sample: &Members) {
        if sample.key.is_empty() {
            return;
        }
        let key = &sample.key;
        let Some(picture) = &sample.picture else {
            return self.to.leave_out(key, "no picture");
        };
        if picture.size > MOST_BYTES {
            return self.to.leave_out(&picture.name, "more than 64 MiB");
        }
        match self.captions(sample) {
            Ok(captions) => {
                let place = Place::Member {
                    offset: picture.offset,
                    size: picture.size as u32,
                };
                self.to.add(&place, key, &captions);
            }
            Err(why) => self.to.leave_out(key, &why),
        }
    }

    fn captions(&mut self, sample: &Members) -> Result<Vec<String>, String> {
        let asked = self.spec.caption.as_deref();
        // A key that was asked for stands in the JSON.
        let text = sample.text.as_ref().filter(|_| asked.is_none());
        if let Some(text) = text {
            let bytes = self.read(text, MOST_CAPTION as u64)?;
            let text = String::from_utf8(bytes).map_err(|_| "its text is not UTF-8")?;
            return Ok(vec![text]);
        }
        let Some(json) = &sample.json else {
            return Err("no caption".into());
        };
        let bytes = self.read(json, MOST_TEXT)?;
        let object = serde_json::from_slice::<Map<String, Value>>(&bytes);
        let object = object.map_err(|_| "its .json is not a JSON object")?;
        let found = value(&object, asked, &CAPTION);
        Ok(found.map_or_else(Vec::new, |(_, value)| texts(value)))
    }

    fn read(&mut self, member: &Member, most: u64) -> Result<Vec<u8>, String> {
        if member.size > most {
            return Err(format!("{} bytes of text", member.size));
        }
        read_at(&mut self.texts, member.offset, member.size).map_err(|e| e.to_string())
    }
}
