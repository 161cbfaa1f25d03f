//! [`Gathered`]: what the plots of a run show, gathered from its events. Bounded, however long the run is.

use std::path::Path;
use std::sync::Arc;

use super::sink::Sink;
use super::{bundle, plots};
use crate::control::{Applied, By};
use crate::error::Result;
use crate::scenario::Cue;
use crate::telemetry::{Earlier, Event, Report, Snapshot, Split};

/// The curves of all lanes, in the order in which they began.
pub(super) struct Gathered {
    title: String,
    steps: u64,
    lanes: Vec<(Snapshot, Earlier)>,
}

impl Gathered {
    /// Nothing yet, of a run that plans so many steps.
    pub(super) fn new(title: &str, steps: u64) -> Self {
        Self {
            title: title.into(),
            steps,
            lanes: Vec::new(),
        }
    }

    /// Draws `plots.svg` and `plots.png` into the folder.
    pub(super) fn draw(&self, folder: &Path) -> Result<()> {
        let lanes: Vec<&Snapshot> = self.lanes.iter().map(|(lane, _)| lane).collect();
        bundle::picture(folder, "plots", &plots::sheet(&self.title, &lanes))?;
        Ok(())
    }

    /// What was changed, as a script: what is left of it after resets and rewinds.
    pub(super) fn changes(&self) -> Vec<Cue> {
        let of = |lane: &Snapshot| {
            let cue = |applied: &Applied| Cue {
                at: applied.step,
                lane: Some(lane.lane.clone()),
                set: applied.control,
            };
            lane.applied.iter().map(cue).collect::<Vec<_>>()
        };
        let mut cues: Vec<_> = self.lanes.iter().flat_map(|(lane, _)| of(lane)).collect();
        cues.sort_by_key(|cue| cue.at);
        cues
    }

    /// The seed in use.
    pub(super) fn seed(&self, name: &str) -> Option<u64> {
        let (lane, _) = self.lanes.iter().find(|(lane, _)| lane.lane == name)?;
        Some(lane.seed)
    }

    fn lane(&mut self, name: &str) -> &mut (Snapshot, Earlier) {
        let place = self.lanes.iter().position(|(lane, _)| lane.lane == name);
        let place = place.unwrap_or_else(|| {
            let lane = Snapshot::starting(name, self.steps);
            self.lanes.push((lane, Earlier::default()));
            self.lanes.len() - 1
        });
        &mut self.lanes[place]
    }
}

impl Sink for Gathered {
    fn record(&mut self, name: &str, event: &Event) -> Result<()> {
        let steps = self.steps;
        let (lane, earlier) = self.lane(name);
        match event {
            Event::Step(report) => lane.plot(report),
            Event::Eval(Report::Retrieval(report)) => {
                let reports = match report.split {
                    Split::HeldOut => &mut lane.held_out,
                    Split::Trained => &mut lane.trained,
                };
                Arc::make_mut(reports).push(report.clone());
            }
            Event::Control(applied) => {
                match applied.by {
                    By::Hand(number) => earlier.keep(number, lane),
                    By::Undo(number) => earlier.forget(number),
                    By::Script | By::Reset => {}
                }
                Arc::make_mut(&mut lane.applied).push(applied.clone());
            }
            Event::Reset(restarted) => {
                if let Some(number) = restarted.change {
                    earlier.keep(number, lane);
                }
                *lane = Snapshot {
                    seed: restarted.seed,
                    ..Snapshot::starting(name, steps)
                };
            }
            Event::Rewind { to, change, .. } => earlier.go_back(lane, *change, *to),
            Event::Started(started) => lane.seed = started.seed,
            Event::Eval(_) | Event::Branch(_) | Event::Finished(_) => {}
        }
        Ok(())
    }
}
