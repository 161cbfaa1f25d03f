//! The command line of `cargo xtask`: what is asked for, as plain data.

use std::ffi::{OsStr, OsString};

use crate::failure::{Failure, Result};

pub const HELP: &str = "\
Set up, run, test or install clip-lab.

Usage: cargo xtask <COMMAND> [OPTIONS]

Commands:
  run [-- ARGS]   set up what is missing, then open the lab; ARGS go to clip-lab
  test            set up what is missing, then run every check that CI runs
  install         set up what is missing, then put `clip-lab` on the PATH
  setup           only set up: find libtorch 2.11.0 or fetch it into .libtorch
  help            this text

Options:
  --cuda          fetch libtorch with its CUDA libraries (4 GB on disk), even if no
                  NVIDIA GPU is seen here
  --cpu           fetch the small set (500 MB on disk), even if there is a GPU
  -h, --help      this text

Examples:
  cargo xtask run
  cargo xtask run -- siglip --device cpu
  cargo xtask run -- run clip --steps 200 --out runs/first
  cargo xtask test
  cargo xtask setup --cuda

Where libtorch comes from, the first that holds:
  1. LIBTORCH, if you set it: a folder with lib/ and include/
  2. LIBTORCH_USE_PYTORCH=1: the PyTorch of the active Python environment
  3. .libtorch in this repository, from an earlier set-up
  4. fetched into .libtorch with pip: `torch==2.11.0`, of which the C++ libraries and
     headers are kept. pip uses your configuration (index, mirror, proxy).
After the first set-up plain `cargo run`, `cargo test` and `cargo bench` work as well.
";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Run,
    Test,
    Install,
    Setup,
    Help,
}

/// Which libraries libtorch brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    Cpu,
    Cuda,
}

impl Flavour {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args {
    pub task: Task,
    /// What the user asked for; `None` leaves it to what the machine has.
    pub flavour: Option<Flavour>,
    /// What follows `--`.
    pub rest: Vec<OsString>,
}

/// Reads the arguments, the program's name left out.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Args> {
    let mut task = None;
    let mut flavour = None;
    let mut rest = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--") => {
                rest.extend(arguments);
                break;
            }
            Some("-h" | "--help") => task = Some(Task::Help),
            Some("--cuda") => flavour = Some(set_once(flavour, Flavour::Cuda)?),
            Some("--cpu") => flavour = Some(set_once(flavour, Flavour::Cpu)?),
            Some(name) if task.is_none() && !name.starts_with('-') => task = Some(named(name)?),
            _ if task == Some(Task::Help) => {}
            _ => return Err(unexpected(&argument, task)),
        }
    }
    let task = task.unwrap_or(Task::Help);
    if !rest.is_empty() && task != Task::Run && task != Task::Help {
        return Err(Failure::new(
            "only `run` takes arguments after `--`",
            "See `cargo xtask help`.",
        ));
    }
    Ok(Args {
        task,
        flavour,
        rest,
    })
}

fn set_once(before: Option<Flavour>, flavour: Flavour) -> Result<Flavour> {
    match before {
        Some(other) if other != flavour => Err(Failure::new(
            "`--cuda` and `--cpu` exclude each other",
            "Give one of the two, or neither.",
        )),
        _ => Ok(flavour),
    }
}

fn named(name: &str) -> Result<Task> {
    Ok(match name {
        "run" => Task::Run,
        "test" => Task::Test,
        "install" => Task::Install,
        "setup" => Task::Setup,
        "help" => Task::Help,
        _ => {
            return Err(Failure::new(
                format!("no command called `{name}`"),
                "The commands are run, test, install, setup and help; see `cargo xtask help`.",
            ));
        }
    })
}

fn unexpected(argument: &OsStr, task: Option<Task>) -> Failure {
    let argument = argument.to_string_lossy();
    let remedy = if task == Some(Task::Run) {
        format!("Put arguments for clip-lab after `--`: cargo xtask run -- {argument}")
    } else {
        "See `cargo xtask help`.".to_owned()
    };
    Failure::new(format!("unexpected argument `{argument}`"), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Args> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn what_follows_the_dashes_is_left_alone() {
        let args = of("run --cuda -- clip --cpu -- -h").unwrap();
        assert_eq!(args.task, Task::Run);
        assert_eq!(args.flavour, Some(Flavour::Cuda));
        assert_eq!(args.rest, ["clip", "--cpu", "--", "-h"]);
    }

    #[test]
    fn nothing_and_help_ask_for_help() {
        for line in ["", "help", "--help", "run -h", "help run"] {
            assert_eq!(of(line).unwrap().task, Task::Help, "{line}");
        }
    }

    #[test]
    fn a_lab_argument_before_the_dashes_is_explained() {
        let failure = of("run --steps").unwrap_err();
        assert!(failure.remedy.contains("cargo xtask run -- --steps"));
    }

    #[test]
    fn mistakes_are_refused() {
        for line in [
            "tset",
            "test extra",
            "test -- x",
            "setup --gpu",
            "run --cuda --cpu",
        ] {
            assert!(of(line).is_err(), "{line}");
        }
    }
}
