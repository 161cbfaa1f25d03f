//! The command line: what may be said, who does it, and how the process ends.
//!
//! Data goes to standard output and everything else to standard error. Exit code 0 is done, 2 the
//! user's mistake, 1 a failure of the program. Each subcommand has a file of its own.

mod bench;
mod check;
mod classify;
mod completions;
mod config;
mod doctor;
mod embed;
mod eval;
mod export;
mod format;
mod help;
pub mod loss;
mod man;
mod notices;
mod options;
mod output;
mod pictures;
mod progress;
mod replay;
mod run;
mod run_output;
mod scenarios;
mod screen;
mod terminal;
mod tour;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use format::Format;
pub use options::{Device, TrainOptions};
pub use output::print;
pub use run::RunArgs;

use crate::error::{Error, Result};
use crate::scenario::did_you_mean;
use screen::ScreenArgs;

const EXAMPLES: &str = "\
Examples:
  clip-lab                                   softmax against sigmoid, side by side
  clip-lab siglip                            another bundled scenario, see `clip-lab scenarios`
  clip-lab clip siglip                       the lanes of two scenarios side by side
  clip-lab my.ron --set softmax.temperature=0.05
  clip-lab run clip --steps 200 --out runs/clip
  clip-lab ./check                           a file named like a subcommand

Exit codes: 0 success, 2 usage error, 1 internal error.";

/// Train small CLIP and SigLIP models live, and turn their dials while they learn.
///
/// Without a subcommand the lab opens on the terminal. If standard output is not a terminal, it trains without a
/// screen, as `clip-lab run` does.
#[derive(Debug, Parser)]
#[command(
    name = "clip-lab",
    bin_name = "clip-lab",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    lab: LabArgs,
}

/// The lab itself.
#[derive(Clone, Debug, clap::Args)]
struct LabArgs {
    #[command(flatten)]
    run: RunArgs,

    #[command(flatten)]
    screen: ScreenArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(RunArgs),
    Tour(tour::TourArgs),
    Scenarios(scenarios::ScenariosArgs),
    Check(check::CheckArgs),
    Replay(replay::ReplayArgs),
    Eval(eval::EvalArgs),
    Export(export::ExportArgs),
    Classify(classify::ClassifyArgs),
    Embed(embed::EmbedArgs),
    Bench(bench::BenchArgs),
    Loss(loss::LossArgs),
    Config(config::ConfigArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Help(help::HelpArgs),
}

/// The command line as clap knows it, for what is derived from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Does what the process was asked for.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version come this way too. A closed pipe is no reason to complain.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    match cli.dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if output::is_closed_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            output::report(&e);
            ExitCode::from(e.exit_code())
        }
    }
}

impl Cli {
    fn dispatch(&self) -> Result<()> {
        match &self.command {
            None => lab(&self.lab).map_err(|e| meant_a_subcommand(&self.lab.run.scenarios, e)),
            Some(Command::Run(args)) => run::run(args),
            Some(Command::Tour(args)) => tour::run(args),
            Some(Command::Scenarios(args)) => scenarios::run(args),
            Some(Command::Check(args)) => check::run(args),
            Some(Command::Eval(args)) => eval::run(args),
            Some(Command::Export(args)) => export::run(args),
            Some(Command::Classify(args)) => classify::run(args),
            Some(Command::Embed(args)) => embed::run(args),
            Some(Command::Bench(args)) => bench::run(args),
            Some(Command::Replay(args)) => replay::run(args),
            Some(Command::Loss(args)) => loss::run(args),
            Some(Command::Config(args)) => config::run(args),
            Some(Command::Doctor(args)) => doctor::run(args),
            Some(Command::Completions(args)) => completions::run(args, command()),
            Some(Command::Man(args)) => man::run(args, command()),
            Some(Command::Help(args)) => help::run(args, command()),
        }
    }
}

fn lab(args: &LabArgs) -> Result<()> {
    if !args.screen.is_shown() {
        return run::run(&args.run);
    }
    (args.screen).show(&args.run.training, &args.run.scenarios, None)
}

/// `clip-lab chekc x.ron` is read as scenarios; the subcommand that was meant is worth a hint.
fn meant_a_subcommand(scenarios: &[String], error: Error) -> Error {
    let command = command();
    let names = command.get_subcommands().map(clap::Command::get_name);
    let Some(first) = scenarios.first() else {
        return error;
    };
    match (&error, did_you_mean(first, names)) {
        (Error::Usage(text), Some(hint)) if text.starts_with("no file and no bundled scenario") => {
            Error::Usage(format!("{text}\n  as a subcommand: {hint}"))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }
}
