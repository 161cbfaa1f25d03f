//! The task `zero_shot`: pictures are classified by the words of a property's values, in every set of templates.

use ndarray::Array2;

use crate::error::Result;
use crate::eval::answers::{Answers, answer, rejection};
use crate::eval::encode::{EncodePictures, Prompts, single};
use crate::eval::features::choose;
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Plan, Stage};
use crate::eval::store::{Property, Store, candidates};
use crate::eval::templates::Templates;
use crate::telemetry::{Against, Report, Split, ZeroShotReport};

/// Values of a property that is classified in every evaluation.
const FEW: usize = 12;

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "zero-shot",
    about: "Zero-shot classification by class names and templates",
    report: "zero_shot",
    on: &[Occasion::Live, Occasion::Examine],
    after: &[],
    needs: Needs::all,
    plan,
};

/// Bare names and properties by all sets of templates, the scenario's own classes by its own; names by templates
/// last, since they take longest and others need not wait for them.
fn plan(plan: &mut Plan) {
    let (prepared, options, width) = (plan.prepared, plan.options, plan.width);
    let sets = &options.templates;
    for split in plan.splits() {
        if prepared.views(split).is_some() {
            plan.add(split.into(), EncodePictures::views(split));
        }
    }
    let mut add = |stage, property, set: &Templates, words: &[Vec<String>], largest| {
        let job = ZeroShot {
            property,
            prompts: Prompts::new(words, set, width),
            set: set.clone(),
            largest,
        };
        plan.add(stage, job);
    };
    for (i, set) in sets.iter().enumerate() {
        // Bare names are there already.
        if set.is_bare() {
            add(Stage::Long, Property::Name, set, &[], false);
        }
        for (which, property) in prepared.labels().iter().enumerate() {
            if options.thorough || property.values.len() <= FEW {
                let (label, largest) = (Property::Label(which), i + 1 == sets.len());
                add(Stage::Long, label, set, &property.words, largest);
            }
        }
    }
    if let Some(own) = prepared.own_classes() {
        let words = single(&own.names);
        for set in Templates::each_and_all(&own.templates) {
            add(Stage::Long, Property::Own, &set, &words, false);
        }
    }
    if options.names {
        let names = single(candidates(prepared));
        for set in sets.iter().filter(|set| !set.is_bare()) {
            add(Stage::Longest, Property::Name, set, &names, false);
        }
    }
}

/// A property by a set of templates.
struct ZeroShot {
    property: Property,
    set: Templates,
    prompts: Prompts,
    /// Whether other tasks take their classifier of the property from this set.
    largest: bool,
}

impl ZeroShot {
    fn classifier(&self, store: &Store) -> Array2<f32> {
        if self.property == Property::Name && self.prompts.is_empty() {
            store.names.clone()
        } else {
            self.prompts.finish()
        }
    }

    fn report(&self, store: &mut Store, split: Split, classifier: &Array2<f32>) -> Report {
        let (property, values) = store.values(self.property);
        let (places, own) = store.asked(self.property, split);
        let pictures = store.features(self.property, split);
        let cosines = if places.len() == pictures.nrows() {
            pictures.dot(&classifier.t())
        } else {
            choose(pictures, &places).dot(&classifier.t())
        };
        let answers = answer(&cosines, &own);
        let bare = store.bare.get(&(self.property, split));
        let earlier = store
            .own
            .get(&split)
            .filter(|_| self.property == Property::Own);
        let earlier = earlier.into_iter().flatten();
        let against = |(templates, theirs): &(String, Answers)| Against {
            templates: templates.clone(),
            versus: answers.against(theirs),
        };
        let (scale, bias) = (store.head.scale(), store.sigmoid_bias());
        let report = ZeroShotReport {
            step: store.step,
            split,
            property: property.into(),
            templates: self.set.name.clone(),
            prompts: self.set.list.len() as u64,
            classes: values.len() as u64,
            top1: answers.top(1),
            top5: answers.top(5),
            against_bare: bare.map(|bare| answers.against(bare)),
            against: earlier.map(against).collect(),
            rejection: rejection(&cosines, &own, scale, bias),
            table: answers.table(&own, values),
            confusion: answers.confusion(&own, values.len()),
        };
        if self.set.is_bare() {
            store.bare.insert((self.property, split), answers);
        } else if self.property == Property::Own {
            let answers = (self.set.name.clone(), answers);
            store.own.entry(split).or_default().push(answers);
        }
        report.into()
    }
}

impl EvalJob for ZeroShot {
    fn name(&self) -> &'static str {
        TASK.name
    }

    fn slices(&self, _: &Store) -> usize {
        self.prompts.slices()
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        if self.prompts.advance(store)? {
            return Ok(Slice::More);
        }
        let classifier = self.classifier(store);
        let splits = store.splits().into_iter();
        let reports = splits.map(|split| self.report(store, split, &classifier));
        let reports = reports.collect();
        if let (Property::Label(which), true) = (self.property, self.largest) {
            store.classifiers.insert(which, classifier);
        }
        Ok(Slice::Done(reports))
    }
}
