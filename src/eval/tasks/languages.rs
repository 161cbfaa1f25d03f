//! The task `languages`: retrieval by the names of every language.

use crate::error::Result;
use crate::eval::answers::{answer, rank};
use crate::eval::encode::{Prompts, single};
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Plan, Stage};
use crate::eval::store::Store;
use crate::eval::templates::Templates;
use crate::telemetry::{LanguageReport, Report, Share, Split};

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "languages",
    about: "Retrieval by the names of each language",
    report: "language",
    on: &[Occasion::Examine],
    after: &[],
    needs: Needs::all,
    plan,
};

fn plan(plan: &mut Plan) {
    let dataset = plan.prepared.dataset();
    for (language, weight) in dataset.languages() {
        let names = single(&dataset.names_in(&language));
        let names = Prompts::new(&names, &Templates::bare(), plan.width);
        plan.add(
            Stage::Long,
            Language {
                language,
                weight,
                names,
            },
        );
    }
}

/// The names of a language.
struct Language {
    language: String,
    /// Its share of the captions.
    weight: f64,
    names: Prompts,
}

impl EvalJob for Language {
    fn name(&self) -> &'static str {
        TASK.name
    }

    fn slices(&self, _: &Store) -> usize {
        self.names.slices()
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        if self.names.advance(store)? {
            return Ok(Slice::More);
        }
        let names = self.names.finish();
        let report = |split: Split| -> Report {
            let classes = &store.prepared.gallery(split).classes;
            let scores = store.pictures[&split].dot(&names.t());
            let answers = answer(&scores, classes);
            // Every name asks for its pictures; one without any asks nothing.
            let columns = scores.columns().into_iter().enumerate();
            let back = columns.filter_map(|(name, column)| {
                let own = |(s, class): (&f32, &usize)| (*s, *class == name);
                rank(column.iter().zip(classes).map(own))
            });
            LanguageReport {
                step: store.step,
                split,
                language: self.language.clone(),
                weight: self.weight,
                r1_image_to_text: answers.top(1),
                r5_image_to_text: answers.top(5),
                r1_text_to_image: Share::of(back.map(|rank| rank == 1)),
            }
            .into()
        };
        Ok(Slice::Done(
            store.splits().into_iter().map(report).collect(),
        ))
    }
}
