//! CSV: rows of any table ([`row`]), and the steps of a run for spreadsheets and data frames ([`Csv`]).

use std::collections::HashMap;
use std::io::Write;

use super::sink::Sink;
use crate::error::{Error, Result};
use crate::telemetry::{Event, StepReport};

/// Cells as a row, newline included; those that need it are quoted (RFC 4180).
pub fn row<C: AsRef<[u8]>>(cells: impl IntoIterator<Item = C>) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(cells);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A number as a cell; empty if it is absent or not finite.
pub fn number(x: impl Into<Option<f64>>) -> String {
    let finite = x.into().filter(|x| x.is_finite());
    finite.map(|x| x.to_string()).unwrap_or_default()
}

/// Writes each step as one row, in a single write; the header comes first.
pub struct Csv<W> {
    out: W,
    rows: Rows,
    begun: bool,
}

impl<W> Csv<W> {
    /// A table that begins with its header.
    pub fn new(out: W) -> Self {
        Self {
            out,
            rows: Rows::default(),
            begun: false,
        }
    }
}

impl<W: Write + Send> Sink for Csv<W> {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        let Some(row) = self.rows.row(lane, event) else {
            return Ok(());
        };
        let text = if self.begun { row } else { header() + &row };
        self.begun = true;
        self.out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush())
            .map_err(Error::file("write", "standard output"))
    }
}

/// Turns events into rows. Counts how often each lane started over or went back: `run` is 1 at first,
/// so that the steps of a path that was left are not taken for those of the next.
#[derive(Default)]
pub(super) struct Rows {
    resets: HashMap<String, u64>,
}

impl Rows {
    /// The event's row, newline included; only steps have one.
    pub(super) fn row(&mut self, lane: &str, event: &Event) -> Option<String> {
        match event {
            Event::Step(report) => {
                let run = 1 + self.resets.get(lane).copied().unwrap_or(0);
                Some(step_row(lane, run, report))
            }
            Event::Reset(_) | Event::Rewind { .. } => {
                *self.resets.entry(lane.to_owned()).or_default() += 1;
                None
            }
            Event::Started(_)
            | Event::Eval(_)
            | Event::Control(_)
            | Event::Branch(_)
            | Event::Finished(_) => None,
        }
    }
}

/// A column of the steps: its name, and its cell.
type Column = (&'static str, fn(&StepReport) -> String);

/// The columns after lane and run, in order.
const COLUMNS: [Column; 27] = [
    ("step", |r| r.step.to_string()),
    ("loss", |r| number(r.loss)),
    ("loss_image_to_text", |r| number(r.loss_image_to_text)),
    ("loss_text_to_image", |r| number(r.loss_text_to_image)),
    ("logit_scale", |r| number(r.logit_scale)),
    ("temperature", |r| number(r.temperature)),
    ("logit_bias", |r| number(r.logit_bias)),
    ("learning_rate", |r| number(r.learning_rate)),
    ("grad_norm", |r| number(r.grad_norm)),
    ("param_norm", |r| number(r.param_norm)),
    ("update_norm", |r| number(r.update_norm)),
    ("positive_min", |r| number(r.positive_logits.min)),
    ("positive_mean", |r| number(r.positive_logits.mean)),
    ("positive_max", |r| number(r.positive_logits.max)),
    ("negative_min", |r| number(r.negative_logits.map(|s| s.min))),
    ("negative_mean", |r| {
        number(r.negative_logits.map(|s| s.mean))
    }),
    ("negative_max", |r| number(r.negative_logits.map(|s| s.max))),
    ("accuracy_image_to_text", |r| {
        number(r.accuracy_image_to_text)
    }),
    ("accuracy_text_to_image", |r| {
        number(r.accuracy_text_to_image)
    }),
    ("batch_size", |r| r.batch_size.to_string()),
    ("wrong_captions", |r| r.data.wrong_captions.to_string()),
    ("random_captions", |r| r.data.random_captions.to_string()),
    ("noise_images", |r| r.data.noise_images.to_string()),
    ("duplicates", |r| r.data.duplicates.to_string()),
    ("false_negatives", |r| r.data.false_negatives.to_string()),
    ("classes", |r| r.data.classes.to_string()),
    ("seconds", |r| r.seconds.to_string()),
];

/// The names of the columns as a row.
pub(super) fn header() -> String {
    let names = COLUMNS.iter().map(|(name, _)| *name);
    row(["lane", "run"].into_iter().chain(names))
}

fn step_row(lane: &str, run: u64, report: &StepReport) -> String {
    let cells = COLUMNS.iter().map(|(_, cell)| cell(report));
    row([lane.to_owned(), run.to_string()].into_iter().chain(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        assert_eq!(row(["plain", "", "x y"]), "plain,,x y\n");
        assert_eq!(row(["a, \"b\"", "c"]), "\"a, \"\"b\"\"\",c\n");
        assert_eq!(row(["a\r\nb", "#"]), "\"a\r\nb\",#\n");
        assert_eq!(
            [number(0.1), number(f64::NAN), number(None::<f64>)],
            ["0.1", "", ""]
        );
    }

    #[test]
    fn the_columns_of_the_steps_keep_their_names_and_places() {
        let header = "lane,run,step,loss,loss_image_to_text,loss_text_to_image,logit_scale,temperature,logit_bias,\
            learning_rate,grad_norm,param_norm,update_norm,positive_min,positive_mean,positive_max,negative_min,\
            negative_mean,negative_max,accuracy_image_to_text,accuracy_text_to_image,batch_size,wrong_captions,\
            random_captions,noise_images,duplicates,false_negatives,classes,seconds\n";
        assert_eq!(super::header(), header);
    }
}
