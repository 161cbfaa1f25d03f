//! [`bench`]: how fast a scenario's lanes step, and where the time goes.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::data::Prepared;
use crate::error::{Error, Result};
use crate::train::device::threads_per_lane;
use crate::train::{DeviceChoice, Phases, Trainer};

/// Steps before the measured ones: kernels are chosen and memory is taken.
const WARM_UP: u64 = 3;

/// What was measured of a lane.
#[derive(Clone, Debug)]
pub struct LaneBench {
    /// Its name.
    pub lane: String,
    /// Pairs in a batch.
    pub batch_size: u64,
    /// Trainable parameters.
    pub parameters: u64,
    /// Threads for each of libtorch's operations.
    pub threads: usize,
    /// Where it computed.
    pub device: String,
    /// What the towers' matrix products were computed in.
    pub precision: &'static str,
    /// The median step.
    pub step: Duration,
    /// Median of each part of a step.
    pub phases: Phases,
    /// Pairs in all measured steps over the time that they took.
    pub pairs_per_second: f64,
}

/// Makes `steps` steps in every lane, side by side as they would train, and measures them.
///
/// # Errors
/// What the trainer refuses.
pub fn bench(prepared: &Arc<Prepared>, device: DeviceChoice, steps: u64) -> Result<Vec<LaneBench>> {
    let lanes = &prepared.scenario().lanes;
    let threads = threads_per_lane(lanes.len());
    let together = Barrier::new(lanes.len());
    thread::scope(|scope| {
        let measure = |index| {
            let together = &together;
            scope.spawn(move || measure(prepared, index, device, threads, steps, together))
        };
        let running: Vec<_> = (0..lanes.len()).map(measure).collect();
        running
            .into_iter()
            .map(|lane| {
                lane.join()
                    .unwrap_or_else(|_| Err(Error::Internal("a lane panicked".into())))
            })
            .collect()
    })
}

fn measure(
    prepared: &Arc<Prepared>,
    index: usize,
    device: DeviceChoice,
    threads: usize,
    steps: u64,
    together: &Barrier,
) -> Result<LaneBench> {
    let scenario = prepared.scenario();
    let spec = &scenario.lanes[index];
    let warmed = Trainer::new(prepared, spec, scenario.train.seed, device, threads).and_then(
        |mut trainer| {
            for _ in 0..WARM_UP {
                trainer.step()?;
            }
            Ok(trainer)
        },
    );
    // A lane that fails must not leave the others waiting.
    together.wait();
    let mut trainer = warmed?;
    let (mut times, mut phases, mut pairs) = (Vec::new(), Vec::new(), 0);
    let began = Instant::now();
    for _ in 0..steps {
        let Some(report) = trainer.step()? else { break };
        times.push(Duration::from_secs_f64(report.seconds));
        phases.push(trainer.phases());
        pairs += report.batch_size;
    }
    let took = began.elapsed().as_secs_f64();
    if times.is_empty() {
        return Err(Error::Usage(format!(
            "the scenario has too few steps: expected more than the {WARM_UP} of the warm-up"
        )));
    }
    Ok(LaneBench {
        lane: spec.name.clone(),
        batch_size: trainer.settings().batch_size,
        parameters: trainer.parameters(),
        threads,
        device: trainer.device_name(),
        precision: trainer.precision(),
        step: median(times),
        phases: Phases {
            data: median(phases.iter().map(|p| p.data)),
            image_tower: median(phases.iter().map(|p| p.image_tower)),
            text_tower: median(phases.iter().map(|p| p.text_tower)),
            loss: median(phases.iter().map(|p| p.loss)),
            backward: median(phases.iter().map(|p| p.backward)),
            optimizer: median(phases.iter().map(|p| p.optimizer)),
        },
        pairs_per_second: pairs as f64 / took,
    })
}

fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
