//! The sigmoid loss with some of its negatives left out (SigLIP, section 4.7 and figure 6): the hardest of each
//! picture kept, the easiest, or any.
//!
//! Which negatives are hard is known once all of a row's logits are: this works on the whole `[B, B]` matrix, and is
//! for batches up to [`MOST_CHOSEN`](crate::scenario::MOST_CHOSEN). The gradient is that of the terms that are kept; which ones is not differentiated.
//! What is shown of the logits is of all of them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use tch::{Kind, Tensor};

use super::compare::Compared;
use super::found::Found;
use super::{Head, diagnostics};
use crate::error::Result;
use crate::scenario::Negatives;

/// The sigmoid loss of features `[B, D]` over the pairs and the negatives that are kept, with its gradients. `seed` is
/// of a random choice; the same one chooses the same.
pub fn masked(features: [Tensor; 2], head: Head, kept: Negatives, seed: u64) -> Result<Compared> {
    let _guard = tch::no_grad_guard();
    let [image, text] = &features;
    let pairs = image.size()[0];
    let device = image.device();
    let scale = head.scale();
    let logits = image.f_mm(&text.f_tr()?)?.f_mul_scalar(scale)?;
    let logits = logits.f_add_scalar(head.shift())?;
    let own = Tensor::f_eye(pairs, (Kind::Bool, device))?;
    let chosen = choose(&logits, &own, kept, seed)?.f_logical_or(&own)?;
    // softplus(z) for negatives, softplus(-z) for pairs.
    let signs = own
        .f_to_kind(Kind::Float)?
        .f_mul_scalar(-2.0)?
        .f_add_scalar(1.0)?;
    let terms = logits.f_mul(&signs)?.f_softplus()?.f_mul(&chosen)?;
    let share = 1.0 / pairs as f64;
    let loss = terms.f_sum(Kind::Double)?.f_double_value(&[])? * share;
    // dL/dz of each term.
    let slope = logits
        .f_sigmoid()?
        .f_sub(&own.f_to_kind(Kind::Float)?)?
        .f_mul(&chosen)?;
    let by = |g: &Tensor, side: &Tensor| g.f_mm(side)?.f_mul_scalar(scale * share);
    let image_gradient = by(&slope, text)?;
    let text_gradient = by(&slope.f_tr()?, image)?;
    let grad_logit_scale = image_gradient
        .f_mul(image)?
        .f_sum(Kind::Double)?
        .f_double_value(&[])?;
    let grad_bias = slope.f_sum(Kind::Double)?.f_double_value(&[])? * share;
    let found = Found {
        loss,
        image_to_text: None,
        text_to_image: None,
        grad_logit_scale,
        grad_logit_bias: head.logit_bias.map(|_| grad_bias),
        diagnostics: diagnostics(&logits),
    };
    Ok(Compared::here(
        head,
        features,
        [image_gradient, text_gradient],
        found,
    ))
}

