//! [`Tower`]: one of a model's two, and what a hand does with it for a part of a batch: its features, and the gradients
//! of its parameters.

use std::ops::Range;
use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use super::phases::{Laps, Phases};
use crate::data::{Batch, Prepared};
use crate::error::Result;
use crate::model::{Clip, Pass};
use crate::optim::{gradient_rows, learned};
use crate::quantity::Locked;

/// One of the two towers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tower {
    Image,
    Text,
}

impl Tower {
    /// The tower that has this parameter.
    pub fn of(parameter: &str) -> Self {
        if parameter.starts_with("visual.") {
            Self::Image
        } else {
            Self::Text
        }
    }

    /// Whether training leaves it as it is.
    pub fn is_held(self, locked: Locked) -> bool {
        match self {
            Self::Image => locked == Locked::Image,
            Self::Text => locked == Locked::Text,
        }
    }
}

/// Features of a part by one tower, `[part, D]`.
pub(super) struct Encoded {
    pub features: Tensor,
    /// The same with their graph, until that is used.
    pub graph: Option<Tensor>,
}

/// Gradients, each as a row: of which parameter in the order of [`learned`], or from which one on.
pub(super) type Rows = Vec<(usize, Tensor)>;

/// What of a step a hand works on.
pub(super) struct Part<'a> {
    pub prepared: &'a Prepared,
    pub batch: Arc<Batch>,
    pub pairs: Range<usize>,
    pub device: Device,
    pub locked: Locked,
}

impl Part<'_> {
    /// Features by a tower; with their graph, if that is to be kept.
    pub fn encode(
        &self,
        clip: &Clip,
        tower: Tower,
        keep: bool,
        phases: &mut Phases,
    ) -> Result<Encoded> {
        let _guard = (!keep).then(tch::no_grad_guard);
        let features = self.features(clip, tower, Pass::Train, phases)?;
        Ok(Encoded {
            features: features.detach(),
            graph: keep.then_some(features),
        })
    }

    /// Those of a locked tower have no graph.
    fn features(
        &self,
        clip: &Clip,
        tower: Tower,
        pass: Pass,
        phases: &mut Phases,
    ) -> Result<Tensor> {
        let guard = tower.is_held(self.locked).then(tch::no_grad_guard);
        let mut laps = Laps::start();
        match tower {
            Tower::Image => {
                let pictures = self.batch.pictures(self.pairs.clone());
                let pixels = self.prepared.pixels(pictures, self.device)?;
                phases.data += laps.lap();
                // Its statistics are held, too.
                let pass = guard.as_ref().map_or(pass, |_| Pass::Evaluate);
                let features = clip.encode_image(&pixels, pass);
                phases.image_tower += laps.lap();
                Ok(features)
            }
            Tower::Text => {
                let captions = &self.batch.captions[self.pairs.clone()];
                let tokens = self.prepared.tokens(captions, self.device)?;
                phases.data += laps.lap();
                let features = clip.encode_text(&tokens);
                phases.text_tower += laps.lap();
                Ok(features)
            }
        }
    }

    /// Hands the gradient by a tower's features back through it: by its parameters. Encodes once more, if there is no
    /// graph.
    pub fn differentiate(
        &self,
        clip: &Clip,
        tower: Tower,
        graph: Option<Tensor>,
        by: &Tensor,
        phases: &mut Phases,
    ) -> Result<Rows> {
        let learned = learned(clip).into_iter().enumerate();
        let own = learned.filter(|(_, (name, ..))| Tower::of(name) == tower);
        let (places, parameters): (Vec<usize>, Vec<&Tensor>) =
            own.map(|(place, (_, tensor, _))| (place, tensor)).unzip();
        let features = match graph {
            Some(features) => features,
            None => self.features(clip, tower, Pass::Again, phases)?,
        };
        let mut laps = Laps::start();
        let rows = if features.requires_grad() {
            // Its gradient by the features is the gradient at hand.
            gradient_rows(&(features * by).sum(Kind::Float), &parameters)?
        } else {
            let zeros = |parameter: &&Tensor| Ok(parameter.f_zeros_like()?.f_reshape([-1])?);
            parameters.iter().map(zeros).collect::<Result<_>>()?
        };
        phases.backward += laps.lap();
        Ok(places.into_iter().zip(rows).collect())
    }
}

/// All gradients of a part in one row.
pub(super) fn join(mut rows: Rows) -> Result<Tensor> {
    rows.sort_by_key(|(place, _)| *place);
    let rows: Vec<Tensor> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(match rows.as_slice() {
        [row] => row.shallow_clone(),
        rows => Tensor::f_cat(rows, 0)?,
    })
}
