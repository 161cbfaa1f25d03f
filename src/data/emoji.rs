//! [`Emoji`]: the embedded set. The same concepts in three drawing styles, named in many languages;
//! styles that are held out test what was learned.
//!
//! Captions of a concept are its name, a template around the name, or keywords, in one of the
//! scenario's languages; all by weights. Templates that a scenario leaves at their default are
//! English, and other languages then take their own (see [`templates`]); templates that it states
//! are used for every language.

mod assets;
mod templates;

use rand_chacha::ChaCha8Rng;

use super::augment::Augment;
use super::caption::{Mix, check_weights};
use super::draw::{below, shuffle_front, weighted};
use super::{ClassId, Dataset, Labels, Picture};
use crate::error::{Error, Result};
use crate::scenario::{self, Captions, Style};
use crate::telemetry::Split;

pub use assets::{Concept, TILE, Words, concepts, languages};

/// Most keywords in one caption.
const MOST_KEYWORDS: usize = 1;

/// The embedded emoji set, as one scenario uses it.
pub struct Emoji {
    names: Vec<String>,
    classes: Vec<ClassId>,
    train: Vec<&'static [Picture]>,
    held_out: Vec<&'static [Picture]>,
    mix: Mix,
    speech: Vec<Speech>,
    /// Weights of name, template, keywords.
    kinds: [f64; 3],
}

/// One language of the scenario.
struct Speech {
    words: Vec<Words>,
    templates: Vec<String>,
}

impl Emoji {
    /// The set as the scenario wants it.
    ///
    /// # Errors
    /// [`Error::Data`] if a style, language, weight or template cannot be used.
    pub fn new(spec: &scenario::Emoji) -> Result<Self> {
        check_styles(spec)?;
        let Captions {
            name,
            template,
            keywords,
            templates,
            languages,
        } = &spec.captions;
        let kinds = [*name, *template, *keywords];
        check_weights(&kinds, "emoji: the weights of name, template and keywords")?;
        check_templates(*template, templates)?;
        let known = assets::languages();
        let mix = Mix::new(languages, &known, "emoji")?;
        let ours = *templates == Captions::default().templates;
        let count = spec
            .limit
            .map_or(usize::MAX, scenario::Size::size)
            .min(concepts().len());
        let speech: Vec<Speech> = mix
            .languages
            .iter()
            .map(|&language| {
                let mut words = assets::words(language);
                words.truncate(count);
                let native = templates::of(known[language]).filter(|_| ours);
                let templates = native.map_or_else(
                    || templates.clone(),
                    |own| own.iter().map(ToString::to_string).collect(),
                );
                Speech { words, templates }
            })
            .collect();
        let names = speech[0]
            .words
            .iter()
            .map(|words| words.name.to_string())
            .collect();
        let sheets = |styles: &[Style]| {
            styles
                .iter()
                .map(|&s| assets::tiles(s))
                .collect::<Result<_>>()
        };
        Ok(Self {
            names,
            classes: (0..count).collect(),
            train: sheets(&spec.train)?,
            held_out: sheets(&spec.held_out)?,
            mix,
            speech,
            kinds,
        })
    }
}

impl Dataset for Emoji {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn trained_classes(&self) -> &[ClassId] {
        &self.classes
    }

    fn picture(&self, class: ClassId, rng: &mut ChaCha8Rng) -> Picture {
        self.train[below(rng, self.train.len())][class].clone()
    }

    fn caption(&self, class: ClassId, rng: &mut ChaCha8Rng) -> String {
        let speech = &self.speech[weighted(rng, &self.mix.weights)];
        let words = &speech.words[class];
        match weighted(rng, &self.kinds) {
            1 => fill(
                &speech.templates[below(rng, speech.templates.len())],
                words.name,
            ),
            2 if !words.keywords.is_empty() => {
                let mut keywords = words.keywords.clone();
                let count = (1 + below(rng, MOST_KEYWORDS)).min(keywords.len());
                shuffle_front(rng, &mut keywords, count);
                keywords[..count].join(", ")
            }
            _ => words.name.to_string(),
        }
    }

