//! `clip-lab tour`: the lab, opened on a stop of the tour.

use std::fmt::Write as _;

use clap::Args;

use super::options::TrainOptions;
use super::output::print;
use super::screen::ScreenArgs;
use crate::error::{Error, Result};
use crate::exercise::{self, EXERCISES};
use crate::scenario::load;
use crate::scenario::tour::STOPS;
use crate::ui::Begin;

/// The stop that is no scenario: the exercises.
const EXERCISES_STOP: &str = "exercises";

/// Learn the lab in a tour of short stops
///
/// Each stop is a bundled scenario with a prompt, and with the panels and dials that it needs. It checks that you
/// have seen its point. Press N for the next stop, P for the previous one. If standard output is not a terminal,
/// the command lists the stops.
///
/// `clip-lab tour exercises` opens the exercises: work something out, by hand or in the lab, and the lab checks your
/// numbers. If standard output is not a terminal, the command prints their texts.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab tour
  clip-lab tour 4
  clip-lab tour --list
  clip-lab tour exercises
  clip-lab tour exercises bias
  clip-lab tour exercises --list")]
pub struct TourArgs {
    /// Start at this stop, by number or by name; or `exercises`
    #[arg(value_name = "STOP", default_value = "1")]
    pub stop: String,

    /// With `exercises`, start at this one, by number or by name
    #[arg(value_name = "EXERCISE")]
    pub exercise: Option<String>,

    /// List the stops, or the exercises
    #[arg(long)]
    pub list: bool,

    /// How to train.
    #[command(flatten)]
    pub training: TrainOptions,

    /// How the screen looks.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// Opens the lab there, or lists the stops.
pub fn run(args: &TourArgs) -> Result<()> {
    if args.stop == EXERCISES_STOP {
        return exercises(args);
    }
    if args.exercise.is_some() {
        return Err(Error::Usage(format!(
            "expected one stop; a second name works with exercises only\n  clip-lab tour {EXERCISES_STOP} NAME"
        )));
    }
    if args.list || !args.screen.is_shown() {
        return print(&list()?);
    }
    let stop = find(&args.stop)?;
    let name = STOPS[stop].to_string();
    (args.screen).show(&args.training, &[name], Some(Begin::Stop(stop)))
}

/// Opens an exercise, or prints them.
fn exercises(args: &TourArgs) -> Result<()> {
    let name = args.exercise.as_deref();
    let chosen = name.map(exercise::find).transpose()?;
    if args.list {
        return print(&exercise::list());
    }
    if !args.screen.is_shown() {
        let all = EXERCISES.iter().enumerate();
        let texts = all
            .filter(|(i, _)| chosen.is_none_or(|chosen| chosen == *i))
            .map(|(i, exercise)| exercise::read(i + 1, exercise));
        return print(&texts.collect::<Vec<_>>().join("\n"));
    }
    let chosen = chosen.unwrap_or(0);
    let name = EXERCISES[chosen].scenario.to_string();
    (args.screen).show(&args.training, &[name], Some(Begin::Exercise(chosen)))
}

fn find(stop: &str) -> Result<usize> {
    let by_name = STOPS.iter().position(|name| *name == stop);
    let number = stop.parse::<usize>().ok();
    let by_number = number
        .and_then(|n| n.checked_sub(1))
        .filter(|n| *n < STOPS.len());
    by_name.or(by_number).ok_or_else(|| {
        Error::Usage(format!(
            "no stop called `{stop}`\n  stops: 1 to {}, or {}; or {EXERCISES_STOP}",
            STOPS.len(),
            STOPS.join(", ")
        ))
    })
}

fn list() -> Result<String> {
    let mut out = String::new();
    let width = STOPS.iter().map(|name| name.len()).max().unwrap_or(0);
    for (i, name) in STOPS.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}  {name:width$}  {}", i + 1, load(name)?.title);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exercises_are_no_stop_of_the_tour() {
        assert!(!STOPS.contains(&EXERCISES_STOP));
    }

    #[test]
    fn stops_go_by_number_and_by_name() {
        assert_eq!(find("1").unwrap(), 0);
        assert_eq!(find(STOPS[2]).unwrap(), 2);
        for wrong in ["0", "99", "nowhere", ""] {
            let message = find(wrong).unwrap_err().to_string();
            assert!(message.contains(STOPS[0]), "{message}");
        }
        assert_eq!(list().unwrap().lines().count(), STOPS.len());
    }
}
