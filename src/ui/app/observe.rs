//! What the screen makes of the lanes' snapshots.

use std::sync::Arc;
use std::time::Duration;

use super::changes::Deed;
use super::{App, Tone};
use crate::control::Applied;
use crate::telemetry::{LaneStatus, Snapshot};
use crate::ui::marks;

/// Whether what a lane says since `before` is that it did what a hand asked for.
fn echoes(lane: &Snapshot, before: &Snapshot) -> bool {
    let changed = lane.applied.len() != before.applied.len();
    let scripted = lane.applied.last().is_some_and(Applied::scripted);
    lane.step < before.step || (changed && !scripted)
}

impl App {
    /// Takes the lanes' latest snapshots.
    pub fn observe(&mut self, lanes: Vec<Arc<Snapshot>>) {
        if lanes.is_empty() {
            return;
        }
        for (i, lane) in lanes.iter().enumerate() {
            let before = self.lanes.get(i).cloned();
            let news = lane.message.as_ref().filter(|m| {
                before
                    .as_ref()
                    .is_none_or(|b| b.message.as_ref() != Some(m))
            });
            if let Some(text) = news {
                let text = format!("{}: {text}", lane.lane);
                self.note(text.clone());
                // What a hand did was said when it did it, and at more length.
                let told = matches!(self.message, Some((Tone::Done, _)));
                if !(told && before.as_ref().is_some_and(|b| echoes(lane, b))) {
                    self.message = Some((Tone::News, text));
                }
            }
            let told = self.message.clone();
            self.tell_status(lane, before.as_deref());
            if let Some((_, text)) = self.message.clone().filter(|_| self.message != told) {
                self.note(text);
            }
        }
        self.watch_claims(&lanes);
        if let Some(Deed::Branch { parent, lane, .. }) = self.changes.last().map(|e| &e.deed)
            && *lane >= lanes.len()
            && matches!(lanes.get(*parent), Some(lane) if matches!(lane.status, LaneStatus::Failed(_)))
        {
            // It failed before anything could branch off it.
            self.changes.drop_last();
        }
        if lanes
            .iter()
            .zip(&self.lanes)
            .any(|(new, old)| new.applied.len() != old.applied.len())
            || lanes.len() != self.lanes.len()
            || self.marks.is_empty()
            || lanes.iter().all(|lane| lane.applied.is_empty())
        {
            self.marks = marks::collect(&lanes);
        }
        self.lanes = lanes;
        self.watch_exercise();
        self.note_matrices();
        self.target = self.target.filter(|&i| i < self.lanes.len());
        self.settle_pending();
        self.settle_intent();
    }

    /// Takes how long nothing was heard of the lanes; whether the screen shows another time now.
    pub fn waited(&mut self, time: Duration) -> bool {
        let seconds = time.as_secs();
        let moved = seconds != std::mem::replace(&mut self.silence, seconds);
        moved && self.training()
    }

    /// Seconds of a long step that no snapshot holds yet.
    pub fn unheard(&self) -> f64 {
        if self.training() {
            self.silence as f64
        } else {
            0.0
        }
    }

    /// Whether a lane trains, and does not wait between steps.
    fn training(&self) -> bool {
        let running = |lane: &Arc<Snapshot>| lane.status == LaneStatus::Running;
        self.speed == 0 && self.lanes.iter().any(running)
    }

    /// Whether something moves by itself, so that the screen must be drawn without news.
    pub fn animated(&self) -> bool {
        self.lanes
            .iter()
            .any(|lane| lane.status == LaneStatus::Starting)
    }
}
