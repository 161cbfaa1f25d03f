//! CLIP's own vocabulary, which `OpenCLIP` has inside itself and so puts into no folder.

use std::collections::HashMap;
use std::io::Read as _;

use flate2::read::GzDecoder;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Lowercase, NFC, Replace, Sequence};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as Steps;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, TokenizerImpl};

use super::clean::Clean;
use super::encode::{CONFIG, Inner, Tokenizer, VOCABULARY, internal};
use crate::error::Result;

/// The merges of OpenAI's CLIP, one a line.
const MERGES: &[u8] = include_bytes!("../../../assets/clip_bpe/bpe_simple_vocab_16e6.txt.gz");

/// Merges that CLIP uses: its vocabulary of 49,408 without the 256 bytes, the same at a word's end, and the two
/// special tokens.
const COUNT: usize = 49_408 - 2 * 256 - 2;

/// `OpenCLIP`'s names; OpenAI's and those of `transformers` are `<|startoftext|>` and `<|endoftext|>`.
const START: &str = "<start_of_text>";
const END: &str = "<end_of_text>";
const WORD: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

impl Tokenizer {
    /// CLIP's, as `OpenCLIP` uses it: captions are mended and lowered first, rows padded with zeros.
    pub fn clip(context_length: usize) -> Result<Self> {
        let inner = bpe()?;
        let config = serde_json::json!({
            "tokenizer_class": "CLIPTokenizer",
            "bos_token": START,
            "eos_token": END,
            "unk_token": END,
            // Whose id is zero.
            "pad_token": "!",
            "model_max_length": context_length,
        });
        let vocabulary = inner.to_string(false).map_err(internal)?;
        let end = inner.token_to_id(END).map(i64::from);
        Ok(Self {
            clean: Clean::Lower,
            end,
            files: vec![
                (VOCABULARY.into(), vocabulary.into_bytes()),
                (CONFIG.into(), format!("{config:#}\n").into_bytes()),
            ],
            ..Self::new(inner, context_length)?
        })
    }
}

fn bpe() -> Result<Inner> {
    let mut text = String::new();
    GzDecoder::new(MERGES)
        .read_to_string(&mut text)
        .map_err(internal)?;
    let merges: Vec<(String, String)> = text
        .lines()
        .skip(1)
        .take(COUNT)
        .filter_map(|line| line.split_once(' '))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect();
    let bytes: Vec<String> = alphabet().map(String::from).collect();
    let ends = bytes.iter().map(|byte| format!("{byte}</w>"));
    let joined = merges.iter().map(|(a, b)| format!("{a}{b}"));
    let special = [START.to_owned(), END.to_owned()];
    let words = bytes
        .iter()
        .cloned()
        .chain(ends)
        .chain(joined)
        .chain(special);
    let vocab: Vocab = words
        .zip(0..)
        .collect::<HashMap<_, _>>()
        .into_iter()
        .collect();
    let model = BPE::builder()
        .vocab_and_merges(vocab, merges)
        .end_of_word_suffix("</w>".into())
        .unk_token(END.into())
        .build()
        .map_err(internal)?;
    with_rules(model, [START, END])
}

/// The rules of `transformers.CLIPTokenizer` around this vocabulary, whose start and end tokens are called so.
pub fn with_rules(model: BPE, [start, end]: [&str; 2]) -> Result<Inner> {
    let blanks = Replace::new(ReplacePattern::Regex(r"\s+".into()), " ").map_err(internal)?;
    let pattern = SplitPattern::Regex(WORD.into());
    let split = Split::new(pattern, SplitDelimiterBehavior::Removed, true).map_err(internal)?;
    let mut inner: TokenizerImpl<_, Sequence, Steps, RobertaProcessing, ByteLevel> =
        TokenizerImpl::new(model);
    inner
        .with_normalizer(Some(Sequence::new(vec![
            NFC.into(),
            blanks.into(),
            Lowercase.into(),
        ])))
        .map_err(internal)?;
    inner.with_pre_tokenizer(Some(Steps::new(vec![
        split.into(),
        ByteLevel::new(false, true, true).into(),
    ])));
    inner.with_decoder(Some(ByteLevel::default()));
    inner
        .add_special_tokens([start, end].map(|token| AddedToken::from(token, true)))
        .map_err(internal)?;
    let id = |token: &str| {
        (
            token.to_owned(),
            inner.token_to_id(token).unwrap_or_default(),
        )
    };
    let ends = RobertaProcessing::new(id(end), id(start))
        .trim_offsets(false)
        .add_prefix_space(false);
    inner.with_post_processor(Some(ends));
    Ok(inner.into())
}

/// The characters that stand for the 256 bytes, in the order of CLIP's vocabulary: those that can be printed, then
/// the rest.
fn alphabet() -> impl Iterator<Item = char> {
    let printed = ('!'..='~')
        .chain('\u{a1}'..='\u{ac}')
        .chain('\u{ae}'..='\u{ff}');
    printed.chain('\u{100}'..='\u{143}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `facts`: open_clip 3.3.0's SimpleTokenizer.
    #[test]
    fn a_person_rides_a_motorcycle() {
        let tokenizer = Tokenizer::clip(77).unwrap();
        assert_eq!(tokenizer.vocab_size(), 49_408);
        assert_eq!(
            tokenizer.ids("A person riding a motorcycle").unwrap(),
            [49406, 320, 2533, 6765, 320, 10297, 49407]
        );
        assert_eq!(tokenizer.ids("").unwrap(), [49406, 49407]);
        let long = tokenizer.ids(&"zebra ".repeat(500)).unwrap();
        assert_eq!((long.len(), long[76]), (77, 49407));
    }
}
