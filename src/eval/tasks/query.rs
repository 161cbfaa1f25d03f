//! The task `query`: the held-out pictures nearest to a caption, or the names nearest to one of these pictures.

use crate::error::Result;
use crate::eval::answers::{sigmoid, softmax};
use crate::eval::encode::Prompts;
use crate::eval::features::choose;
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Options, Plan, Stage};
use crate::eval::store::Store;
use crate::eval::templates::Templates;
use crate::telemetry::{Hit, Query, QueryReport};

/// What is shown as nearest.
const HITS: usize = 12;

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "query",
    about: "The nearest images and names to a caption or a held-out image",
    report: "query",
    on: &[Occasion::Question],
    after: &[],
    needs,
    plan,
};

/// One split; and the names only where a picture is compared with them.
fn needs(options: &Options) -> Needs {
    Needs {
        names: !matches!(options.query, Some(Query::Caption(_))),
        splits: 1,
    }
}

fn plan(plan: &mut Plan) {
    let Some(query) = plan.options.query.clone() else {
        return;
    };
    let asked = match &query {
        Query::Caption(caption) => vec![vec![caption.clone()]],
        Query::Picture(_) => Vec::new(),
    };
    let words = Prompts::new(&asked, &Templates::bare(), plan.width);
    plan.add(Stage::Long, Question { query, words });
}

/// What is asked, and its words if it has any.
struct Question {
    query: Query,
    words: Prompts,
}

impl Question {
    fn report(&self, store: &Store) -> Option<QueryReport> {
        let &split = store.splits().first()?;
        let (pictures, classes) = (
            &store.pictures[&split],
            &store.prepared.gallery(split).classes,
        );
        let names = store.prepared.dataset().names();
        let asked = match self.query {
            Query::Caption(_) => None,
            Query::Picture(place) if place < classes.len() => Some(place),
            Query::Picture(_) => return None,
        };
        let cosines = match asked {
            None => self.words.finish().dot(&pictures.t()),
            Some(place) => choose(pictures, &[place]).dot(&store.names.t()),
        };
        let row: Vec<f32> = cosines.iter().copied().collect();
        let scale = store.head.scale();
        let softmax = softmax(&row, scale);
        let sigmoid = store.sigmoid_bias().map(|bias| sigmoid(&row, scale, bias));
        let mut order: Vec<usize> = (0..row.len()).filter(|i| row[*i].is_finite()).collect();
        order.sort_by(|a, b| row[*b].total_cmp(&row[*a]).then(a.cmp(b)));
        let hit = |&place: &usize| Hit {
            place,
            name: match asked {
                None => names[classes[place]].clone(),
                Some(_) => names[place].clone(),
            },
            cosine: f64::from(row[place]),
            softmax: softmax[place],
            sigmoid: sigmoid.as_ref().map(|p| p[place]),
            picture: asked
                .is_none()
                .then(|| store.prepared.gallery(split).thumbnail(place)),
        };
        Some(QueryReport {
            step: store.step,
            split,
            candidates: row.len() as u64,
            name: asked.map(|place| names[classes[place]].clone()),
            picture: asked.map(|place| store.prepared.gallery(split).thumbnail(place)),
            hits: order.iter().take(HITS).map(hit).collect(),
            query: self.query.clone(),
        })
    }
}

impl EvalJob for Question {
    fn name(&self) -> &'static str {
        TASK.name
    }

    fn slices(&self, _: &Store) -> usize {
        self.words.slices()
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        if self.words.advance(store)? {
            return Ok(Slice::More);
        }
        let report = self.report(store).map(Into::into);
        Ok(Slice::Done(report.into_iter().collect()))
    }
}
