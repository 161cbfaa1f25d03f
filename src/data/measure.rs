//! How good a batch is in fact: counted from what it holds, not from what was asked for. The two differ
//! where shares are rounded, dials overlap, or a batch has more pairs than there are classes.

use std::collections::HashMap;

use super::Batch;
use crate::telemetry::DataReport;

impl Batch {
    /// What is wrong with the batch. Takes time in proportion to its pairs.
    pub fn measured(&self) -> DataReport {
        let pairs = self.len();
        let share = |count: usize| count as f64 / pairs.max(1) as f64;
        // What a picture shows and what a caption says; noise shows nothing, random words say nothing.
        let shows = |i: usize| (!self.noise[i]).then(|| self.classes[i]);
        let says = |i: usize| (!self.random[i]).then(|| self.classes[self.sources[i]]);
        // Of each class: pairs that hold it, pictures that show it, captions that say it.
        let mut counts: HashMap<usize, [usize; 3]> = HashMap::new();
        let (mut wrong, mut right) = (0, 0);
        for i in 0..pairs {
            let (class, shown, said) = (self.classes[i], shows(i), says(i));
            counts.entry(class).or_default()[0] += 1;
            for (slot, class) in [(1, shown), (2, said)] {
                if let Some(class) = class {
                    counts.entry(class).or_default()[slot] += 1;
                }
            }
            wrong += usize::from(said.is_some_and(|said| said != class));
            right += usize::from(shown.is_some() && shown == said);
        }
        let matching: usize = counts.values().map(|[_, shown, said]| shown * said).sum();
        let repeated = counts.values().map(|c| c[0]).filter(|held| *held > 1);
        let cells = (pairs * pairs.saturating_sub(1)).max(1);
        DataReport {
            wrong_captions: share(wrong),
            random_captions: share(self.random.iter().filter(|random| **random).count()),
            noise_images: share(self.noise.iter().filter(|noise| **noise).count()),
            duplicates: share(repeated.sum()),
            false_negatives: (matching - right) as f64 / cells as f64,
            classes: counts.values().filter(|c| c[0] > 0).count() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(classes: &[usize], sources: &[usize]) -> Batch {
        let pairs = classes.len();
        Batch {
            images: vec![0; 3 * pairs],
            side: 1,
            captions: vec![String::new(); pairs],
            classes: classes.to_vec(),
            sources: sources.to_vec(),
            random: vec![false; pairs],
            noise: vec![false; pairs],
        }
    }

    /// Cell by cell.
    fn by_cells(batch: &Batch) -> f64 {
        let (mut false_ones, mut cells) = (0.0, 0.0_f64);
        for i in 0..batch.len() {
            for j in (0..batch.len()).filter(|&j| j != i) {
                let same = batch.classes[i] == batch.classes[batch.sources[j]];
                cells += 1.0;
                false_ones += f64::from(same && !batch.noise[i] && !batch.random[j]);
            }
        }
        false_ones / cells.max(1.0)
    }

    #[test]
    fn a_clean_batch_has_nothing_wrong() {
        let clean = batch(&[4, 2, 9], &[0, 1, 2]).measured();
        let wanted = DataReport {
            wrong_captions: 0.0,
            random_captions: 0.0,
            noise_images: 0.0,
            duplicates: 0.0,
            false_negatives: 0.0,
            classes: 3,
        };
        assert_eq!(clean, wanted);
        assert_eq!(batch(&[4], &[0]).measured().classes, 1);
        let none = batch(&[], &[]).measured();
        assert_eq!((none.classes, none.false_negatives), (0, 0.0));
    }

    #[test]
    fn what_is_wrong_is_counted() {
        // Two pairs exchange captions: two lies, and two true captions where they are not looked for.
        let lies = batch(&[4, 2, 9, 7], &[1, 0, 2, 3]).measured();
        assert_eq!(lies.wrong_captions, 0.5);
        assert_eq!(lies.false_negatives, 2.0 / 12.0);
        // Exchanged within a class they are still true.
        let same = batch(&[4, 4, 9, 7], &[1, 0, 2, 3]).measured();
        assert_eq!((same.wrong_captions, same.duplicates), (0.0, 0.5));
        assert_eq!((same.false_negatives, same.classes), (2.0 / 12.0, 3));
    }

    #[test]
    fn false_negatives_are_those_of_the_cells() {
        let mut batch = batch(&[1, 1, 2, 3, 3, 3], &[0, 3, 2, 1, 5, 4]);
        assert_eq!(batch.measured().false_negatives, by_cells(&batch));
        batch.noise[0] = true;
        batch.random[4] = true;
        let seen = batch.measured();
        assert_eq!(seen.false_negatives, by_cells(&batch));
        assert_eq!(seen.noise_images, 1.0 / 6.0);
        assert_eq!(seen.random_captions, 1.0 / 6.0);
        batch.noise = vec![true; 6];
        assert_eq!(batch.measured().false_negatives, 0.0);
        assert_eq!(batch.measured().classes, 3);
    }
}
