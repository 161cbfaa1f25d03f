//! How a loss spreads its push over the negatives of one picture, and how it pulls on its own
//! caption. Plain arithmetic on a row of cosines: no tensor.
//!
//! With `z_j = c_j / tau + b` the gradient of the picture's own terms by its logits is, up to the
//! factor 1/N,
//!
//! ```text
//! InfoNCE, row term:   push on j: P_j = softmax(z)_j          pull: 1 - P_i
//! SigLIP:              push on j: sigma(z_j)                  pull: 1 - sigma(z_i) = sigma(-z_i)
//! ```
//!
//! The softmax divides one push among all: what a negative gets, the others lose, and the sum equals
//! the pull. The sigmoid asks of each pair by itself. Both rise with the cosine, so both find the same
//! negatives hardest; what differs is how fast the push falls off.

use super::Loss;

/// The push on one negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Negative {
    /// Its caption's place in the batch.
    pub column: usize,
    /// Its cosine.
    pub cosine: f64,
    /// `P_j` or `sigma(z_j)`: gradient of the picture's loss by the logit.
    pub push: f64,
}

/// Where a picture's gradient goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// Negatives, hardest first.
    pub negatives: Vec<Negative>,
    /// Cosine of the picture's own caption.
    pub own: f64,
    /// `1 - P_i` or `1 - sigma(z_i)`: what pulls on the own caption.
    pub pull: f64,
    /// All pushes together.
    pub total: f64,
    /// exp of the entropy of the negatives' shares in `total`: so many negatives pushed equally would
    /// be as spread out. 1 if one takes all. 0 if there is no push to share.
    pub effective: f64,
}

impl Push {
    /// The push of picture `own` on the captions of `row`. None if its row lacks its own caption or
    /// holds what is not a number.
    pub fn of(row: &[f32], own: usize, loss: Loss, temperature: f64, bias: f64) -> Option<Self> {
        let logit = |c: f32| f64::from(c) / temperature + bias;
        let z: Vec<f64> = row.iter().copied().map(logit).collect();
        if own >= z.len() || !z.iter().all(|z| z.is_finite()) {
            return None;
        }
        let law = loss.law();
        let push = law.probabilities(&z);
        let mut negatives: Vec<Negative> = push
            .iter()
            .enumerate()
            .filter(|(column, _)| *column != own)
            .map(|(column, &push)| Negative {
                column,
                cosine: f64::from(row[column]),
                push,
            })
            .collect();
        negatives.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then(a.column.cmp(&b.column)));
        let total: f64 = negatives.iter().map(|n| n.push).sum();
        let shares = negatives.iter().map(|n| n.push / total);
        let entropy: f64 = shares.filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
        Some(Self {
            own: f64::from(row[own]),
            pull: law.pull(&z, own, total),
            total,
            effective: if total > 0.0 { entropy.exp() } else { 0.0 },
            negatives,
        })
    }

    /// The share of all push that the `n` hardest negatives get.
    pub fn share_of_hardest(&self, n: usize) -> f64 {
        if self.total > 0.0 {
            self.negatives.iter().take(n).map(|n| n.push).sum::<f64>() / self.total
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::*;

    const ROW: [f32; 5] = [0.2, 0.6, -0.1, 0.3, 0.25];

    #[test]
    fn gradient_is_the_one_that_autograd_finds() {
        // Picture 1 of five; the other rows matter to the columns' half of InfoNCE alone.
        let z = |tau: f64, bias: f64| {
            let row: Vec<f64> = ROW.iter().map(|c| f64::from(*c) / tau + bias).collect();
            Tensor::from_slice(&row).set_requires_grad(true)
        };
        for (tau, bias) in [(0.07, 0.0), (0.5, -3.0), (0.02, -10.0)] {
            for loss in [Loss::InfoNce, Loss::SigLip] {
                let logits = z(tau, bias);
                let signs = Tensor::from_slice(&[-1.0, 1.0, -1.0, -1.0, -1.0]);
                let value = if loss == Loss::InfoNce {
                    logits.log_softmax(0, Kind::Double).get(1).neg()
                } else {
                    (signs * &logits).log_sigmoid().sum(Kind::Double).neg()
                };
                value.backward();
                let gradient = Vec::<f64>::try_from(logits.grad()).unwrap();
                let push = Push::of(&ROW, 1, loss, tau, bias).unwrap();
                assert!((gradient[1] + push.pull).abs() < 1e-9, "{loss} {tau}");
                for negative in &push.negatives {
                    assert!(
                        (gradient[negative.column] - negative.push).abs() < 1e-9,
                        "{loss} at tau {tau}, caption {}",
                        negative.column
                    );
                }
            }
        }
    }

    #[test]
    fn gradient_concentrates_as_tau_falls_and_the_effective_number_says_how_far() {
        let at = |tau| Push::of(&ROW, 1, Loss::InfoNce, tau, 0.0).unwrap();
        let spread: Vec<f64> = [100.0, 0.5, 0.1, 0.02, 0.001]
            .map(|tau| at(tau).effective)
            .to_vec();
        assert!((spread[0] - 4.0).abs() < 1e-3, "all four alike: {spread:?}");
        assert!(spread.windows(2).all(|w| w[0] > w[1]), "{spread:?}");
        assert!((spread[4] - 1.0).abs() < 1e-6, "one takes all: {spread:?}");
        assert!(at(0.02).share_of_hardest(1) > 0.85);
        assert_eq!(
            at(0.02).negatives[0].column,
            3,
            "the highest cosine of the others"
        );
    }

    #[test]
    fn gradient_of_a_row_that_is_alone_or_broken() {
        let alone = Push::of(&[0.5], 0, Loss::InfoNce, 0.1, 0.0).unwrap();
        assert_eq!(
            (alone.pull, alone.effective, alone.negatives.len()),
            (0.0, 0.0, 0)
        );
        assert_eq!(alone.share_of_hardest(3), 0.0);
        assert_eq!(Push::of(&[0.5, f32::NAN], 0, Loss::SigLip, 0.1, 0.0), None);
        assert_eq!(Push::of(&ROW, 5, Loss::SigLip, 0.1, 0.0), None);
        // Far below any float: no push is left, and nothing is not a number.
        let none = Push::of(&[0.9, -1.0], 0, Loss::InfoNce, 0.001, 0.0).unwrap();
        assert!(none.effective.is_finite() && none.pull >= 0.0);
    }
}
