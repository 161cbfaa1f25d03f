//! The store of named parameters and buffers of a model, and how they are first filled.
//!
//! Names, shapes and memory layouts are OpenCLIP's, so that a checkpoint is this store written down.
//! Knows nothing of what the tensors are for.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use crate::error::{Error, Result};
use crate::random::{normals, uniforms};

/// What a tensor is to training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Learned.
    Parameter {
        /// Whether weight decay applies: OpenCLIP spares whatever has less than two dimensions or
        /// `bn`, `ln`, `bias` or `logit_scale` in its name.
        decay: bool,
    },
    /// Kept and saved, but not learned: statistics of batch normalisation.
    Buffer,
}

/// A named tensor.
#[derive(Debug)]
pub struct Entry {
    /// OpenCLIP's key.
    pub name: String,
    /// The tensor itself. Its clones within the towers share its storage and its gradient, and see a
    /// `set_data` (an optimizer may move all parameters into one flat buffer).
    pub tensor: Tensor,
    /// What it is to training.
    pub role: Role,
}

/// All tensors of a model, in the order in which its towers made them.
#[derive(Debug)]
pub struct Weights {
    entries: Vec<Entry>,
    index: HashMap<String, usize>,
    device: Device,
    compute: Kind,
}

impl Weights {
    /// An empty store. Tensors have 32 bits; layers compute their products in `compute`.
    pub fn new(device: Device, compute: Kind) -> Self {
        Self {
            entries: Vec::new(),
            index: HashMap::new(),
            device,
            compute,
        }
    }

    /// Where the tensors live.
    pub const fn device(&self) -> Device {
        self.device
    }

    /// The type that layers compute their products in.
    pub const fn compute(&self) -> Kind {
        self.compute
    }

    /// Everything, in a stable order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The tensor called `name`.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.index.get(name).map(|&at| &self.entries[at].tensor)
    }

    /// A clone of the tensor called `name` that shares its storage and its gradient.
    fn share(&self, name: &str) -> Result<Tensor> {
        let known = self.get(name).map(Tensor::shallow_clone);
        known.ok_or_else(|| Error::Internal(format!("no tensor {name} to share")))
    }

    /// The learnable ones, in a stable order: name, tensor, whether weight decay applies.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &Tensor, bool)> {
        self.entries.iter().filter_map(|entry| match entry.role {
            Role::Parameter { decay } => Some((entry.name.as_str(), &entry.tensor, decay)),
            Role::Buffer => None,
        })
    }

    /// Those that are not learned, such as running statistics, in a stable order.
    pub fn buffers(&self) -> impl Iterator<Item = &Tensor> {
        self.entries.iter().filter_map(|entry| match entry.role {
            Role::Buffer => Some(&entry.tensor),
            Role::Parameter { .. } => None,
        })
    }

    /// Adds a tensor and returns a clone that shares its storage.
    pub fn add(&mut self, name: String, tensor: Tensor, buffer: bool) -> Tensor {
        let role = if buffer {
            Role::Buffer
        } else {
            Role::Parameter {
                decay: decays(&name, tensor.dim()),
            }
        };
        let tensor = if buffer {
            tensor
        } else {
            tensor.set_requires_grad(true)
        };
        let shared = tensor.shallow_clone();
        self.index.insert(name.clone(), self.entries.len());
        self.entries.push(Entry { name, tensor, role });
        shared
    }

    /// Takes a tensor out, if it is the last that was added.
    pub fn remove(&mut self, name: &str) {
        if self.entries.pop_if(|entry| entry.name == name).is_some() {
            self.index.remove(name);
        }
    }

    /// Copies every value of `other`, which must hold the same names and shapes.
    pub fn copy_from(&mut self, other: &Self) -> Result<()> {
        let alike =
            |(a, b): (&Entry, &Entry)| a.name == b.name && a.tensor.size() == b.tensor.size();
        if self.entries.len() != other.entries.len()
            || !self.entries.iter().zip(&other.entries).all(alike)
        {
            return Err(Error::Internal(
                "weights were copied between models of different shapes".into(),
            ));
        }
        tch::no_grad(|| {
            for (to, from) in self.entries.iter_mut().zip(&other.entries) {
                to.tensor.f_copy_(&from.tensor)?;
            }
            Ok(())
        })
    }
}

/// Whether OpenCLIP's training script applies weight decay to such a parameter.
fn decays(name: &str, dimensions: usize) -> bool {
    dimensions >= 2
        && !["bn", "ln", "bias", "logit_scale"]
            .iter()
            .any(|part| name.contains(part))
}

/// How a tensor is filled at first.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// The same everywhere.
    Constant(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform between minus and plus this bound.
    Uniform(f64),
}

impl Fill {
    /// What `PyTorch` gives the weight and bias of a linear or convolutional layer: Kaiming's uniform
    /// with a = sqrt(5), which is a bound of 1/sqrt(fan in).
    pub fn layer(fan_in: i64) -> Self {
        Self::Uniform((fan_in as f64).sqrt().recip())
    }

    fn values(self, count: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        match self {
            Self::Constant(value) => vec![value as f32; count],
            Self::Normal(deviation) => normals(rng, count, deviation),
            Self::Uniform(bound) => uniforms(rng, count, bound),
        }
    }
}

