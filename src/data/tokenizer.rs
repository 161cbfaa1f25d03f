//! A byte-level BPE tokenizer, trained on the captions and readable by `OpenCLIP`.
//!
//! `open_clip.get_tokenizer("local-dir:FOLDER")` wraps what [`Tokenizer::files`] writes in its
//! `HFTokenizer`, which first cleans a caption with `ftfy`. The normaliser here does to ordinary text
//! what `ftfy` does (and a second time changes nothing), so that both give the same ids; they can
//! differ only on HTML entities (`&amp;`) and on text decoded wrongly, which `ftfy` repairs.

use std::collections::BTreeSet;
use std::path::Path;

use tch::Tensor;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Lowercase, NFKC, NormalizerWrapper, Replace, Sequence};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as Steps;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, TokenizerImpl};

use crate::error::{Error, Result};
use crate::scenario::VocabSize;

const PAD: &str = "<pad>";
const START: &str = "<start_of_text>";
const END: &str = "<end_of_text>";

/// File of the vocabulary and its rules.
const VOCABULARY: &str = "tokenizer.json";

/// What `ftfy` removes: sequences that colour a terminal, control characters that are not white
/// space, and marks that nobody means to write.
const REMOVED: &str =
    r"\x1b\[[0-9;]*[a-zA-Z]|[\x00-\x08\x0b\x0e-\x1f\x7f\x{206a}-\x{206f}\x{feff}\x{fff9}-\x{fffc}]";

/// A word is a run of letters with their marks (the vowel signs of Devanagari or Thai are marks), a
/// single digit, or a run of anything else but white space.
const WORD: &str = r"[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{M}\p{N}]+";

type Inner =
    TokenizerImpl<BPE, NormalizerWrapper, PreTokenizerWrapper, TemplateProcessing, ByteLevel>;

/// Captions to token ids. The end token has the largest id, padding is 0.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: Inner,
    context_length: usize,
    start: i64,
    end: i64,
}

impl Tokenizer {
    /// Learns a vocabulary of at most `vocab_size` from the captions, whose order does not matter.
    /// Captions will be encoded to `context_length` (at least 3) tokens.
    pub fn train<S: AsRef<str>>(
        corpus: &[S],
        vocab_size: VocabSize,
        context_length: usize,
    ) -> Result<Self> {
        let captions: BTreeSet<&str> = corpus.iter().map(AsRef::as_ref).collect();
        let mut inner = blank()?;
        let special = |text: &str| AddedToken::from(text, true);
        let mut trainer = BpeTrainer::builder()
            .show_progress(false)
            // One entry is kept for the end token, which comes last.
            .vocab_size(vocab_size.size() - 1)
            .special_tokens(vec![special(PAD), special(START)])
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        inner
            .train(&mut trainer, captions.into_iter())
            .map_err(internal)?;
        inner.add_special_tokens([special(END)]).map_err(internal)?;
        let ids = [START, END].map(|token| (token, inner.token_to_id(token).unwrap_or_default()));
        let template = TemplateProcessing::builder()
            .try_single(format!("{START} $A {END}"))
            .map_err(Error::Internal)?
            .special_tokens(ids.to_vec())
            .build()
            .map_err(internal)?;
        inner.with_post_processor(Some(template));
        Self::new(inner, context_length)
    }

    /// Reads the `tokenizer.json` of a model folder.
    pub fn load(dir: impl AsRef<Path>, context_length: usize) -> Result<Self> {
        let path = dir.as_ref().join(VOCABULARY);
        let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        text.parse::<Inner>()
            .map_err(|e| {
                Error::Data(format!(
                    "{}: not a tokenizer of this lab: {e}",
                    path.display()
                ))
            })
            .and_then(|inner| Self::new(inner, context_length))
    }

    fn new(inner: Inner, context_length: usize) -> Result<Self> {
        let id = |token: &str| {
            let id = inner.token_to_id(token).map(i64::from);
            id.ok_or_else(|| Error::Data(format!("the tokenizer has no {token} token")))
        };
        let (pad, start, end) = (id(PAD)?, id(START)?, id(END)?);
        if pad != 0 || end + 1 != inner.get_vocab_size(true) as i64 {
            return Err(Error::Data(format!(
                "the tokenizer's {PAD} must have id 0 and its {END} the largest id, for that is how \
                 the text tower finds the end"
            )));
        }
        Ok(Self {
            inner,
            context_length,
            start,
            end,
        })
    }

