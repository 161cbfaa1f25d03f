//! A byte-level BPE tokenizer, trained on the captions and readable by `OpenCLIP`.
//!
//! `open_clip.get_tokenizer("local-dir:FOLDER")` wraps the files of such a tokenizer in its
//! `HFTokenizer`, which first cleans a caption with `ftfy`. The normaliser here does to ordinary text
//! what `ftfy` does (and a second time changes nothing), for `transformers`, which does not clean; entities
//! of HTML are decoded before it. What is decoded wrongly ("cafÃ©") `ftfy` repairs and this does not.
//!
//! The end token has the largest id, padding is 0.

use std::collections::BTreeSet;

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

use super::clean::Clean;
use super::encode::{CONFIG, Inner, Tokenizer, VOCABULARY, internal};
use crate::error::{Error, Result};
use crate::quantity::VocabSize;

const PAD: &str = "<pad>";
const START: &str = "<start_of_text>";
const END: &str = "<end_of_text>";

/// What `ftfy` removes: sequences that colour a terminal, control characters that are not white
/// space, and marks that nobody means to write.
const REMOVED: &str =
    r"\x1b\[[0-9;]*[a-zA-Z]|[\x00-\x08\x0b\x0e-\x1f\x7f\x{206a}-\x{206f}\x{feff}\x{fff9}-\x{fffc}]";

/// A word is a run of letters with their marks (the vowel signs of Devanagari or Thai are marks), a
/// single digit, or a run of anything else but white space.
const WORD: &str = r"[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{M}\p{N}]+";

type Trained =
    TokenizerImpl<BPE, NormalizerWrapper, PreTokenizerWrapper, TemplateProcessing, ByteLevel>;

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
        Self::own(inner.into(), context_length)
    }

    /// Whether a `tokenizer.json` is one that was trained here.
    pub(super) fn is_own(inner: &Inner) -> bool {
        let size = inner.get_vocab_size(true) as u32;
        inner.token_to_id(PAD) == Some(0)
            && inner.token_to_id(START).is_some()
            && inner.token_to_id(END) == size.checked_sub(1)
    }

    /// One that was trained here.
    pub(super) fn own(inner: Inner, context_length: usize) -> Result<Self> {
        if !Self::is_own(&inner) {
            return Err(Error::Data(format!(
                "{PAD} must have id 0 and {END} the largest id: the text tower finds the end that way"
            )));
        }
        let vocabulary = inner.to_string(false).map_err(internal)?;
        let config = serde_json::json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": START,
            "eos_token": END,
            "pad_token": PAD,
            "model_max_length": context_length,
            "padding_side": "right",
            "truncation_side": "right",
            "clean_up_tokenization_spaces": false,
        });
        let end = inner.token_to_id(END).map(i64::from);
        Ok(Self {
            // What OpenCLIP does before it.
            clean: Clean::Whitespace,
            end,
            files: vec![
                (VOCABULARY.into(), vocabulary.into_bytes()),
                (CONFIG.into(), format!("{config:#}\n").into_bytes()),
            ],
            ..Self::new(inner, context_length)?
        })
    }
}

/// The rules without a vocabulary.
fn blank() -> Result<Trained> {
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
    let mut inner = Trained::new(BPE::default());
    inner.with_normalizer(Some(normalizer)).map_err(internal)?;
    inner.with_pre_tokenizer(Some(Steps::new(vec![words.into(), bytes.into()])));
    inner.with_decoder(Some(ByteLevel::default()));
    Ok(inner)
}
