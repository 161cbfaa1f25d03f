//! [`Lesson`]: what a scenario says and withholds while somebody learns from it. Plain data; the
//! screen obeys it.

use serde::{Deserialize, Serialize};

use super::panel::Panel;
use crate::control::Dial;

/// One thing to be understood: a prompt, and nothing on the screen that distracts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What to do and what to look for; stands where the watch line stands otherwise.
    pub prompt: String,
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
