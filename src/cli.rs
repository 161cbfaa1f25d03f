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
pub mod loss;
mod man;
mod notices;
mod options;
mod output;
mod replay;
mod run;
mod run_output;
mod scenarios;
mod terminal;
mod tour;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use format::Format;
pub use options::{Device, TrainOptions};
pub use output::print;
pub use run::RunArgs;

use crate::error::{Error, Kind, Result};
use crate::lab::Lab;
use crate::scenario::did_you_mean;
use crate::ui;
use crate::ui::script::Script;
use crate::ui::theme::{ColorChoice, GlyphChoice, ThemeChoice};

const EXAMPLES: &str = "\
Examples:
  clip-lab                                   softmax against sigmoid, side by side
  clip-lab siglip                            another bundled scenario, see `clip-lab scenarios`
  clip-lab clip siglip                       the lanes of two scenarios side by side
  clip-lab my.ron --set softmax.temperature=0.05
  clip-lab run clip --steps 200 --out runs/clip
  clip-lab ./check                           a file that is called like a subcommand

Exit code: 0 done, 2 a mistake in what was asked for, 1 a failure of the program.";

/// A terminal lab in which one feels the dials of contrastive vision-language training.
///
/// Trains small CLIP and SigLIP models live and lets you change them while they learn. Without a
/// subcommand it opens the lab on the terminal; if standard output is not a terminal it trains
/// without a screen, as `clip-lab run` does.
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

/// How the screen looks.
#[derive(Clone, Debug, clap::Args)]
struct ScreenArgs {
    /// Characters that plots are drawn with
    #[arg(
        long,
        value_enum,
        value_name = "TIER",
        default_value_t,
        help_heading = "Screen"
    )]
    glyphs: GlyphChoice,

    /// Colours of the screen; NO_COLOR is honoured
    #[arg(
        long,
        value_enum,
        value_name = "DEPTH",
        default_value_t,
        help_heading = "Screen"
    )]
    color: ColorChoice,

    /// Theme of the screen; T goes through them
    #[arg(
        long,
        value_enum,
        value_name = "THEME",
        default_value_t,
        help_heading = "Screen"
    )]
    theme: ThemeChoice,

    /// Draw fewer frames and colours, as over SSH
    #[arg(long, help_heading = "Screen")]
    low_bandwidth: bool,

    /// No screen: lines of text, and commands on standard input, as for a screen reader
    #[arg(long, conflicts_with = "keys", help_heading = "Screen")]
    plain: bool,

    /// Press the keys of this script: see `clip-lab --help` for what stands in it
    ///
    /// A line each: a key by its name (t, Space, Ctrl-s, Left); text "0.05"; wait step 200; wait text
    /// "paused"; wait 1.5 (seconds); shot screen.svg (or .png, .ans, .txt); # a comment. Where
    /// standard output is no terminal the screen exists in pictures only; size 120 40 sets its size.
    #[arg(long, value_name = "FILE", help_heading = "Screen")]
    keys: Option<PathBuf>,
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
            report(&e);
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
            Some(Command::Completions(args)) => completions::run(args),
            Some(Command::Man(args)) => man::run(args),
        }
    }
}

fn lab(args: &LabArgs) -> Result<()> {
    let screen = &args.screen;
    if !std::io::stdout().is_terminal() && screen.keys.is_none() && !screen.plain {
        return run::run(&args.run);
    }
    show(&args.run.training, screen, &args.run.scenarios, None)
}

/// Opens the lab on these scenarios; `stop` is the stop of the tour that they are.
fn show(
    training: &TrainOptions,
    args: &ScreenArgs,
    scenarios: &[String],
    stop: Option<usize>,
) -> Result<()> {
    let script = args.keys.as_deref().map(Script::load).transpose()?;
    let (config, bindings) = match ui::config::folder() {
        Some(folder) => ui::config::load(&folder)?,
        None => (
            ui::config::Config::default(),
            ui::config::Bindings::default(),
        ),
    };
    // A script means the keys that everybody has.
    if script.is_none() {
        bindings.apply();
    }
    if training.seconds.is_some() || training.format.is_some() {
        return Err(Error::Usage(
            "--seconds and --format are for training without a screen\n  use `clip-lab run`".into(),
        ));
    }
    // Who has chosen nothing is told what is seen.
    let welcome = scenarios.is_empty() && config.scenario.is_none() && script.is_none();
    let names = match (scenarios, config.scenario) {
        ([], Some(name)) => vec![name],
        ([], None) => vec![options::DEFAULT_SCENARIO.to_string()],
        (names, _) => names.to_vec(),
    };
    let scenario = training.scenario(&names)?;
    let options = training.lab()?;
    let open = |scenario| Lab::open(scenario, &options);
    if args.plain {
        return ui::plain::run(open, scenario, &names);
    }
    let screen = ui::Options {
        color: if args.color == ColorChoice::Auto {
            config.color
        } else {
            args.color
        },
        glyphs: if args.glyphs == GlyphChoice::Auto {
            config.glyphs
        } else {
            args.glyphs
        },
        theme: if args.theme == ThemeChoice::Auto {
            config.theme
        } else {
            args.theme
        },
        low_bandwidth: args.low_bandwidth || config.low_bandwidth || terminal::ssh(),
        no_mouse: !config.mouse,
        welcome,
        stop,
    };
    // Opened again, a scenario is what it was at the start; another one is as it stands.
    let load = |name: &str| {
        if names == [name] {
            training.scenario(&names)
        } else {
            crate::scenario::load(name)
        }
    };
    let source = ui::Source {
        load: &load,
        open: &open,
    };
    ui::run(screen, source, scenario, &names, script)
}

/// `clip-lab chekc x.ron` is read as scenarios; the subcommand that was meant is worth a hint.
fn meant_a_subcommand(scenarios: &[String], error: Error) -> Error {
    let command = Cli::command();
    let names = command.get_subcommands().map(clap::Command::get_name);
    let Some(first) = scenarios.first() else {
        return error;
    };
    match (&error, did_you_mean(first, names)) {
        (Error::Usage(text), Some(hint)) if text.starts_with("there is no file") => {
            Error::Usage(format!("{text}\n  among the subcommands: {hint}"))
        }
        _ => error,
    }
}

/// Says on standard error what went wrong. That it may be closed is no reason to panic.
fn report(error: &Error) {
    let text = match error {
        // A scenario's report opens with "error:" itself.
        Error::Scenario(text) if text.starts_with("error") => text.clone(),
        _ => format!("error: {error}"),
    };
    let hint = match error.kind() {
        Kind::Internal => {
            "  this is a fault of clip-lab or of the machine; `clip-lab doctor` shows what it runs on\n"
        }
        Kind::User => "",
    };
    let _ = write!(std::io::stderr(), "{text}\n{hint}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_subcommand_shows_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.contains("clip-lab"),
                "{} has no example",
                command.get_name()
            );
        }
    }
}
