//! [`Control`]: one change to a running experiment. The science, and nothing else: a scenario's
//! script, a key press and `--set` all become the same value, and only these are recorded. What can be changed
//! stands in one table, `dials`.

mod applied;
mod before;
mod dials;
mod quality;

pub use crate::quantity::{Value, short};
pub use applied::{Applied, By, Change, last_of_each};
pub use before::Before;
pub use dials::{Control, Dial, Group, Settings, Stage};
pub use quality::Quality;
