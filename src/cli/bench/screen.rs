//! What watching costs: the same lanes with nobody watching, and with the screen drawn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{BenchArgs, endless, stopped};
use crate::cli::format::Format;
use crate::cli::output::print;
use crate::data::Prepared;
use crate::error::Result;
use crate::lab::{Lab, Options};
use crate::scenario::Scenario;
use crate::telemetry::{Event, LaneStatus};
use crate::ui::Offscreen;

/// Turns in which each way is measured.
const ROUNDS: usize = 3;
/// Steps before the clock starts.
const WARM_UP: u64 = 3;
/// Frames a second that are drawn.
const RATES: [u32; 2] = [10, 30];

/// Steps of all lanes a second, one way in one turn.
struct Pace {
    headless: f64,
    watched: [f64; RATES.len()],
}

pub fn run(scenario: &Scenario, args: &BenchArgs) -> Result<()> {
    let steps = args.steps.get();
    let mut scenario = endless(scenario.clone(), steps + WARM_UP);
    // An evaluation in one turn and not in another would be measured, too.
    scenario.train.eval_every = scenario.train.steps;
    let options = Options {
        device: args.device.into(),
        ..Options::default()
    };
    let prepared = Prepared::new(&scenario)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let headless = headless(&prepared, &options, steps)?;
        let mut watched = [0.0; RATES.len()];
        for (pace, rate) in watched.iter_mut().zip(RATES) {
            *pace = drawn(&scenario, &options, steps, rate)?;
        }
        rounds.push(Pace { headless, watched });
    }
    let line = |(i, rate): (usize, &u32)| {
        let mut ratios: Vec<_> = rounds.iter().map(|r| r.watched[i] / r.headless).collect();
        ratios.sort_by(f64::total_cmp);
        let median = ratios[ratios.len() / 2];
        match args.format {
            Format::Table => {
                let all: Vec<_> = ratios.iter().map(|r| format!("{r:.3}")).collect();
                let all = all.join(", ");
                format!(
                    "{rate} frames a second: {median:.3} of the throughput without a screen ({all})\n"
                )
            }
            Format::Csv => format!("{rate},{median}\n"),
            Format::Json | Format::Jsonl => {
                let line = json!({"frames_per_second": rate, "ratio": median, "rounds": ratios});
                format!("{line}\n")
            }
        }
    };
    print(&RATES.iter().enumerate().map(line).collect::<String>())
}

/// Steps a second of all lanes together, unattended.
fn headless(prepared: &Arc<Prepared>, options: &Options, steps: u64) -> Result<f64> {
    let (lab, events) = Lab::unattended(prepared, options)?;
    let lanes = &prepared.scenario().lanes;
    // A step of every lane in turn: one whose events nobody reads would wait.
    let make = |steps: u64| -> Result<()> {
        for _ in 0..steps {
            for (lane, events) in lanes.iter().zip(&events) {
                loop {
                    match events.recv() {
                        Ok(Event::Step(_)) => break,
                        Ok(_) => {}
                        Err(_) => return Err(stopped(&lane.name)),
                    }
                }
            }
        }
        Ok(())
    };
    make(WARM_UP)?;
    let began = Instant::now();
    make(steps)?;
    let took = began.elapsed().as_secs_f64();
    drop(events);
    // Nobody reads the events any more: the lanes end with that, as they should here.
    let _ = lab.close();
    Ok((steps * lanes.len() as u64) as f64 / took)
}

/// The same with a screen that is drawn `rate` times a second.
fn drawn(scenario: &Scenario, options: &Options, steps: u64, rate: u32) -> Result<f64> {
    let lab = Lab::open(scenario.clone(), options)?;
    let mut screen = Offscreen::new(scenario.clone(), 120, 40);
    let frame = Duration::from_secs(1) / rate;
    let mut began = None;
    let mut next = Instant::now();
    loop {
        let lanes = lab.snapshots();
        if let Some(failed) = lanes
            .iter()
            .find(|l| matches!(l.status, LaneStatus::Failed(_)))
        {
            return Err(stopped(&failed.lane));
        }
        let slowest = lanes.iter().map(|lane| lane.step).min().unwrap_or(0);
        if slowest >= WARM_UP && began.is_none() {
            began = Some((Instant::now(), lanes.iter().map(|l| l.step).sum::<u64>()));
        }
        if let Some((began, before)) = began
            && slowest >= WARM_UP + steps
        {
            let made = lanes.iter().map(|l| l.step).sum::<u64>() - before;
            let pace = made as f64 / began.elapsed().as_secs_f64();
            lab.close()?;
            return Ok(pace);
        }
        if Instant::now() >= next {
            next += frame;
            screen.draw(lanes);
        }
        // As the real loop waits for a key.
        std::thread::sleep(
            next.saturating_duration_since(Instant::now())
                .min(Duration::from_millis(4)),
        );
    }
}
