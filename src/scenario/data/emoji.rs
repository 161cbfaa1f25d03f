//! [`Emoji`]: the embedded set as a scenario asks for it, and what cannot be asked.

use serde::{Deserialize, Serialize};

use super::rules::Rules;
use super::words;
use crate::quantity::Size;
use crate::scenario::default::{languages, yes};
use crate::scenario::validate::check::Check;

/// Languages (ISO 639-1) that the emoji set has names in.
pub const EMOJI_LANGUAGES: [&str; 26] = [
    "ar", "bn", "cs", "de", "el", "en", "es", "fa", "fr", "he", "hi", "id", "it", "ja", "ko", "nl",
    "pl", "pt", "ru", "sv", "sw", "th", "tr", "uk", "vi", "zh",
];

/// The embedded emoji set: the same concepts in three drawing styles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emoji {
    /// Styles to learn from.
    pub train: Vec<Style>,
    /// Styles that are never trained on, to test with.
    pub held_out: Vec<Style>,
    /// How captions are made.
    #[serde(default)]
    pub captions: Captions,
    /// Whether training pictures are augmented.
    #[serde(default = "yes")]
    pub augment: bool,
    /// Use only the first so many concepts (all if absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Size>,
}

/// A drawing style of the emoji set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Style {
    /// Google's Noto.
    Noto,
    /// Twitter's Twemoji.
    Twemoji,
    /// Microsoft's Fluent 3D.
    Fluent,
}

impl Style {
    /// All styles.
    pub const ALL: [Self; 3] = [Self::Noto, Self::Twemoji, Self::Fluent];
}

/// How a caption is made, by weights that need not add up to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captions {
    /// Weight of the bare name.
    pub name: f64,
    /// Weight of a template filled with the name.
    pub template: f64,
    /// Weight of a few keywords.
    pub keywords: f64,
    /// Templates; `{}` stands for the name.
    #[serde(default = "default_templates")]
    pub templates: Vec<String>,
    /// Languages (ISO 639-1) with their weights.
    #[serde(default = "languages")]
    pub languages: Vec<(String, f64)>,
}

impl Default for Captions {
    fn default() -> Self {
        Self {
            name: 0.5,
            template: 0.3,
            keywords: 0.2,
            templates: default_templates(),
            languages: languages(),
        }
    }
}

impl Rules for Emoji {
    fn check(&self, check: &mut Check) {
        self.styles(check);
        if let Some(limit) = self.limit
            && limit.get() < 2
        {
            let message = "at least two concepts are needed";
            check.fault("data.limit", message, "2 or more", None);
        }
        self.captions.check(check);
    }

    fn augment(&self) -> bool {
        self.augment
    }
}

impl Emoji {
    /// Blames a list without styles, a style named twice, and one that is trained on and held out.
    fn styles(&self, check: &mut Check) {
        let mut known: Vec<(&str, Style)> = Vec::new();
        for (list, styles) in [("train", &self.train), ("held_out", &self.held_out)] {
            if styles.is_empty() {
                let label = "name at least one of Noto, Twemoji, Fluent";
                let message = format!("`{list}` has no style");
                check.fault(&format!("data.{list}"), message, label, None);
            }
            for (i, style) in styles.iter().enumerate() {
                let earlier = known.iter().find(|(_, earlier)| earlier == style);
                let (message, label) = match earlier {
                    Some((first, _)) if *first == list => (
                        format!("the style {style:?} is named twice"),
                        "remove one of them",
                    ),
                    Some(_) => (
                        format!("the style {style:?} is both trained on and held out"),
                        "a held-out style cannot be trained on",
                    ),
                    None => {
                        known.push((list, *style));
                        continue;
                    }
                };
                check.fault(&format!("data.{list}.{i}"), message, label, None);
            }
        }
    }
}

impl Captions {
    fn check(&self, check: &mut Check) {
        let weights = [
            ("name", self.name),
            ("template", self.template),
            ("keywords", self.keywords),
        ];
        let sound = words::weights(
            check,
            weights.map(|(name, w)| (format!("data.captions.{name}"), w)),
        );
        if sound && weights.iter().all(|&(_, weight)| weight == 0.0) {
            let help = "give `name`, `template` or `keywords` a weight above 0".to_string();
            check.fault(
                "data.captions",
                "all kinds of captions have weight 0",
                "all weights are 0",
                help,
            );
        }
        if self.template > 0.0 && self.templates.is_empty() {
            let help = "add one, such as \"a photo of a {}\", or set `template: 0`".to_string();
            check.fault(
                "data.captions.templates",
                "no templates",
                "this list is empty",
                help,
            );
        }
        words::templates(check, &self.templates, "data.captions.templates");
        let path = "data.captions.languages";
        words::languages(check, path, &self.languages, &EMOJI_LANGUAGES);
    }
}

fn default_templates() -> Vec<String> {
    [
        "a photo of a {}",
        "a picture of a {}",
        "an emoji of a {}",
        "a drawing of a {}",
        "a small icon of a {}",
        "{}, an emoji",
    ]
    .map(Into::into)
    .to_vec()
}
