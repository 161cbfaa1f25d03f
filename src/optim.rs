//! [`AdamW`] on one flat buffer, and [`LearnedScalar`], a learned number.
//!
//! libtorch's own optimizers make a dozen passes over each of a hundred small tensors; here all parameters are
//! views of one buffer, and a step is one pass over it.

mod fused;

use std::ops::Range;

use tch::{Device, Kind, Tensor};

use crate::control::Settings;
use crate::error::Result;
use crate::model::Clip;
use crate::scenario::Train;
use fused::{Buffers, Rule};

/// `AdamW` with decoupled weight decay (Loshchilov & Hutter, 1711.05101, algorithm 2, as `PyTorch`
/// scales it: the decay is `lr * weight_decay`).
pub struct AdamW {
    /// The parameters, those that decay first; each is a view of `flat`.
    parameters: Vec<Tensor>,
    flat: Tensor,
    /// Length of the leading part of `flat` that decays.
    decaying: i64,
    first: Tensor,
    second: Tensor,
    updates: i32,
    threads: usize,
}

/// What one update goes by.
#[derive(Clone, Copy, Debug)]
pub struct Hyperparameters {
    /// Of this step: the schedule is applied.
    pub learning_rate: f64,
    /// Decoupled, on matrices only.
    pub weight_decay: f64,
    /// Adam's.
    pub betas: (f64, f64),
    /// Adam's.
    pub epsilon: f64,
}

impl Hyperparameters {
    /// Those of step `step` (the first is 1), under the dials as they stand.
    pub fn at(step: u64, train: &Train, settings: &Settings) -> Self {
        let peak = Self::peak(train, settings);
        Self {
            learning_rate: train.rate(peak.learning_rate, step),
            ..peak
        }
    }

    /// Those at the peak of the schedule.
    pub fn peak(train: &Train, settings: &Settings) -> Self {
        Self {
            weight_decay: settings.weight_decay,
            betas: (train.betas.0.get(), settings.beta2),
            ..Self::plain(train, settings.learning_rate)
        }
    }

    /// At this rate, without decay.
    pub fn plain(train: &Train, learning_rate: f64) -> Self {
        Self {
            learning_rate,
            weight_decay: 0.0,
            betas: (train.betas.0.get(), train.betas.1.get()),
            epsilon: train.epsilon.get(),
        }
    }
}

/// All of an optimizer's numbers, as plain data.
#[derive(Clone, Debug)]
pub struct Moments {
    parameters: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    updates: i32,
}

impl Moments {
    /// What it takes in memory.
    pub fn bytes(&self) -> usize {
        3 * self.parameters.len() * size_of::<f32>()
    }
}

/// Norms of an update, over what is trained.
#[derive(Clone, Copy, Debug)]
pub struct Norms {
    /// Of all parameters, after the update.
    pub parameters: f64,
    /// Of the change.
    pub update: f64,
}

impl AdamW {
    /// Takes over the parameters, those that decay first: moves their storage into one buffer, which they then
    /// view.
    pub fn new(learned: &[(&str, &Tensor, bool)], threads: usize) -> Result<Self> {
        let decayed = learned.iter().filter(|(_, _, decays)| *decays);
        let decaying = decayed.map(|(_, tensor, _)| tensor.numel() as i64).sum();
        let clones = learned.iter().map(|(_, tensor, _)| tensor.shallow_clone());
        let mut parameters: Vec<Tensor> = clones.collect();
        let flat = {
            let _guard = tch::no_grad_guard();
            let rows: Vec<_> = parameters
                .iter()
                .map(|p| p.detach().reshape([-1]))
                .collect();
            Tensor::f_cat(&rows, 0)?
        };
        let mut offset = 0;
        for parameter in &mut parameters {
            let length = parameter.numel() as i64;
            let view = flat
                .f_narrow(0, offset, length)?
                .f_view(parameter.size().as_slice())?;
            parameter.f_set_data(&view)?;
            offset += length;
        }
        Ok(Self {
            parameters,
            first: flat.zeros_like(),
            second: flat.zeros_like(),
            flat,
            decaying,
            updates: 0,
            threads,
        })
    }

    /// Parameters and moments as they are.
    pub fn moments(&self) -> Result<Moments> {
        Ok(Moments {
            parameters: self.flat.shallow_clone().try_into()?,
            first: self.first.shallow_clone().try_into()?,
            second: self.second.shallow_clone().try_into()?,
            updates: self.updates,
        })
    }

