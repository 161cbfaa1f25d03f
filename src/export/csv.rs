//! CSV of the steps, for spreadsheets and data frames.

use std::io::Write;

use super::Sink;
use crate::error::{Error, Result};
use crate::telemetry::{Event, StepReport};

/// Writes each step as one row, in a single write; the header comes first.
pub struct Csv<W> {
    out: W,
    begun: bool,
}

/// The columns, in order.
pub const HEADER: &str = "lane,step,loss,loss_image_to_text,loss_text_to_image,logit_scale,temperature,logit_bias,\
learning_rate,grad_norm,param_norm,update_norm,positive_min,positive_mean,positive_max,negative_min,negative_mean,\
negative_max,accuracy_image_to_text,accuracy_text_to_image,batch_size,seconds\n";

impl<W> Csv<W> {
    /// A table that begins with its header.
    pub const fn new(out: W) -> Self {
        Self { out, begun: false }
    }
}

impl<W: Write + Send> Sink for Csv<W> {
    fn record(&mut self, lane: &str, event: &Event) -> Result<()> {
        let Event::Step(report) = event else {
            return Ok(());
        };
        let mut text = if self.begun {
            String::new()
        } else {
            HEADER.to_owned()
        };
        self.begun = true;
        text.push_str(&csv_row(lane, report));
        self.out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush())
            .map_err(Error::file("write", "standard output"))
    }
}

/// The step as a row, newline included. Numbers that are absent or not finite are empty.
pub fn csv_row(lane: &str, r: &StepReport) -> String {
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
    format!(
        "{lane},{},{},{},{}\n",
        r.step,
        numbers.join(","),
        r.batch_size,
        r.seconds
    )
}
