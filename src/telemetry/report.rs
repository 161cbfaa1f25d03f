//! What an evaluation found: one plain report for each task. Bounded in size, except tables and matrices of
//! classes, which are left out beyond [`MOST_CLASSES`].

use serde::{Deserialize, Serialize};

use super::{EvalReport, Split, Thumbnail};

/// Classes of the largest table and confusion matrix.
pub const MOST_CLASSES: usize = 64;

/// What one task of an evaluation found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Report {
    /// Pictures against all names, both ways.
    Retrieval(EvalReport),
    /// Pictures against the words of a property's values.
    ZeroShot(ZeroShotReport),
    /// How both modalities lie in their space.
    Geometry(GeometryReport),
    /// Logistic regression on frozen features.
    LinearProbe(ProbeReport),
    /// Zero-shot, probe and fine-tuning in one table.
    Regimes(RegimesReport),
    /// Retrieval by the names of one language.
    Language(LanguageReport),
    /// What is nearest to a caption or a picture; for the screen, not for the records.
    Query(QueryReport),
}

/// The normal distribution's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "ShareFields", from = "ShareFields")]
pub struct Share {
    /// Those for which it holds.
    pub hits: u64,
    /// All.
    pub of: u64,
}

/// A share as it is recorded, with its interval.
#[derive(Serialize, Deserialize)]
struct ShareFields {
    share: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    hits: u64,
    of: u64,
}

impl From<Share> for ShareFields {
    fn from(share: Share) -> Self {
        let some = |x: f64| Some(x).filter(|x| x.is_finite());
        let (low, high) = share.interval();
        Self {
            share: some(share.value()),
            low: some(low),
            high: some(high),
            hits: share.hits,
            of: share.of,
        }
    }
}

impl From<ShareFields> for Share {
    fn from(fields: ShareFields) -> Self {
        Self {
            hits: fields.hits,
            of: fields.of,
        }
    }
}

impl Share {
    /// The share of `true`.
    pub fn of(answers: impl IntoIterator<Item = bool>) -> Self {
        answers
            .into_iter()
            .fold(Self::default(), |share, hit| Self {
                hits: share.hits + u64::from(hit),
                of: share.of + 1,
            })
    }

    /// 0 to 1; not a number if there is nothing.
    pub fn value(self) -> f64 {
        self.hits as f64 / self.of as f64
    }

    /// Wilson's 95 % interval (1927): it holds near 0 and 1 and for few trials, where the normal one does not.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (f64::NAN, f64::NAN);
        }
        let (n, p) = (self.of as f64, self.value());
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }
}

/// Zero-shot classification of one property with one set of templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZeroShotReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Which pictures.
    pub split: Split,
    /// What is asked for: "name", "group", "colour".
    pub property: String,
    /// The set of templates: "bare", "one", "clip-7", "lab-80", a file's name.
    pub templates: String,
    /// Prompts that make a class.
    pub prompts: u64,
    /// Classes to choose from.
    pub classes: u64,
    /// Pictures whose class scores best; ties count against the model.
    pub top1: Share,
    /// Whose class is among the best five.
    pub top5: Share,
    /// Pictures that this set of templates got right and the bare names wrong, and the other way round.
    pub against_bare: Option<Versus>,
    /// Can it say "none of these"?
    pub rejection: Rejection,
    /// For each class; empty beyond [`MOST_CLASSES`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub table: Vec<ClassRow>,
    /// Rows true classes, columns chosen ones; empty beyond [`MOST_CLASSES`].
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub confusion: Vec<u64>,
}

/// Two classifiers on the same pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versus {
    /// Right here, wrong there.
    pub gained: u64,
    /// Wrong here, right there.
    pub lost: u64,
    /// `McNemar`'s exact p: how likely so uneven a split would be if both were as good.
    pub p: f64,
}

/// One class of a zero-shot task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// The class.
    pub name: String,
    /// Its pictures.
    pub pictures: u64,
    /// Those found.
    pub found: u64,
    /// Pictures that were taken for it, its own included.
    pub chosen: u64,
}

/// What the scores say when a picture's own class is on the list, and when it is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Mean of the largest softmax probability, own class listed. It sums to one over any list.
    pub softmax_listed: f64,
    /// The same, own class taken off the list: the softmax still chooses.
    pub softmax_unlisted: f64,
    /// Pictures for which no class reaches a sigmoid of one half, own class listed; none without a bias.
    pub sigmoid_listed: Option<Share>,
    /// The same, own class taken off the list.
    pub sigmoid_unlisted: Option<Share>,
}

