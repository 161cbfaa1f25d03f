//! [`Prepared`]: what the lanes of a scenario share, opened once: its data, and how pictures and captions become
//! tensors.

use std::sync::{Arc, OnceLock};

use tch::{Device, Kind, Tensor};

use super::batch::Batch;
use super::batches::Batches;
use super::data_set::DataSet;
use super::gallery::Gallery;
use super::labels::{ClassId, Labels};
use super::own_classes::OwnClasses;
use super::preprocess::Preprocess;
use super::request::Request;
use super::sets::open;
use super::tokenizer::Tokenizer;
use crate::error::Result;
use crate::scenario::Scenario;
use crate::telemetry::Split;

/// A scenario with its data opened and its tokenizer trained. Plain bytes, so that lanes can share it; what only some
/// lanes or tasks need is made when first asked for.
pub struct Prepared {
    scenario: Scenario,
    dataset: Arc<dyn DataSet>,
    tokenizer: Tokenizer,
    preprocess: Preprocess,
    own: Option<OwnClasses>,
    batches: Batches,
    /// Trained and held out.
    galleries: [OnceLock<Gallery>; 2],
    /// Views of the pictures of the scenario's own classes, likewise.
    views: [OnceLock<Gallery>; 2],
    labels: OnceLock<Vec<Labels>>,
}

impl Prepared {
    /// Opens the scenario's data and trains its tokenizer on the training captions.
    pub fn new(scenario: &Scenario) -> Result<Arc<Self>> {
        let image_size = scenario.model.image.image_size();
        let dataset = open(&scenario.data, image_size)?;
        let text = &scenario.model.text;
        let context = text.context_length.size();
        let tokenizer = Tokenizer::train(&dataset.corpus(), text.vocab_size, context)?;
        let preprocess = dataset.preprocess(image_size.size());
        Self::of(scenario, dataset, tokenizer, preprocess)
    }

    /// Opens the scenario's data for a model that brings its tokenizer and its way with pictures.
    pub fn with_tokenizer(
        scenario: &Scenario,
        tokenizer: Tokenizer,
        preprocess: Preprocess,
    ) -> Result<Arc<Self>> {
        let dataset = open(&scenario.data, scenario.model.image.image_size())?;
        Self::of(scenario, dataset, tokenizer, preprocess)
    }

    fn of(
        scenario: &Scenario,
        dataset: Arc<dyn DataSet>,
        tokenizer: Tokenizer,
        preprocess: Preprocess,
    ) -> Result<Arc<Self>> {
        let own = scenario.zero_shot.as_ref();
        let own = own.map(|task| OwnClasses::new(task, dataset.names()));
        Ok(Arc::new(Self {
            own: own.transpose()?,
            scenario: scenario.clone(),
            dataset,
            tokenizer,
            preprocess,
            batches: Batches::default(),
            galleries: Default::default(),
            views: Default::default(),
            labels: OnceLock::new(),
        }))
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The data set.
    pub fn dataset(&self) -> &dyn DataSet {
        self.dataset.as_ref()
    }

    /// What is known of every class besides its name.
    pub fn labels(&self) -> &[Labels] {
        self.labels.get_or_init(|| self.dataset.labels())
    }

    /// The scenario's own classification.
    pub fn own_classes(&self) -> Option<&OwnClasses> {
        self.own.as_ref()
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// How pictures are seen; those of a data set are squares of the tower's size already, and only normalised.
    pub const fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// Side of the pictures that the image tower sees.
    pub fn image_size(&self) -> usize {
        self.scenario.model.image.image_size().get() as usize
    }

    /// The batch that is asked for, made on so many threads; lanes that ask for the same share it.
    pub fn batch(&self, request: &Request, threads: usize) -> Arc<Batch> {
        self.batches.get(self.dataset(), request, threads)
    }

    /// The pictures of an evaluation.
    pub fn gallery(&self, split: Split) -> &Gallery {
        of(&self.galleries, split)
            .get_or_init(|| Gallery::new(self.dataset(), split, self.image_size()))
    }

    /// The images that the scenario's own classes are tested with, where there are several of each picture.
    pub fn views(&self, split: Split) -> Option<&Gallery> {
        let own = self.own.as_ref().filter(|own| own.views > 1)?;
        let make = || {
            let chosen = |class: ClassId| own.of[class].is_some();
            Gallery::views(self.dataset(), split, self.image_size(), own.views, chosen)
        };
        Some(of(&self.views, split).get_or_init(make))
    }

    /// Pictures `[B, 3, S, S]` for the image tower, from bytes of the same shape: 0 to 1, then
    /// normalised by the model's mean and deviation.
    pub fn pixels(&self, bytes: &[u8], device: Device) -> Result<Tensor> {
        let side = self.image_size() as i64;
        let bytes = Tensor::from_slice(bytes)
            .f_view([-1, 3, side, side])?
            .f_to_device(device)?;
        let channels = |values: [f64; 3]| {
            Tensor::from_slice(&values.map(|x| x as f32))
                .f_view([1, 3, 1, 1])?
                .f_to_device(device)
        };
        let mut pixels = bytes.f_to_kind(Kind::Float)?;
        let _ = pixels.f_mul_scalar_(1.0 / 255.0)?;
        let _ = pixels.f_sub_(&channels(self.preprocess.mean)?)?;
        let _ = pixels.f_div_(&channels(self.preprocess.std)?)?;
        Ok(pixels)
    }

    /// Token ids `[B, L]` for the text tower, L the longest of these captions.
    pub fn tokens(&self, captions: &[String], device: Device) -> Result<Tensor> {
        Ok(self.tokenizer.encode_tight(captions)?.f_to_device(device)?)
    }
}

fn of(galleries: &[OnceLock<Gallery>; 2], split: Split) -> &OnceLock<Gallery> {
    let [trained, held_out] = galleries;
    match split {
        Split::Trained => trained,
        Split::HeldOut => held_out,
    }
}
