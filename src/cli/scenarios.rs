//! `clip-lab scenarios`: lists the bundled scenarios, or prints one.

use std::fmt::Write as _;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::format::Format;
use super::output::print;
use crate::error::{Error, Result};
use crate::export::csv;
use crate::scenario::{BUNDLED, bundled, did_you_mean, load, parse};
use crate::train::start;

/// List the bundled scenarios, or print one
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab scenarios
  clip-lab scenarios siglip > my.ron
  clip-lab scenarios clip --from models/vit-b-32 > tuned.ron
  clip-lab scenarios --format csv")]
pub struct ScenariosArgs {
    /// Print this scenario; with --from it may be a file
    pub name: Option<String>,

    /// Start from the checkpoint in this folder, with its sizes, temperature and bias
    #[arg(long, value_name = "MODEL_DIR", requires = "name")]
    pub from: Option<PathBuf>,

    /// Output format [default: a table for the list, the file for a scenario]
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

/// Prints the list or the scenario.
pub fn run(args: &ScenariosArgs) -> Result<()> {
    print(&match &args.name {
        Some(name) => one(name, args.from.as_deref(), args.format)?,
        None => list(args.format)?,
    })
}

fn one(name: &str, from: Option<&Path>, format: Format) -> Result<String> {
    // `clip.ron` is what the file of `clip` is called.
    let plain = name.strip_suffix(".ron").unwrap_or(name);
    let tuned = match (bundled(plain), from) {
        (_, Some(dir)) if Path::new(name).is_file() => start::adopt(load(name)?, dir)?.to_ron(),
        (Some(text), Some(dir)) => start::adopt(parse(text, name)?, dir)?.to_ron(),
        (Some(text), None) => text.to_owned(),
        (None, _) => return Err(unknown(name)),
    };
    let text = tuned.as_str();
    let written = |e: serde_json::Error| Error::Internal(format!("{name} as JSON: {e}"));
    match format {
        Format::Table => Ok(text.into()),
        Format::Json => {
            Ok(serde_json::to_string_pretty(&parse(text, name)?).map_err(written)? + "\n")
        }
        Format::Jsonl => Ok(serde_json::to_string(&parse(text, name)?).map_err(written)? + "\n"),
        Format::Csv => Err(Error::Usage(
            "a single scenario cannot be printed as CSV\n  use --format json, or leave --format out"
                .into(),
        )),
    }
}

fn list(format: Format) -> Result<String> {
    let mut rows = Vec::new();
    for (name, text) in BUNDLED {
        rows.push((*name, parse(text, name)?));
    }
    let objects = rows.iter().map(|(name, scenario)| {
        let lanes: Vec<_> = scenario.lanes.iter().map(|lane| &lane.name).collect();
        json!({ "name": name, "title": scenario.title, "watch": scenario.watch, "lanes": lanes })
    });
    let mut out = String::new();
    // Writing to a string cannot fail.
    match format {
        Format::Table => {
            let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            for (name, scenario) in &rows {
                let _ = writeln!(out, "{name:width$}  {}", scenario.title);
            }
        }
        Format::Csv => {
            out += &csv::row(["name", "title"]);
            for (name, scenario) in &rows {
                out += &csv::row([*name, scenario.title.as_str()]);
            }
        }
        Format::Json => {
            let _ = writeln!(out, "{:#}", json!(objects.collect::<Vec<_>>()));
        }
        Format::Jsonl => objects.for_each(|object| {
            let _ = writeln!(out, "{object}");
        }),
    }
    Ok(out)
}

fn unknown(name: &str) -> Error {
    let names = BUNDLED.iter().map(|(name, _)| *name);
    let hint =
        did_you_mean(name, names.clone()).map_or(String::new(), |hint| format!("\n  {hint}"));
    let names = names.collect::<Vec<_>>().join(", ");
    Error::Usage(format!(
        "no bundled scenario called `{name}`{hint}\n  bundled: {names}"
    ))
}