    /// Takes over parameters and moments of an optimizer of the same model.
    pub fn restore(&mut self, moments: &Moments) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.flat
            .f_copy_(&Tensor::from_slice(&moments.parameters))?;
        self.first.f_copy_(&Tensor::from_slice(&moments.first))?;
        self.second.f_copy_(&Tensor::from_slice(&moments.second))?;
        self.updates = moments.updates;
        Ok(())
    }

    /// The first parameter, by its place, whose part of a flat gradient is not finite.
    pub fn not_finite(&self, gradients: &Tensor) -> Result<Option<usize>> {
        let mut offset = 0;
        for (place, parameter) in self.parameters.iter().enumerate() {
            let length = parameter.numel() as i64;
            if !finite(&gradients.f_narrow(0, offset, length)?)? {
                return Ok(Some(place));
            }
            offset += length;
        }
        Ok(None)
    }

    /// Learned numbers.
    pub fn parameter_count(&self) -> usize {
        self.flat.numel()
    }

    /// One update with the given gradients of the parameters that are `trained` (all, if nothing is said);
    /// the others, and their moments, stay as they are.
    pub fn update(
        &mut self,
        gradients: &Tensor,
        by: &Hyperparameters,
        trained: Option<&[bool]>,
    ) -> Result<Norms> {
        let _guard = tch::no_grad_guard();
        self.updates = self.updates.saturating_add(1);
        let [mut parameters, mut update] = [0.0; 2];
        for range in self.ranges(trained) {
            let [after, change] = if self.flat.device() == Device::Cpu {
                self.update_here(gradients, range, by)?
            } else {
                self.update_there(gradients, range, by)?
            };
            parameters += after;
            update += change;
        }
        Ok(Norms {
            parameters: parameters.sqrt(),
            update: update.sqrt(),
        })
    }

    /// Where the trained parameters lie in the flat buffers: neighbours as one.
    fn ranges(&self, trained: Option<&[bool]>) -> Vec<Range<i64>> {
        let Some(trained) = trained else {
            return std::iter::once(0..self.flat.numel() as i64).collect();
        };
        let mut ranges: Vec<Range<i64>> = Vec::new();
        let mut from = 0;
        for (parameter, trained) in self.parameters.iter().zip(trained) {
            let to = from + parameter.numel() as i64;
            match ranges.last_mut() {
                Some(last) if *trained && last.end == from => last.end = to,
                _ if *trained => ranges.push(from..to),
                _ => {}
            }
            from = to;
        }
        ranges
    }

    /// In main memory, in one pass. The squared norms.
    fn update_here(
        &mut self,
        gradients: &Tensor,
        range: Range<i64>,
        by: &Hyperparameters,
    ) -> Result<[f64; 2]> {
        let (beta1, beta2) = by.betas;
        let rule = Rule {
            mean: (1.0 - beta1) as f32,
            square: (1.0 - beta2) as f32,
            root: (1.0 - beta2.powi(self.updates)).sqrt().recip() as f32,
            epsilon: by.epsilon as f32,
            rate: (by.learning_rate / (1.0 - beta1.powi(self.updates))) as f32,
            decay: (by.learning_rate * by.weight_decay) as f32,
        };
        let mut gradients = gradients.f_contiguous()?;
        let decaying = (self.decaying - range.start).clamp(0, range.end - range.start);
        let range = range.start as usize..range.end as usize;
        let buffers = Buffers {
            parameters: &mut floats(&mut self.flat)[range.clone()],
            gradients: &mut floats(&mut gradients)[range.clone()],
            means: &mut floats(&mut self.first)[range.clone()],
            squares: &mut floats(&mut self.second)[range],
        };
        Ok(fused::update(
            buffers,
            decaying as usize,
            rule,
            self.threads,
        ))
    }

    /// On a device, by tensor operations. The squared norms.
    fn update_there(
        &mut self,
        gradients: &Tensor,
        range: Range<i64>,
        by: &Hyperparameters,
    ) -> Result<[f64; 2]> {
        let (beta1, beta2) = by.betas;
        let correction1 = 1.0 - beta1.powi(self.updates);
        let correction2 = 1.0 - beta2.powi(self.updates);
        let decaying = (self.decaying - range.start).clamp(0, range.end - range.start);
        let cut = |whole: &Tensor| whole.f_narrow(0, range.start, range.end - range.start);
        let (mut flat, mut first, mut second) =
            (cut(&self.flat)?, cut(&self.first)?, cut(&self.second)?);
        let gradients = cut(gradients)?;
        let _ = first.f_lerp_(&gradients, 1.0 - beta1)?;
        let _ = second.f_lerp_(&gradients.f_square()?, 1.0 - beta2)?;
        let mut denominator = second.f_sqrt()?;
        let _ = denominator.f_mul_scalar_(correction2.sqrt().recip())?;
        let _ = denominator.f_add_scalar_(by.epsilon)?;
        let mut change = first.f_div(&denominator)?;
        let _ = change.f_mul_scalar_(-by.learning_rate / correction1)?;
        if by.weight_decay > 0.0 && decaying > 0 {
            let decay = flat
                .f_narrow(0, 0, decaying)?
                .f_mul_scalar(by.learning_rate * by.weight_decay)?;
            let _ = change.f_narrow(0, 0, decaying)?.f_sub_(&decay)?;
        }
        let _ = flat.f_add_(&change)?;
        let squares = [flat.f_dot(&flat)?, change.f_dot(&change)?];
        let squares = Vec::<f64>::try_from(Tensor::f_stack(&squares, 0)?.to_kind(Kind::Double))?;
        Ok([squares[0], squares[1]])
    }
}

