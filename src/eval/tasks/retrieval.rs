//! The task `retrieval`: pictures against all candidate names, and names against all pictures.

use ndarray::Array2;

use crate::data::ClassId;
use crate::error::Result;
use crate::eval::answers::rank;
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Plan};
use crate::eval::store::Store;
use crate::telemetry::{EvalReport, Split};

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "retrieval",
    about: "Retrieval of images and names, in both directions",
    report: "retrieval",
    on: &[Occasion::Live, Occasion::Examine],
    after: &[],
    needs: Needs::all,
    plan,
};

/// As soon as the pictures of a split are encoded.
fn plan(plan: &mut Plan) {
    for split in plan.splits() {
        plan.add(split.into(), Retrieval { split });
    }
}

struct Retrieval {
    split: Split,
}

impl EvalJob for Retrieval {
    fn name(&self) -> &'static str {
        TASK.name
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        let gallery = store.prepared.gallery(self.split);
        let scores = store.pictures[&self.split].dot(&store.names.t());
        let names = store.candidates();
        let mut report = report(store.step, self.split, &scores, &gallery.classes, names);
        report.seconds = store.clock.take();
        Ok(Slice::Done(vec![report.into()]))
    }
}

/// The report of a `[pictures, names]` matrix of scores.
fn report(
    step: u64,
    split: Split,
    scores: &Array2<f32>,
    classes: &[ClassId],
    names: &[String],
) -> EvalReport {
    let (image_to_text, text_to_image) = Ranks::both_ways(scores, classes, names);
    EvalReport {
        step,
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

/// Rank of the best positive of each query, from 1; sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks(Vec<usize>);

impl Ranks {
    /// Ranks from a `[pictures, names]` matrix of scores: of each picture's own name among all names,
    /// and of each name's own picture among all pictures (names without a picture are no queries).
    ///
    /// Names that read the same are positives of each other. Ties count against the model, and a
    /// score that is not a number ranks last.
    pub fn both_ways(scores: &Array2<f32>, classes: &[ClassId], names: &[String]) -> (Self, Self) {
        let columns = names.len();
        let positive = |row: usize, column: usize| {
            classes[row] == column || names[classes[row]] == names[column]
        };
        let image_to_text = (0..classes.len())
            .filter_map(|row| {
                rank((0..columns).map(|column| (scores[[row, column]], positive(row, column))))
            })
            .collect();
        let text_to_image = (0..columns)
            .filter_map(|column| {
                rank((0..classes.len()).map(|row| (scores[[row, column]], positive(row, column))))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(scores: &[f32], columns: usize) -> Array2<f32> {
        Array2::from_shape_vec((scores.len() / columns, columns), scores.to_vec()).unwrap()
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("name {i}")).collect()
    }

    #[test]
    fn a_diagonal_is_perfect() {
        let scores = [0.9, 0.1, 0.0, 0.2, 0.8, 0.1, 0.3, 0.2, 0.7];
        let (i2t, t2i) = Ranks::both_ways(&matrix(&scores, 3), &[0, 1, 2], &names(3));
        assert_eq!(
            (i2t.recall(1), t2i.recall(1), i2t.median()),
            (1.0, 1.0, 1.0)
        );
    }

    #[test]
    fn ranks_count_from_one() {
        // Picture 0 prefers names 1 and 2 to its own; picture 1 is right.
        let scores = [0.1, 0.5, 0.4, 0.0, 0.9, 0.3];
        let (i2t, t2i) = Ranks::both_ways(&matrix(&scores, 3), &[0, 1], &names(3));
        assert_eq!(i2t, Ranks(vec![1, 3]));
        assert_eq!(i2t.median(), 2.0);
        // Name 2 has no picture, so it asks nothing.
        assert_eq!(t2i, Ranks(vec![1, 1]));
    }

    #[test]
    fn ties_and_missing_numbers_count_against_the_model() {
        let (i2t, t2i) = Ranks::both_ways(&matrix(&[0.5; 9], 3), &[0, 1, 2], &names(3));
        assert_eq!(
            (i2t.recall(1), t2i.recall(1), i2t.recall(3)),
            (0.0, 0.0, 1.0)
        );
        let (i2t, _) = Ranks::both_ways(&matrix(&[f32::NAN; 9], 3), &[0, 1, 2], &names(3));
        assert_eq!(i2t, Ranks(vec![3, 3, 3]));
    }

    #[test]
    fn equal_names_are_positives_of_each_other() {
        let names = vec!["cat".to_owned(), "cat".to_owned(), "dog".to_owned()];
        let scores = [0.1, 0.9, 0.0, 0.9, 0.1, 0.0, 0.0, 0.0, 0.9];
        let (i2t, t2i) = Ranks::both_ways(&matrix(&scores, 3), &[0, 1, 2], &names);
        assert_eq!((i2t.recall(1), t2i.recall(1)), (1.0, 1.0));
    }
}
