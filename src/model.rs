//! [`Clip`]: a dual encoder with `OpenCLIP`'s arithmetic, keys and first values.
//!
//! Owns the tensors. Knows nothing of losses, optimizers or data. Reference: `open_clip` 3.3.0
//! (`model.py`, `transformer.py`, `modified_resnet.py`) and, for `SigLIP`'s image tower, timm 1.0.31
//! (`vision_transformer.py`, `attention_pool.py`), to which `tests/parity.rs` holds it.

mod attention;
pub mod checkpoint;
mod layers;
mod map;
mod resnet;
mod style;
mod text;
mod transformer;
mod vit;
pub mod weights;

use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use crate::error::{Error, Result};
use crate::scenario::Model;
use crate::scenario::tower::{Architecture, Image, ImagePool};
pub use layers::Pass;
use layers::normalize;
use map::MapTransformer;
use resnet::ModifiedResNet;
use text::TextTransformer;
use vit::VisionTransformer;
use weights::{Fill, Scope, Source, Weights};

/// `logit_scale` of a new model: ln(1/0.07), CLIP's.
pub const LOGIT_SCALE: f64 = 2.659_260_036_932_778;

/// An image tower and a text tower that meet in one space.
#[derive(Debug)]
pub struct Clip {
    architecture: Architecture,
    weights: Weights,
    visual: Visual,
    text: TextTransformer,
    logit_scale: Tensor,
    logit_bias: Option<Tensor>,
}

#[derive(Debug)]
enum Visual {
    ViT(VisionTransformer),
    Map(MapTransformer),
    ResNet(Box<ModifiedResNet>),
}

impl Clip {
    /// A model with random weights; the same generator state gives the same weights.
    ///
    /// `vocab_size` is what the trained tokenizer really has, which may be less than `config` asks.
    /// `logit_scale` starts at [`LOGIT_SCALE`], and there is no bias.
    ///
    /// # Errors
    ///
    /// [`Error::Scenario`] if the sizes do not fit together.
    pub fn new(
        config: &Model,
        vocab_size: i64,
        rng: &mut ChaCha8Rng,
        device: Device,
    ) -> Result<Self> {
        config.validate().map_err(Error::Scenario)?;
        let mut architecture = config.architecture();
        architecture.text.vocab = vocab_size;
        Self::build(&architecture, Source::Random(rng), device, Kind::Float)
    }

    /// A second model with the same values, whose tensors are its own and which computes in 32 bits: for
    /// evaluation while this one trains on.
    pub fn duplicate(&self) -> Result<Self> {
        let device = self.device();
        let mut twin = Self::build(&self.architecture, Source::Zero, device, Kind::Float)?;
        twin.copy_from(self)?;
        Ok(twin)
    }

    /// Another handle on the same model, the same tensors, for another thread or another arithmetic: its layers
    /// compute their products in `compute`. Weights, their gradients, normalisations, attention and features
    /// have 32 bits in any case.
    pub fn share(&self, compute: Kind) -> Result<Self> {
        let shared = || Source::Shared(&self.weights);
        let mut other = Self::build(&self.architecture, shared(), self.device(), compute)?;
        if self.logit_bias.is_some() {
            let mut root = Scope::root(&mut other.weights, shared());
            other.logit_bias = Some(root.parameter("logit_bias", &[], Fill::Constant(0.0))?);
        }
        Ok(other)
    }

    /// Another handle that computes as this one does.
    pub fn handle(&self) -> Result<Self> {
        self.share(self.weights.compute())
    }

    fn build(
        architecture: &Architecture,
        source: Source,
        device: Device,
        compute: Kind,
    ) -> Result<Self> {
        let mut weights = Weights::new(device, compute);
        let mut root = Scope::root(&mut weights, source);
        let visual = Visual::new(root.sub("visual"), architecture)?;
        let (text, outputs) = (&architecture.text, architecture.embed_dim);
        let text = if text.within {
            TextTransformer::new(&mut root.sub("text"), text, outputs)
        } else {
            TextTransformer::new(&mut root, text, outputs)
        }?;
        let logit_scale = root.parameter("logit_scale", &[], Fill::Constant(LOGIT_SCALE))?;
        Ok(Self {
            architecture: architecture.clone(),
            weights,
            visual,
            text,
            logit_scale,
            logit_bias: None,
        })
    }

