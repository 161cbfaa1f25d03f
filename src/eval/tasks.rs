//! [`TASKS`]: the table of tasks, each a file below; and [`Tasks`], a choice of them.

pub mod calibration;
pub mod geometry;
mod languages;
mod linear_probe;
mod query;
mod regimes;
mod retrieval;
mod zero_shot;

use std::collections::VecDeque;

use super::job::EvalJob;
use super::plan::{EvalTask, Needs, Occasion, Options, Plan};
use super::templates::Templates;
use crate::data::Prepared;
use crate::telemetry::{Query, Report};

pub use retrieval::Ranks;

/// All tasks. What one leaves for others is there for those below it.
pub const TASKS: &[EvalTask] = &[
    retrieval::TASK,
    zero_shot::TASK,
    geometry::TASK,
    linear_probe::TASK,
    regimes::TASK,
    languages::TASK,
    calibration::TASK,
    query::TASK,
];

/// What is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// Why.
    pub occasion: Occasion,
    /// Names of tasks.
    names: Vec<&'static str>,
    /// How thorough.
    options: Options,
}

impl Tasks {
    /// What is cheap enough to be done again and again while training: within a twentieth of its time.
    pub fn live() -> Self {
        let options = Options {
            templates: Templates::bundled().into_iter().take(3).collect(),
            ..Options::default()
        };
        Self::on(Occasion::Live, options)
    }

    /// Everything.
    pub fn all() -> Self {
        let options = Options {
            templates: Templates::bundled(),
            thorough: true,
            names: true,
            query: None,
        };
        Self::on(Occasion::Examine, options)
    }

    /// This question alone.
    pub fn query(query: Query) -> Self {
        let options = Options {
            query: Some(query),
            ..Options::default()
        };
        Self::on(Occasion::Question, options)
    }

    /// These tasks and those that they build on, with these sets of templates.
    pub fn named(tasks: &[&EvalTask], templates: Vec<Templates>) -> Self {
        let wanted = |task: &&EvalTask| {
            let named = |t: &&&EvalTask| t.name == task.name || t.after.contains(&task.name);
            tasks.iter().any(|t| named(&t))
        };
        Self {
            occasion: Occasion::Examine,
            names: TASKS.iter().filter(wanted).map(|t| t.name).collect(),
            options: Options {
                // What only others build on needs no names.
                names: tasks.iter().any(|task| task.name == zero_shot::TASK.name),
                thorough: true,
                templates,
                query: None,
            },
        }
    }

    fn on(occasion: Occasion, options: Options) -> Self {
        let tasks = TASKS.iter().filter(|task| task.on.contains(&occasion));
        Self {
            occasion,
            names: tasks.map(|task| task.name).collect(),
            options,
        }
    }

    /// Their jobs in order, for features of so many dimensions.
    pub(super) fn plan(&self, prepared: &Prepared, width: usize) -> VecDeque<Box<dyn EvalJob>> {
        let tasks = || TASKS.iter().filter(|t| self.names.contains(&t.name));
        let needs = tasks().map(|task| (task.needs)(&self.options));
        let nothing = Needs {
            names: false,
            splits: 0,
        };
        let needs = needs.fold(nothing, |a, b| Needs {
            names: a.names || b.names,
            splits: a.splits.max(b.splits),
        });
        let mut plan = Plan::new(prepared, &self.options, needs, width);
        for task in tasks() {
            (task.plan)(&mut plan);
        }
        plan.finish()
    }
}

/// Tasks that may be asked for by name: all but questions.
pub fn by_name() -> impl Iterator<Item = &'static EvalTask> {
    TASKS
        .iter()
        .filter(|task| !task.on.contains(&Occasion::Question))
}

/// Tasks that are done where none is named.
pub fn examined() -> impl Iterator<Item = &'static EvalTask> {
    TASKS
        .iter()
        .filter(|task| task.on.contains(&Occasion::Examine))
}

impl EvalTask {
    /// Whether a report is of this task.
    pub fn reports(&self, report: &Report) -> bool {
        self.report == report.task()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_name_of_its_own_and_stands_below_what_it_builds_on() {
        for (i, task) in TASKS.iter().enumerate() {
            let before = &TASKS[..i];
            assert!(before.iter().all(|t| t.name != task.name), "{}", task.name);
            assert!(!task.about.is_empty() && !task.about.ends_with('.'));
            for name in task.after {
                assert!(before.iter().any(|t| t.name == *name), "{name}");
            }
            let kind = format!("{{\"task\":\"{}\"}}", task.report);
            let fault = serde_json::from_str::<Report>(&kind).unwrap_err();
            assert!(fault.to_string().contains("missing field"), "{fault}");
        }
    }

    #[test]
    fn named_tasks_bring_what_they_build_on() {
        let regimes: Vec<&EvalTask> = by_name().filter(|t| t.name == "regimes").collect();
        let tasks = Tasks::named(&regimes, Vec::new());
        assert_eq!(tasks.names, ["zero-shot", "linear-probe", "regimes"]);
        assert!(!tasks.options.names, "names are not asked for");
        let all: Vec<&EvalTask> = examined().collect();
        assert_eq!(Tasks::named(&all, Templates::bundled()), Tasks::all());
    }
}
