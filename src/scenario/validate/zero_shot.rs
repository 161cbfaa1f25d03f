//! A classification of one's own that tells nothing apart, and negatives that no loss counts.

use std::collections::HashSet;

use super::check::Check;
use crate::quantity::Loss;
use crate::scenario::{LaneSpec, Negatives, Scenario};

/// Most images of one picture: they tell little new of it.
const MOST_VIEWS: u64 = 100;

/// Pairs of the largest batch whose negatives are chosen: it is done on the whole matrix.
pub const MOST_CHOSEN: u64 = 4096;

impl Check<'_> {
    pub fn zero_shot(&mut self, scenario: &Scenario) {
        let Some(task) = &scenario.zero_shot else {
            return;
        };
        if task.classes.len() < 2 {
            let message = "fewer than two classes";
            self.fault(
                "zero_shot.classes",
                message,
                "name two classes or more",
                None,
            );
        }
        let (mut names, mut concepts) = (HashSet::new(), HashSet::new());
        for (i, class) in task.classes.iter().enumerate() {
            let path = format!("zero_shot.classes.{i}");
            if class.name.trim().is_empty() {
                let label = "templates use this name";
                self.fault(&format!("{path}.name"), "a class needs a name", label, None);
            } else if !names.insert(&class.name) {
                let message = format!("two classes are called `{}`", class.name);
                self.fault(&format!("{path}.name"), message, "names must differ", None);
            }
            if class.of.is_empty() {
                let message = format!("the class `{}` has no concepts", class.name);
                self.fault(&format!("{path}.of"), message, "name one or more", None);
            }
            for (k, concept) in class.of.iter().enumerate() {
                if !concepts.insert(concept) {
                    let message = format!("the concept `{concept}` is named twice");
                    let label = "a concept belongs to one class";
                    self.fault(&format!("{path}.of.{k}"), message, label, None);
                }
            }
        }
        if task.templates.is_empty() {
            let help = "add one, such as \"a photo of a {}\"".to_owned();
            let message = "no templates";
            self.fault("zero_shot.templates", message, "this list is empty", help);
        }
        if task.views.get() > MOST_VIEWS {
            let message = format!("{} images of one picture are too many", task.views.get());
            let label = format!("1 to {MOST_VIEWS}");
            self.fault("zero_shot.views", message, &label, None);
        }
        let mut templates = HashSet::new();
        for (i, template) in task.templates.iter().enumerate() {
            let path = format!("zero_shot.templates.{i}");
            if !template.contains("{}") {
                let help = format!("for example \"{} {{}}\"", template.trim());
                let message = "this template lacks `{}`";
                self.fault(&path, message, "`{}` is missing", help);
            } else if !templates.insert(template) {
                let label = "the ensemble would count it twice";
                self.fault(&path, "this template is named twice", label, None);
            }
        }
    }

    /// Negatives that are left out where none can be, or of a batch that is too large.
    pub fn negatives(&mut self, index: usize, lane: &LaneSpec, batch_size: u64) {
        let path = format!("lanes.{index}.negatives");
        let share = match lane.negatives {
            Negatives::All => return,
            Negatives::Hardest(share) | Negatives::Random(share) | Negatives::Easiest(share) => {
                share
            }
        };
        if lane.loss == Loss::InfoNce {
            let help = "remove `negatives`, or use `loss: SigLip`".to_owned();
            let message = "InfoNCE counts all negatives";
            self.fault(&path, message, "for the sigmoid loss only", help);
        }
        if share.get() == 0.0 {
            let message = "without negatives all features collapse to one point";
            self.fault(&path, message, "above 0, to 1", None);
        }
        if batch_size > MOST_CHOSEN {
            let message = format!("cannot choose negatives from a batch of {batch_size} pairs");
            self.fault(
                &path,
                message,
                &format!("for batches up to {MOST_CHOSEN}"),
                None,
            );
        }
    }
}
