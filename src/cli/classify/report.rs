//! What `clip-lab classify` prints of each picture: a table with the picture beside it, JSON, or CSV.

use std::fmt::Write as _;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::super::format::Format;
use super::super::pictures::{fault, shown};
use crate::data::loader::Loaded;
use crate::error::{Error, Result};
use crate::eval::Templates;
use crate::eval::classify::{Classifier, Score};
use crate::export::csv;
use crate::ui::picture;
use crate::ui::theme::Theme;

/// Pixels a side of a picture beside its table.
pub const SIDE: usize = 16;

/// Whatever all records of a run share.
pub struct Report<'a> {
    pub format: Format,
    pub checkpoint: String,
    pub layout: String,
    pub templates: &'a Templates,
    pub classifier: &'a Classifier,
    pub top: usize,
    pub threshold: Option<f64>,
    /// Whether a record has been printed.
    pub begun: bool,
}

/// A picture and its scores, the best first; no scores if it could not be read.
pub struct Record<'a> {
    pub loaded: &'a Loaded,
    pub scores: &'a [Score],
}

/// A record in JSON.
#[derive(Serialize)]
struct Line<'a> {
    image: String,
    checkpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(flatten)]
    found: Option<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    /// The best class, or null for none of these.
    answer: Option<&'a str>,
    /// Classes that it is chosen among.
    among: usize,
    templates: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'a str>,
    top: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    class: &'a str,
    cosine: f64,
    softmax: f64,
    sigmoid: Option<f64>,
}

impl Report<'_> {
    /// What stands before all records.
    pub fn head(&self) -> String {
        match self.format {
            Format::Jsonl => String::new(),
            Format::Json => "[".into(),
            Format::Csv => {
                "image,rank,class,cosine,softmax,sigmoid,answer,remark,error,checkpoint\n".into()
            }
            Format::Table => {
                let list = self.templates.list.len();
                let refuses = self.threshold.map_or(String::new(), |threshold| {
                    format!(
                        "The answer is \"none of these\" below {} {threshold}.\n",
                        self.absolute()
                    )
                });
                format!(
                    "Checkpoint {} ({}), {} classes, templates {} ({list}).\n\
                     Each image gets the nearest of these classes.\n\
                     {refuses}",
                    self.checkpoint,
                    self.layout,
                    self.classifier.names.len(),
                    self.templates.name
                )
            }
        }
    }

    /// What stands behind all records.
    pub fn foot(&self) -> &'static str {
        match self.format {
            Format::Json if self.begun => "\n]\n",
            Format::Json => "]\n",
            _ => "",
        }
    }

    /// A picture's record; drawn as well, if there is a screen for it.
    pub fn record(&mut self, record: &Record, screen: Option<&Theme>) -> Result<String> {
        let first = !std::mem::replace(&mut self.begun, true);
        Ok(match self.format {
            Format::Jsonl => self.json(record)? + "\n",
            Format::Json => {
                let gap = if first { "\n" } else { ",\n" };
                format!("{gap}{}", self.json(record)?)
            }
            Format::Csv => self.csv(record),
            Format::Table => self.table(record, screen),
        })
    }

    /// The score that a threshold is for.
    fn absolute(&self) -> &'static str {
        if self.classifier.bias.is_some() {
            "a sigmoid of"
        } else {
            "a cosine of"
        }
    }

    /// The best class, unless it scores too little.
    fn answer(&self, record: &Record) -> Option<&str> {
        let best = record.scores.first()?;
        let enough = self
            .threshold
            .is_none_or(|threshold| best.absolute() >= threshold);
        enough.then(|| self.name(best))
    }

    fn name(&self, score: &Score) -> &str {
        &self.classifier.names[score.class]
    }

    fn json(&self, record: &Record) -> Result<String> {
        let fault = fault(record.loaded);
        let row = |score: &Score| Row {
            class: &self.classifier.names[score.class],
            cosine: score.cosine,
            softmax: score.softmax,
            sigmoid: score.sigmoid,
        };
        let found = || Found {
            answer: self.answer(record),
            among: self.classifier.names.len(),
            templates: &self.templates.name,
            threshold: self.threshold,
            remark: record.loaded.remark,
            top: record.scores.iter().take(self.top).map(row).collect(),
        };
        serde_json::to_string(&Line {
            image: record.loaded.path.to_string_lossy().into_owned(),
            checkpoint: &self.checkpoint,
            error: fault,
            found: fault.is_none().then(found),
        })
        .map_err(|e| Error::Internal(format!("cannot write a record as JSON: {e}")))
    }

    /// A line for each class that is shown; one for a file that cannot be read.
    fn csv(&self, record: &Record) -> String {
        let image = record.loaded.path.to_string_lossy();
        let image = image.as_ref();
        let checkpoint = self.checkpoint.as_str();
        if let Some(fault) = fault(record.loaded) {
            return csv::row([image, "", "", "", "", "", "", "", fault, checkpoint]);
        }
        let answer = self.answer(record).unwrap_or("none of these");
        let remark = record.loaded.remark.unwrap_or_default();
        let row = |(rank, score): (usize, &Score)| {
            csv::row([
                image,
                &rank.to_string(),
                self.name(score),
                &score.cosine.to_string(),
                &score.softmax.to_string(),
                &score.sigmoid.map_or(String::new(), |x| x.to_string()),
                answer,
                remark,
                "",
                checkpoint,
            ])
        };
        (1..)
            .zip(record.scores.iter().take(self.top))
            .map(row)
            .collect()
    }

    fn table(&self, record: &Record, screen: Option<&Theme>) -> String {
        let mut lines = vec![shown(&record.loaded.path)];
        if let Some(remark) = record.loaded.remark {
            let _ = write!(lines[0], " ({remark})");
        }
        if let Some(fault) = fault(record.loaded) {
            lines.push(format!("  not read: {fault}"));
        }
        if !record.scores.is_empty() && self.answer(record).is_none() {
            lines.push("  none of these; nearest classes:".into());
        }
        let shown = &record.scores[..self.top.min(record.scores.len())];
        let widest = shown
            .iter()
            .map(|s| self.name(s).width())
            .max()
            .unwrap_or(0);
        for (rank, score) in (1..).zip(shown) {
            let name = self.name(score);
            let gap = " ".repeat(widest - name.width());
            let mut line = format!(
                "  {rank:>2}  {name}{gap}  cosine {:6.3}  {:5.1} % softmax",
                score.cosine,
                score.softmax * 100.0
            );
            if let Some(sigmoid) = score.sigmoid {
                // A probability far from one half is a question of its magnitude.
                if sigmoid < 0.001 {
                    let _ = write!(line, "  sigmoid {sigmoid:.1e}");
                } else {
                    let _ = write!(line, "  sigmoid {sigmoid:.4}");
                }
            }
            lines.push(line);
        }
        let drawn = screen.and_then(|theme| {
            let picture = record.loaded.thumbnail.as_ref()?;
            picture::halves(picture, theme)
        });
        let drawn = drawn.unwrap_or_default();
        let mut text = String::from("\n");
        for i in 0..lines.len().max(drawn.len()) {
            if let Some(picture) = drawn.get(i) {
                text.push_str(picture);
                text.push_str("  ");
            } else if !drawn.is_empty() {
                text.push_str(&" ".repeat(SIDE + 2));
            }
            text.push_str(lines.get(i).map_or("", String::as_str));
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }
}
