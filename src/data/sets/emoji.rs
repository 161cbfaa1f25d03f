//! [`Emoji`]: the embedded set. The same concepts in three drawing styles, named in many languages;
//! styles that are held out test what was learned.
//!
//! Captions of a concept are its name, a template around the name, or keywords, in one of the
//! scenario's languages; all by weights. Templates that a scenario leaves at their default are
//! English, and other languages then take their own (see `templates`); templates that it states
//! are used for every language.

mod assets;
mod templates;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand_chacha::ChaCha8Rng;

use crate::data::augment::Augment;
use crate::data::caption::Mix;
use crate::data::corrupt;
use crate::data::{ClassId, DataSet, Labels, Picture, Sample, View};
use crate::error::Result;
use crate::random::{below, shuffle_front, weighted};
use crate::scenario::{self, Captions, Style};
use crate::telemetry::Split;

pub use assets::{Concept, TILE, Words, concepts, languages};

/// Most keywords in one caption.
const MOST_KEYWORDS: usize = 3;

/// The embedded emoji set, as one scenario uses it.
pub struct Emoji {
    names: Vec<String>,
    classes: Vec<ClassId>,
    train: Vec<&'static [Picture]>,
    held_out: Vec<Style>,
    mix: Mix,
    speech: Vec<Speech>,
    /// Weights of name, template, keywords.
    kinds: [f64; 3],
    /// Made when first asked for.
    words: OnceLock<Vec<String>>,
}

/// One language of the scenario.
struct Speech {
    words: Vec<Words>,
    templates: Vec<String>,
}

impl Emoji {
    /// The set as a scenario that keeps its rules wants it.
    ///
    /// # Errors
    /// A language that those rules know and the set does not.
    pub fn new(spec: &scenario::Emoji) -> Result<Self> {
        let Captions {
            name,
            template,
            keywords,
            templates,
            languages,
        } = &spec.captions;
        let kinds = [*name, *template, *keywords];
        let known = assets::languages();
        let mix = Mix::new(languages, &known)?;
        let ours = *templates == Captions::default().templates;
        let count = spec
            .limit
            .map_or(usize::MAX, crate::quantity::Size::size)
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
        Ok(Self {
            names,
            classes: (0..count).collect(),
            train: sheets(&spec.train),
            held_out: spec.held_out.clone(),
            mix,
            speech,
            kinds,
            words: OnceLock::new(),
        })
    }
}

impl Emoji {
    /// A training picture of the class; which one is up to the generator.
    fn picture(&self, class: ClassId, rng: &mut ChaCha8Rng) -> Picture {
        self.train[below(rng, self.train.len())][class].clone()
    }

    /// A training caption of the class; which one is up to the generator.
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
                let count = 1 + below(rng, keywords.len().min(MOST_KEYWORDS));
                shuffle_front(rng, &mut keywords, count);
                keywords[..count].join(", ")
            }
            _ => words.name.to_string(),
        }
    }
}

impl DataSet for Emoji {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn trained_classes(&self) -> &[ClassId] {
        &self.classes
    }

    fn pair(&self, class: ClassId, view: View, rng: &mut ChaCha8Rng) -> Sample {
        let caption = self.caption(class, rng);
        Sample {
            class,
            caption,
            picture: (view != View::Nothing).then(|| self.picture(class, rng)),
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
                .map(|&style| assets::tiles(style))
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
                if keywords && !words.keywords.is_empty() {
                    corpus.push(words.keywords.join(", "));
                }
            }
        }
        corpus
    }

    fn languages(&self) -> Vec<(String, f64)> {
        self.mix.shares(&assets::languages())
    }

    fn names_in(&self, language: &str) -> Vec<String> {
        let known = assets::languages();
        let Some(language) = known.iter().position(|code| *code == language) else {
            return Vec::new();
        };
        let words = assets::words(language).into_iter().take(self.classes.len());
        words.map(|words| words.name.to_string()).collect()
    }

    fn words(&self) -> &[String] {
        self.words.get_or_init(|| corrupt::words(&self.corpus()))
    }

    fn labels(&self) -> Vec<Labels> {
        let concepts = &concepts()[..self.classes.len()];
        vec![
            Labels::new("group", concepts.iter().map(|c| c.group))
                .said(|value| assets::label_words("group", value)),
            Labels::new("subgroup", concepts.iter().map(|c| c.subgroup))
                .said(|value| assets::label_words("subgroup", value)),
        ]
    }

    fn augmentation(&self) -> Augment {
        AUGMENT
    }
}

/// What leaves an emoji what it is. Found by trying: stronger changes of colour, random backgrounds,
/// grey and rotation all cost more within a thousand steps than they give.
const AUGMENT: Augment = Augment {
    log_scale: (-0.105, 0.095), // 0.9 to 1.1
    shift: 0.05,
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.1,
    contrast: 0.15,
    saturation: 0.3,
    hue: 0.02,
    ..Augment::NONE
};

/// The sheets of the styles. Lanes that start at the same time begin with different ones, and so
/// share the work of decoding.
fn sheets(styles: &[Style]) -> Vec<&'static [Picture]> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let first = NEXT.fetch_add(1, Ordering::Relaxed);
    for i in 0..styles.len() {
        assets::tiles(styles[first.wrapping_add(i) % styles.len()]);
    }
    styles.iter().map(|&style| assets::tiles(style)).collect()
}

