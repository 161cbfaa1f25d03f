//! [`Store`]: what the jobs of an evaluation share. Pictures and names are encoded once, every task draws on them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use ndarray::Array2;
use tch::Device;

use super::answers::Answers;
use super::sides::Sides;
use crate::data::{Gallery, Prepared};
use crate::loss::Head;
use crate::model::Clip;
use crate::telemetry::{ProbeReport, Split};

/// What pictures are classified by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Property {
    /// Their names.
    Name,
    /// One of the data set's labels.
    Label(usize),
    /// The scenario's own classes.
    Own,
}

/// The names that are asked about.
pub fn candidates(prepared: &Prepared) -> &[String] {
    let dataset = prepared.dataset();
    &dataset.names()[..dataset.candidates()]
}

/// The model, and what has been made of it so far.
pub struct Store {
    /// Data.
    pub prepared: Arc<Prepared>,
    /// The model.
    pub clip: Clip,
    /// How its cosines become logits.
    pub head: Head,
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Where it computes.
    pub device: Device,
    /// Unit features of the pictures, as far as they are encoded.
    pub pictures: HashMap<Split, Array2<f32>>,
    /// Unit features of the views that the scenario's own classes are tested with, where there are such.
    pub views: HashMap<Split, Array2<f32>>,
    /// Unit features of the bare names.
    pub names: Array2<f32>,
    /// Class vectors of labels by the largest set of templates.
    pub classifiers: HashMap<usize, Array2<f32>>,
    /// Answers by bare names, to compare the others with.
    pub bare: HashMap<(Property, Split), Answers>,
    /// Answers of the scenario's own classes by each of their sets of templates so far.
    pub own: HashMap<Split, Vec<(String, Answers)>>,
    /// Probes of labels.
    pub probes: HashMap<usize, ProbeReport>,
    /// Compute time.
    pub clock: Clock,
}

impl Store {
    /// With nothing encoded yet.
    pub fn new(
        prepared: &Arc<Prepared>,
        clip: Clip,
        head: Head,
        step: u64,
        device: Device,
    ) -> Self {
        let width = clip.architecture().embed_dim as usize;
        Self {
            prepared: Arc::clone(prepared),
            clip,
            head,
            step,
            device,
            pictures: HashMap::new(),
            views: HashMap::new(),
            names: Array2::zeros((0, width)),
            classifiers: HashMap::new(),
            bare: HashMap::new(),
            own: HashMap::new(),
            probes: HashMap::new(),
            clock: Clock::default(),
        }
    }

    /// The names that are asked about.
    pub fn candidates(&self) -> &[String] {
        candidates(&self.prepared)
    }

    /// Those whose pictures are encoded, held-out ones first.
    pub fn splits(&self) -> Vec<Split> {
        let known = |split: &Split| self.pictures.contains_key(split);
        [Split::HeldOut, Split::Trained]
            .into_iter()
            .filter(known)
            .collect()
    }

    /// What a property is called, and its values.
    pub fn values(&self, property: Property) -> (&str, &[String]) {
        match property {
            Property::Name => ("name", self.candidates()),
            Property::Label(which) => {
                let label = &self.prepared.labels()[which];
                (label.name, &label.values)
            }
            Property::Own => self
                .prepared
                .own_classes()
                .map_or(("", &[]), |own| (&own.name, &own.names)),
        }
    }

    /// The pictures that are asked about, or those among which they are.
    fn shown(&self, property: Property, split: Split) -> &Gallery {
        let own = (property == Property::Own).then(|| self.prepared.views(split));
        own.flatten()
            .unwrap_or_else(|| self.prepared.gallery(split))
    }

    /// Unit features of the same pictures.
    pub fn features(&self, property: Property, split: Split) -> &Array2<f32> {
        let own = (property == Property::Own).then(|| self.views.get(&split));
        own.flatten().unwrap_or_else(|| &self.pictures[&split])
    }

    /// Which pictures of the split are asked about, and what they are.
    pub fn asked(&self, property: Property, split: Split) -> (Vec<usize>, Vec<usize>) {
        let class = |class: usize| match property {
            Property::Name => Some(class),
            Property::Label(which) => Some(self.prepared.labels()[which].of[class]),
            Property::Own => self.prepared.own_classes()?.of[class],
        };
        let classes = self.shown(property, split).classes.iter().enumerate();
        classes
            .filter_map(|(place, concept)| Some((place, class(*concept)?)))
            .unzip()
    }

    /// Which pictures a probe of a label is fitted to and tested on.
    pub fn sides(&self, which: usize) -> Sides {
        let classes = |split| &self.prepared.gallery(split).classes;
        let (trained, held_out) = (classes(Split::Trained), classes(Split::HeldOut));
        Sides::new(&self.prepared.labels()[which], trained, held_out)
    }

    /// The bias, where the loss gives it a meaning.
    pub fn sigmoid_bias(&self) -> Option<f64> {
        let uses = self.head.loss.law().uses_bias();
        uses.then(|| self.head.shift())
    }
}

/// Compute time since it was last asked.
#[derive(Default)]
pub struct Clock {
    seconds: f64,
    began: Option<Instant>,
}

impl Clock {
    /// A slice begins.
    pub fn start(&mut self) {
        self.began = Some(Instant::now());
    }

    /// A slice ends.
    pub fn stop(&mut self) {
        let slice = self.began.take().map(|began| began.elapsed().as_secs_f64());
        self.seconds += slice.unwrap_or(0.0);
    }

    /// Seconds until now, which start at 0 again.
    pub fn take(&mut self) -> f64 {
        self.stop();
        self.start();
        std::mem::take(&mut self.seconds)
    }
}
