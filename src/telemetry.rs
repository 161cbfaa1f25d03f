//! What anyone may see of a lane: [`StepReport`] and [`EvalReport`] for the records, [`Snapshot`]
//! for the screen. Plain data; a snapshot is bounded in size however long a run lasts.

mod batch;
mod cells;
mod curve;
mod earlier;
mod event;
mod findings;
mod landscape;
mod measure;
mod milestone;
mod report;
mod share;
mod snapshot;
mod step;
mod thumbnail;

pub use batch::{Matrix, Pair};
pub use cells::Cells;
pub use curve::{Curve, Point};
pub use earlier::Earlier;
pub use event::{Event, Finished, Reason, Restarted, Started};
pub use findings::Findings;
pub use landscape::{Landscape, Lowest, Rows, Surface};
pub use measure::{Listing, Measure, Split, Subset, TaskReport, Unit};
pub use milestone::{MILESTONES, Milestone};
pub use report::*;
pub use share::Share;
pub use snapshot::{LaneStatus, Snapshot};
pub use step::{DataReport, Spread, StepReport};
pub use thumbnail::Thumbnail;
