//! Training without a screen: the same lanes, read in a plain loop.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use super::lane::Command;
use super::lanes::{Events, Lab, Options};
use crate::data::Prepared;
use crate::error::Result;
use crate::export::{RunDir, Sink};
use crate::telemetry::Event;

/// Trains the lanes of a prepared scenario side by side until they end or `stop` says so, and records
/// what happens in the run folder that the options name and in `output`.
///
/// Records come in one order, whatever the threads do: step by step, and lane by lane within a step.
pub fn train(
    prepared: &Arc<Prepared>,
    options: &Options,
    stop: impl Fn() -> bool,
    output: &mut dyn Sink,
) -> Result<()> {
    let scenario = prepared.scenario();
    let records = match &options.out {
        Some(path) => Some(RunDir::create(Path::new(path), scenario, options.force)?),
        None => None,
    };
    let mut records = Records {
        records,
        output,
        failed: Ok(()),
    };
    let (lab, events) = Lab::unattended(prepared, options)?;
    let mut told = false;
    let mut live: VecDeque<(usize, Events)> = events.into_iter().enumerate().collect();
    while let Some((lane, events)) = live.pop_front() {
        let goes_on = take_step(&events, |event| {
            if let Some(event) = event {
                records.record(&scenario.lanes[lane].name, event);
            }
            if !told && (records.failed.is_err() || stop()) {
                lab.send_all(&Command::Stop);
                told = true;
            }
        });
        if goes_on {
            live.push_back((lane, events));
        }
    }
    let closed = lab.close();
    records.failed.and(closed)
}

/// Where events go; after a failure nowhere, while the lanes are brought to their end.
struct Records<'a> {
    records: Option<RunDir>,
    output: &'a mut dyn Sink,
    failed: Result<()>,
}

impl Records<'_> {
    fn record(&mut self, lane: &str, event: &Event) {
        if self.failed.is_ok() {
            let kept = self
                .records
                .as_mut()
                .map_or(Ok(()), |records| records.record(lane, event));
            self.failed = kept.and_then(|()| self.output.record(lane, event));
        }
    }
}

/// Longest wait between two looks at whether to stop: a step may take minutes.
const LOOK: Duration = Duration::from_millis(100);

/// Takes events until a step has been made, and nothing now and then while it is made; `false` once the lane
/// has ended.
fn take_step(events: &Events, mut take: impl FnMut(Option<&Event>)) -> bool {
    loop {
        match events.recv_timeout(LOOK) {
            Ok(event) => {
                take(Some(&event));
                if matches!(event, Event::Step(_)) {
                    return true;
                }
            }
            Err(RecvTimeoutError::Timeout) => take(None),
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}
