//! [`Retrieval`]: pictures against all candidate names, both ways, in slices between training steps.

use std::sync::Arc;
use std::time::Instant;

use tch::{Device, Tensor};

use crate::data::ClassId;
use crate::data::Prepared;
use crate::error::Result;
use crate::model::{Clip, Pass};
use crate::telemetry::{EvalReport, Split};

/// Pictures or names in a slice.
const SLICE: usize = 128;

/// An evaluation under way, on a copy of the weights.
pub struct Retrieval {
    prepared: Arc<Prepared>,
    clip: Clip,
    step: u64,
    device: Device,
    names: Vec<Tensor>,
    splits: Vec<Progress>,
    seconds: f64,
}

struct Progress {
    split: Split,
    slices: usize,
    features: Vec<Tensor>,
}

impl Retrieval {
    /// Takes a copy of the weights; computes nothing yet.
    pub fn begin(prepared: &Arc<Prepared>, clip: &Clip, step: u64, device: Device) -> Result<Self> {
        let splits = [Split::HeldOut, Split::Trained].map(|split| Progress {
            split,
            slices: prepared.gallery(split).classes.len().div_ceil(SLICE),
            features: Vec::new(),
        });
        Ok(Self {
            prepared: Arc::clone(prepared),
            clip: clip.duplicate()?,
            step,
            device,
            names: Vec::new(),
            splits: splits
                .into_iter()
                .filter(|progress| progress.slices > 0)
                .collect(),
            seconds: 0.0,
        })
    }

    /// Share done.
    pub fn progress(&self) -> f64 {
        let done = self.names.len() + self.splits.iter().map(|s| s.features.len()).sum::<usize>();
        let all = self.name_slices() + self.splits.iter().map(|s| s.slices).sum::<usize>();
        done as f64 / all.max(1) as f64
    }

    /// Encodes the next slice; after the last, scores everything and returns a report for each split.
    pub fn advance(&mut self) -> Result<Vec<EvalReport>> {
        let began = Instant::now();
        let _guard = tch::no_grad_guard();
        let worked = self.encode_names()? || self.encode_pictures()?;
        self.seconds += began.elapsed().as_secs_f64();
        if worked {
            Ok(Vec::new())
        } else {
            self.score(began)
        }
    }

    fn name_slices(&self) -> usize {
        self.prepared.dataset().names().len().div_ceil(SLICE)
    }

    fn encode_names(&mut self) -> Result<bool> {
        let names = self.prepared.dataset().names();
        let Some(slice) = names.chunks(SLICE).nth(self.names.len()) else {
            return Ok(false);
        };
        let tokens = self.prepared.tokens(slice, self.device)?;
        self.names.push(self.clip.encode_text(&tokens));
        Ok(true)
    }

    fn encode_pictures(&mut self) -> Result<bool> {
        let Some(progress) = self.splits.iter_mut().find(|s| s.features.len() < s.slices) else {
            return Ok(false);
        };
        let gallery = self.prepared.gallery(progress.split);
        let bytes = gallery.images.len() / gallery.classes.len();
        let slice = gallery
            .images
            .chunks(bytes * SLICE)
            .nth(progress.features.len())
            .unwrap_or_default();
        let pixels = self.prepared.pixels(slice, self.device)?;
        progress
            .features
            .push(self.clip.encode_image(&pixels, Pass::Evaluate));
        Ok(true)
    }

    fn score(&self, began: Instant) -> Result<Vec<EvalReport>> {
        let names = Tensor::f_cat(&self.names, 0)?;
        let mut reports = Vec::new();
        for progress in &self.splits {
            let pictures = Tensor::f_cat(&progress.features, 0)?;
            let scores = Vec::<f32>::try_from(
                pictures
                    .f_mm(&names.f_tr()?)?
                    .f_reshape([-1])?
                    .f_to_device(Device::Cpu)?,
            )?;
            let classes = &self.prepared.gallery(progress.split).classes;
            reports.push(self.report(progress.split, &scores, classes));
        }
        let seconds = (self.seconds + began.elapsed().as_secs_f64()) / reports.len().max(1) as f64;
        for report in &mut reports {
            report.seconds = seconds;
        }
        Ok(reports)
    }