/// How image and text features lie on their sphere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeometryReport {
    /// Steps completed.
    pub step: u64,
    /// Pairs that were looked at.
    pub pairs: u64,
    /// Mean squared distance of a pair (Wang and Isola 2020).
    pub alignment: f64,
    /// ln of the mean of exp(-2 d^2) over pairs of pictures.
    pub uniformity_image: f64,
    /// Over pairs of texts.
    pub uniformity_text: f64,
    /// Mean cosine of pictures that share a class (Wang and Liu 2021, eq. 11).
    pub tolerance: f64,
    /// Length of the vector from the mean text to the mean picture (Liang et al. 2022).
    pub gap: f64,
    /// exp of the entropy of the centred features' singular values (Roy and Vetterli 2007).
    pub rank_image: f64,
    /// Of the texts.
    pub rank_text: f64,
    /// The loss with both modalities moved along the gap.
    pub slide: Vec<Slide>,
    /// Logits of pairs and of everything else.
    pub histogram: Histogram,
    /// Both modalities on their two main axes.
    #[serde(skip)]
    pub map: Map,
}

/// The modalities moved together by a part of their gap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slide {
    /// Part of the gap that was taken away: 0 as it is, 1 closed before features are normalised again.
    pub lambda: f64,
    /// The gap that is left.
    pub gap: f64,
    /// The loss there.
    pub loss: f64,
}

/// Logits, counted in bins of equal width.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Left edge of the first bin.
    pub low: f64,
    /// Right edge of the last bin.
    pub high: f64,
    /// Pairs in each bin.
    pub positive: Vec<u64>,
    /// Everything else.
    pub negative: Vec<u64>,
}

/// Features projected onto a plane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Pictures.
    pub image: Vec<[f32; 2]>,
    /// Their texts, in the same order.
    pub text: Vec<[f32; 2]>,
    /// Shares of the variance along the two axes.
    pub explained: [f64; 2],
}

/// Logistic regression on frozen image features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// What is predicted: "group".
    pub property: String,
    /// Its values.
    pub classes: u64,
    /// Inverse strength of the regularisation, as scikit-learn counts it; chosen on the validation pictures.
    pub c: f64,
    /// Pictures that it was fitted on.
    pub fitted: u64,
    /// Accuracy on the validation pictures.
    pub validation: Share,
    /// On pictures of other concepts in the trained styles.
    pub in_domain: Share,
    /// On pictures of other concepts, held out.
    pub transfer: Share,
    /// Zero-shot on the same pictures, in domain.
    pub zero_shot_in_domain: Share,
    /// Zero-shot on the same pictures, held out.
    pub zero_shot_transfer: Share,
    /// With few examples of each class.
    pub few_shot: Vec<FewShot>,
    /// Examples of each class whose probe is worth zero-shot in domain, if any number of them is.
    pub worth: Option<f64>,
}

/// A probe on so many examples of each class, over some draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FewShot {
    /// Examples of each class.
    pub shots: u64,
    /// Draws of examples; shares are their mean.
    pub draws: u64,
    /// In domain.
    pub in_domain: Share,
    /// Held out.
    pub transfer: Share,
}

/// Three ways to use a model for a task, and a mean of two of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegimesReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// What is predicted.
    pub property: String,
    /// Zero-shot, linear probe, fine-tuning.
    pub rows: Vec<Regime>,
    /// Weights between zero-shot (0) and fine-tuned (1): WiSE-FT (Wortsman et al. 2022).
    pub wise: Vec<Wise>,
}

/// A way to use a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regime {
    /// "zero-shot", "linear probe", "fine-tuned".
    pub name: String,
    /// In domain.
    pub in_domain: Share,
    /// Held out.
    pub transfer: Share,
    /// Learned numbers.
    pub parameters: u64,
}

/// A point between zero-shot and fine-tuned weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wise {
    /// 0 zero-shot, 1 fine-tuned.
    pub alpha: f64,
    /// In domain.
    pub in_domain: Share,
    /// Held out.
    pub transfer: Share,
}

/// Retrieval by the names of one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanguageReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Which pictures.
    pub split: Split,
    /// ISO 639-1.
    pub language: String,
    /// Its share of the captions; 0 if it is held out of training.
    pub weight: f64,
    /// Pictures whose own name scores best among all names of the language: zero-shot top-1.
    pub r1_image_to_text: Share,
    /// Among the best five.
    pub r5_image_to_text: Share,
    /// Names whose own picture scores best.
    pub r1_text_to_image: Share,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query {
    /// The pictures nearest to this caption.
    Caption(String),
    /// The names nearest to this picture, by its place among the held-out ones.
    Picture(usize),
}

/// What a model finds nearest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryReport {
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// What was looked for.
    pub query: Query,
    /// Which pictures there are.
    pub split: Split,
    /// How many there were to choose from.
    pub candidates: u64,
    /// The name of the picture that was asked about.
    pub name: Option<String>,
    /// That picture.
    #[serde(skip)]
    pub picture: Option<Thumbnail>,
    /// The nearest first.
    pub hits: Vec<Hit>,
}

/// Something near.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Its place among the pictures or names.
    pub place: usize,
    /// Its name.
    pub name: String,
    /// Its cosine with what was looked for.
    pub cosine: f64,
    /// Softmax over all candidates.
    pub softmax: f64,
    /// The sigmoid of this pair, where the loss has one.
    pub sigmoid: Option<f64>,
    /// The picture, if it is one.
    #[serde(skip)]
    pub picture: Option<Thumbnail>,
}