/// The numbers of a 32-bit tensor in main memory that lies in one piece.
#[allow(unsafe_code)]
fn floats(tensor: &mut Tensor) -> &mut [f32] {
    assert!(
        tensor.kind() == Kind::Float && tensor.device() == Device::Cpu && tensor.is_contiguous()
    );
    // SAFETY: as asserted, that many numbers of this type lie there, initialised; the borrow keeps the tensor, and
    // with it its storage, and no other thread has a handle on it during an update.
    unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast(), tensor.numel()) }
}

/// What the optimizer moves of a model, with names and whether weight decay applies, in the order that its
/// flat buffer has: those that decay first. Temperature and bias are [`LearnedScalar`]s.
pub fn learned(clip: &Clip) -> Vec<(&str, &Tensor, bool)> {
    let dial = |name: &str| matches!(name, "logit_scale" | "logit_bias");
    let towers = clip.parameters().filter(|(name, _, _)| !dial(name));
    let (decayed, spared): (Vec<_>, Vec<_>) = towers.partition(|(_, _, decays)| *decays);
    [decayed, spared].concat()
}

/// Gradients of `loss` with respect to these parameters, in one buffer; zeros where the loss does not depend on
/// one.
pub fn gradients(loss: &Tensor, parameters: &[&Tensor]) -> Result<Tensor> {
    Ok(Tensor::f_cat(&gradient_rows(loss, parameters)?, 0)?)
}

/// The same, a row for each parameter.
pub fn gradient_rows(loss: &Tensor, parameters: &[&Tensor]) -> Result<Vec<Tensor>> {
    let mut gradients = Tensor::f_run_backward(&[loss], parameters, false, false)?;
    for (gradient, input) in gradients.iter_mut().zip(parameters) {
        if !gradient.defined() {
            *gradient = input.zeros_like();
        }
    }
    let row = |gradient: &Tensor| Ok(gradient.f_reshape([-1])?);
    gradients.iter().map(row).collect()
}