/// Which negatives are kept, `[B, B]`: as many in each row.
fn choose(logits: &Tensor, own: &Tensor, kept: Negatives, seed: u64) -> Result<Tensor> {
    let pairs = logits.size()[0];
    let (share, order) = match kept {
        Negatives::All => return Ok(own.f_logical_not()?),
        Negatives::Hardest(share) => (share, logits.shallow_clone()),
        Negatives::Easiest(share) => (share, logits.f_neg()?),
        Negatives::Random(share) => {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let values: Vec<f32> = (0..pairs * pairs)
                .map(|_| (rng.next_u32() >> 8) as f32)
                .collect();
            let random = Tensor::f_from_slice(&values)?.f_view([pairs, pairs])?;
            (share, random.f_to_device(logits.device())?)
        }
    };
    let count = (share.get() * (pairs - 1) as f64).round() as i64;
    let order = order.f_masked_fill(own, f64::NEG_INFINITY)?;
    let (_, places) = order.f_topk(count.clamp(0, pairs - 1), 1, true, false)?;
    let mut chosen = own.f_zeros_like()?;
    Ok(chosen.f_scatter_value_(1, &places, 1)?)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::loss::Loss;
    use crate::quantity::Fraction;

    fn features(pairs: i64) -> [Tensor; 2] {
        let noise =
            |salt: f64| (Tensor::arange(pairs * 8, (Kind::Float, Device::Cpu)) * salt).sin();
        let unit = |x: Tensor| {
            let x = x.view([pairs, 8]);
            &x / x.norm_scalaropt_dim(2, [1i64].as_slice(), true)
        };
        [unit(noise(12.9898)), unit(noise(78.233))]
    }

    fn head() -> Head {
        Head {
            loss: Loss::SigLip,
            logit_scale: 2.3,
            logit_bias: Some(-1.5),
        }
    }

    fn share(x: f64) -> Fraction {
        Fraction::new(x).unwrap()
    }

    fn loss(kept: Negatives) -> f64 {
        let made = masked(features(20), head(), kept, 1).unwrap();
        made.read(&Tensor::from(0.0)).unwrap().0.loss
    }

    #[test]
    fn all_negatives_are_the_plain_loss() {
        let plain = super::super::compare::compare(features(20), head(), 1).unwrap();
        let made = masked(features(20), head(), Negatives::All, 1).unwrap();
        let zero = Tensor::from(0.0);
        let (a, b) = (plain.read(&zero).unwrap().0, made.read(&zero).unwrap().0);
        assert!((a.loss - b.loss).abs() < 1e-6);
        assert!((a.grad_logit_scale - b.grad_logit_scale).abs() < 1e-5);
        assert!((a.grad_logit_bias.unwrap() - b.grad_logit_bias.unwrap()).abs() < 1e-5);
        let off = (&plain.image_gradient - &made.image_gradient).abs().max();
        assert!(off.double_value(&[]) < 1e-6);
        let off = (&plain.text_gradient - &made.text_gradient).abs().max();
        assert!(off.double_value(&[]) < 1e-6);
    }

    #[test]
    fn hardest_cost_more_than_any_and_easiest_less() {
        let of = [Negatives::Hardest, Negatives::Random, Negatives::Easiest]
            .map(|kind| loss(kind(share(0.2))));
        assert!(of[0] > of[1] && of[1] > of[2], "{of:?}");
        // Parts of the whole, and the pairs alone.
        assert!(of[0] < loss(Negatives::All));
        let alone = loss(Negatives::Random(share(0.0)));
        assert!(alone < of[2] && alone > 0.0);
        for kind in [Negatives::Hardest, Negatives::Random, Negatives::Easiest] {
            assert!((loss(kind(share(1.0))) - loss(Negatives::All)).abs() < 1e-6);
        }
    }

    #[test]
    fn gradient_is_the_one_that_autograd_finds() {
        let [image, text] = features(9).map(|side| side.set_requires_grad(true));
        let kept = Negatives::Hardest(share(0.25));
        let logits = image.mm(&text.tr()) * 2.3_f64.exp() - 1.5;
        let own = Tensor::eye(9, (Kind::Bool, Device::Cpu));
        let chosen = choose(&logits.detach(), &own, kept, 1).unwrap();
        assert_eq!(
            chosen.sum(Kind::Int64).int64_value(&[]),
            9 * 2,
            "a quarter of eight, each row"
        );
        let negatives = (logits.softplus() * &chosen).sum(Kind::Float);
        let pairs = logits.diagonal(0, 0, 1).neg().softplus().sum(Kind::Float);
        ((negatives + pairs) / 9.0).backward();
        let made = masked([image.detach(), text.detach()], head(), kept, 1).unwrap();
        for (ours, theirs) in [(&made.image_gradient, &image), (&made.text_gradient, &text)] {
            let off = (ours - theirs.grad()).abs().max().double_value(&[]);
            assert!(off < 1e-6, "{off}");
        }
    }

    #[test]
    fn one_pair_has_no_negatives_to_choose_from() {
        let made = masked(features(1), head(), Negatives::Hardest(share(0.5)), 1).unwrap();
        assert!(made.read(&Tensor::from(0.0)).unwrap().0.loss.is_finite());
    }
}
