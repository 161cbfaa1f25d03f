//! [`Clean`]: what the reference tokenizers do to a caption before they look at it.
//!
//! `OpenCLIP` mends text with `ftfy` (6.3), decodes HTML entities, and then lowers or strips. Here is what `ftfy`
//! does to text that was decoded rightly; text that was not ("cafÃ©") it repairs, and this does not. Of HTML's
//! 2,231 entities the common ones are known, with their semicolon, and every numbered one.

use tokenizers::NormalizedString;

/// How a caption is cleaned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clean {
    /// Not at all: `transformers`.
    #[default]
    Nothing,
    /// `clean="lower"`: mended, white space collapsed, lower case; `OpenCLIP`'s own tokenizer.
    Lower,
    /// `clean="whitespace"`: mended, white space collapsed; `OpenCLIP` with a tokenizer of `transformers`.
    Whitespace,
    /// `clean="canonicalize"`: punctuation removed, too, and lower case; `OpenCLIP` with `SigLIP`.
    Canonicalize,
    /// Lower case alone: `SigLIP 2`.
    LowerOnly,
}

impl Clean {
    /// By `OpenCLIP`'s name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "lower" => Self::Lower,
            "whitespace" => Self::Whitespace,
            "canonicalize" => Self::Canonicalize,
            _ => return None,
        })
    }

    /// `OpenCLIP`'s name for it, or what comes nearest; none for what it does by itself.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::Whitespace => None,
            Self::Lower | Self::LowerOnly => Some("lower"),
            Self::Canonicalize => Some("canonicalize"),
        }
    }

    /// The caption as the tokenizer shall see it.
    pub fn apply(self, caption: &str) -> String {
        match self {
            Self::Nothing => caption.to_owned(),
            // Letter by letter, as the crate does: no sigma knows that it ends a word.
            Self::LowerOnly => caption.chars().flat_map(char::to_lowercase).collect(),
            Self::Lower => collapse(&mend(caption)).to_lowercase(),
            Self::Whitespace => collapse(&mend(caption)),
            Self::Canonicalize => {
                let plain: String = mend(caption)
                    .replace('_', " ")
                    .chars()
                    .filter(|c| !c.is_ascii_punctuation())
                    .collect();
                collapse(&plain.to_lowercase())
            }
        }
    }
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `ftfy.fix_text`, then `html.unescape` twice.
fn mend(text: &str) -> String {
    // ftfy leaves entities alone where there may be markup; the two calls after it do not.
    let decoded = if text.contains('<') {
        text.to_owned()
    } else {
        unescape(text)
    };
    let fixed = nfc(&characters(&without_terminal_codes(&decoded)));
    unescape(&unescape(&fixed))
}

/// Without the sequences that colour a terminal.
fn without_terminal_codes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        let tail = &rest[at + 2..];
        let end = tail.find(|c: char| !(c.is_ascii_digit() || c == ';'));
        let letter = |end: &usize| tail[*end..].starts_with(|c: char| c.is_ascii_alphabetic());
        if let Some(end) = end.filter(letter) {
            out.push_str(&rest[..at]);
            rest = &tail[end + 1..];
        } else {
            out.push_str(&rest[..at + 2]);
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

/// Ligatures, full width, curled quotes, line breaks, and what nobody means to write.
fn characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2bc}' | '\u{2018}'..='\u{201b}' => out.push('\''),
            '\u{201c}'..='\u{201f}' => out.push('"'),
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\0'..='\u{8}'
            | '\u{b}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'
            | '\u{206a}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}' => {}
            '\u{80}'..='\u{9f}' => out.push(windows_1252(c)),
            '\u{3000}' => out.push(' '),
            '\u{149}' => out.push_str("'n"),
            '\u{fb05}' => out.push_str("\u{17f}t"),
            '\u{132}'
            | '\u{133}'
            | '\u{1c4}'..='\u{1cc}'
            | '\u{1f1}'..='\u{1f3}'
            | '\u{fb00}'..='\u{fb06}'
            | '\u{ff01}'..='\u{ffef}' => out.push_str(&nfkc(c)),
            c => out.push(c),
        }
    }
    out
}

/// A control character of the second kind is a sign of Windows that was decoded as Latin-1.
fn windows_1252(c: char) -> char {
    const SIGNS: [u16; 32] = [
        0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
        0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
    ];
    let sign = SIGNS.get(c as usize - 0x80).copied().unwrap_or_default();
    match char::from_u32(u32::from(sign)).unwrap_or(c) {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        sign => sign,
    }
}

fn nfc(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    NormalizedString::from(text).nfc().get().to_owned()
}

fn nfkc(c: char) -> String {
    NormalizedString::from(c.to_string())
        .nfkc()
        .get()
        .to_owned()
}

/// Entities by name or number.
fn unescape(text: &str) -> String {
    /// The longest name that is known.
    const LONGEST: usize = 10;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LONGEST + 2).position(|b| b == b';');
        if let Some((end, c)) = end.and_then(|end| Some((end, entity(&rest[1..end])?))) {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "hellip" => '…',
        "mdash" => '—',
        "ndash" => '–',
        "lsquo" => '\u{2018}',
        "rsquo" => '\u{2019}',
        "ldquo" => '\u{201c}',
        "rdquo" => '\u{201d}',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "deg" => '°',
        "times" => '×',
        "euro" => '€',
        "pound" => '£',
        "yen" => '¥',
        "cent" => '¢',
        "sect" => '§',
        "eacute" => 'é',
        "egrave" => 'è',
        "ecirc" => 'ê',
        "agrave" => 'à',
        "aacute" => 'á',
        "acirc" => 'â',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "ccedil" => 'ç',
        "ntilde" => 'ñ',
        "oacute" => 'ó',
        "iacute" => 'í',
        "uacute" => 'ú',
        "aring" => 'å',
        "aelig" => 'æ',
        "oslash" => 'ø',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `open_clip.tokenizer._clean_lower` and `_clean_canonicalize` of `open_clip` 3.3.0, `ftfy` 6.3.1.
    #[test]
    fn captions_are_cleaned_as_open_clip_cleans_them() {
        for (caption, lower, canonical) in [
            ("  A  Dog’s\tLIFE ", "a dog's life", "a dogs life"),
            ("ﬁre &amp;amp; ｗａｔｅｒ", "fire & water", "fire water"),
            ("re\u{7}d\x1b[31m_car\x1b[0m", "red_car", "red car"),
            ("<b>&lt;</b>", "<b><</b>", "bb"),
            ("e\u{301}t\u{e9}", "été", "été"),
            ("\u{93}quoted\u{94}", "\"quoted\"", "quoted"),
            ("&#233;&#x1F34E;", "é🍎", "é🍎"),
        ] {
            assert_eq!(Clean::Lower.apply(caption), lower, "{caption:?}");
            assert_eq!(Clean::Canonicalize.apply(caption), canonical, "{caption:?}");
        }
    }
}
