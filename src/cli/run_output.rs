//! What `clip-lab run` prints while it trains: JSON lines, CSV, or a table with progress bars.

use std::collections::HashMap;
use std::io::{IsTerminal, Stdout, Write, stderr, stdout};

use indicatif::{MultiProgress, ProgressBar};

use super::format::Format;
use super::progress;
use crate::error::{Error, Result};
use crate::export::{Csv, Jsonl, Sink};
use crate::quantity::{percent, short};
use crate::scenario::Scenario;
use crate::telemetry::{EvalReport, Event, Finished, Reason, Report, Split, StepReport};

/// What the user sees while it trains.
pub enum Output {
    Jsonl(Jsonl<Stdout>),
    Csv(Csv<Stdout>),
    Table(Table),
}

impl Output {
    /// For the lanes of a scenario, in the given format.
    pub fn new(scenario: &Scenario, format: Format) -> Self {
        match format {
            Format::Json | Format::Jsonl => Self::Jsonl(Jsonl(stdout())),
            Format::Csv => Self::Csv(Csv::new(stdout())),
            Format::Table => Self::Table(Table::new(scenario)),
        }
    }
}

impl Sink for Output {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        match self {
            Self::Jsonl(sink) => sink.record(lane, event),
            Self::Csv(sink) => sink.record(lane, event),
            Self::Table(table) => table.record(lane, event),
        }
    }
}

/// Evaluations as rows on stdout, progress bars on stderr.
pub struct Table {
    progress: MultiProgress,
    bars: Vec<(String, ProgressBar)>,
    width: usize,
    /// Each lane's latest loss.
    losses: HashMap<String, f64>,
    begun: bool,
}

impl Table {
    fn new(scenario: &Scenario) -> Self {
        let progress = MultiProgress::new();
        let width = scenario
            .lanes
            .iter()
            .map(|lane| lane.name.chars().count())
            .max()
            .unwrap_or(0)
            .max(4);
        let style = progress::style(&format!("{{prefix:{width}}}"), "{pos}/{len} {msg}");
        let bar = |name: &String| {
            let bar = ProgressBar::new(scenario.train.steps.get())
                .with_style(style.clone())
                .with_prefix(name.clone());
            (name.clone(), progress.add(bar))
        };
        let bars = if stderr().is_terminal() {
            scenario.lanes.iter().map(|lane| bar(&lane.name)).collect()
        } else {
            Vec::new()
        };
        Self {
            progress,
            bars,
            width,
            losses: HashMap::new(),
            begun: false,
        }
    }

    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        match event {
            Event::Step(report) => {
                self.losses.insert(lane.to_owned(), report.loss);
                if let Some((_, bar)) = self.bars.iter().find(|(name, _)| name == lane) {
                    bar.set_position(report.step);
                    bar.set_message(progress_text(report));
                }
                Ok(())
            }
            Event::Eval(Report::Retrieval(report)) => self.row(&eval_row(lane, self.width, report)),
            Event::Control(applied) => self.row(&format!(
                "{lane:width$} {:>6}  {} = {}",
                applied.step,
                applied.control.name(),
                short(applied.new),
                width = self.width
            )),
            Event::Finished(finished) => {
                if let Some((_, bar)) = self.bars.iter().find(|(name, _)| name == lane) {
                    bar.abandon();
                }
                let loss = self.losses.get(lane).copied();
                self.row(&finished_row(lane, self.width, finished, loss))
            }
            Event::Eval(_)
            | Event::Started(_)
            | Event::Reset(_)
            | Event::Rewind { .. }
            | Event::Branch(_) => Ok(()),
        }
    }

    fn row(&mut self, text: &str) -> Result<()> {
        let header = (!self.begun).then(|| {
            format!(
                "{:width$} {:>6}  {:8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}  {:>5}\n",
                "lane",
                "step",
                "pictures",
                "i2t@1%",
                "i2t@5%",
                "i2t@10%",
                "t2i@1%",
                "t2i@5%",
                "t2i@10%",
                "rank",
                width = self.width
            )
        });
        self.begun = true;
        let text = format!("{}{text}\n", header.unwrap_or_default());
        self.progress
            .suspend(|| {
                stdout()
                    .write_all(text.as_bytes())
                    .and_then(|()| stdout().flush())
            })
            .map_err(Error::file("write", "standard output"))
    }
}

fn progress_text(report: &StepReport) -> String {
    let rate = report.batch_size as f64 / report.seconds.max(1e-9);
    let bias = report
        .logit_bias
        .map(|b| format!(" b {b:.2}"))
        .unwrap_or_default();
    format!(
        "loss {:.3} tau {:.4}{bias} {rate:.0} pairs/s",
        report.loss, report.temperature
    )
}

fn eval_row(lane: &str, width: usize, r: &EvalReport) -> String {
    let pictures = match r.split {
        Split::HeldOut => "held out",
        Split::Trained => "trained",
    };
    format!(
        "{lane:width$} {:>6}  {pictures:8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}  {:>5}",
        r.step,
        percent(r.r1_image_to_text),
        percent(r.r5_image_to_text),
        percent(r.r10_image_to_text),
        percent(r.r1_text_to_image),
        percent(r.r5_text_to_image),
        percent(r.r10_text_to_image),
        r.median_rank,
    )
}

fn finished_row(lane: &str, width: usize, finished: &Finished, loss: Option<f64>) -> String {
    let reason = match finished.reason {
        Reason::Completed => "done",
        Reason::Stopped => "stopped",
        Reason::Rule => "ended by a stop rule",
        Reason::Diverged => "DIVERGED: the loss is NaN or infinite",
    };
    let best = finished.best.as_ref().map_or_else(String::new, |best| {
        format!(
            "; best held-out i2t@1 {} % of {} names at step {}",
            percent(best.r1_image_to_text),
            best.candidates,
            best.step
        )
    });
    let loss = loss.map_or_else(String::new, |loss| format!("; last loss {loss:.3}"));
    format!(
        "{lane:width$} {:>6}  {reason} in {:.1} s, {:.0} pairs/s{loss}{best}",
        finished.step, finished.seconds, finished.pairs_per_second
    )
}
