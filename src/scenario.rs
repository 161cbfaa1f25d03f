//! [`Scenario`]: immutable plain data that describes an experiment. RON on disk.
//!
//! Lanes share data, model, initial weights and batches; what a [`LaneSpec`] states is all that
//! differs between them. Reading lives in `load`, its
//! messages in `report`, `explain` and `validate`, what flags change in `edit`.

mod check_model;
mod edit;
pub mod expect;
mod explain;
mod form;
mod lane;
pub mod lesson;
mod load;
mod outline;
mod pairs;
mod quality;
mod range;
mod report;
mod suggest;
pub mod tour;
mod validate;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use edit::unused as unused_name;
pub use expect::{Comparison, Expect, Metric};
pub use form::{read_form, refuse_form};
pub use lane::{LaneSpec, Locked, Loss, Negatives};
pub use lesson::{Knob, Lesson, Part};
pub use load::{BUNDLED, bundled, load, parse, parse_script};
pub use pairs::{Pairs, PairsFormat};
pub use quality::Quality;
pub use range::{
    BatchSize, Beta, Bias, Concepts, Fraction, ImageSize, LearningRate, LogitScale, OutOfRange,
    Positive, ShuffleBuffer, Size, Steps, Temperature, VocabSize, WeightDecay, Zipf,
};
pub use suggest::did_you_mean;
pub use validate::{EMOJI_LANGUAGES, MOST_CHOSEN, MOST_LANES, SHAPES_LANGUAGES};

use crate::control::Control;

/// A whole experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line for lists.
    pub title: String,
    /// What to look for while it runs; shown on the screen.
    #[serde(default)]
    pub watch: String,
    /// What is learned from.
    pub data: Data,
    /// What learns.
    pub model: Model,
    /// What its weights start from, instead of random ones: a folder in any published layout, whose sizes `model`
    /// states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<PathBuf>,
    /// How it learns.
    pub train: Train,
    /// One entry for each model trained side by side.
    pub lanes: Vec<LaneSpec>,
    /// Controls that are applied by themselves at stated steps.
    #[serde(default)]
    pub script: Vec<Cue>,
    /// What will be seen; a test holds the bundled scenarios to it, the screen ticks it off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expect>,
    /// What to do, and what is withheld meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
    /// A classification of its own, beside those of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_shot: Option<ZeroShot>,
}

/// Some concepts told apart by words, with each of some templates and with all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroShot {
    /// The classes, two or more.
    pub classes: Vec<Group>,
    /// Templates; `{}` stands for the class.
    pub templates: Vec<String>,
}

/// A class of some concepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What stands in the templates.
    pub name: String,
    /// Names of its concepts, in the first language of the captions.
    pub of: Vec<String>,
}

/// A control with its moment, and the lane it is for (all of them if none is named).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Steps completed when it is applied; 0 is before the first step.
    pub at: u64,
    /// Name of the lane; all lanes if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The change.
    pub set: Control,
}

/// Where pictures and captions come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Data {
    /// The embedded emoji set.
    Emoji(Emoji),
    /// Scenes of shapes drawn by rule.
    Shapes(Shapes),
    /// Pictures and captions of the user's own.
    Pairs(Pairs),
}

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
    #[serde(default = "default_languages")]
    pub languages: Vec<(String, f64)>,
}

/// Procedural scenes: colour x shape x size x position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shapes {
    /// Share of the attribute combinations that training never sees.
    pub held_out: Fraction,
    /// Language of the captions (ISO 639-1) with their weights.
    #[serde(default = "default_languages")]
    pub languages: Vec<(String, f64)>,
    /// Whether training pictures are augmented.
    #[serde(default = "yes")]
    pub augment: bool,
}

/// The dual encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Dimensions of the shared space.
    pub embed_dim: Size,
    /// Image tower.
    pub image: ImageTower,
    /// Text tower.
    pub text: TextTower,
    /// GELU's sigmoid approximation, as in the first CLIP. Not with a tower of SigLIP's (`Map`, `Last`),
    /// whose GELU is approximated with tanh.
    #[serde(default)]
    pub quick_gelu: bool,
}