/// Whether all of a tensor's numbers are finite.
pub fn finite(tensor: &Tensor) -> Result<bool> {
    Ok(tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}

/// A learned number that the user can reach into: kept on the host in double precision, with its
/// own Adam moments. `logit_scale` and `logit_bias` are such; neither decays.
#[derive(Clone, Copy, Debug)]
pub struct LearnedScalar {
    /// Where it stands.
    pub value: f64,
    /// Whether updates move it.
    pub learned: bool,
    first: f64,
    second: f64,
    updates: i32,
}

impl LearnedScalar {
    /// One at `value`, with empty moments.
    pub const fn new(value: f64, learned: bool) -> Self {
        Self {
            value,
            learned,
            first: 0.0,
            second: 0.0,
            updates: 0,
        }
    }

    /// One Adam update, without decay, clamped to `low..=high`. Returns the change.
    pub fn update(&mut self, gradient: f64, by: &Hyperparameters, (low, high): (f64, f64)) -> f64 {
        if !self.learned {
            return 0.0;
        }
        let (beta1, beta2) = by.betas;
        self.updates = self.updates.saturating_add(1);
        self.first += (gradient - self.first) * (1.0 - beta1);
        self.second += (gradient * gradient - self.second) * (1.0 - beta2);
        let first = self.first / (1.0 - beta1.powi(self.updates));
        let second = self.second / (1.0 - beta2.powi(self.updates));
        let old = self.value;
        self.value =
            (old - by.learning_rate * first / (second.sqrt() + by.epsilon)).clamp(low, high);
        self.value - old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY: Hyperparameters = Hyperparameters {
        learning_rate: 0.1,
        weight_decay: 0.2,
        betas: (0.9, 0.98),
        epsilon: 1e-6,
    };

    /// `torch.optim.AdamW` (2.11.0) with groups `weight_decay` 0.2 and 0, three steps on
    /// `((w @ x + b)**2).sum() * s`.
    #[test]
    fn three_updates_equal_pytorch() {
        let matrix = Tensor::from_slice2(&[[1.0_f32, -2.0], [0.5, 3.0]]).set_requires_grad(true);
        let vector = Tensor::from_slice(&[0.1_f32, -0.2]).set_requires_grad(true);
        let x = Tensor::from_slice(&[1.0_f32, 2.0]);
        let learned = [("matrix", &matrix, true), ("vector", &vector, false)];
        let mut optimizer = AdamW::new(&learned, 1).unwrap();
        let mut dial = LearnedScalar::new(2.0, true);
        for _ in 0..3 {
            let scale = Tensor::from(dial.value as f32).set_requires_grad(true);
            let loss = (matrix.mv(&x) + &vector).square().sum(Kind::Float) * &scale;
            let gradient = Tensor::run_backward(&[&loss], &[&scale], true, false);
            let gradients = gradients(&loss, &[&matrix, &vector]).unwrap();
            optimizer.update(&gradients, &BY, None).unwrap();
            dial.update(gradient[0].double_value(&[]), &BY, (-100.0, 100.0));
        }
        let expected = [
            1.231_016,
            -1.592_560_2,
            0.178_560_82,
            2.531_541,
            0.395_762_1,
            -0.497_984_5,
        ];
        let got: Vec<f32> = matrix.reshape([-1]).try_into().unwrap();
        let got = [got, vector.try_into().unwrap()].concat();
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 2e-6, "{got} {expected}");
        }
        assert!((dial.value - 1.703_541_755_676_269_5).abs() < 2e-6);
    }

    #[test]
    fn the_dials_decide_what_an_update_goes_by() {
        let scenario = crate::scenario::load("clip").unwrap();
        let mut settings = scenario.lanes[0].start(&scenario.train, true, 847);
        assert_eq!(settings.beta2, scenario.train.betas.1.get());
        for (name, value) in [
            ("beta2", "0.95"),
            ("weight_decay", "0.01"),
            ("learning_rate", "0.5"),
        ] {
            settings.set(crate::control::Control::parse(name, value).unwrap());
        }
        let by = Hyperparameters::at(1, &scenario.train, &settings);
        assert_eq!((by.betas.1, by.weight_decay), (0.95, 0.01));
        assert_eq!(by.learning_rate, scenario.train.rate(0.5, 1));
    }

    #[test]
    fn a_parameter_outside_the_graph_has_no_gradient() {
        let used = Tensor::from_slice(&[1.0_f32]).set_requires_grad(true);
        let unused = Tensor::from_slice(&[1.0_f32]).set_requires_grad(true);
        let gradients = gradients(&used.square().sum(Kind::Float), &[&used, &unused]).unwrap();
        assert_eq!(Vec::<f32>::try_from(gradients).unwrap(), [2.0, 0.0]);
    }

    #[test]
    fn a_dial_that_is_held_stays_and_a_learned_one_stops_at_its_clamp() {
        let mut held = LearnedScalar::new(1.0, false);
        assert_eq!(
            held.update(5.0, &BY, (0.0, 2.0)).to_bits(),
            0.0_f64.to_bits()
        );
        let mut learned = LearnedScalar::new(1.95, true);
        learned.update(-5.0, &BY, (0.0, 2.0));
        assert!((learned.value - 2.0).abs() < 1e-12);
    }
}
