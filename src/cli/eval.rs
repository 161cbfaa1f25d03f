//! `clip-lab eval`: what saved models are good for.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::format::Format;
use super::options::Device;
use super::output::print;
use super::progress;
use crate::error::{Error, Result};
use crate::eval::tasks::{by_name, examined};
use crate::eval::{EvalTask, Tasks, Templates};
use crate::export::{csv, json_line};
use crate::infer::evaluate::{evaluate, keep, saved};
use crate::telemetry::{Event, Listing, Measure, Report, Unit};

/// Evaluate the models of a run
///
/// Tasks: retrieval, zero-shot classification with sets of prompt templates, geometry of the features, linear and
/// few-shot probes, fine-tuning with interpolated weights (WiSE-FT), retrieval by language. In a run folder the
/// command evaluates every lane and saves the reports as eval.jsonl. New reports replace older ones of the same
/// lane and task.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab run softmax-vs-sigmoid --out runs/a && clip-lab eval runs/a
  clip-lab eval runs/a --tasks zero-shot --templates bare,lab-88,mine.txt --per-class
  clip-lab eval runs/a/model/sigmoid --data clip --tasks retrieval --format csv")]
pub struct EvalArgs {
    /// Run folder, or a model folder
    #[arg(value_name = "RUN_DIR|MODEL_DIR")]
    pub folder: PathBuf,

    /// Use the data of this scenario instead of the run's own
    #[arg(long, value_name = "SCENARIO")]
    pub data: Option<String>,

    /// Tasks [default: all]
    #[arg(long, value_parser = task(), value_delimiter = ',', value_name = "TASK,...")]
    pub tasks: Vec<&'static EvalTask>,

    /// Sets of templates for zero-shot: bare, one, clip-7, lab-88, or files with one template per line, with {} for
    /// the class [default: all bundled sets]
    #[arg(long, value_delimiter = ',', value_name = "NAME|FILE,...")]
    pub templates: Vec<String>,

    /// Evaluate this lane only
    #[arg(long, value_name = "NAME")]
    pub lane: Option<String>,

    /// Also print a line for each class of a zero-shot task, with its confusions
    #[arg(long)]
    pub per_class: bool,

    /// The device to compute on
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,

    /// Output format [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// What `--tasks` may name: the rows of the table.
fn task() -> impl TypedValueParser<Value = &'static EvalTask> {
    let known = by_name().map(|task| PossibleValue::new(task.name).help(task.about));
    PossibleValuesParser::new(known).try_map(|name| {
        let mut tasks = by_name();
        tasks.find(|task| task.name == name).ok_or("no such task")
    })
}

/// Evaluates and prints.
pub fn run(args: &EvalArgs) -> Result<()> {
    let asked: Vec<&EvalTask> = match &args.tasks[..] {
        [] => examined().collect(),
        some => some.to_vec(),
    };
    let templates = match &args.templates[..] {
        [] => Templates::bundled(),
        names => names
            .iter()
            .map(|name| Templates::find(name))
            .collect::<Result<_>>()?,
    };
    let mut models = saved(&args.folder, args.data.as_deref())?;
    if let Some(lane) = &args.lane {
        let known: Vec<String> = models.iter().map(|m| m.name.clone()).collect();
        models.retain(|model| model.name == *lane);
        if models.is_empty() {
            return Err(Error::Usage(format!(
                "no lane called `{lane}`\n  lanes: {}",
                known.join(", ")
            )));
        }
    }
    let tasks = Tasks::named(&asked, templates);
    let format = Format::for_records(args.format);
    let mut kept = String::new();
    let mut header = true;
    for model in &models {
        let bar = progress::bar(1000, "{percent} %").with_prefix(model.name.clone());
        let mut heading = String::new();
        evaluate(
            model,
            &tasks,
            args.device.into(),
            |report| {
                if !asked.iter().any(|task| task.reports(report)) {
                    return Ok(());
                }
                let event = Event::Eval(report.clone());
                let line = json_line(&model.name, &event)?;
                kept.push_str(&line);
                let text = match format {
                    Format::Jsonl => line,
                    // One value, at the end.
                    Format::Json => return Ok(()),
                    Format::Csv => csv(
                        &model.name,
                        report,
                        args.per_class,
                        std::mem::take(&mut header),
                    ),
                    Format::Table => table(&model.name, report, args.per_class, &mut heading),
                };
                bar.suspend(|| print(&text))
            },
            |share| bar.set_position((share * 1000.0) as u64),
        )?;
        bar.finish_and_clear();
    }
    if format == Format::Json {
        let lines: Vec<&str> = kept.lines().collect();
        print(&format!("[\n{}\n]\n", lines.join(",\n")))?;
    }
    let run = args.folder.join("scenario.ron").is_file();
    if run && args.data.is_none() {
        keep(&args.folder, &kept)?;
    }
    Ok(())
}