    /// Entries of the vocabulary: rows of the token embedding.
    pub const fn vocab_size(&self) -> i64 {
        self.end + 1
    }

    /// Tokens of a row of [`encode`](Self::encode).
    pub const fn context_length(&self) -> usize {
        self.context_length
    }

    /// Start token, words, end token; cut so that it has at most `context_length` tokens with the end
    /// token last. Without padding.
    pub fn ids(&self, caption: &str) -> Result<Vec<i64>> {
        let encoding = self.inner.encode_fast(caption, false).map_err(internal)?;
        let room = self.context_length.saturating_sub(2);
        let words = encoding
            .get_ids()
            .iter()
            .take(room)
            .map(|&id| i64::from(id));
        Ok(std::iter::once(self.start)
            .chain(words)
            .chain([self.end])
            .collect())
    }

    /// `[B, context_length]` of int64, padded with 0: what `OpenCLIP`'s tokenizer gives.
    pub fn encode<S: AsRef<str>>(&self, captions: &[S]) -> Result<Tensor> {
        stack(&self.rows(captions)?, self.context_length)
    }

    /// `[B, L]` of int64, padded with 0 to the longest caption of the batch: the same features, since
    /// nothing after the end token matters (a tower to which it does pads to the context itself), for
    /// less work.
    pub fn encode_tight<S: AsRef<str>>(&self, captions: &[S]) -> Result<Tensor> {
        let rows = self.rows(captions)?;
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        stack(&rows, longest)
    }

    fn rows<S: AsRef<str>>(&self, captions: &[S]) -> Result<Vec<Vec<i64>>> {
        captions
            .iter()
            .map(|caption| self.ids(caption.as_ref()))
            .collect()
    }

    /// The files that stand beside a model: names and texts.
    pub fn files(&self) -> Result<[(&'static str, String); 2]> {
        let config = serde_json::json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": START,
            "eos_token": END,
            "pad_token": PAD,
            "model_max_length": self.context_length,
            "padding_side": "right",
            "truncation_side": "right",
            "clean_up_tokenization_spaces": false,
        });
        let vocabulary = self.inner.to_string(false).map_err(internal)?;
        Ok([
            (VOCABULARY, vocabulary),
            ("tokenizer_config.json", format!("{config:#}\n")),
        ])
    }
}

/// The rules without a vocabulary.
fn blank() -> Result<Inner> {
    let replace = |pattern: &str, by| {
        Replace::new(ReplacePattern::Regex(pattern.into()), by).map_err(internal)
    };
    let normalizer = Sequence::new(vec![
        replace(REMOVED, "")?.into(),
        NFKC.into(),
        replace(r"[\x{2bc}\x{2018}-\x{201b}]", "'")?.into(),
        replace(r"[\x{201c}-\x{201f}]", "\"")?.into(),
        Lowercase.into(),
    ]);
    let pattern = SplitPattern::Regex(WORD.into());
    let words = Split::new(pattern, SplitDelimiterBehavior::Removed, true).map_err(internal)?;
    // Every word is written with a space before it, wherever it stands.
    let bytes = ByteLevel::new(true, true, false);
    let mut inner = Inner::new(BPE::default());
    inner.with_normalizer(Some(normalizer)).map_err(internal)?;
    inner.with_pre_tokenizer(Some(Steps::new(vec![words.into(), bytes.into()])));
    inner.with_decoder(Some(ByteLevel::default()));
    Ok(inner)
}

fn stack(rows: &[Vec<i64>], length: usize) -> Result<Tensor> {
    let padded = rows
        .iter()
        .flat_map(|row| row.iter().copied().chain(std::iter::repeat(0)).take(length));
    let flat: Vec<i64> = padded.collect();
    Ok(Tensor::f_from_slice(&flat)?.f_reshape([rows.len() as i64, length as i64])?)
}

