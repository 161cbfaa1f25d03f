//! Styles, captions, languages and shares that do not fit together.

use super::check::Check;
use crate::scenario::suggest::did_you_mean;
use crate::scenario::{Captions, Data, Emoji, Pairs, PairsFormat, Shapes, Style};

/// Languages (ISO 639-1) that the emoji set has names in.
pub const EMOJI_LANGUAGES: [&str; 26] = [
    "ar", "bn", "cs", "de", "el", "en", "es", "fa", "fr", "he", "hi", "id", "it", "ja", "ko", "nl",
    "pl", "pt", "ru", "sv", "sw", "th", "tr", "uk", "vi", "zh",
];

/// Languages (ISO 639-1) that the shapes are described in.
pub const SHAPES_LANGUAGES: [&str; 5] = ["en", "de", "es", "fr", "zh"];

impl Check<'_> {
    pub fn data(&mut self, data: &Data) {
        match data {
            Data::Emoji(emoji) => self.emoji(emoji),
            Data::Shapes(shapes) => self.shapes(shapes),
            Data::Pairs(pairs) => self.pairs(pairs),
        }
    }

    fn emoji(&mut self, emoji: &Emoji) {
        for (list, styles) in [("train", &emoji.train), ("held_out", &emoji.held_out)] {
            if styles.is_empty() {
                let label = "name at least one of Noto, Twemoji, Fluent";
                self.fault(
                    &format!("data.{list}"),
                    format!("`{list}` names no style"),
                    label,
                    None,
                );
            }
        }
        let all: Vec<(String, Style)> = [("train", &emoji.train), ("held_out", &emoji.held_out)]
            .into_iter()
            .flat_map(|(list, styles)| {
                styles
                    .iter()
                    .enumerate()
                    .map(move |(i, style)| (format!("data.{list}.{i}"), *style))
            })
            .collect();
        for (i, (path, style)) in all.iter().enumerate() {
            let Some((first, _)) = all[..i].iter().find(|(_, earlier)| earlier == style) else {
                continue;
            };
            let same_list =
                first.rsplit_once('.').map(|p| p.0) == path.rsplit_once('.').map(|p| p.0);
            let (message, label) = if same_list {
                (
                    format!("the style {style:?} is named twice"),
                    "leave one of them out",
                )
            } else {
                let message = format!("the style {style:?} is both trained on and held out");
                (message, "a held-out style is one that training never sees")
            };
            self.fault(path, message, label, None);
        }
        if let Some(limit) = emoji.limit
            && limit.get() < 2
        {
            let label = "2 or more";
            self.fault(
                "data.limit",
                "one concept leaves nothing to tell apart",
                label,
                None,
            );
        }
        self.captions(&emoji.captions);
        self.languages(
            "data.captions.languages",
            &emoji.captions.languages,
            &EMOJI_LANGUAGES,
        );
    }

    fn captions(&mut self, captions: &Captions) {
        let weights = [
            ("name", captions.name),
            ("template", captions.template),
            ("keywords", captions.keywords),
        ];
        let sound = self.weights(weights.map(|(name, w)| (format!("data.captions.{name}"), w)));
        if sound && weights.iter().all(|&(_, weight)| weight == 0.0) {
            let help = "give `name`, `template` or `keywords` a weight above 0".to_string();
            self.fault(
                "data.captions",
                "no kind of caption has any weight",
                "all weights are 0",
                help,
            );
        }
        if captions.template > 0.0 && captions.templates.is_empty() {
            let help = "add one, such as \"a photo of a {}\", or set `template: 0`".to_string();
            self.fault(
                "data.captions.templates",
                "there is no template to fill",
                "this list is empty",
                help,
            );
        }
        self.templates(&captions.templates, "data.captions.templates");
    }

    fn templates(&mut self, templates: &[String], path: &str) {
        for (i, template) in templates.iter().enumerate() {
            if !template.contains("{}") {
                let path = format!("{path}.{i}");
                let help = format!("for example \"{} {{}}\"", template.trim());
                self.fault(
                    &path,
                    "this template has no place for the name",
                    "`{}` is missing",
                    help,
                );
            }
        }
    }

    fn shapes(&mut self, shapes: &Shapes) {
        let share = shapes.held_out.get();
        if !(0.01..=0.9).contains(&share) {
            let message = format!("a held-out share of {share} leaves too little on one side");
            self.fault("data.held_out", message, "allowed: 0.01 to 0.9", None);
        }
        self.languages("data.languages", &shapes.languages, &SHAPES_LANGUAGES);
    }

    fn pairs(&mut self, pairs: &Pairs) {
        let paths = [
            ("path", Some(&pairs.path)),
            ("held_out_path", pairs.held_out_path.as_ref()),
        ];
        for (field, path) in paths {
            let Some(path) = path else { continue };
            let place = format!("data.{field}");
            if path.trim().is_empty() {
                self.fault(
                    &place,
                    format!("`{field}` names no file"),
                    "a table, shards or a folder",
                    None,
                );
            } else if pairs.format_of(path).is_none() {
                let help =
                    "add `format: Csv`, `Tsv`, `Jsonl`, `WebDataset` or `Folders`".to_string();
                let label = "known extensions: .csv .tsv .jsonl .tar";
                self.fault(
                    &place,
                    "the name does not say what kind of data this is",
                    label,
                    help,
                );
            }
        }
        if let Some(share) = pairs.held_out {
            let share = share.get();
            if pairs.held_out_path.is_some() {
                let message = "what is held out is both a share and a path";
                self.fault("data.held_out", message, "keep one of them", None);
            } else if share > 0.9 {
                let message = format!("a held-out share of {share} leaves too little to train on");
                self.fault("data.held_out", message, "allowed: 0 to 0.9", None);
            }
        }
        let format = pairs.format_of(&pairs.path);
        let columns = [
            ("image", pairs.image.is_some()),
            ("images", pairs.images.is_some()),
        ];
        let folders = format == Some(PairsFormat::Folders);
        if folders || format == Some(PairsFormat::WebDataset) {
            for (field, _) in columns.into_iter().filter(|(_, stated)| *stated) {
                let message = format!("`{field}` is for tables: this format has no columns");
                self.fault(&format!("data.{field}"), message, "leave it out", None);
            }
        }
        if folders && pairs.caption.is_some() {
            let message = "captions of class folders are made from the folders' names";
            self.fault(
                "data.caption",
                message,
                "leave it out, or use `templates`",
                None,
            );
        }
        if let Some(templates) = &pairs.templates {
            if !folders && format.is_some() {
                let message = "templates are for class folders only";
                self.fault("data.templates", message, "these pairs have captions", None);
            }
            self.templates(templates, "data.templates");
        }
    }

    fn languages(&mut self, path: &str, languages: &[(String, f64)], known: &[&'static str]) {
        for (i, (code, _)) in languages.iter().enumerate() {
            let place = format!("{path}.{i}.0");
            if !known.contains(&code.as_str()) {
                let label = format!("known: {}", known.join(" "));
                let help = did_you_mean(code, known.iter().copied());
                self.fault(
                    &place,
                    format!("no captions in the language `{code}`"),
                    &label,
                    help,
                );
            } else if languages[..i].iter().any(|(earlier, _)| earlier == code) {
                self.fault(
                    &place,
                    format!("the language `{code}` is named twice"),
                    "keep one of them",
                    None,
                );
            }
        }
        let weights = languages
            .iter()
            .enumerate()
            .map(|(i, (_, w))| (format!("{path}.{i}.1"), *w));
        if self.weights(weights) && !languages.iter().any(|&(_, weight)| weight > 0.0) {
            let help = "give one a weight above 0, such as (\"en\", 1.0)".to_string();
            self.fault(path, "no language has any weight", "", help);
        }
    }

    /// Whether all weights are usable; faults those that are not.
    fn weights(&mut self, weights: impl IntoIterator<Item = (String, f64)>) -> bool {
        let before = self.faults.len();
        for (path, weight) in weights {
            if !(weight.is_finite() && weight >= 0.0) {
                let message = format!("a weight cannot be {weight}");
                self.fault(&path, message, "allowed: 0 and above", None);
            }
        }
        self.faults.len() == before
    }
}
