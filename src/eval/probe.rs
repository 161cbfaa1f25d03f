//! Linear probes: multinomial logistic regression on frozen features (CLIP, section 3.2).
//!
//! The fit is `linfa-logistic`'s, which minimises what scikit-learn's `LogisticRegression` does,
//!
//! ```text
//! 1/2 |W|^2 + C sum -ln P(label)        (intercepts are free)
//! ```
//!
//! in double precision.

use linfa::traits::Fit;
use linfa_logistic::{MultiFittedLogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2};

use crate::error::{Error, Result};
use crate::telemetry::Share;

/// Strengths that are tried on the validation pictures: C from 0.1 to 1,000, half a power of ten apart. Features of
/// unit length want weak regularisation.
pub const STRENGTHS: [f64; 9] = [1e-1, 3.16e-1, 1.0, 3.16, 1e1, 31.6, 1e2, 316.0, 1e3];
/// Steps of the optimizer at most; weak regularisation of many classes may end there.
const ITERATIONS: u64 = 1_000;

/// A fitted probe.
pub struct Probe {
    form: Form,
}

enum Form {
    /// All examples are of one class: nothing to fit.
    One(usize),
    Many(Box<MultiFittedLogisticRegression<f64, usize>>),
}

impl Probe {
    /// Fits `features`, `[N, D]`, to `labels` with inverse regularisation `c`.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no example, or one that is not a number.
    pub fn fit(features: &Array2<f32>, labels: &[usize], c: f64, tolerance: f64) -> Result<Self> {
        let broken = features
            .rows()
            .into_iter()
            .filter(|row| !row.iter().all(|x| x.is_finite()));
        let broken = broken.count();
        if broken > 0 {
            return Err(Error::Data(format!(
                "cannot fit a probe: {broken} of {} features are NaN or infinite\n  has the model diverged?",
                features.nrows()
            )));
        }
        let Some(&first) = labels.first() else {
            return Err(Error::Data("cannot fit a probe without examples".into()));
        };
        if labels.iter().all(|label| *label == first) {
            return Ok(Self {
                form: Form::One(first),
            });
        }
        let examples = linfa::Dataset::new(features.mapv(f64::from), Array1::from(labels.to_vec()));
        let fitted = MultiLogisticRegression::default()
            .alpha(1.0 / c)
            .max_iterations(ITERATIONS)
            .gradient_tolerance(tolerance)
            .fit(&examples)
            .map_err(|e| Error::Internal(format!("cannot fit the probe: {e}")))?;
        Ok(Self {
            form: Form::Many(Box::new(fitted)),
        })
    }

    /// Probabilities, `[N, classes that were fitted]`, and which classes those are.
    pub fn probabilities(&self, features: &Array2<f32>) -> (Array2<f64>, Vec<usize>) {
        match &self.form {
            Form::One(class) => (Array2::ones((features.nrows(), 1)), vec![*class]),
            Form::Many(fitted) => (
                fitted.predict_probabilities(&features.mapv(f64::from)),
                fitted.classes().to_vec(),
            ),
        }
    }

    /// The likeliest class of each row; `None` if its probabilities are not numbers.
    pub fn predict(&self, features: &Array2<f32>) -> Vec<Option<usize>> {
        let (probabilities, classes) = self.probabilities(features);
        let best = |row: ndarray::ArrayView1<f64>| {
            let real = row.iter().enumerate().filter(|(_, p)| p.is_finite());
            real.max_by(|a, b| a.1.total_cmp(b.1))
                .map(|(i, _)| classes[i])
        };
        probabilities.rows().into_iter().map(best).collect()
    }

    /// Rows that get their label.
    pub fn score(&self, features: &Array2<f32>, labels: &[usize]) -> Share {
        if labels.is_empty() {
            return Share::default();
        }
        let predicted = self.predict(features);
        Share::of(
            predicted
                .iter()
                .zip(labels)
                .map(|(p, label)| *p == Some(*label)),
        )
    }
}

/// Norm of the gradient at which the search for C stops: accuracies no longer move.
pub const COARSE: f64 = 1e-3;