/// The image tower, as OpenCLIP builds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ImageTower {
    /// Vision transformer.
    ViT {
        /// Side of the picture, pixels.
        image_size: ImageSize,
        /// Side of a patch, pixels; must divide `image_size`.
        patch_size: Size,
        /// Width of the residual stream; must be a multiple of `head_width`.
        width: Size,
        /// Width of an attention head.
        #[serde(default = "default_head_width")]
        head_width: Size,
        /// Blocks.
        layers: Size,
        /// How its tokens become one feature.
        #[serde(default, skip_serializing_if = "ImagePool::is_cls")]
        pool: ImagePool,
    },
    /// CLIP's modified `ResNet`: three-convolution stem, anti-aliased strides, attention pooling.
    ResNet {
        /// Side of the picture, pixels; must be a multiple of 32.
        image_size: ImageSize,
        /// Bottleneck blocks in each of the four stages.
        layers: (Size, Size, Size, Size),
        /// Channels of the first stage; the last has 32 times as many.
        width: Size,
        /// Width of a head of the attention pooling.
        #[serde(default = "default_head_width")]
        head_width: Size,
    },
}

/// How the tokens of a vision transformer become one feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImagePool {
    /// CLIP's: the class token's.
    #[default]
    Cls,
    /// The mean of the patches'; there is a class token, too, which they may look at.
    Avg,
    /// SigLIP's: no class token; a learned query attends to all patches (MAP, multi-head attention
    /// pooling). The tower is SigLIP's otherwise, too: no norm before its blocks, no projection (so `width`
    /// must be `embed_dim`), epsilon 1e-6, GELU with tanh.
    Map,
}

impl ImagePool {
    /// Whether it is CLIP's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_cls(&self) -> bool {
        matches!(self, Self::Cls)
    }
}

/// Which token of a caption is its feature, and what the tokens see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextPool {
    /// CLIP's: the end token; each token sees those before it.
    #[default]
    End,
    /// SigLIP's: the last position of the context, padding or not; each token sees all, padding included.
    /// The tower is SigLIP's otherwise, too: projection with a bias, epsilon 1e-6, GELU with tanh; in
    /// checkpoints its tensors are called `text.*`.
    Last,
}

impl TextPool {
    /// Whether it is CLIP's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::End)
    }
}

/// The text tower: a transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextTower {
    /// Tokens in a caption, start and end tokens included; longer ones are cut.
    pub context_length: Size,
    /// Entries of the tokenizer that is trained on the captions.
    pub vocab_size: VocabSize,
    /// Width of the residual stream; must be a multiple of `heads`.
    pub width: Size,
    /// Attention heads.
    pub heads: Size,
    /// Blocks.
    pub layers: Size,
    /// Which token is the caption's feature, and what the tokens see.
    #[serde(default, skip_serializing_if = "TextPool::is_end")]
    pub pool: TextPool,
}

/// How it learns. All lanes share this, except what a lane states itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Optimizer steps.
    pub steps: Steps,
    /// Pairs in a batch.
    pub batch_size: BatchSize,
    /// Peak learning rate.
    pub learning_rate: LearningRate,
    /// After the warm-up.
    #[serde(default)]
    pub schedule: Schedule,
    /// Steps of linear warm-up.
    #[serde(default)]
    pub warmup: u64,
    /// Decoupled weight decay, on matrices only: gains, biases and scalars are spared.
    #[serde(default = "default_weight_decay")]
    pub weight_decay: WeightDecay,
    /// Adam's betas.
    #[serde(default = "default_betas")]
    pub betas: (Beta, Beta),
    /// Adam's epsilon.
    #[serde(default = "default_epsilon")]
    pub epsilon: Positive,
    /// Global norm at which gradients are clipped; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grad_clip: Option<Positive>,
    /// Steps between two evaluations on held-out pictures.
    #[serde(default = "default_eval_every")]
    pub eval_every: Steps,
    /// The type that the towers' matrix products are computed in.
    #[serde(default, skip_serializing_if = "Precision::is_auto")]
    pub precision: Precision,
    /// What ends a lane before its last step.
    #[serde(default, skip_serializing_if = "Stop::is_empty")]
    pub stop: Stop,
    /// Seed of everything random: weights, batches, captions, augmentation.
    #[serde(default)]
    pub seed: u64,
}