fn fill(template: &str, name: &str) -> String {
    template.replace("{}", name)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::quantity::Size;
    use crate::random::{Purpose, generator};

    fn spec() -> scenario::Emoji {
        scenario::Emoji {
            train: vec![Style::Noto, Style::Fluent],
            held_out: vec![Style::Twemoji],
            captions: Captions {
                name: 0.5,
                template: 0.3,
                keywords: 0.2,
                ..Captions::default()
            },
            augment: true,
            limit: None,
        }
    }

    fn rng() -> ChaCha8Rng {
        generator(1, Purpose::Pair, 2, 3)
    }

    fn captions(spec: &scenario::Emoji, class: ClassId, count: usize) -> HashMap<String, usize> {
        let (emoji, mut rng) = (Emoji::new(spec).unwrap(), rng());
        let mut captions = HashMap::new();
        for _ in 0..count {
            *captions.entry(emoji.caption(class, &mut rng)).or_default() += 1;
        }
        captions
    }

    #[test]
    fn held_out_styles_never_appear_in_training() {
        for held_out in Style::ALL {
            let mut spec = spec();
            spec.train = Style::ALL
                .into_iter()
                .filter(|style| *style != held_out)
                .collect();
            spec.held_out = vec![held_out];
            let (emoji, mut rng) = (Emoji::new(&spec).unwrap(), rng());
            let hidden = assets::tiles(held_out);
            for &class in emoji.trained_classes() {
                for _ in 0..4 {
                    assert_ne!(emoji.picture(class, &mut rng), hidden[class]);
                }
            }
            for (class, picture) in emoji.gallery(Split::Trained) {
                assert_ne!(picture, hidden[class]);
            }
            let gallery = emoji.gallery(Split::HeldOut);
            assert_eq!(gallery.len(), concepts().len());
            assert!(
                gallery
                    .iter()
                    .all(|(class, picture)| *picture == hidden[*class])
            );
        }
    }

    #[test]
    fn the_trained_gallery_takes_styles_by_turns() {
        let emoji = Emoji::new(&spec()).unwrap();
        let gallery = emoji.gallery(Split::Trained);
        assert_eq!(gallery.len(), emoji.names().len());
        for (class, picture) in gallery {
            let style = [Style::Noto, Style::Fluent][class % 2];
            assert_eq!(picture, assets::tiles(style)[class]);
        }
    }

    #[test]
    fn kinds_of_captions_follow_their_weights() {
        let monkey = captions(&spec(), 1, 10_000);
        // 0.5 the name, 0.3 a template, 0.2 keywords ("animal", "banana").
        assert!(monkey["monkey"].abs_diff(5000) < 250, "{monkey:?}");
        let templates = spec().captions.templates.len();
        let filled: usize = monkey
            .iter()
            .filter(|(c, _)| c.contains("monkey"))
            .map(|(_, n)| n)
            .sum();
        assert!(filled.abs_diff(8000) < 200, "{monkey:?}");
        assert!(monkey["banana"].abs_diff(500) < 100, "{monkey:?}");
        assert!(monkey["banana, animal"].abs_diff(500) < 100, "{monkey:?}");
        assert_eq!(monkey.len(), 1 + templates + 4);
    }

    #[test]
    fn languages_follow_their_weights_and_bring_their_templates() {
        let mut spec = spec();
        spec.captions.languages = vec![("de".into(), 3.0), ("ja".into(), 1.0), ("en".into(), 0.0)];
        let monkey = captions(&spec, 1, 8_000);
        let count = |words: &[&str]| words.iter().map(|w| monkey[*w]).sum::<usize>();
        assert!(count(&["Affe", "Bild: Affe", "Emoji: Affe", "Tier"]).abs_diff(6000) < 250);
        assert!(
            monkey.contains_key("サルの絵") && !monkey.contains_key("monkey"),
            "{monkey:?}"
        );
        let emoji = Emoji::new(&spec).unwrap();
        assert_eq!(emoji.names()[1], "Affe", "the first language names");
        assert!(!emoji.corpus().iter().any(|text| text.contains("monkey")));
        spec.captions.templates = vec!["<{}>".into()];
        assert!(
            captions(&spec, 1, 100).contains_key("<Affe>"),
            "a stated template is for all"
        );
    }

    #[test]
    fn every_caption_of_every_language_says_something_and_is_in_the_corpus() {
        let mut spec = spec();
        spec.captions.languages = languages()
            .into_iter()
            .map(|code| (code.into(), 1.0))
            .collect();
        let (emoji, mut rng) = (Emoji::new(&spec).unwrap(), rng());
        let corpus: HashSet<String> = emoji.corpus().into_iter().collect();
        for &class in emoji.trained_classes() {
            for _ in 0..60 {
                let caption = emoji.caption(class, &mut rng);
                assert!(!caption.trim().is_empty());
                let of_class = |part: &str| {
                    emoji
                        .speech
                        .iter()
                        .any(|s| s.words[class].keywords.contains(&part))
                };
                let keywords = caption.split(", ").all(of_class);
                assert!(keywords || corpus.contains(&caption), "{caption}");
            }
        }
    }

    #[test]
    fn a_limit_takes_the_first_concepts() {
        let mut spec = spec();
        spec.limit = Some(Size::new(3).unwrap());
        let emoji = Emoji::new(&spec).unwrap();
        assert_eq!(emoji.names(), ["monkey face", "monkey", "gorilla"]);
        assert_eq!(emoji.trained_classes(), [0, 1, 2]);
        assert_eq!(emoji.gallery(Split::HeldOut).len(), 3);
        assert!(emoji.labels().iter().all(|labels| labels.of.len() == 3));
        spec.limit = Some(Size::new(8000).unwrap());
        assert_eq!(Emoji::new(&spec).unwrap().names().len(), concepts().len());
    }

    #[test]
    fn groups_are_labels() {
        let labels = Emoji::new(&spec()).unwrap().labels();
        assert_eq!(labels[0].name, "group");
        assert_eq!(labels[0].values.len(), 5);
        assert_eq!(labels[0].values[labels[0].of[1]], "animals-nature");
        assert!(labels[1].values.len() > 20);
    }
}
