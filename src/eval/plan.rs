//! What an evaluation consists of: the tasks that one asks for, and the jobs that they come to.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use super::fine_tune::FineTune;
use super::templates::Templates;
use super::zero_shot::Ensemble;
use crate::data::Prepared;
use crate::error::Result;
use crate::telemetry::{ProbeReport, Query, Split};

/// Pictures or prompts in a slice.
pub(super) const SLICE: usize = 128;

/// Values of a property that is classified in every evaluation.
const FEW: usize = 12;

/// A task of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Pictures against all names, both ways.
    Retrieval,
    /// Classification by words and templates.
    ZeroShot,
    /// Alignment, uniformity, gap and the like, of held-out pictures and their names.
    Geometry,
    /// Linear and few-shot probes of every property.
    LinearProbe,
    /// Zero-shot, linear probe, fine-tuning and the weights between, for the first property.
    Regimes,
    /// Retrieval by the names of every language.
    Languages,
    /// What is nearest to a caption, or to a held-out picture.
    Query(Query),
}

/// What is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// In any order.
    pub tasks: Vec<Task>,
    /// Sets of templates for zero-shot classification.
    pub templates: Vec<Templates>,
    /// Whether properties of many values are classified, too.
    pub thorough: bool,
    /// Whether names are classified with templates, too: tens of thousands of prompts.
    pub names: bool,
}

impl Tasks {
    /// What is cheap enough to be done again and again while training: within a twentieth of its time.
    pub fn live() -> Self {
        Self {
            tasks: vec![Task::Retrieval, Task::ZeroShot, Task::Geometry],
            templates: Templates::bundled().into_iter().take(3).collect(),
            thorough: false,
            names: false,
        }
    }

    /// Everything.
    pub fn all() -> Self {
        Self {
            tasks: vec![
                Task::Retrieval,
                Task::Geometry,
                Task::ZeroShot,
                Task::LinearProbe,
                Task::Regimes,
                Task::Languages,
            ],
            templates: Templates::bundled(),
            thorough: true,
            names: true,
        }
    }

    /// This question alone.
    pub fn query(query: Query) -> Self {
        Self {
            tasks: vec![Task::Query(query)],
            templates: Vec::new(),
            thorough: false,
            names: false,
        }
    }

    /// Whether it is nothing but a question, which concerns one split.
    pub fn is_question(&self) -> bool {
        self.tasks.iter().all(|task| matches!(task, Task::Query(_)))
    }

    fn wants(&self, task: &Task) -> bool {
        self.tasks.contains(task)
    }
}

/// Where a thread says what its fits came to.
pub(super) type Fits = Receiver<Result<ProbeReport>>;

/// What zero-shot asks for: the name, or one of the data set's labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Property {
    Name,
    Label(usize),
    /// The scenario's own classes.
    Own,
}

pub(super) enum Job {
    /// Encode pictures, from this one on.
    Pictures(Split, usize, Vec<f32>),
    /// Encode bare names.
    Names(Texts),
    Retrieval(Split),
    ZeroShot(Property, usize, Texts),
    Geometry,
    /// Fits on a thread of their own; what they came to.
    Probe(usize, Option<Fits>),
    Regimes(usize, Option<Box<FineTune>>),
    Language(String, f64, Texts),
    Query(Query, Texts),
}

#[cfg(test)]
impl Job {
    /// What it is called in measurements.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pictures(..) => "pictures",
            Self::Names(_) => "names",
            Self::Retrieval(_) => "retrieval",
            Self::ZeroShot(..) => "zero-shot",
            Self::Geometry => "geometry",
            Self::Probe(..) => "probe",
            Self::Regimes(..) => "regimes",
            Self::Language(..) => "languages",
            Self::Query(..) => "query",
        }
    }
}

/// Prompts of classes, encoded so far.
pub(super) struct Texts {
    /// Class and text.
    pub prompts: Vec<(usize, String)>,
    /// Those encoded.
    pub next: usize,
    /// The classes, as far as they are.
    pub ensemble: Ensemble,
}

impl Texts {
    fn new(words: &[Vec<String>], templates: &Templates, width: usize) -> Self {
        let prompts = words
            .iter()
            .enumerate()
            .flat_map(|(class, words)| templates.prompts(words).map(move |prompt| (class, prompt)));
        Self {
            prompts: prompts.collect(),
            next: 0,
            ensemble: Ensemble::new(words.len(), width),
        }
    }