/// The columns of the CSV.
const HEADER: [&str; 10] = [
    "lane", "step", "task", "split", "what", "measure", "value", "low", "high", "of",
];

fn csv(lane: &str, report: &Report, per_class: bool, header: bool) -> String {
    let mut text = String::new();
    if header {
        text += &csv::row(HEADER);
    }
    for m in measures(report, per_class) {
        let (low, high) = m.interval.unzip();
        text += &csv::row([
            lane,
            &report.step().to_string(),
            report.task(),
            m.subset.name(),
            &m.about,
            &m.label,
            &csv::number(m.value),
            &csv::number(low),
            &csv::number(high),
            &m.n.map_or_else(String::new, |n| n.to_string()),
        ]);
    }
    text
}

fn table(lane: &str, report: &Report, per_class: bool, heading: &mut String) -> String {
    let mut text = String::new();
    let task = report.task().replace('_', " ");
    let new = format!("{lane}, step {}: {task}", report.step());
    for m in measures(report, per_class) {
        if new != *heading {
            let gap = if heading.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{new}");
            heading.clone_from(&new);
        }
        let (subset, about, label) = (m.subset.name(), &m.about, &m.label);
        let _ = writeln!(text, "  {subset:9} {about:26} {label:26} {}", shown(&m));
    }
    text
}

/// What tables have of a report, each subset by itself; `per_class` adds the classes of zero-shot tasks and what they
/// are taken for.
fn measures(report: &Report, per_class: bool) -> Vec<Measure> {
    let mut measures = report.measures();
    measures.retain(|m| match m.listing {
        Listing::Everywhere | Listing::Tables => true,
        Listing::PerClass => per_class,
        Listing::Charts => false,
    });
    measures.sort_by_key(|m| m.subset);
    measures
}

/// A share in per cent with its interval, or a number.
fn shown(m: &Measure) -> String {
    match (m.unit, m.interval, m.n) {
        (Unit::Share, Some((low, high)), Some(n)) if m.value.is_finite() => format!(
            "{:5.1} %  ({:.1} to {:.1} %, n {n})",
            m.value * 100.0,
            low * 100.0,
            high * 100.0
        ),
        // Retrieval has no interval: its images and names are those that there are.
        (Unit::Share, None, None) if m.label.contains("R@") && m.value.is_finite() => {
            format!("{:5.1} %", m.value * 100.0)
        }
        _ if m.value.is_finite() => format!("{:7.4}", m.value),
        _ => "     -".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of every kind, as records have them.
    fn reports() -> impl Iterator<Item = (&'static str, Report)> {
        let lines = include_str!("../../tests/fixtures/eval/reports.jsonl").lines();
        lines.map(|line| (line, serde_json::from_str(line).unwrap()))
    }

    #[test]
    fn lines_of_every_report_stay_what_they_are() {
        for (line, report) in reports() {
            let made = json_line("a", &Event::Eval(report)).unwrap();
            let body = made.strip_prefix("{\"event\":\"eval\",\"lane\":\"a\",");
            assert_eq!(format!("{{{}", body.unwrap()), format!("{line}\n"));
        }
    }

    #[test]
    fn tables_of_every_report_stay_what_they_are() {
        let (mut rows, mut lines, mut heading) = (String::new(), String::new(), String::new());
        for (i, (_, report)) in reports().enumerate() {
            rows += &csv("a", &report, true, i == 0);
            lines += &table("a", &report, i % 2 == 0, &mut heading);
        }
        insta::assert_snapshot!("csv_of_reports", rows);
        insta::assert_snapshot!("tables_of_reports", lines);
    }
}
