//! [`Scenario`]: the whole description of an experiment. Reading it is `load`'s, faults are `validate`'s.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::default::{is_one, one};
use super::{Cue, Data, Expect, LaneSpec, Lesson, Model, Train, dialect};
use crate::control::Control;
use crate::quantity::Size;

/// A whole experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line for lists.
    pub title: String,
    /// What to look for while it runs; shown on the screen.
    #[serde(default)]
    pub watch: String,
    /// What is learned from.
    pub data: Data,
    /// What learns.
    pub model: Model,
    /// What its weights start from, instead of random ones: a folder in any published layout, whose sizes `model`
    /// states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<PathBuf>,
    /// How it learns.
    pub train: Train,
    /// One entry for each model trained side by side.
    pub lanes: Vec<LaneSpec>,
    /// Controls that are applied by themselves at stated steps.
    #[serde(default)]
    pub script: Vec<Cue>,
    /// What will be seen; a test holds the bundled scenarios to it, the screen ticks it off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expect>,
    /// What to do, and what is withheld meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
    /// A classification of its own, beside those of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_shot: Option<ZeroShot>,
}

/// Some concepts told apart by words, with each of some templates and with all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroShot {
    /// The classes, two or more.
    pub classes: Vec<Group>,
    /// Templates; `{}` stands for the class.
    pub templates: Vec<String>,
    /// Images of each picture: the picture itself, then changed copies of it, as training augments pictures.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub views: Size,
}

/// A class of some concepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What stands in the templates.
    pub name: String,
    /// Names of its concepts, in the first language of the captions.
    pub of: Vec<String>,
}

impl Scenario {
    /// The lane called `name`.
    pub fn lane(&self, name: &str) -> Option<&LaneSpec> {
        self.lanes.iter().find(|lane| lane.name == name)
    }

    /// The controls of the script that are for the lane called `name`, in order of their steps.
    pub fn cues(&self, name: &str) -> Vec<(u64, Control)> {
        let mut cues: Vec<_> = self
            .script
            .iter()
            .filter(|cue| cue.lane.as_deref().is_none_or(|lane| lane == name))
            .map(|cue| (cue.at, cue.set))
            .collect();
        cues.sort_by_key(|&(at, _)| at);
        cues
    }

    /// The scenario as RON, complete: every default written out.
    pub fn to_ron(&self) -> String {
        let config = ron::ser::PrettyConfig::new().indentor("    ");
        // Plain data with string keys only: there is nothing here that RON cannot write.
        dialect::options()
            .to_string_pretty(self, config)
            .unwrap_or_default()
            + "\n"
    }
}
