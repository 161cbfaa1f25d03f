//! Templates in the languages of the set, for scenarios that state none of their own.
//!
//! Names stand behind a colon or alone, so that no language needs to inflect them.

/// Templates of a language; none for English, whose templates are the scenario's default.
pub fn of(language: &str) -> Option<&'static [&'static str]> {
    let found = TEMPLATES.iter().find(|(code, _)| *code == language)?;
    Some(&found.1)
}

/// "Picture: {}", "emoji: {}".
const TEMPLATES: [(&str, [&str; 2]); 25] = [
    ("de", ["Bild: {}", "Emoji: {}"]),
    ("es", ["imagen: {}", "emoji: {}"]),
    ("fr", ["image : {}", "émoji : {}"]),
    ("it", ["immagine: {}", "emoji: {}"]),
    ("pt", ["imagem: {}", "emoji: {}"]),
    ("ru", ["картинка: {}", "эмодзи: {}"]),
    ("uk", ["зображення: {}", "емодзі: {}"]),
    ("ja", ["{}の絵", "{}の絵文字"]),
    ("zh", ["{}的图片", "{}的表情符号"]),
    ("ko", ["그림: {}", "이모티콘: {}"]),
    ("ar", ["صورة: {}", "رمز تعبيري: {}"]),
    ("hi", ["चित्र: {}", "इमोजी: {}"]),
    ("pl", ["obrazek: {}", "emoji: {}"]),
    ("tr", ["resim: {}", "emoji: {}"]),
    ("el", ["εικόνα: {}", "emoji: {}"]),
    ("he", ["תמונה: {}", "אמוג׳י: {}"]),
    ("sw", ["picha: {}", "emoji: {}"]),
    ("th", ["ภาพ{}", "อีโมจิ{}"]),
    ("vi", ["hình ảnh: {}", "biểu tượng cảm xúc: {}"]),
    ("nl", ["afbeelding: {}", "emoji: {}"]),
    ("sv", ["bild: {}", "emoji: {}"]),
    ("cs", ["obrázek: {}", "emodži: {}"]),
    ("id", ["gambar: {}", "emoji: {}"]),
    ("fa", ["تصویر: {}", "شکلک: {}"]),
    ("bn", ["ছবি: {}", "ইমোজি: {}"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_but_english_has_templates_with_a_place_for_the_name() {
        for language in super::super::languages() {
            match of(language) {
                None => assert_eq!(language, "en"),
                Some(templates) => assert!(templates.iter().all(|t| t.contains("{}"))),
            }
        }
    }
}