    fn report(&self, split: Split, scores: &[f32], classes: &[ClassId]) -> EvalReport {
        let names = self.prepared.dataset().names();
        let (image_to_text, text_to_image) = Ranks::both_ways(scores, classes, names);
        EvalReport {
            step: self.step,
            split,
            r1_image_to_text: image_to_text.recall(1),
            r5_image_to_text: image_to_text.recall(5),
            r10_image_to_text: image_to_text.recall(10),
            r1_text_to_image: text_to_image.recall(1),
            r5_text_to_image: text_to_image.recall(5),
            r10_text_to_image: text_to_image.recall(10),
            median_rank: image_to_text.median(),
            candidates: names.len() as u64,
            pictures: classes.len() as u64,
            seconds: 0.0,
        }
    }
}

/// Rank of the best positive of each query, from 1; sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks(Vec<usize>);

impl Ranks {
    /// Ranks from a `[pictures, names]` matrix of scores: of each picture's own name among all names,
    /// and of each name's own picture among all pictures (names without a picture are no queries).
    ///
    /// Names that read the same are positives of each other. Ties count against the model, and a
    /// score that is not a number ranks last.
    pub fn both_ways(scores: &[f32], classes: &[ClassId], names: &[String]) -> (Self, Self) {
        let columns = names.len();
        let positive = |row: usize, column: usize| {
            classes[row] == column || names[classes[row]] == names[column]
        };
        let image_to_text = (0..classes.len())
            .filter_map(|row| {
                rank(
                    (0..columns)
                        .map(|column| (scores[row * columns + column], positive(row, column))),
                )
            })
            .collect();
        let text_to_image = (0..columns)
            .filter_map(|column| {
                rank(
                    (0..classes.len())
                        .map(|row| (scores[row * columns + column], positive(row, column))),
                )
            })
            .collect();
        (Self::sorted(image_to_text), Self::sorted(text_to_image))
    }

    fn sorted(mut ranks: Vec<usize>) -> Self {
        ranks.sort_unstable();
        Self(ranks)
    }

    /// Share of queries with a positive among the first `k`.
    pub fn recall(&self, k: usize) -> f64 {
        self.0.partition_point(|&rank| rank <= k) as f64 / self.0.len().max(1) as f64
    }

    /// Median rank; not a number if there was no query.
    pub fn median(&self) -> f64 {
        let n = self.0.len();
        if n == 0 {
            return f64::NAN;
        }
        (self.0[(n - 1) / 2] + self.0[n / 2]) as f64 / 2.0
    }
}

/// Rank of the best positive: one more than the negatives that score as much or more. `None` without
/// a positive.
fn rank(candidates: impl Iterator<Item = (f32, bool)> + Clone) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("name {i}")).collect()
    }

    #[test]
    fn a_diagonal_is_perfect() {
        let scores = [0.9, 0.1, 0.0, 0.2, 0.8, 0.1, 0.3, 0.2, 0.7];
        let (i2t, t2i) = Ranks::both_ways(&scores, &[0, 1, 2], &names(3));
        assert_eq!(
            (i2t.recall(1), t2i.recall(1), i2t.median()),
            (1.0, 1.0, 1.0)
        );
    }

    #[test]
    fn ranks_count_from_one() {
        // Picture 0 prefers names 1 and 2 to its own; picture 1 is right.
        let scores = [0.1, 0.5, 0.4, 0.0, 0.9, 0.3];
        let (i2t, t2i) = Ranks::both_ways(&scores, &[0, 1], &names(3));
        assert_eq!(i2t, Ranks(vec![1, 3]));
        assert_eq!(i2t.median(), 2.0);
        // Name 2 has no picture, so it asks nothing.
        assert_eq!(t2i, Ranks(vec![1, 1]));
    }

    #[test]
    fn ties_and_missing_numbers_count_against_the_model() {
        let (i2t, t2i) = Ranks::both_ways(&[0.5; 9], &[0, 1, 2], &names(3));
        assert_eq!(
            (i2t.recall(1), t2i.recall(1), i2t.recall(3)),
            (0.0, 0.0, 1.0)
        );
        let (i2t, _) = Ranks::both_ways(&[f32::NAN; 9], &[0, 1, 2], &names(3));
        assert_eq!(i2t, Ranks(vec![3, 3, 3]));
    }

    #[test]
    fn equal_names_are_positives_of_each_other() {
        let names = vec!["cat".to_owned(), "cat".to_owned(), "dog".to_owned()];
        let scores = [0.1, 0.9, 0.0, 0.9, 0.1, 0.0, 0.0, 0.0, 0.9];
        let (i2t, t2i) = Ranks::both_ways(&scores, &[0, 1, 2], &names);
        assert_eq!((i2t.recall(1), t2i.recall(1)), (1.0, 1.0));
    }
}
