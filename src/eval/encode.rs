//! What is encoded before any task: pictures and bare names; and [`Prompts`], with which tasks encode words of their
//! own.

use ndarray::Array2;

use super::answers::Ensemble;
use super::features::rows;
use super::job::{EvalJob, Slice};
use super::store::Store;
use super::templates::Templates;
use crate::data::Gallery;
use crate::error::Result;
use crate::model::Pass;
use crate::telemetry::Split;

/// Pictures or prompts in a slice.
const SLICE: usize = 128;

/// Prompts of classes, encoded so far.
pub struct Prompts {
    /// Class and text.
    list: Vec<(usize, String)>,
    /// Those encoded.
    next: usize,
    /// The classes, as far as they are.
    ensemble: Ensemble,
}

impl Prompts {
    /// Each class's words in all templates, for a space of so many dimensions.
    pub fn new(words: &[Vec<String>], templates: &Templates, width: usize) -> Self {
        let list = words
            .iter()
            .enumerate()
            .flat_map(|(class, words)| templates.prompts(words).map(move |prompt| (class, prompt)));
        Self {
            list: list.collect(),
            next: 0,
            ensemble: Ensemble::new(words.len(), width),
        }
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Slices in all.
    pub fn slices(&self) -> usize {
        self.list.len().div_ceil(SLICE).max(1)
    }

    /// Encodes the next slice; whether more are left.
    pub fn advance(&mut self, store: &Store) -> Result<bool> {
        let slice = &self.list[self.next..self.list.len().min(self.next + SLICE)];
        if slice.is_empty() {
            return Ok(false);
        }
        let said: Vec<String> = slice.iter().map(|(_, prompt)| prompt.clone()).collect();
        let tokens = store.prepared.tokens(&said, store.device)?;
        let features = rows(&store.clip.encode_text(&tokens))?;
        for ((class, _), feature) in slice.iter().zip(features.rows()) {
            self.ensemble.add(*class, feature);
        }
        self.next += said.len();
        Ok(self.next < self.list.len())
    }

    /// Class vectors, `[C, D]`.
    pub fn finish(&self) -> Array2<f32> {
        self.ensemble.finish()
    }
}

/// Each name as the only word of its class.
pub fn single(names: &[String]) -> Vec<Vec<String>> {
    names.iter().map(|name| vec![name.clone()]).collect()
}

/// Encodes bare names.
pub struct EncodeNames(pub Prompts);

impl EvalJob for EncodeNames {
    fn name(&self) -> &'static str {
        "names"
    }

    fn slices(&self, _: &Store) -> usize {
        self.0.slices()
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        if self.0.advance(store)? {
            return Ok(Slice::More);
        }
        store.names = self.0.finish();
        Ok(Slice::Done(Vec::new()))
    }
}

/// Encodes the pictures of a split.
pub struct EncodePictures {
    split: Split,
    /// Whether they are the views of the scenario's own classes.
    views: bool,
    /// Those encoded.
    next: usize,
    features: Vec<f32>,
}

impl EncodePictures {
    /// From the first one on.
    pub const fn new(split: Split) -> Self {
        Self {
            split,
            views: false,
            next: 0,
            features: Vec::new(),
        }
    }

    /// The views of the scenario's own classes instead.
    pub const fn views(split: Split) -> Self {
        let mut views = Self::new(split);
        views.views = true;
        views
    }

    fn gallery<'a>(&self, store: &'a Store) -> &'a Gallery {
        let views = self.views.then(|| store.prepared.views(self.split));
        views
            .flatten()
            .unwrap_or_else(|| store.prepared.gallery(self.split))
    }
}

impl EvalJob for EncodePictures {
    fn name(&self) -> &'static str {
        "pictures"
    }

    fn slices(&self, store: &Store) -> usize {
        let gallery = self.gallery(store);
        gallery.classes.len().div_ceil(SLICE)
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        let gallery = self.gallery(store);
        let (count, all) = (gallery.classes.len(), &gallery.images);
        let bytes = all.len() / count.max(1);
        let slice = &all[self.next * bytes..(self.next + SLICE).min(count) * bytes];
        if !slice.is_empty() {
            let pixels = store.prepared.pixels(slice, store.device)?;
            let features = store.clip.encode_image(&pixels, Pass::Evaluate);
            self.features.extend(rows(&features)?);
            self.next += slice.len() / bytes;
        }
        if self.next < count {
            return Ok(Slice::More);
        }
        let width = store.names.ncols();
        let shape = (self.features.len() / width, width);
        let features = Array2::from_shape_vec(shape, std::mem::take(&mut self.features))
            .unwrap_or_else(|e| unreachable!("rows of one width: {e}"));
        let home = if self.views {
            &mut store.views
        } else {
            &mut store.pictures
        };
        home.insert(self.split, features);
        Ok(Slice::Done(Vec::new()))
    }
}
