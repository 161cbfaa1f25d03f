//! [`Gathered`]: what the plots of a run show, gathered from its events. Bounded, however long the run is.

use std::path::Path;
use std::sync::Arc;

use super::{Sink, bundle, plots};
use crate::error::Result;
use crate::telemetry::{Event, Report, Snapshot, Split, StepReport};

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
            Event::Step(report) => take_step(lane, report),
            Event::Eval(Report::Retrieval(report)) => {
                let reports = match report.split {
                    Split::HeldOut => &mut lane.held_out,
                    Split::Trained => &mut lane.trained,
                };
                Arc::make_mut(reports).push(report.clone());
            }
            Event::Control(applied) => Arc::make_mut(&mut lane.applied).push(applied.clone()),
            Event::Reset(_) => *lane = Snapshot::starting(name, steps),
            Event::Rewind { to, .. } => go_back(lane, *to),
            Event::Started(_) | Event::Eval(_) | Event::Branch(_) | Event::Finished(_) => {}
        }
        Ok(())
    }
}

fn take_step(lane: &mut Snapshot, report: &StepReport) {
    let step = report.step;
    lane.step = step;
    lane.loss.push(step, report.loss);
    lane.temperature.push(step, report.temperature);
    if let Some(bias) = report.logit_bias {
        lane.bias.push(step, bias);
    }
    lane.accuracy.push(step, report.accuracy_image_to_text);
    lane.grad_norm.push(step, report.grad_norm);
}

fn go_back(lane: &mut Snapshot, to: u64) {
    lane.step = to;
    for curve in [
        &mut lane.loss,
        &mut lane.temperature,
        &mut lane.bias,
        &mut lane.accuracy,
        &mut lane.grad_norm,
    ] {
        curve.cut_after(to);
    }
    Arc::make_mut(&mut lane.held_out).retain(|report| report.step <= to);
    Arc::make_mut(&mut lane.trained).retain(|report| report.step <= to);
    Arc::make_mut(&mut lane.applied).retain(|applied| applied.step < to);
}
