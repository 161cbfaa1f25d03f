//! Classification by cosines: a picture belongs to the class whose words it is nearest to (CLIP, section 3.1).
//!
//! A class is said in several prompts: every template with each of its words. Its vector is the mean of the
//! prompts' unit features, normalised again: ensembling in embedding space (CLIP, 3.1.4), as
//! `open_clip.build_zero_shot_classifier` does.

use ndarray::{Array2, ArrayView1};

use crate::telemetry::{ClassRow, MOST_CLASSES, Rejection, Share, Versus};

/// Class vectors in the making, from prompts as they are encoded.
#[derive(Clone, Debug)]
pub struct Ensemble {
    sums: Array2<f64>,
    counts: Vec<u32>,
}

impl Ensemble {
    /// So many classes without a prompt, in a space of so many dimensions.
    pub fn new(classes: usize, dimensions: usize) -> Self {
        Self {
            sums: Array2::zeros((classes, dimensions)),
            counts: vec![0; classes],
        }
    }

    /// A prompt of the class, its features of unit length.
    pub fn add(&mut self, class: usize, prompt: ArrayView1<f32>) {
        let mut sum = self.sums.row_mut(class);
        sum += &prompt.mapv(f64::from);
        self.counts[class] += 1;
    }

    /// Unit vectors of the classes, `[C, D]`. A class without prompts is not a number, and never chosen.
    pub fn finish(&self) -> Array2<f32> {
        let mut classes = self.sums.clone();
        for (mut class, count) in classes.rows_mut().into_iter().zip(&self.counts) {
            // The length of the mean makes no difference once it is normalised.
            let length = if *count == 0 {
                f64::NAN
            } else {
                class.dot(&class).sqrt()
            };
            class /= length;
        }
        classes.mapv(|x| x as f32)
    }
}

/// Rank of the best positive: one more than the negatives that score as much or more. `None` without
/// a positive.
pub fn rank(candidates: impl Iterator<Item = (f32, bool)> + Clone) -> Option<usize> {
    let real = |score: f32| {
        if score.is_nan() {
            f32::NEG_INFINITY
        } else {
            score
        }
    };
    let best = candidates
        .clone()
        .filter(|(_, positive)| *positive)
        .map(|(s, _)| real(s))
        .reduce(f32::max)?;
    Some(
        1 + candidates
            .filter(|&(score, positive)| !positive && real(score) >= best)
            .count(),
    )
}

/// What a classifier answers about some pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The class that each picture is taken for. Of classes that score alike a wrong one; `None` if no score is a
    /// number.
    pub chosen: Vec<Option<usize>>,
    /// Place of the picture's own class among all, from 1: one more than the others that score as much or more.
    /// A score that is not a number ranks last.
    pub rank: Vec<usize>,
}

/// Classifies pictures by their cosines with the classes, `[N, C]`; `labels` says what they are.
pub fn answer(cosines: &Array2<f32>, labels: &[usize]) -> Answers {
    let real = |score: f32| {
        if score.is_nan() {
            f32::NEG_INFINITY
        } else {
            score
        }
    };
    let mut answers = Answers {
        chosen: Vec::with_capacity(labels.len()),
        rank: Vec::with_capacity(labels.len()),
    };
    for (row, &label) in cosines.rows().into_iter().zip(labels) {
        let own = real(row[label]);
        let others = || row.iter().enumerate().filter(|(class, _)| *class != label);
        answers
            .rank
            .push(1 + others().filter(|(_, score)| real(**score) >= own).count());
        let rival = others()
            .filter(|(_, score)| !score.is_nan())
            .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        answers.chosen.push(match rival {
            Some((class, score)) if *score >= own => Some(class),
            _ if row[label].is_nan() => None,
            _ => Some(label),
        });
    }
    answers
}

impl Answers {
    /// Pictures whose own class is among the best `k`.
    pub fn top(&self, k: usize) -> Share {
        Share::of(self.rank.iter().map(|rank| *rank <= k))
    }

    /// `C x C` counts: rows true classes, columns chosen ones. Empty beyond [`MOST_CLASSES`].
    pub fn confusion(&self, labels: &[usize], classes: usize) -> Vec<u64> {
        if classes > MOST_CLASSES {
            return Vec::new();
        }
        let mut counts = vec![0; classes * classes];
        for (label, chosen) in labels.iter().zip(&self.chosen) {
            if let Some(chosen) = chosen {
                counts[label * classes + chosen] += 1;
            }
        }
        counts
    }