    fn gallery(&self, split: Split) -> Vec<(ClassId, Picture)> {
        let classes = self.classes.iter().copied();
        match split {
            Split::Trained => classes
                .map(|class| (class, self.train[class % self.train.len()][class].clone()))
                .collect(),
            Split::HeldOut => self
                .held_out
                .iter()
                .flat_map(|sheet| classes.clone().map(|class| (class, sheet[class].clone())))
                .collect(),
        }
    }

    fn corpus(&self) -> Vec<String> {
        let [name, template, keywords] = self.kinds.map(|weight| weight > 0.0);
        let mut corpus = Vec::new();
        for (speech, _) in self
            .speech
            .iter()
            .zip(&self.mix.weights)
            .filter(|(_, w)| **w > 0.0)
        {
            for words in &speech.words {
                if name || words.keywords.is_empty() {
                    corpus.push(words.name.to_string());
                }
                if template {
                    corpus.extend(speech.templates.iter().map(|t| fill(t, words.name)));
                }
                if keywords {
                    corpus.extend(words.keywords.iter().map(ToString::to_string));
                }
            }
        }
        corpus
    }

    fn labels(&self) -> Vec<Labels> {
        let concepts = &concepts()[..self.classes.len()];
        vec![
            Labels::new("group", concepts.iter().map(|c| c.group)),
            Labels::new("subgroup", concepts.iter().map(|c| c.subgroup)),
        ]
    }

    fn augmentation(&self) -> Augment {
        AUGMENT
    }
}

/// What leaves an emoji what it is. Drawing styles differ in outline, colour and shading, so colours
/// may change a good deal.
const AUGMENT: Augment = Augment {
    log_scale: (-0.223, 0.182), // 0.8 to 1.2
    shift: 0.1,
    rotation: 15.0,
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.2,
    contrast: 0.3,
    saturation: 0.5,
    hue: 0.1,
    grey: 0.1,
    background: 0.8,
    cutout: 0.0,
};

fn fill(template: &str, name: &str) -> String {
    template.replace("{}", name)
}

fn check_styles(spec: &scenario::Emoji) -> Result<()> {
    let all = format!("there are: {:?}", Style::ALL).replace(['[', ']'], "");
    if spec.train.is_empty() {
        return Err(Error::Data(format!(
            "emoji: no style to train on\n  name some in `train`; {all}"
        )));
    }
    for (i, style) in spec.train.iter().enumerate() {
        if spec.held_out.contains(style) {
            return Err(Error::Data(format!(
                "emoji: the style {style:?} is both trained on and held out\n  a test on pictures \
                 that were trained on tests nothing: remove it from `train` or from `held_out`"
            )));
        }
        if spec.train[..i].contains(style) {
            return Err(named_twice(*style, "train"));
        }
    }
    for (i, style) in spec.held_out.iter().enumerate() {
        if spec.held_out[..i].contains(style) {
            return Err(named_twice(*style, "held_out"));
        }
    }
    Ok(())
}

fn named_twice(style: Style, list: &str) -> Error {
    Error::Data(format!(
        "emoji: the style {style:?} is named twice in `{list}`\n  name it once"
    ))
}

fn check_templates(weight: f64, templates: &[String]) -> Result<()> {
    if weight > 0.0 && templates.is_empty() {
        return Err(Error::Data(
            "emoji: captions are to be made from templates, but there are none\n  add some to \
             `templates`, or set the weight `template` to 0"
                .into(),
        ));
    }
    match templates.iter().find(|t| !t.contains("{}")) {
        Some(template) => Err(Error::Data(format!(
            "emoji: the template \"{template}\" has no place for the name\n  put {{}} where the name \
             belongs"
        ))),
        None => Ok(()),
    }
}
