//! `spiece.model`: a vocabulary of `SentencePiece`, in which `transformers` keeps `SigLIP`'s.
//!
//! The few fields of its protobuf that matter: pieces with their scores, and the table by which text is
//! normalised. Only unigram models are read, which is what `SigLIP` has. What surrounds them is
//! `transformers.SiglipTokenizer` (5.24); one letter differs, the capital sigma at a word's end.

use tokenizers::models::unigram::Unigram;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{
    Lowercase, NormalizerWrapper, Precompiled, Replace, Sequence, Strip,
};
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, TokenizerImpl, decoders, pre_tokenizers};

use super::encode::{Inner, internal};
use crate::error::{Error, Result};

/// The sign for a space.
pub const SPACE: &str = "\u{2581}";

/// A model, as far as it is read.
#[derive(Debug, Default)]
struct Proto {
    pieces: Vec<(String, f64)>,
    unknown: Option<usize>,
    /// 1 is unigram.
    kind: u64,
    charsmap: Vec<u8>,
}

/// The tokenizer of a `spiece.model`: punctuation is removed, letters are lowered, and `</s>` ends every caption.
///
/// # Errors
/// [`Error::Data`] if it is none, or of another kind.
pub fn read(bytes: &[u8]) -> Result<Inner> {
    let proto = parse(bytes).map_err(|e| Error::Data(format!("not a SentencePiece model: {e}")))?;
    if proto.kind != 1 {
        return Err(Error::Data(
            "unsupported SentencePiece model: expected a unigram model".into(),
        ));
    }
    let end = proto.pieces.iter().position(|(piece, _)| piece == END);
    let Some(end) = end else {
        return Err(Error::Data(format!("the vocabulary has no {END}")));
    };
    let specials = [proto.unknown, Some(end)];
    let tokens: Vec<AddedToken> = specials
        .into_iter()
        .flatten()
        .map(|at| {
            AddedToken::from(proto.pieces[at].0.clone(), true)
                .lstrip(true)
                .rstrip(true)
        })
        .collect();
    let model = Unigram::from(proto.pieces, proto.unknown, false).map_err(internal)?;
    let replace = |pattern: &str, by: &str| -> Result<NormalizerWrapper> {
        let pattern = ReplacePattern::Regex(pattern.into());
        Ok(Replace::new(pattern, by).map_err(internal)?.into())
    };
    let mut steps = vec![
        Lowercase.into(),
        replace(r"[!-/:-@\[-`{-~]", "")?,
        replace(r"[\s\x1c-\x1f]+", " ")?,
        Strip::new(true, true).into(),
    ];
    if !proto.charsmap.is_empty() {
        let map = Precompiled::from(&proto.charsmap)
            .map_err(|e| Error::Data(format!("invalid table of characters: {e:?}")))?;
        steps.push(map.into());
    }
    steps.push(replace(" +", SPACE)?);
    // A space that the table made at the beginning is the one that stands there already.
    steps.push(replace(&format!("{SPACE}{{2,}}"), SPACE)?);
    steps.push(replace(&format!("{SPACE}$"), "")?);
    let mut inner: TokenizerImpl<
        _,
        Sequence,
        pre_tokenizers::PreTokenizerWrapper,
        TemplateProcessing,
        decoders::DecoderWrapper,
    > = TokenizerImpl::new(model);
    inner
        .with_normalizer(Some(Sequence::new(steps)))
        .map_err(internal)?;
    inner.add_special_tokens(tokens).map_err(internal)?;
    let template = TemplateProcessing::builder()
        .try_single(format!("$A {END}"))
        .map_err(Error::Internal)?
        .special_tokens(vec![(END, end as u32)])
        .build()
        .map_err(internal)?;
    inner.with_post_processor(Some(template));
    Ok(inner.into())
}

/// What ends a caption.
pub const END: &str = "</s>";

/// A field of a protobuf message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Float(f32),
}

/// The fields of a message, each with its number.
fn fields(mut bytes: &[u8]) -> std::result::Result<Vec<(u64, Field<'_>)>, String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)?),
            1 => {
                take(&mut bytes, 8)?;
                continue;
            }
            2 => {
                let length = varint(&mut bytes)?;
                let length = usize::try_from(length).map_err(|e| e.to_string())?;
                Field::Bytes(take(&mut bytes, length)?)
            }
            5 => {
                let four = take(&mut bytes, 4)?;
                Field::Float(f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            }
            other => return Err(format!("unsupported wire type {other}")),
        };
        found.push((key >> 3, field));
    }
    Ok(found)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> std::result::Result<&'a [u8], String> {
    let (head, tail) = bytes
        .split_at_checked(length)
        .ok_or_else(|| format!("cut off: {length} more bytes expected"))?;
    *bytes = tail;
    Ok(head)
}

fn varint(bytes: &mut &[u8]) -> std::result::Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err("a number longer than 64 bits".into())
}

fn parse(bytes: &[u8]) -> std::result::Result<Proto, String> {
    let mut proto = Proto {
        kind: 1,
        ..Proto::default()
    };
    for field in fields(bytes)? {
        match field {
            // ModelProto.pieces
            (1, Field::Bytes(piece)) => {
                let (mut text, mut score, mut kind) = (String::new(), 0.0, 1);
                for field in fields(piece)? {
                    match field {
                        (1, Field::Bytes(bytes)) => {
                            text = String::from_utf8(bytes.to_vec()).map_err(|e| e.to_string())?;
                        }
                        (2, Field::Float(value)) => score = value,
                        (3, Field::Number(value)) => kind = value,
                        _ => {}
                    }
                }
                // SentencePiece.Type.UNKNOWN
                if kind == 2 {
                    proto.unknown = Some(proto.pieces.len());
                }
                proto.pieces.push((text, f64::from(score)));
            }
            // ModelProto.trainer_spec, TrainerSpec.model_type
            (2, Field::Bytes(spec)) => {
                for field in fields(spec)? {
                    if let (3, Field::Number(kind)) = field {
                        proto.kind = kind;
                    }
                }
            }
            // ModelProto.normalizer_spec, NormalizerSpec.precompiled_charsmap
            (3, Field::Bytes(spec)) => {
                for field in fields(spec)? {
                    if let (2, Field::Bytes(map)) = field {
                        proto.charsmap = map.to_vec();
                    }
                }
            }
            _ => {}
        }
    }
    if proto.pieces.is_empty() {
        return Err("it has no pieces".into());
    }
    Ok(proto)
}
