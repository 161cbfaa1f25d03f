//! The tokenizer itself: a caption's token ids, and rows of them. Where its vocabulary comes from is its siblings'
//! matter.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tch::Tensor;
use tokenizers::{PostProcessor as _, TruncationDirection, TruncationParams, TruncationStrategy};

use super::clean::Clean;
use crate::error::{Error, Result};

/// The parts that a `tokenizer.json` describes.
pub(super) type Inner = tokenizers::Tokenizer;

/// File of the vocabulary and its rules.
pub(super) const VOCABULARY: &str = "tokenizer.json";

/// File of what stands beside them.
pub(super) const CONFIG: &str = "tokenizer_config.json";

/// Captions to token ids.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    pub(super) inner: Inner,
    pub(super) context_length: usize,
    pub(super) clean: Clean,
    /// What rows are filled up with.
    pub(super) pad: i64,
    /// Whether it is filled up before the words and not after.
    pub(super) pad_left: bool,
    /// Whether rows always have the length of the context: the text tower reads padding, too.
    pub(super) whole: bool,
    /// What every caption begins with before it is looked at: `SentencePiece`'s sign for a space.
    pub(super) prefix: &'static str,
    pub(super) vocab_size: i64,
    /// Id of the end token, where pooling looks for it.
    pub(super) end: Option<i64>,
    pub(super) files: Vec<(String, Vec<u8>)>,
}

impl Tokenizer {
    /// One whose rows have at most this many tokens, and which pads with zeros after the words.
    pub(super) fn new(mut inner: Inner, context_length: usize) -> Result<Self> {
        let added = inner
            .get_post_processor()
            .map_or(0, |processor| processor.added_tokens(false));
        if context_length <= added {
            return Err(Error::Data(format!(
                "a context of {context_length} tokens has no room for words: the tokenizer adds {added} of its \
                 own"
            )));
        }
        inner.with_padding(None);
        inner
            .with_truncation(Some(TruncationParams {
                max_length: context_length,
                strategy: TruncationStrategy::LongestFirst,
                stride: 0,
                direction: TruncationDirection::Right,
            }))
            .map_err(internal)?;
        let largest = inner.get_vocab(true).into_values().max();
        Ok(Self {
            context_length,
            clean: Clean::Nothing,
            pad: 0,
            pad_left: false,
            whole: false,
            prefix: "",
            vocab_size: largest.map_or(0, |id| i64::from(id) + 1),
            end: None,
            files: Vec::new(),
            inner,
        })
    }

    /// Rows of the token embedding that it needs: its largest id, and one for zero.
    pub const fn vocab_size(&self) -> i64 {
        self.vocab_size
    }

    /// Tokens of a row of [`encode`](Self::encode).
    pub const fn context_length(&self) -> usize {
        self.context_length
    }

    /// What rows are filled up with.
    pub const fn pad(&self) -> i64 {
        self.pad
    }

    /// Id of the end token, if it has one.
    pub const fn end(&self) -> Option<i64> {
        self.end
    }

    /// What is done to captions before they are looked at.
    pub const fn clean(&self) -> Clean {
        self.clean
    }

    /// The same for a text tower that knows so many tokens.
    ///
    /// # Errors
    /// If an empty caption already has one that it does not know.
    pub fn within(mut self, vocabulary: i64) -> Result<Self> {
        self.vocab_size = self.vocab_size.min(vocabulary);
        let _ = self.ids("")?;
        Ok(self)
    }

    /// The same for a text tower that reads padding, too: rows always have the length of the context.
    #[must_use]
    pub fn whole(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// The tokens of a caption with start and end, as far as there are such; cut to the context length with the
    /// end token last. Without padding.
    pub fn ids(&self, caption: &str) -> Result<Vec<i64>> {
        let clean = self.clean.apply(caption);
        let text = match self.prefix {
            "" => clean,
            // It means a space, and is one wherever people write it.
            prefix => format!("{prefix}{}", clean.replace(prefix, " ")),
        };
        // Rules from a file may be such that the crate panics.
        let encode = || self.inner.encode_fast(text, true).map_err(internal);
        let encoding = catch_unwind(AssertUnwindSafe(encode))
            .unwrap_or_else(|_| Err(Error::Data("cannot tokenize this caption".into())))?;
        let ids: Vec<i64> = encoding.get_ids().iter().map(|&id| id.into()).collect();
        match ids.iter().find(|&&id| id >= self.vocab_size) {
            None => Ok(ids),
            Some(id) => Err(Error::Data(format!(
                "the tokenizer gives token {id} for {caption:?}, but the text tower has {} tokens",
                self.vocab_size
            ))),
        }
    }

    /// `[B, context_length]` of int64, padded: what the reference tokenizers give.
    pub fn encode<S: AsRef<str>>(&self, captions: &[S]) -> Result<Tensor> {
        self.stack(&self.rows(captions)?, self.context_length)
    }

    /// `[B, L]` of int64, padded to the longest caption of the batch: the same features, since nothing after the
    /// end token matters (a tower to which it does has [`whole`](Self::whole) rows, or pads to the context
    /// itself), for less work.
    pub fn encode_tight<S: AsRef<str>>(&self, captions: &[S]) -> Result<Tensor> {
        let rows = self.rows(captions)?;
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let length = if self.whole {
            self.context_length
        } else {
            longest
        };
        self.stack(&rows, length)
    }

    fn rows<S: AsRef<str>>(&self, captions: &[S]) -> Result<Vec<Vec<i64>>> {
        captions
            .iter()
            .map(|caption| self.ids(caption.as_ref()))
            .collect()
    }

    fn stack(&self, rows: &[Vec<i64>], length: usize) -> Result<Tensor> {
        let mut flat = vec![self.pad; rows.len() * length];
        for (row, out) in rows.iter().zip(flat.chunks_mut(length.max(1))) {
            let words = row.len().min(length);
            let at = if self.pad_left { length - words } else { 0 };
            out[at..at + words].copy_from_slice(&row[..words]);
        }
        Ok(Tensor::f_from_slice(&flat)?.f_reshape([rows.len() as i64, length as i64])?)
    }

    /// The files that stand beside a model: names and contents.
    pub fn files(&self) -> &[(String, Vec<u8>)] {
        &self.files
    }
}

pub(super) fn internal(e: impl std::fmt::Display) -> Error {
    Error::Internal(format!("tokenizer: {e}"))
}
