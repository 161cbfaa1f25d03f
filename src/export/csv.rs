//! CSV of the steps, for spreadsheets and data frames.

use std::collections::HashMap;
use std::io::Write;

use super::Sink;
use crate::error::{Error, Result};
use crate::telemetry::{Event, StepReport};

/// Writes each step as one row, in a single write; the header comes first.
pub struct Csv<W> {
    out: W,
    rows: Rows,
    begun: bool,
}

/// The columns, in order.
pub const HEADER: &str = "lane,run,step,loss,loss_image_to_text,loss_text_to_image,logit_scale,temperature,logit_bias,\
learning_rate,grad_norm,param_norm,update_norm,positive_min,positive_mean,positive_max,negative_min,negative_mean,\
negative_max,accuracy_image_to_text,accuracy_text_to_image,batch_size,\
wrong_captions,random_captions,noise_images,duplicates,false_negatives,classes,seconds\n";

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
        let text = if self.begun {
            row
        } else {
            HEADER.to_owned() + &row
        };
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
pub struct Rows {
    resets: HashMap<String, u64>,
}

impl Rows {
    /// The event's row, newline included; only steps have one.
    pub fn row(&mut self, lane: &str, event: &Event) -> Option<String> {
        match event {
            Event::Step(report) => {
                let run = 1 + self.resets.get(lane).copied().unwrap_or(0);
                Some(csv_row(lane, run, report))
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

/// Numbers that are absent or not finite are empty.
fn csv_row(lane: &str, run: u64, r: &StepReport) -> String {
    let negative =
        |part: fn(&crate::telemetry::Spread) -> f64| r.negative_logits.as_ref().map(part);
    let numbers = [
        Some(r.loss),
        r.loss_image_to_text,
        r.loss_text_to_image,
        Some(r.logit_scale),
        Some(r.temperature),
        r.logit_bias,
        Some(r.learning_rate),
        Some(r.grad_norm),
        Some(r.param_norm),
        Some(r.update_norm),
        Some(r.positive_logits.min),
        Some(r.positive_logits.mean),
        Some(r.positive_logits.max),
        negative(|s| s.min),
        negative(|s| s.mean),
        negative(|s| s.max),
        Some(r.accuracy_image_to_text),
        Some(r.accuracy_text_to_image),
    ];
    let cell = |x: &Option<f64>| {
        x.filter(|x| x.is_finite())
            .map(|x| x.to_string())
            .unwrap_or_default()
    };
    let numbers: Vec<_> = numbers.iter().map(cell).collect();
    let data = &r.data;
    let shares = [
        data.wrong_captions,
        data.random_captions,
        data.noise_images,
        data.duplicates,
        data.false_negatives,
    ];
    let shares: Vec<_> = shares.iter().map(ToString::to_string).collect();
    format!(
        "{lane},{run},{},{},{},{},{},{}\n",
        r.step,
        numbers.join(","),
        r.batch_size,
        shares.join(","),
        data.classes,
        r.seconds
    )
}