/// Where the first values of tensors come from.
pub enum Source<'a> {
    /// They are drawn.
    Random(&'a mut ChaCha8Rng),
    /// Zero, where they would be drawn: for a model that is about to be overwritten.
    Zero,
    /// Tensors that have shapes and no storage of their own: for a look at what a model would be.
    Outline,
    /// The tensors are those of another model.
    Shared(&'a Weights),
}

/// A place in the tree of names, where a layer makes its tensors.
pub struct Scope<'a> {
    weights: &'a mut Weights,
    source: Source<'a>,
    prefix: String,
}

impl<'a> Scope<'a> {
    /// The root of the tree.
    pub fn root(weights: &'a mut Weights, source: Source<'a>) -> Self {
        Self {
            weights,
            source,
            prefix: String::new(),
        }
    }

    /// The branch called `name`.
    pub fn sub(&mut self, name: impl std::fmt::Display) -> Scope<'_> {
        Scope {
            weights: self.weights,
            source: match &mut self.source {
                Source::Random(rng) => Source::Random(rng),
                Source::Zero => Source::Zero,
                Source::Outline => Source::Outline,
                Source::Shared(other) => Source::Shared(other),
            },
            prefix: format!("{}{name}.", self.prefix),
        }
    }

    /// The type that layers compute their products in.
    pub const fn compute(&self) -> Kind {
        self.weights.compute
    }

    /// A new learnable tensor.
    pub fn parameter(&mut self, name: &str, shape: &[i64], fill: Fill) -> Result<Tensor> {
        self.make(name, shape, fill, false)
    }

    /// A new tensor of statistics.
    pub fn buffer(&mut self, name: &str, shape: &[i64], fill: Fill) -> Result<Tensor> {
        self.make(name, shape, fill, true)
    }

    /// A new counter.
    pub fn counter(&mut self, name: &str) -> Result<Tensor> {
        let name = format!("{}{name}", self.prefix);
        let zero = || Tensor::f_zeros([0; 0], (Kind::Int64, self.weights.device));
        let tensor = match &self.source {
            Source::Shared(other) => other.share(&name)?,
            Source::Random(_) | Source::Zero | Source::Outline => zero()?,
        };
        Ok(self.weights.add(name, tensor, true))
    }

    fn make(&mut self, name: &str, shape: &[i64], fill: Fill, buffer: bool) -> Result<Tensor> {
        let device = self.weights.device;
        let name = format!("{}{name}", self.prefix);
        let tensor = match (&mut self.source, fill) {
            (Source::Shared(other), _) => other.share(&name)?,
            (Source::Outline, _) => {
                Tensor::f_zeros([], (Kind::Float, device))?.f_expand(shape, false)?
            }
            (Source::Random(rng), Fill::Normal(_) | Fill::Uniform(_)) => {
                let count = shape.iter().product::<i64>() as usize;
                let flat = Tensor::f_from_slice(&fill.values(count, rng))?;
                flat.f_reshape(shape)?.f_to_device(device)?
            }
            (_, Fill::Constant(value)) => Tensor::f_full(shape, value, (Kind::Float, device))?,
            (Source::Zero, _) => Tensor::f_zeros(shape, (Kind::Float, device))?,
        };
        Ok(self.weights.add(name, tensor, buffer))
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn moments(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        (
            mean,
            (values
                .iter()
                .map(|&x| (f64::from(x) - mean).powi(2))
                .sum::<f64>()
                / n)
                .sqrt(),
        )
    }

    #[test]
    fn fills_have_the_stated_spread() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let (mean, std) = moments(&Fill::Normal(0.02).values(40_001, &mut rng));
        assert!(
            mean.abs() < 4e-4 && (std - 0.02).abs() < 4e-4,
            "{mean} {std}"
        );
        let uniform = Fill::layer(25).values(40_000, &mut rng);
        let (mean, std) = moments(&uniform);
        assert!(
            mean.abs() < 2e-3 && (std - 0.2 / 3_f64.sqrt()).abs() < 2e-3,
            "{mean} {std}"
        );
        assert!(uniform.iter().all(|x| x.abs() <= 0.2) && uniform.iter().any(|x| x.abs() > 0.199));
    }

    #[test]
    fn decay_spares_what_open_clip_spares() {
        assert!(decays(
            "visual.transformer.resblocks.0.attn.in_proj_weight",
            2
        ));
        assert!(decays("token_embedding.weight", 2) && decays("visual.positional_embedding", 2));
        assert!(!decays("visual.class_embedding", 1) && !decays("visual.layer1.0.bn1.weight", 1));
        assert!(!decays("logit_scale", 0) && !decays("logit_bias", 0) && !decays("x.bias", 2));
    }

    #[test]
    fn clones_share_storage_gradient_and_a_change_of_data() {
        let mut weights = Weights::new(Device::Cpu, Kind::Float);
        let mut scope = Scope::root(&mut weights, Source::Zero);
        let shared = scope
            .sub("a")
            .parameter("w", &[2, 2], Fill::Constant(1.0))
            .unwrap();
        let flat = Tensor::from_slice(&[5f32, 6.0, 7.0, 8.0]);
        let mut entry = weights.get("a.w").unwrap().shallow_clone();
        tch::no_grad(|| entry.set_data(&flat.view([2, 2])));
        (&shared * 3.0).sum(tch::Kind::Float).backward();
        assert_eq!(shared.double_value(&[1, 1]), 8.0);
        assert_eq!(
            weights.get("a.w").unwrap().grad().double_value(&[0, 0]),
            3.0
        );
    }
}
