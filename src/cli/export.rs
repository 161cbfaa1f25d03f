//! `clip-lab export`: a training as a job for another trainer, a model in another layout.

mod transformers;

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::options::{TrainOptions, steps};
use super::output::print;
use super::progress;
use crate::error::{Error, Result};
use crate::export::open_clip::{Job, World, plan, write};
use crate::quantity::Steps;
use crate::scenario::{Cue, LaneSpec, Scenario, did_you_mean, parse_script};
use crate::train::start;

/// Export a run as an OpenCLIP job, or a model for transformers
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab export open-clip softmax-vs-sigmoid --out jobs/both
  clip-lab export transformers runs/mine/model/softmax --out hf/softmax")]
pub struct ExportArgs {
    #[command(subcommand)]
    target: Target,
}

#[derive(Clone, Debug, Subcommand)]
enum Target {
    OpenClip(OpenClipArgs),
    Transformers(transformers::TransformersArgs),
}

/// Write the same training as an OpenCLIP job: model, pairs, and a launch script for torchrun
///
/// Writes one folder per lane (for a single lane, DIR itself) with the model and its first weights, the tokenizer,
/// the run's pairs as WebDataset shards, train.sh with the matching flags, and a README with the differences.
/// Refuses what OpenCLIP's trainer cannot do, and names it: dials that change during training, a fixed temperature,
/// chosen negatives, ... Prints the size of the shards first, then the path of each train.sh.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab export open-clip clip --out jobs/clip --nproc 2
  pip install 'open_clip_torch[training]' && jobs/clip/train.sh
  clip-lab export open-clip runs/mine --lane sigmoid --from-trained --pairs 20000 --out jobs/more")]
struct OpenClipArgs {
    /// Run folder, scenario file, or name of a bundled scenario
    #[arg(value_name = "RUN_DIR|SCENARIO")]
    source: String,

    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Replace an existing job in DIR
    #[arg(long)]
    force: bool,

    /// Only this lane
    #[arg(long, value_name = "NAME")]
    lane: Option<String>,

    /// Number of torchrun processes, which share each batch
    #[arg(long, value_name = "N", default_value = "1")]
    nproc: NonZeroUsize,

    /// Split the share of each process into N microbatches, to save memory
    #[arg(long, value_name = "N", default_value = "1")]
    accum_freq: NonZeroUsize,

    /// Write at least N pairs, rounded up so that the run is a whole number of epochs over them [default: all pairs
    /// of the run, once]
    #[arg(long, value_name = "N")]
    pairs: Option<u64>,

    /// Start from the run's trained weights, not from its first ones
    #[arg(long)]
    from_trained: bool,

    /// Set a control before the first step, as for `clip-lab run`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// Number of steps [default: that of the scenario]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = steps)]
    steps: Option<Steps>,

    /// Random seed [default: that of the scenario]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,
}

/// Writes what is asked for.
pub fn run(args: &ExportArgs) -> Result<()> {
    match &args.target {
        Target::OpenClip(args) => open_clip(args),
        Target::Transformers(args) => transformers::run(args),
    }
}

fn open_clip(args: &OpenClipArgs) -> Result<()> {
    let (scenario, run) = source(args)?;
    let lanes = lanes(&scenario, args.lane.as_deref())?;
    let trained = match (&run, args.from_trained) {
        (None, true) => {
            return Err(Error::Usage(
                "--from-trained needs a run folder: a scenario has no trained weights".into(),
            ));
        }
        (Some(run), true) => Some(run.as_path()),
        (_, false) => None,
    };
    let world = World {
        processes: args.nproc.get(),
        accumulate: args.accum_freq.get(),
    };
    let prepared = start::prepare(&scenario)?;
    let mut jobs = plan(&prepared, &lanes, world, args.pairs, trained)?;
    for job in &jobs {
        say(&format!("{}: {}", job.lane(), job.size()));
    }
    let all = jobs.iter().map(Job::pairs).sum();
    let bar = progress::bar(all, "{pos}/{len} pairs");
    let scripts = write(&mut jobs, &args.out, args.force, |lane, pairs| {
        bar.set_prefix(lane.to_owned());
        bar.inc(pairs);
    })?;
    bar.finish_and_clear();
    let lines = scripts.iter().map(|path| path.display().to_string() + "\n");
    print(&lines.collect::<String>())
}

