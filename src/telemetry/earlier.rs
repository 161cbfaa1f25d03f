//! [`Earlier`]: how a lane looked before each change by hand, so that one who goes back sees what was there.

use super::Snapshot;
use crate::control::Before;

/// Looks that are kept: more than a lane has room for states.
const KEPT: usize = 200;

/// How a lane looked before each change by hand.
#[derive(Clone, Debug, Default)]
pub struct Earlier(Before<Snapshot>);

impl Earlier {
    /// Remembers how it looks before this change, unless that is part of the latest one.
    pub fn keep(&mut self, number: u64, lane: &Snapshot) {
        if self.0.number() == number {
            return;
        }
        // Pictures of the present batch are of no use later, and take room.
        let look = Snapshot {
            matrix: None,
            rows: None,
            landscape: None,
            geometry: None,
            ..lane.clone()
        };
        self.0.push(number, look);
        if self.0.len() > KEPT {
            self.0.drop_oldest();
        }
    }

    /// Forgets this change: it was taken back.
    pub fn forget(&mut self, number: u64) {
        self.0.forget(number);
    }

    /// How the lane looked before the latest change.
    pub fn last(&self) -> Option<&Snapshot> {
        self.0.last().map(|(_, lane)| lane)
    }

    /// The lane goes back to step `to`, before this change: curves, evaluations and changes are as they were. What its
    /// time went into stays.
    pub fn go_back(&mut self, lane: &mut Snapshot, number: u64, to: u64) {
        let Some(look) = self.0.take(number) else {
            lane.go_back(to);
            return;
        };
        *lane = Snapshot {
            status: lane.status.clone(),
            device: std::mem::take(&mut lane.device),
            paths: lane.paths + 1,
            matrix: lane.matrix.take(),
            rows: lane.rows.take(),
            landscape: lane.landscape.take(),
            geometry: lane.geometry.take(),
            pairs: std::mem::take(&mut lane.pairs),
            pairs_per_second: lane.pairs_per_second,
            seconds: lane.seconds,
            evaluation_seconds: lane.evaluation_seconds,
            showing_seconds: lane.showing_seconds,
            message: lane.message.take(),
            ..look
        };
    }
}