    pub fn slices(&self) -> usize {
        self.prompts.len().div_ceil(SLICE)
    }
}

/// The jobs in their order, and all sets of templates: those of the tasks, then the scenario's own.
pub(super) fn plan(
    prepared: &Prepared,
    tasks: &Tasks,
    width: usize,
) -> (VecDeque<Job>, Vec<Templates>) {
    let dataset = prepared.dataset();
    let names = single(&dataset.names()[..dataset.candidates()]);
    let bare = &Templates::bundled()[0];
    let mut jobs = VecDeque::new();
    // A caption is compared with held-out pictures alone.
    if !matches!(&tasks.tasks[..], [Task::Query(Query::Caption(_))]) {
        jobs.push_back(Job::Names(Texts::new(&names, bare, width)));
    }
    let splits = [Split::HeldOut, Split::Trained]
        .into_iter()
        .filter(|split| !prepared.gallery(*split).classes.is_empty())
        .take(if tasks.is_question() { 1 } else { 2 });
    for split in splits {
        jobs.push_back(Job::Pictures(split, 0, Vec::new()));
        if tasks.wants(&Task::Retrieval) {
            jobs.push_back(Job::Retrieval(split));
        }
    }
    if tasks.wants(&Task::Geometry) {
        jobs.push_back(Job::Geometry);
    }
    let mut templates = tasks.templates.clone();
    let zero_shot = tasks.wants(&Task::ZeroShot);
    if zero_shot {
        properties(prepared, tasks, width, &mut jobs, &mut templates);
    }
    if tasks.wants(&Task::LinearProbe) {
        jobs.extend((0..prepared.labels().len()).map(|which| Job::Probe(which, None)));
        // Its two other regimes come from the zero-shot and the probe of the same property.
        if tasks.wants(&Task::Regimes) && !prepared.labels().is_empty() {
            jobs.push_back(Job::Regimes(0, None));
        }
    }
    if tasks.wants(&Task::Languages) {
        for (language, weight) in dataset.languages() {
            let texts = Texts::new(&single(&dataset.names_in(&language)), bare, width);
            jobs.push_back(Job::Language(language, weight, texts));
        }
    }
    for task in &tasks.tasks {
        if let Task::Query(query) = task {
            let asked = match query {
                Query::Caption(caption) => vec![vec![caption.clone()]],
                Query::Picture(_) => Vec::new(),
            };
            jobs.push_back(Job::Query(query.clone(), Texts::new(&asked, bare, width)));
        }
    }
    // The longest last: others need not wait for it.
    if zero_shot && tasks.names {
        for (i, set) in tasks.templates.iter().enumerate() {
            if set.list != ["{}"] {
                let texts = Texts::new(&names, set, width);
                jobs.push_back(Job::ZeroShot(Property::Name, i, texts));
            }
        }
    }
    (jobs, templates)
}

/// Classification of bare names and of properties by all sets of templates.
fn properties(
    prepared: &Prepared,
    tasks: &Tasks,
    width: usize,
    jobs: &mut VecDeque<Job>,
    templates: &mut Vec<Templates>,
) {
    for (i, set) in tasks.templates.iter().enumerate() {
        // Bare names are there already.
        if set.list == ["{}"] {
            let none = Texts::new(&[], set, width);
            jobs.push_back(Job::ZeroShot(Property::Name, i, none));
        }
        for (which, property) in prepared.labels().iter().enumerate() {
            if tasks.thorough || property.values.len() <= FEW {
                let texts = Texts::new(&property.words, set, width);
                jobs.push_back(Job::ZeroShot(Property::Label(which), i, texts));
            }
        }
    }
    if let Some(own) = prepared.own_classes() {
        let words = single(&own.names);
        for set in Templates::each_and_all(&own.templates) {
            let texts = Texts::new(&words, &set, width);
            jobs.push_back(Job::ZeroShot(Property::Own, templates.len(), texts));
            templates.push(set);
        }
    }
}

/// Each name as the only word of its class.
fn single(names: &[String]) -> Vec<Vec<String>> {
    names.iter().map(|name| vec![name.clone()]).collect()
}
