//! The files of `assets/emoji`, inside the program: parsed and decoded once, on first use.
//!
//! Knows nothing of scenarios, sampling and captions.

use std::sync::OnceLock;

use crate::data::Picture;
use crate::scenario::Style;

/// Kind, group or subgroup, words.
const LABELS: &str = include_str!("../../../../assets/emoji/labels.tsv");

/// Languages (ISO 639-1) with their files in `assets/emoji/captions`.
macro_rules! languages {
    ($($code:literal)+) => {
        &[$((
            $code,
            include_str!(concat!("../../../../assets/emoji/captions/", $code, ".tsv")),
        )),+]
    };
}

/// A language's file has a header, then a line `name TAB keyword|keyword|...` for each concept.
const LANGUAGES: &[(&str, &str)] = languages![
    "en" "de" "es" "fr" "it" "pt" "ru" "uk" "ja" "zh" "ko" "ar" "hi"
    "pl" "tr" "el" "he" "sw" "th" "vi" "nl" "sv" "cs" "id" "fa" "bn"
];

const CONCEPTS: &str = include_str!("../../../../assets/emoji/concepts.tsv");

/// Side of a tile, pixels.
pub const TILE: usize = 64;
/// Tiles in a row of a sheet.
const COLUMNS: usize = 32;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concept {
    /// Code points in hexadecimal, joined by dashes.
    pub id: &'static str,
    /// For example `animals-nature`.
    pub group: &'static str,
    /// For example `animal-mammal`.
    pub subgroup: &'static str,
}

/// A concept in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Distinct within the language.
    pub name: &'static str,
    /// Further words for it, some shared with other concepts; may be empty.
    pub keywords: Vec<&'static str>,
}

/// All languages, by code.
pub fn languages() -> Vec<&'static str> {
    LANGUAGES.iter().map(|&(code, _)| code).collect()
}

/// All concepts, in the order of the tiles.
pub fn concepts() -> &'static [Concept] {
    static PARSED: OnceLock<Vec<Concept>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let parse = |line: &'static str| {
            let mut fields = line.split('\t');
            let mut next = || fields.next().unwrap_or_default();
            Concept {
                id: next(),
                group: next(),
                subgroup: next(),
            }
        };
        CONCEPTS.lines().skip(1).map(parse).collect()
    })
}

/// Words for all concepts in the language at this position of [`languages`].
pub fn words(language: usize) -> Vec<Words> {
    let parse = |line: &'static str| {
        let (name, keywords) = line.split_once('\t').unwrap_or((line, ""));
        Words {
            name,
            keywords: keywords.split('|').filter(|k| !k.is_empty()).collect(),
        }
    };
    LANGUAGES[language].1.lines().skip(1).map(parse).collect()
}

/// All concepts drawn in the style, 64 x 64 pixels each. Decoding takes a tenth of a second or two,
/// once.
///
/// # Panics
/// Only if the program was built with a damaged sheet.
pub fn tiles(style: Style) -> &'static [Picture] {
    static SHEETS: [OnceLock<Vec<Picture>>; 3] = [const { OnceLock::new() }; 3];
    let (sheet, file): (_, &[u8]) = match style {
        Style::Noto => (
            &SHEETS[0],
            include_bytes!("../../../../assets/emoji/noto.webp"),
        ),
        Style::Twemoji => (
            &SHEETS[1],
            include_bytes!("../../../../assets/emoji/twemoji.webp"),
        ),
        Style::Fluent => (
            &SHEETS[2],
            include_bytes!("../../../../assets/emoji/fluent.webp"),
        ),
    };
    sheet.get_or_init(|| {
        decode(file).expect("a sheet inside the program is whole: a test decodes it")
    })
}

fn decode(file: &[u8]) -> Result<Vec<Picture>, String> {
    let sheet = image::load_from_memory_with_format(file, image::ImageFormat::WebP)
        .map_err(|e| e.to_string())?
        .into_rgba8();
    let (width, height) = (sheet.width() as usize, sheet.height() as usize);
    let needed = concepts().len().div_ceil(COLUMNS) * TILE;
    if width != COLUMNS * TILE || height < needed {
        return Err(format!(
            "{width} x {height} pixels instead of {} x {needed}",
            COLUMNS * TILE
        ));
    }
    let (pixels, _) = sheet.as_raw().as_chunks::<4>();
    let tile = |i: usize| {
        let (left, top) = (i % COLUMNS * TILE, i / COLUMNS * TILE);
        let mut rgba = Vec::with_capacity(TILE * TILE);
        for y in top..top + TILE {
            rgba.extend_from_slice(&pixels[y * width + left..][..TILE]);
        }
        Picture { side: TILE, rgba }
    };
    Ok((0..concepts().len()).map(tile).collect())
}

/// What a member of a group or subgroup might be called, in English.
pub fn label_words(kind: &str, value: &str) -> Option<Vec<String>> {
    let words = LABELS.lines().find_map(|line| {
        let mut fields = line.split('\t');
        (fields.next() == Some(kind) && fields.next() == Some(value)).then(|| fields.next())?
    })?;
    Some(words.split('|').map(Into::into).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;
    use crate::scenario::EMOJI_LANGUAGES;

    #[test]
    fn every_style_draws_every_concept() {
        for style in Style::ALL {
            let tiles = tiles(style);
            assert_eq!(tiles.len(), concepts().len());
            for (tile, concept) in tiles.iter().zip(concepts()) {
                assert_eq!((tile.side, tile.rgba.len()), (TILE, TILE * TILE));
                let opaque = tile.rgba.iter().filter(|pixel| pixel[3] > 127).count();
                // The thinnest (a thread, a needle) cover some percent.
                assert!(
                    opaque > TILE * TILE / 50,
                    "{style:?} {}: {opaque}",
                    concept.id
                );
            }
            let distinct: HashSet<_> = tiles.iter().map(|tile| &tile.rgba).collect();
            assert_eq!(distinct.len(), tiles.len(), "{style:?}");
        }
    }

    #[test]
    fn every_language_names_every_concept_distinctly() {
        let languages = languages();
        let sorted: Vec<&str> = languages
            .iter()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        assert_eq!(sorted, EMOJI_LANGUAGES, "what a scenario may name");
        for (i, code) in languages.iter().enumerate() {
            let words = words(i);
            assert_eq!(words.len(), concepts().len(), "{code}");
            let names: HashSet<_> = words.iter().map(|w| w.name.to_lowercase()).collect();
            assert_eq!(names.len(), words.len(), "{code}");
            for word in &words {
                assert!(!word.name.trim().is_empty(), "{code}");
                assert!(
                    word.keywords.iter().all(|k| !k.trim().is_empty()),
                    "{code} {word:?}"
                );
            }
            let without = words.iter().filter(|w| w.keywords.is_empty()).count();
            assert!(
                without < words.len() / 20,
                "{code}: {without} without keywords"
            );
        }
    }

    #[test]
    fn concepts_have_distinct_ids_and_a_group() {
        let ids: HashSet<_> = concepts().iter().map(|c| c.id).collect();
        assert_eq!(ids.len(), concepts().len());
        assert!(concepts().len() > 800);
        assert!(
            concepts()
                .iter()
                .all(|c| !c.group.is_empty() && !c.subgroup.is_empty())
        );
        let monkey = Concept {
            id: "1f412",
            group: "animals-nature",
            subgroup: "animal-mammal",
        };
        assert_eq!(concepts()[1], monkey);
        assert_eq!(words(0)[1].name, "monkey");
    }
}