    /// A row for each class. Empty beyond [`MOST_CLASSES`].
    pub fn table(&self, labels: &[usize], names: &[String]) -> Vec<ClassRow> {
        if names.len() > MOST_CLASSES {
            return Vec::new();
        }
        let row = |(class, name): (usize, &String)| {
            let own = || {
                labels
                    .iter()
                    .zip(&self.chosen)
                    .filter(move |(l, _)| **l == class)
            };
            ClassRow {
                name: name.clone(),
                pictures: own().count() as u64,
                found: own().filter(|(_, chosen)| **chosen == Some(class)).count() as u64,
                chosen: self.chosen.iter().filter(|c| **c == Some(class)).count() as u64,
            }
        };
        names.iter().enumerate().map(row).collect()
    }

    /// This classifier against another one on the same pictures.
    pub fn against(&self, other: &Self) -> Versus {
        let right = |answers: &Self| answers.rank.iter().map(|r| *r == 1).collect::<Vec<_>>();
        let (here, there) = (right(self), right(other));
        let count = |a: bool, b: bool| {
            let same = |(x, y): &(&bool, &bool)| **x == a && **y == b;
            here.iter().zip(&there).filter(same).count() as u64
        };
        let (gained, lost) = (count(true, false), count(false, true));
        Versus {
            gained,
            lost,
            p: mcnemar(gained, lost),
        }
    }
}

/// `McNemar`'s exact test, two-sided: the probability of a split at least as uneven, were both outcomes equally
/// likely. 1 if there is nothing to split.
pub fn mcnemar(gained: u64, lost: u64) -> f64 {
    let (n, few) = (gained + lost, gained.min(lost));
    if n == 0 || gained == lost {
        return 1.0;
    }
    // The sum of binomial terms, each from the one before, in logarithms: n may be thousands.
    let mut term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = term.exp();
    for k in 1..=few {
        term += ((n - k + 1) as f64 / k as f64).ln();
        sum += term.exp();
    }
    (2.0 * sum).min(1.0)
}

/// What softmax and sigmoid say with the picture's own class on the list, and taken off it.
///
/// `scale` is exp(logit_scale); without a bias the sigmoid has no zero of its own, and is left out.
pub fn rejection(
    cosines: &Array2<f32>,
    labels: &[usize],
    scale: f64,
    bias: Option<f64>,
) -> Rejection {
    let mut softmax = [0.0, 0.0];
    let mut silent = [Share::default(); 2];
    for (row, &label) in cosines.rows().into_iter().zip(labels) {
        let own = f64::from(row[label]);
        let others = || {
            let others = row.iter().enumerate().filter(|(class, _)| *class != label);
            others.map(|(_, cosine)| f64::from(*cosine))
        };
        let rival = others().fold(f64::NEG_INFINITY, f64::max);
        let best = rival.max(own);
        // Exponentials once for both lists, over the same reference.
        let rest: f64 = others().map(|c| (scale * (c - best)).exp()).sum();
        softmax[0] += 1.0 / (rest + (scale * (own - best)).exp());
        softmax[1] += (scale * (rival - best)).exp() / rest;
        for (silent, best) in silent.iter_mut().zip([best, rival]) {
            // sigma(z) >= 1/2 where z >= 0.
            let most = scale * best + bias.unwrap_or(0.0);
            silent.hits += u64::from(most < 0.0 || most.is_nan());
            silent.of += 1;
        }
    }
    let mean = |sum: f64| sum / labels.len() as f64;
    Rejection {
        softmax_listed: mean(softmax[0]),
        softmax_unlisted: mean(softmax[1]),
        sigmoid_listed: bias.map(|_| silent[0]),
        sigmoid_unlisted: bias.map(|_| silent[1]),
    }
}

/// Softmax over the scaled cosines of one picture: sums to one over any list of classes.
pub fn softmax(row: &[f32], scale: f64) -> Vec<f64> {
    let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = row
        .iter()
        .map(|c| (scale * f64::from(c - best)).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

/// Sigmoid of each scaled and shifted cosine: an answer for each class by itself.
pub fn sigmoid(row: &[f32], scale: f64, bias: f64) -> Vec<f64> {
    let z = |c: &f32| scale * f64::from(*c) + bias;
    row.iter().map(|c| 1.0 / (1.0 + (-z(c)).exp())).collect()
}