/// The scenario that is meant, with all that was done by hand as its script, and the run folder if it is of one.
fn source(args: &OpenClipArgs) -> Result<(Scenario, Option<PathBuf>)> {
    let options = TrainOptions {
        set: args.set.clone(),
        steps: args.steps,
        seed: args.seed,
        ..TrainOptions::default()
    };
    let folder = Path::new(&args.source);
    if !folder.is_dir() {
        return Ok((options.scenario(std::slice::from_ref(&args.source))?, None));
    }
    let path = folder.join("scenario.ron");
    if !path.is_file() {
        return Err(Error::Usage(format!(
            "{} is not a run folder: it has no scenario.ron\n  name a run folder or a scenario",
            folder.display()
        )));
    }
    let mut scenario = options.scenario(&[path.display().to_string()])?;
    let controls = folder.join("controls.ron");
    let text = std::fs::read_to_string(&controls).map_err(Error::file("read", &controls))?;
    let by_hand = parse_script(&text, &controls.display().to_string())?;
    for name in branches(&scenario, &by_hand) {
        say(&format!("{name}: a branch made by hand; not exported"));
    }
    add_by_hand(&mut scenario, by_hand);
    Ok((scenario, Some(folder.to_path_buf())))
}

/// Adds those of a run's controls that its script does not have.
fn add_by_hand(scenario: &mut Scenario, controls: Vec<Cue>) {
    let known = |cue: &Cue, script: &[Cue]| {
        script.iter().any(|own| {
            let same = (own.at, own.set) == (cue.at, cue.set);
            same && (own.lane.is_none() || own.lane == cue.lane)
        })
    };
    let steps = scenario.train.steps.get();
    for cue in controls {
        if cue.at <= steps && !known(&cue, &scenario.script) {
            scenario.script.push(cue);
        }
    }
}

/// Lanes that the controls name and the scenario does not have.
fn branches<'a>(scenario: &Scenario, controls: &'a [Cue]) -> Vec<&'a str> {
    let named = controls.iter().filter_map(|cue| cue.lane.as_deref());
    let mut names: Vec<&str> = named.filter(|name| scenario.lane(name).is_none()).collect();
    names.dedup();
    names
}

/// Says something on standard error. That it may be closed is no reason to panic.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// All lanes, or the one that is named.
fn lanes<'a>(scenario: &'a Scenario, name: Option<&str>) -> Result<Vec<&'a LaneSpec>> {
    let Some(name) = name else {
        return Ok(scenario.lanes.iter().collect());
    };
    if let Some(lane) = scenario.lane(name) {
        return Ok(vec![lane]);
    }
    let names: Vec<&str> = scenario.lanes.iter().map(|lane| &*lane.name).collect();
    let hint = did_you_mean(name, names.iter().copied());
    let hint = hint.map_or_else(String::new, |hint| format!("\n  {hint}"));
    Err(Error::Usage(format!(
        "--lane {name}: no lane called `{name}`{hint}\n  lanes: {}",
        names.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control;
    use crate::scenario::load;

    #[test]
    fn what_was_done_by_hand_joins_the_script_once() {
        let mut scenario = load("clip").unwrap();
        let cue = |at, lane: Option<&str>, tau: &str| Cue {
            at,
            lane: lane.map(Into::into),
            set: Control::parse("temperature", tau).unwrap(),
        };
        scenario.script = vec![cue(5, None, "0.05")];
        let lane = scenario.lanes[0].name.clone();
        let controls = vec![
            cue(5, Some(&lane), "0.05"),
            cue(5, Some(&lane), "0.06"),
            cue(9_000_000, Some(&lane), "0.06"),
        ];
        add_by_hand(&mut scenario, controls);
        assert_eq!(scenario.script.len(), 2);
        assert_eq!(scenario.script[1], cue(5, Some(&lane), "0.06"));
    }
}
