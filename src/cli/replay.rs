//! `clip-lab replay`: whether a run's records can be made again, bit for bit.

use std::path::PathBuf;

use clap::Args;

use super::format::Format;
use super::output::print;
use super::progress;
use crate::error::{Error, Result};
use crate::lab::{Replayed, replay};

/// Repeat a run from its records, and compare every loss
///
/// Repeats each lane's steps and every change made by hand, with undo, rewinds, resets and branches. The exit code
/// is 0 only if all losses are identical, bit for bit. Expect that on the CPU of the same machine with the same
/// libtorch.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Example:
  clip-lab siglip --out runs/mine        (change what you like, then quit)
  clip-lab replay runs/mine")]
pub struct ReplayArgs {
    /// Run folder
    #[arg(value_name = "RUN_DIR")]
    pub run: PathBuf,

    /// Output format [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// Replays, prints a line for each lane, and fails if a loss differs.
pub fn run(args: &ReplayArgs) -> Result<()> {
    let bar = progress::bar(0, "{pos}/{len}");
    let lanes = replay(&args.run, |lane, done, all| {
        bar.set_prefix(lane.to_owned());
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let format = Format::for_records(args.format);
    for lane in &lanes {
        print(&line(lane, format))?;
    }
    let differ: Vec<_> = lanes
        .iter()
        .filter(|lane| lane.difference.is_some())
        .collect();
    match differ.first() {
        None => Ok(()),
        Some(first) => Err(Error::Internal(format!(
            "{} of {} lanes differ from their records, the first is {}\n  \
             another machine, libtorch or number of threads can cause that",
            differ.len(),
            lanes.len(),
            first.lane
        ))),
    }
}

fn line(lane: &Replayed, format: Format) -> String {
    let Replayed {
        lane,
        steps,
        changes,
        difference,
    } = lane;
    if matches!(format, Format::Table) {
        return match difference {
            None => format!(
                "{lane}  {steps} steps and {changes} changes by hand: every loss is identical\n"
            ),
            Some(d) => format!(
                "{lane}  DIFFERENT at step {}: recorded {}, now {}\n",
                d.step, d.recorded, d.now
            ),
        };
    }
    let identical = difference.is_none();
    let step = difference.map(|d| d.step);
    if matches!(format, Format::Csv) {
        let step = step.map(|step| step.to_string()).unwrap_or_default();
        return format!("{lane},{steps},{changes},{identical},{step}\n");
    }
    let line = serde_json::json!({
        "event": "replayed",
        "lane": lane,
        "steps": steps,
        "changes": changes,
        "identical": identical,
        "first_difference": step,
    });
    format!("{line}\n")
}
