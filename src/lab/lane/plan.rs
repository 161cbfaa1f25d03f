//! [`Plan`]: what a lane needs to begin.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::control::Applied;
use crate::data::Prepared;
use crate::error::Result;
use crate::export::Sink;
use crate::lab::pacer::Pacer;
use crate::scenario::LaneSpec;
use crate::train::{DeviceChoice, SavedState};

/// What a lane needs to begin.
pub struct Plan {
    pub spec: LaneSpec,
    pub seed: u64,
    pub steps: u64,
    pub device: DeviceChoice,
    /// Threads for libtorch in this lane.
    pub threads: usize,
    pub paused: bool,
    /// Steps at which it pauses whenever it comes to them.
    pub pauses: Vec<u64>,
    /// Whether nobody watches: nothing is drawn, and a diverged lane ends instead of waiting.
    pub unattended: bool,
    /// Folder for the lane's model, if there is a run folder.
    pub model_folder: Option<PathBuf>,
    /// What comes after the last of its steps.
    pub after: After,
    pub sink: Box<dyn Sink>,
    /// Where it begins, if not with new weights.
    pub birth: Option<Birth>,
    /// Where lanes that branch off this one are announced.
    pub births: Arc<Mutex<Vec<Birth>>>,
    /// What keeps watched lanes together, and this one's place there.
    pub pacer: Option<(Arc<Pacer>, usize)>,
}

/// What a lane does once the scenario's last step is made, evaluated and saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It ends.
    End,
    /// It goes on until it is told otherwise.
    GoOn,
    /// It pauses, and goes on when it is told to.
    Pause,
}

/// A lane that goes on from another one's state.
pub struct Birth {
    pub spec: LaneSpec,
    pub seed: u64,
    pub parent: String,
    pub state: SavedState,
    /// The changes behind that state.
    pub applied: Arc<Vec<Applied>>,
    /// Whether it trains at once.
    pub going: bool,
}

/// Prepares the shared data, or waits for the lane that does.
pub type Prepare = Arc<dyn Fn() -> Result<Arc<Prepared>> + Send + Sync>;