fn internal(e: impl std::fmt::Display) -> Error {
    Error::Internal(format!("tokenizer: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORPUS: [&str; 6] = [
        "a red apple",
        "a green apple",
        "A Red Car",
        "ein rotes Auto",
        "红苹果",
        "लाल सेब",
    ];

    fn trained(corpus: &[&str]) -> Tokenizer {
        Tokenizer::train(corpus, VocabSize::new(300).unwrap(), 8).unwrap()
    }

    #[test]
    fn a_caption_becomes_start_words_end() {
        let tokenizer = trained(&CORPUS);
        let (start, end) = (1, tokenizer.vocab_size() - 1);
        let ids = tokenizer.ids("a red apple").unwrap();
        assert_eq!((ids[0], ids[ids.len() - 1]), (start, end));
        assert_eq!(tokenizer.ids("").unwrap(), [start, end]);
        assert_eq!(tokenizer.ids(" \t\n").unwrap(), [start, end]);
        assert!(
            ids[1..ids.len() - 1]
                .iter()
                .all(|&id| id > start && id < end)
        );
    }

    #[test]
    fn a_long_caption_is_cut_before_its_end_token() {
        let tokenizer = trained(&CORPUS);
        let ids = tokenizer.ids(&"zebra ".repeat(500)).unwrap();
        assert_eq!((ids.len(), ids[7]), (8, tokenizer.vocab_size() - 1));
    }

    #[test]
    fn case_quotes_width_and_control_characters_make_no_difference() {
        let tokenizer = trained(&CORPUS);
        for (a, b) in [
            ("A RED Apple", "a  red\tapple"),
            ("dog’s", "dog's"),
            ("ｒｅｄ", "red"),
            ("e\u{301}", "É"),
            ("re\u{7}d", "red"),
        ] {
            assert_eq!(
                tokenizer.ids(a).unwrap(),
                tokenizer.ids(b).unwrap(),
                "{a:?} {b:?}"
            );
        }
        assert_ne!(
            tokenizer.ids("red apple").unwrap(),
            tokenizer.ids("redapple").unwrap()
        );
    }

    #[test]
    fn neither_order_nor_repetition_of_the_captions_matters() {
        let mut shuffled = CORPUS.to_vec();
        shuffled.reverse();
        shuffled.push(CORPUS[0]);
        assert_eq!(
            trained(&CORPUS).files().unwrap(),
            trained(&shuffled).files().unwrap()
        );
    }

    #[test]
    fn a_batch_is_padded_with_zeros_to_the_context_or_to_its_longest() {
        let tokenizer = trained(&CORPUS);
        let captions = ["a", "a red apple"];
        let full = tokenizer.encode(&captions).unwrap();
        assert_eq!(full.size(), [2, 8]);
        let tight = tokenizer.encode_tight(&captions).unwrap();
        let length = tokenizer.ids(captions[1]).unwrap().len() as i64;
        assert!(length < 8 && tight.size() == [2, length]);
        assert_eq!(tight, full.narrow(1, 0, length));
        assert_eq!(full.int64_value(&[0, 7]), 0);
    }

    #[test]
    fn few_captions_give_fewer_entries_than_asked_for() {
        // 256 bytes, three special tokens and the one pair in "ab" and in " ab".
        assert_eq!(trained(&["ab"]).vocab_size(), 256 + 3 + 2);
        assert_eq!(trained(&[]).vocab_size(), 256 + 3);
        assert_eq!(trained(&CORPUS).vocab_size(), 300);
    }

    #[test]
    fn what_is_saved_is_what_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let tokenizer = trained(&CORPUS);
        for (name, text) in tokenizer.files().unwrap() {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let loaded = Tokenizer::load(dir.path(), 8).unwrap();
        assert_eq!(loaded.files().unwrap(), tokenizer.files().unwrap());
        let caption = "a GREEN auto 苹果 🍎";
        assert_eq!(
            loaded.ids(caption).unwrap(),
            tokenizer.ids(caption).unwrap()
        );
        std::fs::write(dir.path().join("tokenizer.json"), "{}").unwrap();
        assert_eq!(Tokenizer::load(dir.path(), 8).unwrap_err().exit_code(), 2);
    }
}
