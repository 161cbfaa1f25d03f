//! [`Scenario`]: immutable plain data that describes an experiment. RON on disk.
//!
//! Lanes share data, model, initial weights and batches; what a [`LaneSpec`] states is all that
//! differs between them. What a scenario consists of is in `whole`, `data`, `model`, `train`, `lane`, `cue`, `expect` and
//! `lesson`. Reading lives in `load`, its messages in `report`, `explain` and `validate`, what flags change in `edit`.

mod cue;
mod data;
mod default;
mod dialect;
mod edit;
pub mod expect;
mod explain;
mod form;
pub mod groups;
mod lane;
pub mod lesson;
mod load;
mod model;
mod outline;
mod panel;
mod report;
mod suggest;
pub mod tour;
pub mod tower;
mod train;
mod validate;
mod whole;

pub use cue::{Cue, script_ron};
pub use data::{
    Captions, Data, EMOJI_LANGUAGES, Emoji, Pairs, PairsFormat, SHAPES_LANGUAGES, Shapes, Style,
};
pub use edit::branch_name;
pub use expect::{Comparison, Expect, Metric};
pub use form::{read_form, refuse_form};
pub use lane::{LaneSpec, Negatives};
pub use lesson::{Lesson, Moment, WaitFor};
pub use load::{BUNDLED, bundled, load, parse, parse_script};
pub use model::Model;
pub use panel::Panel;
pub use suggest::did_you_mean;
pub use tower::{ImagePool, ImageTower, TextPool, TextTower};
pub use train::{Plateau, Precision, RUNNING_ON, RatePhase, Schedule, Stop, Then, Train};
pub use validate::{MOST_CHOSEN, MOST_LANES};
pub use whole::{Group, Scenario, ZeroShot};
