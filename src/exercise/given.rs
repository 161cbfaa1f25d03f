//! [`Given`]: the numbers that questions are about: a small matrix, the batch at hand, what lanes report.

use std::sync::Arc;

use crate::loss::working::{self, Block};
use crate::quantity::Loss;
use crate::telemetry::{Against, Share, Snapshot, Split, ZeroShotReport};

/// Pairs in a batch where no lane says how many.
const BATCH: u64 = 64;

/// A small matrix of cosines and a temperature.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// Pairs.
    pub n: usize,
    /// `n * n` cosines, rows images and columns captions.
    pub cosines: Vec<f64>,
    /// tau.
    pub temperature: f64,
}

impl Default for Pairs {
    /// Four pairs. Caption 2 is near to every image, and image 3 is nearer to it than to its own.
    fn default() -> Self {
        Self {
            n: 4,
            #[rustfmt::skip]
            cosines: vec![
                0.62, 0.55, 0.15, 0.20,
                0.30, 0.55, 0.24, 0.12,
                0.28, 0.52, 0.48, 0.13,
                0.15, 0.46, 0.28, 0.58,
            ],
            temperature: 0.1,
        }
    }
}

impl Pairs {
    /// The row that questions are about: the third, or the last.
    pub fn row(&self) -> usize {
        2.min(self.n.saturating_sub(1))
    }

    /// The caption beside the row's own that questions are about.
    pub fn rival(&self) -> usize {
        self.row().saturating_sub(1)
    }

    /// A cosine.
    pub fn cosine(&self, row: usize, column: usize) -> f64 {
        self.cosines[row * self.n + column]
    }

    /// The logits of a row at a temperature.
    pub fn logits(&self, row: usize, temperature: f64) -> Vec<f64> {
        (0..self.n)
            .map(|column| self.cosine(row, column) / temperature)
            .collect()
    }

    /// The pieces of InfoNCE worked out, as the panel "by hand" shows them.
    fn blocks(&self) -> Vec<Block> {
        working::blocks(Loss::InfoNce, self.n, &self.cosines, self.temperature, None)
    }

    /// Mean losses of rows and of columns.
    pub fn directions(&self) -> (f64, f64) {
        let blocks = self.blocks();
        let mut means = blocks.iter().filter_map(|block| match block {
            Block::Terms { mean, .. } => Some(*mean),
            _ => None,
        });
        let rows = means.next().unwrap_or(f64::NAN);
        (rows, means.next().unwrap_or(f64::NAN))
    }

    /// InfoNCE.
    pub fn loss(&self) -> f64 {
        working::result(&self.blocks()).unwrap_or(f64::NAN)
    }
}

/// A lane, as far as exercises ask for it.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneSeen {
    /// Its name.
    pub name: String,
    /// Its loss.
    pub loss: Loss,
    /// Its bias, where the loss has a use for it.
    pub bias: Option<f64>,
    /// The loss of its latest batch.
    pub value: Option<f64>,
    /// The bias that this batch was computed with.
    pub value_bias: Option<f64>,
    /// Pairs in its batches.
    pub pairs: u64,
}

/// What a set of templates came to on held-out images.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The set.
    pub templates: String,
    /// Prompts that make a class.
    pub prompts: u64,
    /// Images that it got right.
    pub right: Share,
    /// How it did against other sets.
    pub against: Vec<Against>,
}

/// The numbers that questions are about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// The matrix on paper.
    pub pairs: Pairs,
    /// The lanes.
    pub lanes: Vec<LaneSeen>,
    /// Classification by words, of the first lane: the bare names first, the ensemble last.
    pub outcomes: Vec<Outcome>,
    /// Step of the evaluation that they are from.
    pub evaluated: u64,
    /// What the learner predicted, as a place among the choices.
    pub predicted: Option<usize>,
}

impl Given {
    /// What there is in the lanes; `pairs` is on paper.
    pub fn new(pairs: Pairs, lanes: &[Arc<Snapshot>], own_classes: Option<&str>) -> Self {
        let seen = lanes.iter().filter_map(|lane| {
            let settings = lane.settings.as_ref()?;
            let report = lane.report.as_ref();
            Some(LaneSeen {
                name: lane.lane.clone(),
                loss: settings.loss,
                bias: settings.bias.filter(|_| settings.loss.law().uses_bias()),
                value: report.map(|report| report.loss),
                value_bias: report.and_then(|report| report.logit_bias),
                pairs: settings.batch_size,
            })
        });
        let reports = || {
            let reports = lanes.iter().take(1);
            let reports = reports.flat_map(|lane| lane.findings.all::<ZeroShotReport>());
            let own = |r: &&ZeroShotReport| {
                Some(r.property.as_str()) == own_classes && r.split == Split::HeldOut
            };
            reports.filter(own)
        };
        let latest = reports().map(|r| r.step).max().unwrap_or(0);
        let outcome = |r: &ZeroShotReport| Outcome {
            templates: r.templates.clone(),
            prompts: r.prompts,
            right: r.top1,
            against: r.against.clone(),
        };
        Self {
            pairs,
            lanes: seen.collect(),
            outcomes: reports()
                .filter(|r| r.step == latest)
                .map(outcome)
                .collect(),
            evaluated: latest,
            predicted: None,
        }
    }

    /// Pairs in the batch at hand.
    pub fn batch(&self) -> u64 {
        self.lanes.first().map_or(BATCH, |lane| lane.pairs)
    }

    /// The latest InfoNCE of a lane, with the pairs of its batch.
    pub fn info_nce(&self) -> Option<(&str, u64, f64)> {
        let lane = self.lanes.iter().find(|lane| lane.loss == Loss::InfoNce)?;
        Some((&lane.name, lane.pairs, lane.value?))
    }
}
