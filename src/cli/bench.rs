//! `clip-lab bench`: how fast a scenario trains here, where the time goes, and what the screen costs.

mod screen;

use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::format::Format;
use super::notices::Notices;
use super::options::{DEFAULT_SCENARIO, Device};
use super::output::print;
use crate::error::Result;
use crate::export::csv;
use crate::lab::{LaneBench, bench};
use crate::memory::peak as peak_resident;
use crate::quantity::Steps;
use crate::scenario::{Scenario, load};
use crate::train::start;

/// Measure how fast a scenario trains here, and which parts take the time
///
/// All lanes train side by side, without evaluations. With --screen the command measures the cost of the screen
/// instead: it trains the same lanes in turns without a screen, and with a screen of 120 x 40 at 10 and at 30
/// frames a second.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab bench
  clip-lab bench siglip --steps 50 --format json
  clip-lab bench --screen")]
pub struct BenchArgs {
    /// A file, or the name of a bundled scenario
    #[arg(value_name = "SCENARIO", default_value = DEFAULT_SCENARIO)]
    pub scenario: String,

    /// Steps to measure in each lane, after a warm-up of three
    #[arg(long, value_name = "N", default_value = "20", value_parser = super::options::steps)]
    pub steps: Steps,

    /// Set a control before the first step, as `clip-lab run` does
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// The device to compute on
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,

    /// Measure the cost of the screen
    #[arg(long)]
    pub screen: bool,

    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

/// Measures and prints.
pub fn run(args: &BenchArgs) -> Result<()> {
    let mut scenario = load(&args.scenario)?;
    for assignment in &args.set {
        scenario.set(assignment)?;
    }
    if args.screen {
        let scenario = endless(scenario, screen::steps(args.steps.get()));
        return screen::run(scenario, args.steps.get(), args.device.into(), args.format);
    }
    let prepared = start::prepare(&endless(scenario, args.steps.get()))?;
    let mut notices = Notices::new(&prepared);
    let lanes = bench(&prepared, args.device.into(), args.steps.get())?;
    notices.say();
    print(&match args.format {
        Format::Table => table(&lanes),
        Format::Json | Format::Jsonl => lines(&lanes),
        Format::Csv => csv(&lanes),
    })
}

/// With steps enough, and the schedule as it is.
fn endless(mut scenario: Scenario, steps: u64) -> Scenario {
    let wanted = (steps + 10).max(scenario.train.steps.get());
    if let Ok(wanted) = Steps::new(wanted) {
        scenario.train.steps = wanted;
    }
    scenario
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn mib(bytes: Option<u64>) -> Option<f64> {
    bytes.map(|bytes| (bytes as f64 / f64::from(1 << 20) * 10.0).round() / 10.0)
}

fn lines(lanes: &[LaneBench]) -> String {
    let mut text = String::new();
    for lane in lanes {
        let phases: serde_json::Map<_, _> = lane
            .phases
            .parts()
            .iter()
            .map(|(name, time)| ((*name).to_owned(), json!(ms(*time))))
            .collect();
        let line = json!({
            "lane": lane.lane,
            "step_ms": ms(lane.step),
            "pairs_per_second": lane.pairs_per_second,
            "phases_ms": phases,
            "peak_rss_mib": mib(peak_resident()),
            "threads": lane.threads,
            "device": lane.device,
            "precision": lane.precision,
            "parameters": lane.parameters,
            "batch_size": lane.batch_size,
        });
        let _ = writeln!(text, "{line}");
    }
    if lanes.len() > 1 {
        let line = json!({
            "lane": "all",
            "pairs_per_second": lanes.iter().map(|lane| lane.pairs_per_second).sum::<f64>(),
            "peak_rss_mib": mib(peak_resident()),
            "threads": lanes.iter().map(|lane| lane.threads).sum::<usize>(),
            "parameters": lanes.iter().map(|lane| lane.parameters).sum::<u64>(),
        });
        let _ = writeln!(text, "{line}");
    }
    text
}

fn csv(lanes: &[LaneBench]) -> String {
    let phases = lanes.first().map(|lane| lane.phases.parts());
    let phases = phases
        .iter()
        .flatten()
        .map(|(name, _)| format!("{name}_ms"));
    let names = ["lane", "step_ms", "pairs_per_second"].map(String::from);
    let last = ["threads", "parameters", "batch_size"].map(String::from);
    let mut text = csv::row(names.into_iter().chain(phases).chain(last));
    for lane in lanes {
        let phases = lane.phases.parts().map(|(_, time)| ms(time).to_string());
        let mut cells = vec![
            lane.lane.clone(),
            ms(lane.step).to_string(),
            lane.pairs_per_second.to_string(),
        ];
        cells.extend(phases);
        cells.extend([
            lane.threads.to_string(),
            lane.parameters.to_string(),
            lane.batch_size.to_string(),
        ]);
        text += &csv::row(cells);
    }
    text
}

fn table(lanes: &[LaneBench]) -> String {
    let width = lanes.iter().map(|l| l.lane.len()).max().unwrap_or(0).max(4);
    let mut text = format!("{:width$} {:>9} {:>8}", "lane", "step", "pairs/s");
    for (name, _) in lanes.first().map(|l| l.phases.parts()).iter().flatten() {
        let _ = write!(text, " {name:>11}");
    }
    text.push('\n');
    for lane in lanes {
        let _ = write!(
            text,
            "{:width$} {:>6.1} ms {:>8.0}",
            lane.lane,
            ms(lane.step),
            lane.pairs_per_second
        );
        for (_, time) in lane.phases.parts() {
            let share = time.as_secs_f64() / lane.step.as_secs_f64().max(1e-9) * 100.0;
            let _ = write!(text, " {:>6.1} {share:>3.0}%", ms(time));
        }
        let _ = writeln!(
            text,
            "  {} of {} pairs, {}",
            lane.device, lane.batch_size, lane.parameters
        );
    }
    let all: f64 = lanes.iter().map(|lane| lane.pairs_per_second).sum();
    let _ = write!(text, "{:width$} {:>9} {all:>8.0}", "all", "");
    if let Some(peak) = mib(peak_resident()) {
        let _ = write!(text, "  peak memory {peak} MiB");
    }
    text.push('\n');
    text
}
