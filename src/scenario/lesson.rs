//! [`Lesson`]: what a scenario says and withholds while somebody learns from it. Plain data; the
//! screen obeys it.

use serde::{Deserialize, Serialize};

use super::panel::Panel;
use crate::control::Dial;

/// One thing to be understood: a first text, moments at which the run waits for the learner, a last text, and nothing
/// on the screen that distracts from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What to look at; stands where the watch line stands otherwise. If the lesson has moments, the lanes wait with
    /// it before their first step.
    pub prompt: String,
    /// When the run pauses for the learner, in order of their steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<Moment>,
    /// What was seen and what it means; shown once the moments are over and all claims are seen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub end: String,
    /// Panels that are not drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hide: Vec<Panel>,
    /// The panels of the first page, besides the loss curve; without any it has its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<Panel>,
    /// Dials that the strip shows besides those that it always has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dials: Vec<Dial>,
    /// Dials that cannot be turned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lock: Vec<Dial>,
}

/// A step at which the run pauses until the learner has done something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// Steps completed when the lanes pause.
    pub at: u64,
    /// What to do.
    pub prompt: String,
    /// What lets the run go on. Space does in any case.
    #[serde(default, skip_serializing_if = "WaitFor::is_play")]
    pub wait_for: WaitFor,
    /// The lane that it is to be done to; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// What to look at afterwards, until the next moment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub look: String,
}

/// What a moment waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitFor {
    /// Space.
    #[default]
    Play,
    /// That a card which explains something was opened and closed again.
    Card,
    /// A turn of this dial.
    Turn(Dial),
}

impl WaitFor {
    /// Whether only Space is waited for.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub const fn is_play(&self) -> bool {
        matches!(self, Self::Play)
    }
}

impl Lesson {
    /// Steps at which the lanes pause for the learner: before the first, and at each moment.
    pub fn pauses(&self) -> Vec<u64> {
        let first = (!self.moments.is_empty()).then_some(0);
        first
            .into_iter()
            .chain(self.moments.iter().map(|m| m.at))
            .collect()
    }
}
