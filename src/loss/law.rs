//! [`Law`]: all that is particular to one loss. Whatever else of the program needs to know of a loss, it asks
//! here; nobody else tells one loss from another.

use tch::Tensor;

use super::landscape::sample::Sample;
use super::words::Words;
use super::working::block::{Block, Matrix};
use super::{Head, Loss, blocks, tiled};
use crate::error::Result;

/// A loss and what it was made of.
#[derive(Debug)]
pub struct LossTerms {
    /// The loss, 0-d; carries the graph.
    pub loss: Tensor,
    /// Cross-entropy of the rows, 0-d, detached; none of a loss that is no mean of two directions.
    pub image_to_text: Option<Tensor>,
    /// Cross-entropy of the columns, 0-d, detached; as above.
    pub text_to_image: Option<Tensor>,
    /// `z = t X Y^T + b`, `[B, B]`, detached: rows are pictures, columns captions.
    pub logits: Tensor,
}

/// What one logit is to a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// What it adds to the sum that is divided by the number of pairs; none where it adds nothing of its own.
    pub loss: Option<f64>,
    /// `B dL/dz`.
    pub slope: f64,
}

/// What `OpenCLIP`'s trainer calls a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenClip {
    /// Flags of its command line that choose the loss and let its gradient be that of the whole batch.
    pub flags: &'static [&'static str],
    /// What they do.
    pub about: &'static str,
}

/// A contrastive loss of `B x B` logits `z`, rows pictures and columns captions, pairs on the diagonal.
///
/// The three forms of value and gradient (dense, tiled, blocks) are of the same equations; tests hold them to each
/// other. Everything below them is plain arithmetic in 64 bits, for whoever has no tensor.
pub trait Law: Sync {
    /// Its name.
    fn loss(&self) -> Loss;

    /// The loss that it is shown beside.
    fn other(&self) -> Loss;

    /// The loss whose value it has at any logits: its own, unless it only learns by other parameters.
    fn value_of(&self) -> Loss {
        self.loss()
    }

    /// What a list of losses says of it: "softmax of rows and columns".
    fn short(&self) -> &'static str;

    /// One line on what it asks of a batch.
    fn idea(&self) -> &'static str;

    /// What else it says of itself.
    fn words(&self) -> &'static dyn Words;

    // What it asks of a model.

    /// Whether a bias makes a difference. Without one that is added to all logits alike, its value is a function
    /// of the temperature alone.
    fn uses_bias(&self) -> bool;

    /// Whether it can leave negatives out: a sum over cells can, a softmax cannot.
    fn can_choose_negatives(&self) -> bool;

    /// tau and b for who names none, in batches of so many pairs.
    fn defaults(&self, pairs: u64) -> (f64, Option<f64>);

    /// The bias at which cosines of 0 predict the share of positives in the batch; none where there is no such.
    fn prior_bias(&self, pairs: u64) -> Option<f64>;

    /// How `OpenCLIP`'s trainer is told to use it.
    ///
    /// # Errors
    /// Why it cannot be.
    fn open_clip(&self) -> Result<OpenClip, &'static str>;

    // What it learns the bias by.

    /// Its parameter, for logits to which `bias` is added at this `ln t`: b itself, unless it says otherwise.
    fn parameter(&self, bias: f64, _logit_scale: f64) -> f64 {
        bias
    }

    /// What is added to the logits: the inverse of [`Law::parameter`].
    fn logit_bias(&self, parameter: f64, _logit_scale: f64) -> f64 {
        parameter
    }

    /// The gradients by `ln t` and its parameter, of those by `ln t` and b.
    fn by_parameters(
        &self,
        _head: Head,
        by_scale: f64,
        by_bias: Option<f64>,
    ) -> (f64, Option<f64>) {
        (by_scale, by_bias)
    }

    // Tensors.

    /// All logits at once, gradients by autograd. `scaled` is `t X Y^T`, `[B, B]`; the bias is 0-d.
    fn dense(&self, scaled: &Tensor, logit_bias: Option<&Tensor>) -> LossTerms;

    /// Tile by tile on the CPU.
    fn tiled(&self, work: &tiled::work::Work) -> tiled::work::Made;

    /// Block by block of rows, wherever the features live.
    fn blocks(&self, work: &blocks::Work) -> blocks::Made;

    /// Its value at every temperature, or, where the bias makes a difference, at each bias (outer) and temperature
    /// (inner).
    fn surface(&self, sample: &Sample, temperatures: &[f64], biases: &[f64]) -> Result<Vec<f64>>;

    // Plain numbers.

    /// The value while every cosine is 0.
    fn untrained(&self, pairs: f64, bias: f64) -> f64;

    /// The value of a perfect model at this `1/tau`: pairs at 1, all else as far apart as so many points can be.
    /// None where a bias can make it as small as one likes.
    fn floor(&self, pairs: f64, scale: f64) -> Option<f64>;

    /// The probabilities that a row of logits stands for: of being the choice of the row, or of being a pair.
    fn probabilities(&self, row: &[f64]) -> Vec<f64>;

    /// How a picture's own terms pull on its caption, given all that they push on the others: the size of their
    /// gradient by the own logit, but for the factor 1/B.
    fn pull(&self, row: &[f64], own: usize, push: f64) -> f64;

    /// `B dL/dz` at each logit of a `side x side` matrix.
    fn slopes(&self, logits: &[f64], side: usize) -> Vec<f64>;

    /// A cell of a matrix of logits, from its row and its column of them.
    fn cell(&self, along: &[f64], down: &[f64], place: (usize, usize)) -> Cell;

    /// How the value comes about from these logits, step by step.
    fn working(&self, logits: &Matrix) -> Vec<Block>;
}
