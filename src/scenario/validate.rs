//! Faults of sense: values that are each within their range and yet do not fit together.
//!
//! All are found at once. Each check names the path of the value to blame and nothing else about
//! the file.

use super::outline::Outline;
use super::report::Fault;
use super::suggest::{did_you_mean, nearest};
use super::{Captions, Data, Emoji, ImageTower, LaneSpec, Scenario, Shapes, Style};

/// Languages (ISO 639-1) that the emoji set has names in.
pub const EMOJI_LANGUAGES: [&str; 26] = [
    "ar", "bn", "cs", "de", "el", "en", "es", "fa", "fr", "he", "hi", "id", "it", "ja", "ko", "nl",
    "pl", "pt", "ru", "sv", "sw", "th", "tr", "uk", "vi", "zh",
];

/// Languages (ISO 639-1) that the shapes are described in.
pub const SHAPES_LANGUAGES: [&str; 4] = ["en", "de", "es", "fr"];

/// Lanes that fit side by side.
pub const MOST_LANES: usize = 8;

/// Everything in the scenario that does not fit together, each at its place in the file.
pub(super) fn faults(scenario: &Scenario, outline: &Outline) -> Vec<Fault> {
    let mut check = Check {
        outline,
        faults: Vec::new(),
    };
    check.data(&scenario.data);
    check.image_tower(&scenario.model.image);
    check.text_tower(scenario);
    check.size(scenario);
    check.train(scenario);
    check.lanes(&scenario.lanes);
    check.script(scenario);
    check.faults
}

