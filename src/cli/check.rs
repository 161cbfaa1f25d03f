//! `clip-lab check`: validates scenarios.

use std::io::Write as _;

use clap::Args;

use super::output::{print, report};
use crate::data;
use crate::error::{Error, Result};
use crate::scenario::{Scenario, load};

/// Validate scenarios; report each error with line, column and a suggestion
///
/// Also opens your own data, where a scenario names it. Lists valid files on standard output, and reports errors on
/// standard error. The exit code is 2 if there is an error.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  clip-lab check my.ron lessons/*.ron")]
pub struct CheckArgs {
    /// Files, or names of bundled scenarios
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
}

/// Checks all files, whatever is wrong with the first ones.
pub fn run(args: &CheckArgs) -> Result<()> {
    let mut faulty = Vec::new();
    for file in &args.files {
        match load(file).and_then(opened) {
            Ok(scenario) => print(&format!(
                "ok  {file}  {} ({})\n",
                scenario.title,
                lanes(scenario.lanes.len())
            ))?,
            Err(e) => {
                report(&e);
                let _ = writeln!(std::io::stderr());
                faulty.push(file.as_str());
            }
        }
    }
    match &faulty[..] {
        [] => Ok(()),
        _ => Err(Error::Usage(format!(
            "{} of {} scenarios have errors: {}",
            faulty.len(),
            args.files.len(),
            faulty.join(", ")
        ))),
    }
}

/// The scenario, once data of the user's own has been found to be there; what it has to say goes to standard error.
fn opened(scenario: Scenario) -> Result<Scenario> {
    if scenario.data.in_files() {
        let set = data::open(&scenario.data, scenario.model.image.image_size())?;
        for notice in set.notices() {
            let _ = writeln!(std::io::stderr(), "data: {notice}");
        }
    }
    Ok(scenario)
}

fn lanes(number: usize) -> String {
    match number {
        1 => "1 lane".into(),
        n => format!("{n} lanes"),
    }
}
