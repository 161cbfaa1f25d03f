//! [`OwnClasses`]: a classification that the scenario states, found among the concepts of its data.

use crate::error::{Error, Result};
use crate::scenario::{ZeroShot, did_you_mean};

/// The scenario's own classification.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnClasses {
    /// "cat or dog".
    pub name: String,
    /// The classes.
    pub names: Vec<String>,
    /// For each concept its class, if it has one.
    pub of: Vec<Option<usize>>,
    /// Templates, each with `{}`.
    pub templates: Vec<String>,
    /// Images of each picture, the picture itself included.
    pub views: usize,
}

impl OwnClasses {
    /// Finds the concepts of the classes.
    ///
    /// # Errors
    /// [`Error::Data`] that names what there is not.
    pub fn new(task: &ZeroShot, concepts: &[String]) -> Result<Self> {
        let fault = |text: String| Err(Error::Data(format!("zero_shot: {text}")));
        let mut of = vec![None; concepts.len()];
        for (class, group) in task.classes.iter().enumerate() {
            for name in &group.of {
                let Some(concept) = concepts.iter().position(|known| known == name) else {
                    let hint = did_you_mean(name, concepts.iter().map(String::as_str));
                    let hint = hint.map_or_else(String::new, |hint| format!("\n  {hint}"));
                    return fault(format!("the data has no concept `{name}`{hint}"));
                };
                of[concept] = Some(class);
            }
        }
        let names: Vec<String> = task
            .classes
            .iter()
            .map(|group| group.name.clone())
            .collect();
        Ok(Self {
            name: names.join(" or "),
            names,
            of,
            templates: task.templates.clone(),
            views: task.views.size(),
        })
    }
}
