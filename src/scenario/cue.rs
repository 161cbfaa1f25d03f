//! [`Cue`]: a control with its moment. A scenario's script is a list of them.

use serde::{Deserialize, Serialize};

use super::dialect;
use crate::control::Control;

/// A control with its moment, and the lane it is for (all of them if none is named).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Steps completed when it is applied; 0 is before the first step.
    pub at: u64,
    /// Name of the lane; all lanes if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The change.
    pub set: Control,
}

/// A script as text, in the form that a scenario's `script` has.
pub fn script_ron(script: &[Cue]) -> String {
    let config = ron::ser::PrettyConfig::new().compact_structs(true);
    // Plain data, as above.
    dialect::options()
        .to_string_pretty(&script, config)
        .unwrap_or_default()
        + "\n"
}