struct Check<'a> {
    outline: &'a Outline<'a>,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(
        &mut self,
        path: &str,
        message: impl Into<String>,
        label: &str,
        help: impl Into<Option<String>>,
    ) {
        let span = self.outline.value(path);
        self.faults
            .push(Fault::new(message, span).label(label).help(help));
    }

    fn data(&mut self, data: &Data) {
        match data {
            Data::Emoji(emoji) => self.emoji(emoji),
            Data::Shapes(shapes) => self.shapes(shapes),
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
        for (i, template) in captions.templates.iter().enumerate() {
            if !template.contains("{}") {
                let path = format!("data.captions.templates.{i}");
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

    fn image_tower(&mut self, tower: &ImageTower) {
        match tower {
            ImageTower::ViT {
                image_size,
                patch_size,
                width,
                head_width,
                ..
            } => {
                self.divides(
                    "model.image.patch_size",
                    patch_size.get(),
                    image_size.get(),
                    "image_size",
                );
                self.divides(
                    "model.image.head_width",
                    head_width.get(),
                    width.get(),
                    "width",
                );
            }
            ImageTower::ResNet {
                image_size,
                width,
                head_width,
                ..
            } => {
                if image_size.get() % 32 != 0 {
                    let message =
                        format!("a ResNet cannot take pictures of {image_size} pixels a side");
                    let near = (image_size.get() / 32).max(1) * 32;
                    let help = format!("for example {near} or {}", near + 32);
                    self.fault(
                        "model.image.image_size",
                        message,
                        "allowed: multiples of 32",
                        help,
                    );
                }
                if width.get() % 2 != 0 {
                    let message = format!(
                        "a ResNet cannot be {width} channels wide: its stem has half of them"
                    );
                    self.fault("model.image.width", message, "allowed: even numbers", None);
                }
                let last = width.get() * 32;
                if last % head_width.get() != 0 {
                    let message = format!(
                        "head_width {head_width} does not divide {last}, the last stage's width (32 x {width})"
                    );
                    let label = "must divide 32 x width";
                    self.fault("model.image.head_width", message, label, divisor_help(last));
                }
            }
        }
    }

    fn divides(&mut self, path: &str, part: u64, whole: u64, of: &str) {
        if whole % part != 0 {
            let field = path.rsplit('.').next().unwrap_or(path);
            let message = format!("{field} {part} does not divide {of} {whole}");
            // A default is at fault where it is not stated: the tower is pointed at then.
            let label = if self.outline.states(path) {
                format!("must divide {of}")
            } else {
                format!("{field} is {part} unless it is stated")
            };
            self.fault(path, message, &label, divisor_help(whole));
        }
    }

    fn text_tower(&mut self, scenario: &Scenario) {
        let text = &scenario.model.text;
        self.divides(
            "model.text.heads",
            text.heads.get(),
            text.width.get(),
            "width",
        );
        if text.context_length.get() < 3 {
            let message = "captions need room for the start, one token and the end";
            self.fault("model.text.context_length", message, "3 or more", None);
        }
    }

    /// Refuses what would only run out of memory: a clear word instead of a killed process.
    fn size(&mut self, scenario: &Scenario) {
        let parameters = parameters(scenario);
        if parameters > MOST_PARAMETERS {
            let message = format!(
                "this model has about {:.1} billion parameters",
                parameters / 1e9
            );
            let help = "make a `width`, `layers` or `vocab_size` smaller".to_string();
            self.fault("model", message, "at most one billion", help);
        }
        let side = scenario.model.image.image_size().get() as f64;
        let lanes = scenario.lanes.iter().enumerate();
        let own =
            lanes.filter_map(|(i, lane)| Some((format!("lanes.{i}.batch_size"), lane.batch_size?)));
        let batches: Vec<_> =
            std::iter::once(("train.batch_size".into(), scenario.train.batch_size))
                .chain(own)
                .collect();
        for (path, batch) in batches {
            let gib = batch.get() as f64 * side * side * 3.0 * 4.0 / f64::from(1 << 30);
            if gib > MOST_GIB {
                let message = format!("the pictures of one batch alone take {gib:.1} GiB");
                let help = "make `batch_size` or `image_size` smaller".to_string();
                self.fault(&path, message, &format!("at most {MOST_GIB} GiB"), help);
            }
        }
    }

    fn train(&mut self, scenario: &Scenario) {
        let (warmup, steps) = (scenario.train.warmup, scenario.train.steps);
        if warmup >= steps.get() {
            let message = format!("the warm-up takes {warmup} of {steps} steps");
            self.fault("train.warmup", message, "must be less than steps", None);
        }
    }

    fn lanes(&mut self, lanes: &[LaneSpec]) {
        if lanes.is_empty() {
            let help = "for example `lanes: [(name: \"a\", loss: InfoNce, temperature: 0.07)]`"
                .to_string();
            self.fault("lanes", "there is no lane", "name at least one", help);
        }
        if lanes.len() > MOST_LANES {
            let message = format!("{} lanes do not fit side by side", lanes.len());
            self.fault(
                &format!("lanes.{MOST_LANES}"),
                message,
                &format!("at most {MOST_LANES}"),
                None,
            );
        }
        for (i, lane) in lanes.iter().enumerate() {
            let path = format!("lanes.{i}.name");
            if let Err(label) = fit_for_a_name(&lane.name) {
                self.fault(
                    &path,
                    format!("`{}` cannot be the name of a lane", lane.name),
                    label,
                    None,
                );
            } else if lanes[..i]
                .iter()
                .any(|earlier| earlier.name.eq_ignore_ascii_case(&lane.name))
            {
                let message = format!("two lanes are called `{}`", lane.name);
                self.fault(&path, message, "names must differ, in more than case", None);
            }
            self.clamp(i, lane);
        }
    }

    /// A learned tau that its own clamp would move at the first step.
    fn clamp(&mut self, index: usize, lane: &LaneSpec) {
        let scale = 1.0 / lane.temperature.get();
        let most = lane.max_logit_scale.get();
        let message = format!(
            "a temperature of {} is a logit scale of {scale:.4}",
            lane.temperature
        );
        let path = format!("lanes.{index}.temperature");
        if lane.learn_temperature && scale > most * (1.0 + 1e-9) {
            let help = format!(
                "raise `max_logit_scale`, or the temperature to {}",
                1.0 / most
            );
            self.fault(
                &path,
                message,
                &format!("it would be clamped to {most} at once"),
                help,
            );
        } else if lane.learn_temperature && scale < 1.0 - 1e-9 {
            let help = "hold it there with `learn_temperature: false`".to_string();
            self.fault(
                &path,
                message,
                "a learned one would be clamped to 1 at once",
                help,
            );
        }
    }

    fn script(&mut self, scenario: &Scenario) {
        let steps = scenario.train.steps.get();
        for (i, cue) in scenario.script.iter().enumerate() {
            if cue.at > steps {
                let message = format!(
                    "this cue is at step {}, but there are {steps} steps",
                    cue.at
                );
                self.fault(
                    &format!("script.{i}.at"),
                    message,
                    &format!("0 to {steps}"),
                    None,
                );
            }
            if let Some(lane) = &cue.lane
                && scenario.lane(lane).is_none()
            {
                let names: Vec<&str> = scenario
                    .lanes
                    .iter()
                    .map(|lane| lane.name.as_str())
                    .collect();
                let help = nearest(lane, names.iter().copied())
                    .map(|name| format!("did you mean `{name}`?"));
                let label = format!("lanes: {}", names.join(", "));
                self.fault(
                    &format!("script.{i}.lane"),
                    format!("there is no lane `{lane}`"),
                    &label,
                    help,
                );
            }
        }
    }
}

/// Far beyond what a lab on one machine trains.
const MOST_PARAMETERS: f64 = 1e9;
const MOST_GIB: f64 = 4.0;

/// Lanes name folders and `--set LANE.KEY`: plain characters only.
fn fit_for_a_name(name: &str) -> Result<(), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() {
        Err("a name is needed")
    } else if name.len() > 40 {
        Err("at most 40 characters")
    } else if !name.chars().all(plain) {
        Err("allowed: letters, digits, `-`, `_` and `.`")
    } else if name.starts_with('.') || name.ends_with('.') {
        Err("a dot may not stand first or last")
    } else {
        Ok(())
    }
}

fn divisor_help(whole: u64) -> String {
    let divisors: Vec<String> = (1..=whole)
        .filter(|d| whole % d == 0)
        .map(|d| d.to_string())
        .collect();
    // The largest few are enough to choose from.
    format!(
        "what divides {whole}: {}",
        divisors[divisors.len().saturating_sub(8)..].join(", ")
    )
}

/// Trainable numbers of both towers, roughly.
fn parameters(scenario: &Scenario) -> f64 {
    let model = &scenario.model;
    let real = |size: u64| size as f64;
    let image = match &model.image {
        ImageTower::ViT {
            width,
            layers,
            patch_size,
            ..
        } => {
            let width = real(width.get());
            12.0 * real(layers.get()) * width * width + 3.0 * width * real(patch_size.get()).powi(2)
        }
        ImageTower::ResNet { width, layers, .. } => {
            let width = real(width.get());
            let blocks = [layers.0, layers.1, layers.2, layers.3].map(|n| real(n.get()));
            // A bottleneck of p channels has about 17 p^2 weights; attention pooling 3 * (32 w)^2.
            let stages = blocks.iter().zip([1.0, 2.0, 4.0, 8.0]);
            stages
                .map(|(n, factor)| n * 17.0 * (factor * width).powi(2))
                .sum::<f64>()
                + 3072.0 * width * width
        }
    };
    let text = &model.text;
    let width = real(text.width.get());
    image + 12.0 * real(text.layers.get()) * width * width + real(text.vocab_size.get()) * width
}