    /// What it was built as.
    pub const fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Entries of the token embedding.
    pub const fn vocab_size(&self) -> i64 {
        self.architecture.text.vocab
    }

    /// Where the tensors live.
    pub const fn device(&self) -> Device {
        self.weights.device()
    }

    /// Every named tensor, buffers included.
    pub const fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The learnable tensors in a stable order: name, tensor, whether weight decay applies.
    /// `logit_bias`, if there is one, comes last.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &Tensor, bool)> {
        self.weights.parameters()
    }

    /// Learned numbers.
    pub fn parameter_count(&self) -> usize {
        self.parameters().map(|(_, tensor, _)| tensor.numel()).sum()
    }

    /// Takes over every value of `other`, a model of the same sizes; gets a bias if `other` has one.
    pub fn copy_from(&mut self, other: &Self) -> Result<()> {
        if other.logit_bias.is_some() && self.logit_bias.is_none() {
            let _ = self.add_bias()?;
        }
        self.weights.copy_from(&other.weights)
    }

    /// Unit image features, `[B, D]`, of pictures `[B, 3, S, S]` that are normalised as the model
    /// was trained; of other sides, too, if it sees any size. What `pass` is for
    /// matters to batch normalisation alone.
    pub fn encode_image(&self, pixels: &Tensor, pass: Pass) -> Tensor {
        normalize(&match &self.visual {
            Visual::ViT(tower) => tower.forward(pixels),
            Visual::Map(tower) => tower.forward(pixels),
            Visual::ResNet(tower) => tower.forward(pixels, pass),
        })
    }

    /// Unit text features, `[B, D]`, of captions `[B, L]` of int64: start token, words, end token,
    /// zeros. L is at most the context length; a batch cut to its longest caption gives the same
    /// features, in less time if the tower is pooled at the end token. (Pooled at the last position, it
    /// reads padding, too, and adds what was cut.)
    pub fn encode_text(&self, tokens: &Tensor) -> Tensor {
        normalize(&self.text.forward(tokens))
    }

    /// The log of the factor on cosines: a tensor without dimensions.
    pub const fn logit_scale(&self) -> &Tensor {
        &self.logit_scale
    }

    /// What is added to every logit, if anything: a tensor without dimensions.
    pub const fn logit_bias(&self) -> Option<&Tensor> {
        self.logit_bias.as_ref()
    }

    /// Sets `logit_scale` (a log) and whether it is learned.
    pub fn set_logit_scale(&mut self, value: f64, learned: bool) -> Result<()> {
        set(&self.logit_scale, value, learned)
    }

    /// Sets `logit_bias` and whether it is learned; adds it, as the last parameter, if there is none.
    pub fn set_logit_bias(&mut self, value: f64, learned: bool) -> Result<()> {
        let bias = match &self.logit_bias {
            Some(bias) => bias.shallow_clone(),
            None => self.add_bias()?,
        };
        set(&bias, value, learned)
    }

    /// Takes the bias away, if there is one.
    pub fn remove_logit_bias(&mut self) {
        self.logit_bias = None;
        self.weights.remove("logit_bias");
    }

    /// Holds `logit_scale` within 0 to ln(`most`), as `OpenCLIP` does after every step with 100.
    pub fn clamp_logit_scale(&mut self, most: f64) {
        tch::no_grad(|| {
            let _ = self.logit_scale.clamp_(0.0, most.ln());
        });
    }

    fn add_bias(&mut self) -> Result<Tensor> {
        let mut root = Scope::root(&mut self.weights, Source::Zero);
        let bias = root.parameter("logit_bias", &[], Fill::Constant(0.0))?;
        self.logit_bias = Some(bias.shallow_clone());
        Ok(bias)
    }
}

fn set(scalar: &Tensor, value: f64, learned: bool) -> Result<()> {
    let mut scalar = scalar.shallow_clone();
    let _ = tch::no_grad(|| scalar.f_fill_(value))?;
    let _ = scalar.f_set_requires_grad(learned)?;
    Ok(())
}

