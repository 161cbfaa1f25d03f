//! SigLIP by a bias relative to the scale, `z = t (cos - b_rel)`: the same value at `b = -t b_rel`, and other
//! gradients by the two parameters, for b_rel stays where it is while t moves and b with it. An optimizer that
//! weighs each parameter's gradient by its size, as Adam does, takes another way.
//!
//! ```text
//! dL/d(ln t) at b_rel = dL/d(ln t) at b + b dL/db     dL/d(b_rel) = -t dL/db
//! ```
//!
//! Everywhere outside the optimizer the bias is b, as it stands in the logits: in scenarios, records and saved
//! models, which any reader of SigLIP's can use.

use tch::Tensor;

use super::landscape::sample::Sample;
use super::law::{Cell, Law, LossTerms, OpenClip};
use super::sig_lip::SigLip;
use super::words::Words;
use super::working::block::{Block, Matrix};
use super::{Head, Loss, blocks, tiled};
use crate::error::Result;

/// The law of [`Loss::SigLipRelative`].
pub(super) struct SigLipRelative;

impl Law for SigLipRelative {
    fn loss(&self) -> Loss {
        Loss::SigLipRelative
    }

    fn value_of(&self) -> Loss {
        Loss::SigLip
    }

    fn short(&self) -> &'static str {
        "sigmoid, with a bias relative to the scale"
    }

    fn idea(&self) -> &'static str {
        "SigLIP with logit = t (cos - b_rel): the same loss, but b_rel = -b / t is learned"
    }

    /// b_rel = -b / t.
    fn parameter(&self, bias: f64, logit_scale: f64) -> f64 {
        -bias / logit_scale.exp()
    }

    /// b = -t b_rel.
    fn logit_bias(&self, parameter: f64, logit_scale: f64) -> f64 {
        -parameter * logit_scale.exp()
    }

    fn by_parameters(&self, head: Head, by_scale: f64, by_bias: Option<f64>) -> (f64, Option<f64>) {
        let along = by_bias.map_or(0.0, |by_bias| head.shift() * by_bias);
        (
            by_scale + along,
            by_bias.map(|by_bias| -head.scale() * by_bias),
        )
    }

    fn open_clip(&self) -> Result<OpenClip, &'static str> {
        Err(
            "OpenCLIP learns the bias itself; use `loss: SigLip`, which has the same logits but other gradients",
        )
    }

    // All else is SigLIP's.

    fn other(&self) -> Loss {
        SigLip.other()
    }

    fn words(&self) -> &'static dyn Words {
        SigLip.words()
    }

    fn uses_bias(&self) -> bool {
        SigLip.uses_bias()
    }

    fn can_choose_negatives(&self) -> bool {
        SigLip.can_choose_negatives()
    }

    fn defaults(&self, pairs: u64) -> (f64, Option<f64>) {
        SigLip.defaults(pairs)
    }

    fn prior_bias(&self, pairs: u64) -> Option<f64> {
        SigLip.prior_bias(pairs)
    }

    fn dense(&self, scaled: &Tensor, logit_bias: Option<&Tensor>) -> LossTerms {
        SigLip.dense(scaled, logit_bias)
    }

    fn tiled(&self, work: &tiled::work::Work) -> tiled::work::Made {
        SigLip.tiled(work)
    }

    fn blocks(&self, work: &blocks::Work) -> blocks::Made {
        SigLip.blocks(work)
    }

    fn surface(&self, sample: &Sample, temperatures: &[f64], biases: &[f64]) -> Result<Vec<f64>> {
        SigLip.surface(sample, temperatures, biases)
    }

    fn untrained(&self, pairs: f64, bias: f64) -> f64 {
        SigLip.untrained(pairs, bias)
    }

    fn floor(&self, pairs: f64, scale: f64) -> Option<f64> {
        SigLip.floor(pairs, scale)
    }

    fn probabilities(&self, row: &[f64]) -> Vec<f64> {
        SigLip.probabilities(row)
    }

    fn pull(&self, row: &[f64], own: usize, push: f64) -> f64 {
        SigLip.pull(row, own, push)
    }

    fn slopes(&self, logits: &[f64], side: usize) -> Vec<f64> {
        SigLip.slopes(logits, side)
    }

    fn cell(&self, along: &[f64], down: &[f64], place: (usize, usize)) -> Cell {
        SigLip.cell(along, down, place)
    }

    fn working(&self, logits: &Matrix) -> Vec<Block> {
        SigLip.working(logits)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::super::compare::compare;
    use super::super::evaluate::{Input, Precision, Problem, Question};
    use super::*;

    fn unit(salt: f64) -> Tensor {
        let x = (Tensor::arange(37 * 24, (Kind::Double, Device::Cpu)) * salt).sin();
        let x = x.view([37, 24]);
        &x / x.norm_scalaropt_dim(2, [1i64].as_slice(), true)
    }

    const CASES: [(f64, f64); 3] = [(0.1, -10.0), (0.02, -4.0), (1.0, 3.0)];

    /// Value and gradients by features, ln t and b_rel in 64 bits, by autograd of `t (cos - b_rel)`.
    fn known(tau: f64, bias: f64) -> (f64, [Tensor; 2], [f64; 2]) {
        let leaf = |x: Tensor| x.set_requires_grad(true);
        let (x, y) = (leaf(unit(12.9898)), leaf(unit(78.233)));
        let (scale, relative) = (
            leaf(Tensor::from(-tau.ln())),
            leaf(Tensor::from(-bias * tau)),
        );
        let z = (x.matmul(&y.tr()) - &relative) * scale.exp();
        let signs = Tensor::eye(37, (Kind::Double, Device::Cpu)) * 2.0 - 1.0;
        let loss = (signs * z).log_sigmoid().sum(Kind::Double).neg() / 37.0;
        loss.backward();
        let by = [scale.grad(), relative.grad()].map(|g| g.double_value(&[]));
        (loss.double_value(&[]), [x.grad(), y.grad()], by)
    }

    fn near(found: f64, wanted: f64, within: f64) {
        let size = wanted.abs().max(1.0);
        assert!(
            (found - wanted).abs() < within * size,
            "{found} for {wanted}"
        );
    }

    fn head(loss: Loss, tau: f64, bias: f64) -> Head {
        Head {
            loss,
            logit_scale: -tau.ln(),
            logit_bias: Some(bias),
        }
    }

    #[test]
    fn parameters_come_back() {
        for (tau, bias) in CASES {
            let parameter = SigLipRelative.parameter(bias, -f64::ln(tau));
            near(parameter, -bias * tau, 1e-12);
            near(
                SigLipRelative.logit_bias(parameter, -f64::ln(tau)),
                bias,
                1e-12,
            );
        }
    }

    #[test]
    fn dense_form_has_siglip_s_value_and_the_gradients_of_its_own_parameters() {
        let numbers =
            |x: &Tensor| Vec::<f32>::try_from(x.reshape([-1]).to_kind(Kind::Float)).unwrap();
        let input = Input::Features {
            n: 37,
            d: 24,
            image: numbers(&unit(12.9898)),
            text: numbers(&unit(78.233)),
        };
        for (temperature, bias) in CASES {
            let ask = |loss: Loss, tile: Option<usize>| {
                let precision = tile.map_or(Precision::Fp64, |_| Precision::Fp32);
                let question = Question {
                    loss,
                    temperature,
                    bias: Some(bias),
                    precision,
                    tile,
                };
                Problem::new(&input, &question).unwrap().evaluate().unwrap()
            };
            let (value, _, by) = known(temperature, bias);
            let siglip = ask(Loss::SigLip, None);
            for (found, within) in [
                (ask(Loss::SigLipRelative, None), 1e-6),
                (ask(Loss::SigLipRelative, Some(16)), 2e-5),
            ] {
                near(found.loss, value, within);
                near(found.loss, siglip.loss, within);
                near(found.grad_logit_scale, by[0], 10.0 * within);
                near(found.grad_logit_bias.unwrap(), by[1], 10.0 * within);
            }
        }
    }

    #[test]
    fn tiles_and_blocks_have_siglip_s_gradients_by_the_features() {
        let zero = Tensor::from(0.0);
        for (tau, bias) in CASES {
            let features = || [unit(12.9898), unit(78.233)].map(|x| x.to_kind(Kind::Float));
            let of = |loss| compare(features(), head(loss, tau, bias), 1).unwrap();
            let (ours, theirs) = (of(Loss::SigLipRelative), of(Loss::SigLip));
            assert_eq!(ours.image_gradient, theirs.image_gradient);
            assert_eq!(ours.text_gradient, theirs.text_gradient);
            let (_, gradients, by) = known(tau, bias);
            let off = (&ours.image_gradient - &gradients[0]).norm() / gradients[0].norm();
            assert!(off.double_value(&[]) < 1e-5);
            let (found, _) = ours.read(&zero).unwrap();
            let (siglip, _) = theirs.read(&zero).unwrap();
            assert_eq!(found.loss.to_bits(), siglip.loss.to_bits());
            near(found.grad_logit_scale, by[0], 2e-4);
            near(found.grad_logit_bias.unwrap(), by[1], 2e-4);
        }
    }
}
