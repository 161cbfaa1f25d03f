//! What the screen makes of the lanes' snapshots.

use std::sync::Arc;

use super::{App, Tone};
use crate::telemetry::{LaneStatus, Snapshot};
use crate::ui::marks;

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
                self.message = Some((Tone::News, text));
            }
            let told = self.message.clone();
            self.tell_status(lane, before.as_deref());
            if let Some((_, text)) = self.message.clone().filter(|_| self.message != told) {
                self.note(text);
            }
        }
        self.watch_claims(&lanes);
        if lanes
            .iter()
            .zip(&self.lanes)
            .any(|(new, old)| new.applied.len() != old.applied.len())
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

    /// Whether something moves by itself, so that the screen must be drawn without news.
    pub fn animated(&self) -> bool {
        self.lanes
            .iter()
            .any(|lane| lane.status == LaneStatus::Starting)
    }
}