impl Visual {
    fn new(mut scope: Scope, architecture: &Architecture) -> Result<Self> {
        Ok(match &architecture.image {
            Image::ViT(vit) if vit.pool == ImagePool::Map => {
                Self::Map(MapTransformer::new(scope.sub("trunk"), vit)?)
            }
            Image::ViT(vit) => {
                Self::ViT(VisionTransformer::new(scope, vit, architecture.embed_dim)?)
            }
            Image::ResNet(resnet) => {
                let tower = ModifiedResNet::new(scope, resnet, architecture.embed_dim)?;
                Self::ResNet(Box::new(tower))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;
    use tch::Kind;

    use super::*;

    const VIT: &str = "Model(embed_dim: 16, quick_gelu: true, \
        image: ViT(image_size: 16, patch_size: 8, width: 24, head_width: 8, layers: 2), \
        text: (context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 2))";
    const AVG: &str = "Model(embed_dim: 16, \
        image: ViT(image_size: 16, patch_size: 8, width: 24, head_width: 8, layers: 2, pool: Avg), \
        text: (context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 2, pool: Last))";
    const SIGLIP: &str = "Model(embed_dim: 24, \
        image: ViT(image_size: 16, patch_size: 8, width: 24, head_width: 8, layers: 2, pool: Map), \
        text: (context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 2, pool: Last))";
    const RESNET: &str = "Model(embed_dim: 16, \
        image: ResNet(image_size: 64, layers: (1, 2, 1, 1), width: 4, head_width: 16), \
        text: (context_length: 8, vocab_size: 300, width: 16, heads: 2, layers: 1))";

    fn model(text: &str) -> Clip {
        let config: Model = ron::from_str(text).unwrap();
        Clip::new(&config, 280, &mut ChaCha8Rng::seed_from_u64(7), Device::Cpu).unwrap()
    }

    fn pixels(side: i64, batch: i64) -> Tensor {
        let count = batch * 3 * side * side;
        (Tensor::arange(count, (Kind::Float, Device::Cpu)) * 0.37)
            .sin()
            .view([batch, 3, side, side])
    }

    fn difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn the_count_that_validation_uses_is_the_real_one() {
        for text in [VIT, AVG, SIGLIP, RESNET] {
            let clip = model(text);
            let count = clip.architecture().parameter_count();
            assert_eq!(clip.parameter_count() as u64, count);
        }
    }

    #[test]
    fn a_batch_that_is_cut_to_its_longest_caption_has_the_same_features() {
        for text in [VIT, SIGLIP] {
            let clip = model(text);
            let long = Tensor::from_slice(&[1i64, 5, 9, 279, 0, 0, 0, 0, 1, 279, 0, 0, 0, 0, 0, 0])
                .view([2, 8]);
            let padded = clip.encode_text(&long);
            let cut = clip.encode_text(&long.narrow(1, 0, 4));
            assert!(difference(&padded, &cut) < 1e-6);
            let other = Tensor::from_slice(&[1i64, 5, 8, 279]).view([1, 4]);
            assert!(difference(&clip.encode_text(&other), &cut.narrow(0, 0, 1)) > 1e-3);
        }
    }

    #[test]
    fn what_follows_the_end_is_read_at_the_last_position_alone() {
        let tokens = |last| Tensor::from_slice(&[1i64, 5, 279, 0, 0, 0, 0, last]).view([1, 8]);
        let moves = |text| {
            let clip = model(text);
            difference(&clip.encode_text(&tokens(0)), &clip.encode_text(&tokens(7)))
        };
        assert!(moves(VIT) < 1e-6);
        assert!(moves(SIGLIP) > 1e-2);
    }

    #[test]
    fn decay_spares_gains_and_biases_in_either_layout() {
        for text in [VIT, AVG, SIGLIP, RESNET] {
            for (name, tensor, decay) in model(text).parameters() {
                let spared = tensor.dim() < 2 || name.ends_with("bias");
                assert_eq!(decay, !spared, "{name}");
            }
        }
    }

    #[test]
    fn products_in_bf16_stay_near_those_in_32_bits() {
        for text in [VIT, AVG, SIGLIP] {
            let clip = model(text);
            let rough = clip.share(Kind::BFloat16).unwrap();
            let tokens = Tensor::from_slice(&[1i64, 5, 9, 279]).view([1, 4]);
            let both = |clip: &Clip| {
                Tensor::cat(
                    &[
                        clip.encode_image(&pixels(16, 1), Pass::Train),
                        clip.encode_text(&tokens),
                    ],
                    0,
                )
            };
            let (fine, rough) = (both(&clip), both(&rough));
            assert_eq!(rough.kind(), Kind::Float);
            let off = difference(&fine, &rough);
            assert!(off > 0.0 && off < 2e-2, "{off}");
        }
    }

    #[test]
    fn features_have_unit_length_and_every_parameter_learns() {
        for (text, side) in [(VIT, 16), (AVG, 16), (SIGLIP, 16), (RESNET, 64)] {
            let clip = model(text);
            let images = clip.encode_image(&pixels(side, 3), Pass::Train);
            let tokens = Tensor::from_slice(&[1i64, 5, 9, 279, 0, 0, 0, 0])
                .view([1, 8])
                .repeat([3, 1]);
            let texts = clip.encode_text(&tokens);
            let lengths = images
                .square()
                .sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
            assert!(difference(&lengths, &Tensor::ones([3], (Kind::Float, Device::Cpu))) < 1e-5);
            let weight = pixels(1, 1).flatten(0, -1).narrow(0, 0, 1)
                + Tensor::arange(images.size()[1], (Kind::Float, Device::Cpu));
            ((images + texts) * weight * clip.logit_scale().exp())
                .sum(Kind::Float)
                .backward();
            for (name, tensor, _) in clip.parameters() {
                assert!(tensor.grad().defined(), "{name} has no gradient");
                assert!(
                    tensor.grad().isfinite().all().int64_value(&[]) == 1,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_duplicate_is_equal_and_independent() {
        let mut clip = model(RESNET);
        clip.set_logit_bias(-10.0, true).unwrap();
        let _ = clip.encode_image(&pixels(64, 2), Pass::Train);
        let twin = clip.duplicate().unwrap();
        let before = clip.encode_image(&pixels(64, 2), Pass::Evaluate);
        assert_eq!(twin.logit_bias().unwrap().double_value(&[]), -10.0);
        assert_eq!(
            difference(&twin.encode_image(&pixels(64, 2), Pass::Evaluate), &before),
            0.0
        );
        let _ = clip.encode_image(&(pixels(64, 2) * 3.0), Pass::Train);
        assert!(difference(&clip.encode_image(&pixels(64, 2), Pass::Evaluate), &before) > 1e-4);
        assert_eq!(
            difference(&twin.encode_image(&pixels(64, 2), Pass::Evaluate), &before),
            0.0
        );
    }

    #[test]
    fn scale_and_bias_are_set_learned_and_clamped() {
        let mut clip = model(VIT);
        assert!((clip.logit_scale().double_value(&[]) - (1.0_f64 / 0.07).ln()).abs() < 1e-6);
        assert!(clip.logit_bias().is_none());
        clip.set_logit_scale(9.0, false).unwrap();
        assert!(!clip.logit_scale().requires_grad());
        clip.clamp_logit_scale(100.0);
        assert!((clip.logit_scale().double_value(&[]) - 100_f64.ln()).abs() < 1e-6);
        clip.set_logit_scale(-1.0, true).unwrap();
        clip.clamp_logit_scale(100.0);
        assert_eq!(clip.logit_scale().double_value(&[]), 0.0);
        clip.set_logit_bias(-10.0, true).unwrap();
        clip.set_logit_bias(-3.0, false).unwrap();
        assert_eq!(clip.parameters().last().unwrap().0, "logit_bias");
        assert!(!clip.logit_bias().unwrap().requires_grad());
    }

    #[test]
    fn the_same_seed_gives_the_same_weights() {
        let (a, b) = (model(VIT), model(VIT));
        for ((name, a, _), (_, b, _)) in a.parameters().zip(b.parameters()) {
            assert_eq!(difference(a, b), 0.0, "{name}");
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_a_users_mistake() {
        let mut config: Model = ron::from_str(VIT).unwrap();
        config.text.heads = crate::quantity::Size::new(3).unwrap();
        let fault =
            Clip::new(&config, 280, &mut ChaCha8Rng::seed_from_u64(7), Device::Cpu).unwrap_err();
        assert_eq!(fault.exit_code(), 2);
    }
}
