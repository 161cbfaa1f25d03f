//! [`EvalTask`]: a task as its own file describes it; and [`Plan`], to which it adds its jobs. They know no task.

use std::collections::VecDeque;

use super::encode::{EncodeNames, EncodePictures, Prompts, single};
use super::job::EvalJob;
use super::store::candidates;
use super::templates::Templates;
use crate::data::Prepared;
use crate::telemetry::{Query, Split};

/// A task of an evaluation.
#[derive(Debug)]
pub struct EvalTask {
    /// As `--tasks` names it.
    pub name: &'static str,
    /// What it finds out, in a line.
    pub about: &'static str,
    /// The task of its reports, as records have it.
    pub report: &'static str,
    /// When it is done without being named.
    pub on: &'static [Occasion],
    /// Tasks that it builds on, by name.
    pub after: &'static [&'static str],
    /// What is to be encoded before it.
    pub needs: fn(&Options) -> Needs,
    /// Adds its jobs.
    pub plan: fn(&mut Plan),
}

/// Why there is an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Somebody waits for an answer.
    Question,
    /// Again and again while training: within a twentieth of its time.
    Live,
    /// Everything is asked for.
    Examine,
}

/// What a task wants encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// All bare names.
    pub names: bool,
    /// Pictures of so many splits, held-out ones first.
    pub splits: usize,
}

impl Needs {
    /// Names and all pictures.
    pub const fn all(_: &Options) -> Self {
        Self {
            names: true,
            splits: 2,
        }
    }
}

/// How thorough an evaluation is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Sets of templates for zero-shot classification.
    pub templates: Vec<Templates>,
    /// Whether properties of many values are classified, too.
    pub thorough: bool,
    /// Whether names are classified with templates, too: tens of thousands of prompts.
    pub names: bool,
    /// What is asked.
    pub query: Option<Query>,
}

/// When a job has its turn. Those of one stage keep the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before all pictures.
    Names,
    /// With the held-out pictures.
    HeldOut,
    /// With the trained ones.
    Trained,
    /// After all pictures, before what takes long.
    Short,
    /// What takes long.
    Long,
    /// Others need not wait for it.
    Longest,
}

impl From<Split> for Stage {
    fn from(split: Split) -> Self {
        match split {
            Split::HeldOut => Self::HeldOut,
            Split::Trained => Self::Trained,
        }
    }
}

/// An evaluation in the making.
pub struct Plan<'a> {
    /// Its data.
    pub prepared: &'a Prepared,
    /// How thorough it is.
    pub options: &'a Options,
    /// Dimensions of the features.
    pub width: usize,
    splits: Vec<Split>,
    jobs: Vec<(Stage, Box<dyn EvalJob>)>,
}

impl<'a> Plan<'a> {
    /// With what is to be encoded.
    pub fn new(prepared: &'a Prepared, options: &'a Options, needs: Needs, width: usize) -> Self {
        let splits = [Split::HeldOut, Split::Trained]
            .into_iter()
            .filter(|split| !prepared.gallery(*split).classes.is_empty());
        let mut plan = Self {
            prepared,
            options,
            width,
            splits: splits.take(needs.splits).collect(),
            jobs: Vec::new(),
        };
        if needs.names {
            let names = single(candidates(prepared));
            let names = Prompts::new(&names, &Templates::bare(), width);
            plan.add(Stage::Names, EncodeNames(names));
        }
        for split in plan.splits() {
            plan.add(split.into(), EncodePictures::new(split));
        }
        plan
    }

    /// Splits whose pictures are encoded.
    pub fn splits(&self) -> Vec<Split> {
        self.splits.clone()
    }

    /// Adds a job.
    pub fn add(&mut self, stage: Stage, job: impl EvalJob + 'static) {
        self.jobs.push((stage, Box::new(job)));
    }

    /// The jobs in their order.
    pub fn finish(mut self) -> VecDeque<Box<dyn EvalJob>> {
        self.jobs.sort_by_key(|(stage, _)| *stage);
        self.jobs.into_iter().map(|(_, job)| job).collect()
    }
}
