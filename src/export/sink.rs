//! [`Sink`]: where events go.

use crate::error::Result;
use crate::telemetry::Event;

/// Where a lane's events go. Lossless: what was recorded is whole, and stays.
pub trait Sink: Send {
    /// Records one event of the lane.
    fn record(&mut self, lane: &str, event: &Event) -> Result<()>;
}

/// Forgets everything: a lab without a run folder.
impl Sink for () {
    fn record(&mut self, _: &str, _: &Event) -> Result<()> {
        Ok(())
    }
}
