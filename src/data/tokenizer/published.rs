//! Tokenizers as published checkpoints carry them.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use serde_json::Value;
use tokenizers::models::bpe::BPE;

use super::clean::Clean;
use super::encode::{CONFIG, Inner, Tokenizer, VOCABULARY, internal};
use super::{clip_bpe, sentencepiece};
use crate::error::{Error, Result};

/// Who made a checkpoint, and so what is done to captions besides what its files say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `OpenCLIP`, with a tokenizer of `transformers` and this cleaning before it.
    OpenClip(Clean),
    /// `transformers`, CLIP.
    Clip,
    /// `transformers`, `SigLIP` of any kind.
    Siglip,
}

/// No file of a tokenizer may be larger; that of Gemma has 34 MB.
const LARGEST: u64 = 256 << 20;

/// A file of the folder, if it is there.
fn file(dir: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let path = dir.join(name);
    match fs::metadata(&path) {
        Ok(meta) if meta.len() > LARGEST => Err(Error::Data(format!(
            "{}: too large for a tokenizer ({} bytes)",
            path.display(),
            meta.len()
        ))),
        Ok(_) => fs::read(&path)
            .map(Some)
            .map_err(Error::file("read", &path)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::file("read", &path)(e)),
    }
}

/// The rules and the vocabulary of a `tokenizer.json`.
fn parse(text: &str) -> Result<Inner, String> {
    // The crate panics on some files that are not what they say; one folder must not end the program.
    let parsed = catch_unwind(|| text.parse::<Inner>().map_err(|e| e.to_string()));
    parsed.unwrap_or_else(|_| Err("its parts do not match".into()))
}

impl Tokenizer {
    /// Reads the tokenizer of a checkpoint's folder: `spiece.model` (`SigLIP`), `tokenizer.json`, or `vocab.json`
    /// with `merges.txt` (CLIP). Captions will be encoded to `context_length` tokens.
    ///
    /// # Errors
    /// [`Error::Data`] if there is none, or it cannot be read.
    pub fn open(dir: &Path, family: Family, context_length: usize) -> Result<Self> {
        let config = file(dir, CONFIG)?;
        let settings: Value = match &config {
            Some(bytes) => serde_json::from_slice(bytes)
                .map_err(|e| Error::Data(format!("{}: {e}", dir.join(CONFIG).display())))?,
            None => Value::Null,
        };
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        files.extend(config.map(|bytes| (CONFIG.to_owned(), bytes)));
        let class = settings["tokenizer_class"].as_str().unwrap_or_default();
        let name = "spiece.model";
        // In any folder that says so, in SigLIP's unless it says otherwise.
        let pieces = match family {
            Family::Siglip => class != "GemmaTokenizer",
            Family::OpenClip(_) | Family::Clip => class == "SiglipTokenizer",
        };
        if pieces && let Some(bytes) = file(dir, name)? {
            let inner = sentencepiece::read(&bytes)
                .map_err(|e| Error::Data(format!("{}: {e}", dir.join(name).display())))?;
            files.push((name.into(), bytes));
            let whole = Self::new(inner, context_length)?;
            let end = whole.token(sentencepiece::END);
            let pad = settings["pad_token"].as_str().and_then(|t| whole.token(t));
            return Ok(Self {
                clean: match family {
                    Family::OpenClip(clean) => clean,
                    Family::Clip | Family::Siglip => Clean::Nothing,
                },
                pad: pad.or(end).unwrap_or(0),
                end,
                prefix: sentencepiece::SPACE,
                files,
                ..whole
            });
        }
        let path = dir.join(VOCABULARY);
        let inner = match file(dir, VOCABULARY)? {
            Some(bytes) => {
                let text = std::str::from_utf8(&bytes)
                    .map_err(|e| Error::Data(format!("{}: {e}", path.display())))?;
                let inner = parse(text)
                    .map_err(|e| Error::Data(format!("{}: no tokenizer: {e}", path.display())))?;
                files.push((VOCABULARY.into(), bytes));
                inner
            }
            None => Self::pieces(dir)?,
        };
        if Self::is_own(&inner) {
            return Self::own(inner, context_length)
                .map_err(|e| Error::Data(format!("{}: {e}", path.display())));
        }
        let text = |key: &str| {
            // A token is its text, or an object with it.
            let value = &settings[key];
            value.as_str().or_else(|| value["content"].as_str())
        };
        let left = text("padding_side").map_or(class == "Siglip2Tokenizer", |side| side == "left");
        let padding = inner.get_padding().map(|padding| i64::from(padding.pad_id));
        let whole = Self::new(inner, context_length)?;
        let pad = text("pad_token").and_then(|token| whole.token(token));
        Ok(Self {
            clean: match family {
                Family::OpenClip(clean) => clean,
                Family::Clip => Clean::Nothing,
                // Trained on lower case; transformers lowers in its Siglip2Tokenizer.
                Family::Siglip => Clean::LowerOnly,
            },
            pad: pad.or(padding).unwrap_or(0),
            pad_left: left,
            end: text("eos_token").and_then(|token| whole.token(token)),
            files,
            ..whole
        })
    }

    /// Reads the tokenizer of one of this lab's folders.
    pub fn load(dir: impl AsRef<Path>, context_length: usize) -> Result<Self> {
        Self::open(
            dir.as_ref(),
            Family::OpenClip(Clean::Whitespace),
            context_length,
        )
    }

    fn token(&self, text: &str) -> Option<i64> {
        self.inner.token_to_id(text).map(i64::from)
    }

    /// CLIP's rules with the vocabulary of a folder.
    fn pieces(dir: &Path) -> Result<Inner> {
        let paths = ["vocab.json", "merges.txt"].map(|name| dir.join(name));
        if !paths.iter().all(|path| path.is_file()) {
            return Err(Error::Data(format!(
                "no tokenizer in {}: expected {VOCABULARY}, vocab.json with merges.txt, or spiece.model\n  \
                 copy the tokenizer of the original model there",
                dir.display()
            )));
        }
        let [vocab, merges] = paths.map(|path| path.to_string_lossy().into_owned());
        let model = BPE::from_file(&vocab, &merges)
            .end_of_word_suffix("</w>".into())
            .unk_token("<|endoftext|>".into())
            .build()
            .map_err(|e| Error::Data(format!("{vocab}, {merges}: {e}")))?;
        clip_bpe::with_rules(model, ["<|startoftext|>", "<|endoftext|>"])
            .map_err(|e| internal(e.to_string()))
    }
}
