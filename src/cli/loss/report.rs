//! How `clip-lab loss` prints its answer.

use std::fmt::Write as _;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::export::csv;
use crate::loss::evaluate::{Precision, Question};

/// The answer; its fields are the keys of the JSON object and the columns of the CSV line.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub loss: f64,
    pub loss_image_to_text: Option<f64>,
    pub loss_text_to_image: Option<f64>,
    pub grad_logit_scale: f64,
    pub grad_logit_bias: Option<f64>,
    pub n: usize,
    pub d: Option<usize>,
    pub tile: Tile,
    pub precision: &'static str,
    pub seconds: f64,
    pub extra_mib: Option<f64>,
}

/// Rows and columns of a tile, or `dense`.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Tile {
    Of(usize),
    #[serde(serialize_with = "dense")]
    Dense,
}

fn dense<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("dense")
}

impl std::fmt::Display for Tile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Of(rows) => rows.fmt(f),
            Self::Dense => f.write_str("dense"),
        }
    }
}

/// The precision's name, as on the command line.
pub const fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::Fp32 => "fp32",
        Precision::Bf16 => "bf16",
        Precision::Fp64 => "fp64",
    }
}

impl Answer {
    /// One object on one line.
    pub fn json(&self) -> Result<String> {
        let text =
            serde_json::to_string(self).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(text + "\n")
    }

    /// A line of names, a line of values; what is absent is empty.
    pub fn csv(&self) -> String {
        let cells = [
            ("loss", self.loss.to_string()),
            ("loss_image_to_text", cell(self.loss_image_to_text)),
            ("loss_text_to_image", cell(self.loss_text_to_image)),
            ("grad_logit_scale", self.grad_logit_scale.to_string()),
            ("grad_logit_bias", cell(self.grad_logit_bias)),
            ("n", self.n.to_string()),
            ("d", cell(self.d)),
            ("tile", self.tile.to_string()),
            ("precision", self.precision.into()),
            ("seconds", self.seconds.to_string()),
            ("extra_mib", cell(self.extra_mib)),
        ];
        let (names, values): (Vec<&str>, Vec<String>) = cells.into_iter().unzip();
        csv::row(names) + &csv::row(values)
    }

    /// For reading.
    pub fn table(&self, question: &Question) -> String {
        let mut text = format!(
            "{} of {} pair{}",
            question.loss,
            self.n,
            if self.n == 1 { "" } else { "s" }
        );
        if let Some(d) = self.d {
            let _ = write!(text, ", {d} dimensions");
        }
        let _ = write!(text, ", temperature {}, ", question.temperature);
        let _ = match question.bias {
            Some(bias) => writeln!(text, "bias {bias}"),
            None => writeln!(text, "no bias"),
        };
        let mut row = |name: &str, value: String| {
            let _ = writeln!(text, "  {name:<28} {value}");
        };
        row("loss", number(self.loss));
        if let Some(term) = self.loss_image_to_text {
            row("  image to text", number(term));
        }
        if let Some(term) = self.loss_text_to_image {
            row("  text to image", number(term));
        }
        for (name, value) in self.landmarks(question) {
            row(name, value);
        }
        row("d loss / d logit_scale", number(self.grad_logit_scale));
        if let Some(gradient) = self.grad_logit_bias {
            row("d loss / d logit_bias", number(gradient));
        }
        let how = format!("{}, {}", self.tile, self.precision);
        row(
            "one forward and backward",
            format!("{:.3} ms ({how})", self.seconds * 1e3),
        );
        if let Some(mib) = self.extra_mib {
            row("memory on top", format!("{mib:.1} MiB"));
        }
        text
    }

    /// What the loss is to be compared with.
    fn landmarks(&self, question: &Question) -> Vec<(&'static str, String)> {
        let words = question.loss.law().words();
        let bias = question.bias.unwrap_or(0.0);
        words.landmarks(self.n as u64, bias, self.loss, number)
    }
}

fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-3 {
        format!("{value:.6e}")
    } else {
        format!("{value:.6}")
    }
}

fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
