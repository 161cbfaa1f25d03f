//! Why ln N - L bounds mutual information from below, step by step, with the numbers of a batch.
//!
//! van den Oord et al. 2018 (arXiv:1807.03748); the proof by way of a general lower bound is that of Poole et al. 2019
//! (arXiv:1905.06922).

use super::question::decimals;
use crate::loss::mutual_information_bound;

/// The steps for a batch of so many pairs, whose InfoNCE is `loss`.
pub fn derivation(pairs: u64, loss: f64) -> Vec<String> {
    let (bound, ceiling) = mutual_information_bound(loss, pairs);
    let (bound, ceiling, loss) = (decimals(bound), decimals(ceiling), decimals(loss));
    vec![
        "1. I(X;Y) = E[ln p(y|x) / p(y)], the mean over true pairs: how much an image tells of its caption, in nats."
            .into(),
        "2. ln u <= u - 1. Put u = a p(y) / p(y|x), for any a > 0: I >= 1 + E[ln a] - E'[a]. E is over true pairs, E' \
         over images and captions drawn apart."
            .into(),
        format!(
            "3. Choose a = N P: N = {pairs} times the probability that the softmax gives the caption, among N - 1 = {} \
             others.",
            pairs.saturating_sub(1)
        ),
        format!("4. True pairs: E[ln a] = ln N + E[ln P] = ln N - L = {ceiling} - {loss} = {bound}."),
        "5. Drawn apart: all N captions are alike, and their P add up to 1. So each has the mean 1/N, and E'[a] = 1."
            .into(),
        format!(
            "6. Together: I >= 1 + (ln N - L) - 1 = ln N - L = {bound} nats. Columns give the same, and so does the mean \
             of both."
        ),
        format!(
            "7. L is at least 0, so the bound never exceeds ln {pairs} = {ceiling}, however much the two share. It is a \
             lower bound, not an estimate, and one batch is a sample of it: on pairs that training has seen, L is too \
             low for new ones."
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_ends_with_the_bound_and_its_ceiling() {
        let steps = derivation(64, 1.2);
        assert!(steps[3].ends_with("4.159 - 1.2 = 2.959."), "{}", steps[3]);
        assert!(steps[5].contains("2.959 nats"), "{}", steps[5]);
        assert!(steps[6].contains("ln 64 = 4.159"), "{}", steps[6]);
        // An untrained model proves nothing: a bound of 0 or less.
        assert!(derivation(64, 64_f64.ln())[3].contains("= 0."));
    }

    /// Step 5 by enumeration: images and captions apart, P of a fixed place has the mean 1/N whatever the scores.
    #[test]
    fn apart_the_mean_of_n_times_p_is_one() {
        let scores = [[0.3, -1.2, 2.0], [1.5, 0.1, -0.7]];
        let (mut sum, mut count) = (0.0, 0.0);
        for image in scores {
            for first in 0..3 {
                for second in 0..3 {
                    for third in 0..3 {
                        let drawn = [first, second, third].map(|caption| image[caption]);
                        sum += 3.0 * crate::loss::arithmetic::softmax(&drawn)[0];
                        count += 1.0;
                    }
                }
            }
        }
        assert!((sum / count - 1.0_f64).abs() < 1e-12);
    }
}
