//! [`Prepared`]: what the lanes of a scenario share: data set, tokenizer, evaluation pictures.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tch::{Device, Kind, Tensor};

use super::preprocess::Preprocess;
use super::tokenizer::Tokenizer;
use super::{Batch, ClassId, DataSet, Labels, Request, open, pixels, sample, thumbnail};
use crate::error::{Error, Result};
use crate::scenario::{Data, Scenario, ZeroShot, did_you_mean};
use crate::telemetry::{Split, Thumbnail};

/// Pixels a side of a picture for the screen.
const THUMBNAIL: usize = 32;

/// A scenario with its data opened and its tokenizer trained. Plain bytes: lanes share it.
pub struct Prepared {
    scenario: Scenario,
    dataset: Arc<dyn DataSet>,
    tokenizer: Tokenizer,
    preprocess: Preprocess,
    trained: OnceLock<Gallery>,
    held_out: OnceLock<Gallery>,
    labels: OnceLock<Vec<Labels>>,
    own: Option<OwnClasses>,
    /// Batches that some lane still has, and what was asked for.
    batches: Mutex<Vec<(Request, Arc<Shared>)>>,
}

/// The scenario's own classification.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnClasses {
    /// "cat or dog".
    pub name: String,
    /// The classes.
    pub names: Vec<String>,
    /// For each concept its class, if it has one.
    pub of: Vec<Option<usize>>,
    /// Templates, each with `{}`.
    pub templates: Vec<String>,
}

impl OwnClasses {
    /// Finds the concepts of the classes.
    ///
    /// # Errors
    /// [`Error::Data`] that names what there is not.
    fn new(task: &ZeroShot, concepts: &[String]) -> Result<Self> {
        let fault = |text: String| Err(Error::Data(format!("zero_shot: {text}")));
        let mut of = vec![None; concepts.len()];
        for (class, group) in task.classes.iter().enumerate() {
            for name in &group.of {
                let Some(concept) = concepts.iter().position(|known| known == name) else {
                    let hint = did_you_mean(name, concepts.iter().map(String::as_str));
                    let hint = hint.map_or_else(String::new, |hint| format!("\n  {hint}"));
                    return fault(format!("the data has no concept `{name}`{hint}"));
                };
                of[concept] = Some(class);
            }
        }
        let names: Vec<String> = task
            .classes
            .iter()
            .map(|group| group.name.clone())
            .collect();
        Ok(Self {
            name: names.join(" or "),
            names,
            of,
            templates: task.templates.clone(),
        })
    }
}

/// A batch, once the first lane that asked for it has made it.
type Shared = OnceLock<Arc<Batch>>;

/// The pictures of an evaluation, at the tower's size.
pub struct Gallery {
    /// Class of each picture.
    pub classes: Vec<ClassId>,
    /// The pictures in the same order, bytes `[N, 3, S, S]`.
    pub images: Vec<u8>,
}

impl Prepared {
    /// Opens the scenario's data and trains its tokenizer on the training captions.
    pub fn new(scenario: &Scenario) -> Result<Arc<Self>> {
        let dataset = open(&scenario.data, scenario.model.image.image_size())?;
        let tokenizer = Tokenizer::train(
            &dataset.corpus(),
            scenario.model.text.vocab_size,
            scenario.model.text.context_length.size(),
        )?;
        let side = scenario.model.image.image_size().size();
        let preprocess = dataset.preprocess(side);
        Self::made(scenario, dataset, tokenizer, preprocess)
    }

    /// Opens the scenario's data for a model that brings its tokenizer and its way with pictures.
    pub fn with_tokenizer(
        scenario: &Scenario,
        tokenizer: Tokenizer,
        preprocess: Preprocess,
    ) -> Result<Arc<Self>> {
        let dataset = open(&scenario.data, scenario.model.image.image_size())?;
        Self::made(scenario, dataset, tokenizer, preprocess)
    }

    fn made(
        scenario: &Scenario,
        dataset: Arc<dyn DataSet>,
        tokenizer: Tokenizer,
        preprocess: Preprocess,
    ) -> Result<Arc<Self>> {
        let own = scenario.zero_shot.as_ref();
        let own = own
            .map(|task| OwnClasses::new(task, dataset.names()))
            .transpose()?;
        Ok(Arc::new(Self {
            own,
            scenario: scenario.clone(),
            dataset,
            tokenizer,
            preprocess,
            trained: OnceLock::new(),
            held_out: OnceLock::new(),
            labels: OnceLock::new(),
            batches: Mutex::default(),
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

    /// Whether the scenario augments training pictures.
    pub fn augment(&self) -> bool {
        match &self.scenario.data {
            Data::Emoji(emoji) => emoji.augment,
            Data::Shapes(shapes) => shapes.augment,
            Data::Pairs(pairs) => pairs.augment,
        }
    }

    /// The batch that is asked for, made on so many threads; lanes that ask for the same share it.
    pub fn batch(&self, request: &Request, threads: usize) -> Arc<Batch> {
        let shared = {
            let mut known = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
            let held = |shared: &Shared| shared.get().is_none_or(|b| Arc::strong_count(b) > 1);
            known.retain(|(_, shared)| held(shared));
            let same = known.iter().find(|(other, _)| other == request);
            let same = same.map(|(_, shared)| Arc::clone(shared));
            same.unwrap_or_else(|| {
                let shared = Arc::default();
                known.push((*request, Arc::clone(&shared)));
                shared
            })
        };
        let make = || Arc::new(sample(self.dataset(), request, threads));
        Arc::clone(shared.get_or_init(make))
    }

    /// The pictures of an evaluation; made at the first call.
    pub fn gallery(&self, split: Split) -> &Gallery {
        let cell = match split {
            Split::Trained => &self.trained,
            Split::HeldOut => &self.held_out,
        };
        cell.get_or_init(|| {
            let pictures = self.dataset.gallery(split);
            Gallery {
                classes: pictures.iter().map(|(class, _)| *class).collect(),
                images: pixels(&pictures, self.image_size()),
            }
        })
    }

    /// A picture of an evaluation, for the screen.
    pub fn thumbnail(&self, split: Split, place: usize) -> Thumbnail {
        let (gallery, side) = (self.gallery(split), self.image_size());
        let bytes = 3 * side * side;
        let image = &gallery.images[place * bytes..(place + 1) * bytes];
        thumbnail(image, side, THUMBNAIL)
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
