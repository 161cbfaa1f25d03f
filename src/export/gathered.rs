//! [`Gathered`]: what the plots of a run show, gathered from its events. Bounded, however long the run is.

use std::path::Path;
use std::sync::Arc;

use super::sink::Sink;
use super::{bundle, plots};
use crate::error::Result;
use crate::telemetry::{Event, Report, Snapshot, Split};

/// The curves of all lanes, in the order in which they began.
pub(super) struct Gathered {
    title: String,
    steps: u64,
    lanes: Vec<Snapshot>,
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
        let lanes: Vec<&Snapshot> = self.lanes.iter().collect();
        bundle::picture(folder, "plots", &plots::sheet(&self.title, &lanes))?;
        Ok(())
    }

    fn lane(&mut self, name: &str) -> &mut Snapshot {
        let place = self.lanes.iter().position(|lane| lane.lane == name);
        let place = place.unwrap_or_else(|| {
            self.lanes.push(Snapshot::starting(name, self.steps));
            self.lanes.len() - 1
        });
        &mut self.lanes[place]
    }
}

impl Sink for Gathered {
    fn record(&mut self, name: &str, event: &Event) -> Result<()> {
        let steps = self.steps;
        let lane = self.lane(name);
        match event {
            Event::Step(report) => lane.plot(report),
            Event::Eval(Report::Retrieval(report)) => {
                let reports = match report.split {
                    Split::HeldOut => &mut lane.held_out,
                    Split::Trained => &mut lane.trained,
                };
                Arc::make_mut(reports).push(report.clone());
            }
            Event::Control(applied) => Arc::make_mut(&mut lane.applied).push(applied.clone()),
            Event::Reset(_) => *lane = Snapshot::starting(name, steps),
            Event::Rewind { to, .. } => lane.go_back(*to),
            Event::Started(_) | Event::Eval(_) | Event::Branch(_) | Event::Finished(_) => {}
        }
        Ok(())
    }
}
