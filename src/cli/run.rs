//! `clip-lab run`: trains without a screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use signal_hook::consts::TERM_SIGNALS;

use super::format::Format;
use super::notices::Notices;
use super::options::TrainOptions;
use super::run_output::Output;
use crate::error::{Error, Result};
use crate::lab;
use crate::scenario::Scenario;
use crate::train::start;

/// Train without a screen, and write records to standard output
///
/// Shows a progress bar on standard error if that is a terminal. Ctrl-C or SIGTERM ends the run after the current
/// step, saves everything, and exits with code 0. A second one ends it at once.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab run softmax-vs-sigmoid --steps 200 > metrics.jsonl
  clip-lab run my.ron --set sigmoid.bias=-5 --seed 1 --out runs/bias --format csv")]
pub struct RunArgs {
    /// Files, or names of bundled scenarios; their lanes run side by side [default: softmax-vs-sigmoid]
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,

    /// How to train.
    #[command(flatten)]
    pub training: TrainOptions,
}

/// Trains to the end, until the time is up, or until the process is told to end.
pub fn run(args: &RunArgs) -> Result<()> {
    let scenario = args.training.scenario(&args.scenarios)?;
    reachable(&scenario)?;
    let options = args.training.lab()?;
    let prepared = start::prepare(&scenario)?;
    let mut notices = Notices::new(&prepared);
    let mut output = Output::new(&scenario, Format::for_records(args.training.format));
    let ending = ending()?;
    let begun = Instant::now();
    let limit = args.training.seconds;
    let stop = || {
        ending.load(Ordering::Relaxed) || limit.is_some_and(|s| begun.elapsed().as_secs_f64() >= s)
    };
    let trained = lab::train(&prepared, &options, stop, &mut output);
    notices.say();
    trained
}

/// An error if the script has a change that would never come: without a screen a run ends at its last step.
fn reachable(scenario: &Scenario) -> Result<()> {
    let steps = scenario.train.steps.get();
    let Some(late) = scenario.script.iter().find(|cue| cue.at > steps) else {
        return Ok(());
    };
    Err(Error::Usage(format!(
        "{} at step {} would never change: without a screen the run ends at step {steps}\n  \
         set it earlier, or give more steps with --steps",
        late.set.name(),
        late.at
    )))
}

/// A flag that Ctrl-C and its like raise; when it is up already, they end the process.
fn ending() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for &signal in TERM_SIGNALS {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&flag)))
            .map_err(|e| Error::Internal(format!("cannot listen for signal {signal}: {e}")))?;
    }
    Ok(flag)
}