/// Rules that pause a lane, or end it where nobody watches. A loss that is not a number always does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The loss falls below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_below: Option<Positive>,
    /// The loss no longer falls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<Plateau>,
}

/// A loss that no longer falls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plateau {
    /// Steps without a gain.
    pub steps: Steps,
    /// What its running mean must lose to count as a gain.
    pub by: Positive,
}

impl Stop {
    /// Whether there is no rule.
    pub const fn is_empty(&self) -> bool {
        self.loss_below.is_none() && self.plateau.is_none()
    }
}

/// The type that the towers' matrix products are computed in. Weights, their gradients, attention, normalisation
/// and the loss have 32 bits in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// bf16 on processors that have instructions for it, else fp32.
    #[default]
    Auto,
    /// 32 bits.
    Fp32,
    /// Operands and results of 16 bits, of which 8 are the exponent; sums of 32.
    Bf16,
}

impl Precision {
    /// Whether it is left to the machine.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_auto(&self) -> bool {
        matches!(self, Self::Auto)
    }
}

/// Learning rate after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Schedule {
    /// Half a cosine down to zero at the last step.
    #[default]
    Cosine,
    /// Stays at the peak.
    Constant,
}

impl Style {
    /// All styles.
    pub const ALL: [Self; 3] = [Self::Noto, Self::Twemoji, Self::Fluent];
}

impl Default for Captions {
    fn default() -> Self {
        Self {
            name: 0.5,
            template: 0.3,
            keywords: 0.2,
            templates: default_templates(),
            languages: default_languages(),
        }
    }
}

impl Scenario {
    /// The lane called `name`.
    pub fn lane(&self, name: &str) -> Option<&LaneSpec> {
        self.lanes.iter().find(|lane| lane.name == name)
    }

    /// The controls of the script that are for the lane called `name`, in order of their steps.
    pub fn cues(&self, name: &str) -> Vec<(u64, Control)> {
        let mut cues: Vec<_> = self
            .script
            .iter()
            .filter(|cue| cue.lane.as_deref().is_none_or(|lane| lane == name))
            .map(|cue| (cue.at, cue.set))
            .collect();
        cues.sort_by_key(|&(at, _)| at);
        cues
    }

    /// The scenario as RON, complete: every default written out.
    pub fn to_ron(&self) -> String {
        let config = ron::ser::PrettyConfig::new().indentor("    ");
        // Plain data with string keys only: there is nothing here that RON cannot write.
        load::options()
            .to_string_pretty(self, config)
            .unwrap_or_default()
            + "\n"
    }
}

impl Model {
    /// The model as it stands in a scenario, indented to fit.
    pub fn to_ron(&self) -> String {
        let config = ron::ser::PrettyConfig::new().indentor("    ");
        // Plain data, as above.
        let text = load::options().to_string_pretty(self, config);
        text.unwrap_or_default().replace('\n', "\n    ")
    }
}

/// A script as text, in the form that a scenario's `script` has.
pub fn script_ron(script: &[Cue]) -> String {
    let config = ron::ser::PrettyConfig::new().compact_structs(true);
    // Plain data, as above.
    load::options()
        .to_string_pretty(&script, config)
        .unwrap_or_default()
        + "\n"
}

impl ImageTower {
    /// Side of the square picture that the tower sees, in pixels.
    pub const fn image_size(&self) -> ImageSize {
        match self {
            Self::ViT { image_size, .. } | Self::ResNet { image_size, .. } => *image_size,
        }
    }
}

const fn yes() -> bool {
    true
}

fn constant<T, E: fmt::Debug>(value: Result<T, E>) -> T {
    value.expect("a default lies within its own range")
}

fn default_head_width() -> Size {
    constant(Size::new(64))
}

fn default_weight_decay() -> WeightDecay {
    constant(WeightDecay::new(0.2))
}

fn default_betas() -> (Beta, Beta) {
    (constant(Beta::new(0.9)), constant(Beta::new(0.98)))
}

fn default_epsilon() -> Positive {
    constant(Positive::new(1e-6))
}

fn default_eval_every() -> Steps {
    constant(Steps::new(100))
}

fn default_languages() -> Vec<(String, f64)> {
    vec![("en".into(), 1.0)]
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
