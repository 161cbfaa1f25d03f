//! Reads what `clip-lab loss` is given, and refuses what the losses are not defined on, with the
//! place of the fault. It must not know which loss is asked for.

use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::error::{Error, Result};
use crate::loss::evaluate::Input;

/// How far from 1 the length of a row may be, and how far beyond 1 a cosine.
const TOLERANCE: f64 = 1e-3;

/// Reads a safetensors file with features or a CSV file with cosines.
pub fn read(path: &Path, normalize: bool) -> Result<Input> {
    let extension = path
        .extension()
        .and_then(|text| text.to_str())
        .unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "safetensors" => {
            let bytes = fs::read(path).map_err(Error::file("read", path))?;
            features(&bytes, path, normalize)
        }
        "csv" if normalize => Err(Error::Usage(
            "--normalize needs features; a CSV file holds cosines\n  leave --normalize out".into(),
        )),
        "csv" => {
            let bytes = fs::read(path).map_err(Error::file("read", path))?;
            cosines(&bytes, path)
        }
        _ => Err(Error::Data(format!(
            "{}: unknown file type\n  \
             the name must end in .safetensors (image_features and text_features, [N, D] float32) or .csv (an N x \
             N matrix of cosines)",
            path.display()
        ))),
    }
}

fn fault(path: &Path, text: impl std::fmt::Display) -> Error {
    Error::Data(format!("{}: {text}", path.display()))
}

fn features(bytes: &[u8], path: &Path, normalize: bool) -> Result<Input> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        fault(
            path,
            format!("not a complete safetensors file: {error}\n  was it cut short, or is it of another kind?"),
        )
    })?;
    let (image, image_shape) = tensor(&file, "image_features", path)?;
    let (text, text_shape) = tensor(&file, "text_features", path)?;
    if image_shape != text_shape {
        let [[n, d], [m, e]] = [image_shape, text_shape];
        return Err(fault(
            path,
            format!(
                "image_features is [{n}, {d}] but text_features is [{m}, {e}]\n  \
                 both need the same shape: row i of each is a pair"
            ),
        ));
    }
    let [n, d] = image_shape;
    let mut sides = [("image_features", image), ("text_features", text)];
    for (name, values) in &mut sides {
        check_finite(values, d, name, path)?;
        if normalize {
            normalize_rows(values, d, name, path)?;
        } else {
            check_lengths(values, d, name, path)?;
        }
    }
    let [(_, image), (_, text)] = sides;
    Ok(Input::Features { n, d, image, text })
}

fn tensor(file: &SafeTensors<'_>, name: &str, path: &Path) -> Result<(Vec<f32>, [usize; 2])> {
    let view = file.tensor(name).map_err(|_| {
        let mut names = file.names();
        names.sort_unstable();
        let there = if names.is_empty() {
            "nothing".into()
        } else {
            names.join(", ")
        };
        fault(path, format!("no tensor `{name}`; the file holds {there}"))
    })?;
    if view.dtype() != Dtype::F32 {
        return Err(fault(
            path,
            format!(
                "{name} must be F32, got {} (in PyTorch: .float())",
                view.dtype()
            ),
        ));
    }
    match *view.shape() {
        [n, d] if n > 0 && d > 0 => Ok((floats(&view), [n, d])),
        [_, _] => Err(fault(
            path,
            format!("{name} is empty: its shape is {:?}", view.shape()),
        )),
        _ => Err(fault(
            path,
            format!(
                "{name} must be [N, D], one row per pair, got the shape {:?}",
                view.shape()
            ),
        )),
    }
}

fn floats(view: &TensorView<'_>) -> Vec<f32> {
    let (chunks, _) = view.data().as_chunks();
    chunks
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect()
}

fn check_finite(values: &[f32], d: usize, name: &str, path: &Path) -> Result<()> {
    let Some(at) = values.iter().position(|value| !value.is_finite()) else {
        return Ok(());
    };
    Err(fault(
        path,
        format!(
            "{name} is {} in row {}, column {} (counted from 0)",
            values[at],
            at / d,
            at % d
        ),
    ))
}

fn length(row: &[f32]) -> f64 {
    row.iter()
        .map(|&value| f64::from(value).powi(2))
        .sum::<f64>()
        .sqrt()
}

fn check_lengths(values: &[f32], d: usize, name: &str, path: &Path) -> Result<()> {
    let mut lengths = values.chunks_exact(d).map(length);
    let Some((row, length)) = lengths
        .by_ref()
        .enumerate()
        .find(|(_, length)| (length - 1.0).abs() > TOLERANCE)
    else {
        return Ok(());
    };
    Err(fault(
        path,
        format!(
            "row {row} of {name} (counted from 0) must have length 1 within {TOLERANCE}, got {length:.6}\n  \
             normalise the features, or pass --normalize"
        ),
    ))
}

fn normalize_rows(values: &mut [f32], d: usize, name: &str, path: &Path) -> Result<()> {
    for (index, row) in values.chunks_exact_mut(d).enumerate() {
        let length = length(row);
        if length == 0.0 {
            return Err(fault(
                path,
                format!(
                    "row {index} of {name} (counted from 0) is all zeros, so it cannot be normalised"
                ),
            ));
        }
        for value in row {
            *value = (f64::from(*value) / length) as f32;
        }
    }
    Ok(())
}

fn cosines(bytes: &[u8], path: &Path) -> Result<Input> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        fault(
            path,
            format!(
                "not text: byte {} is not UTF-8\n  is it a CSV file?",
                error.valid_up_to()
            ),
        )
    })?;
    let rows: Vec<&str> = text
        .trim_start_matches('\u{feff}')
        .trim_end()
        .lines()
        .collect();
    let n = rows.len();
    let mut values = Vec::with_capacity(n * n);
    for (row, line) in rows.iter().enumerate() {
        for (column, cell) in line.split(',').enumerate() {
            values.push(cosine(cell.trim(), row + 1, column + 1, path)?);
        }
        let width = values.len() - row * n;
        if width != n {
            return Err(fault(
                path,
                format!(
                    "row {} has {width} values, but there are {n} rows\n  \
                     a matrix of cosines is square: one row per image, one column per caption",
                    row + 1
                ),
            ));
        }
    }
    if n == 0 {
        return Err(fault(path, "empty; expected an N x N matrix of cosines"));
    }
    Ok(Input::Cosines { n, values })
}

fn cosine(cell: &str, row: usize, column: usize, path: &Path) -> Result<f64> {
    let at = format!("row {row}, column {column}");
    let Ok(value) = cell.parse::<f64>() else {
        let shown: String = cell.chars().take(40).collect();
        return Err(fault(
            path,
            format!(
                "{at}: `{shown}` is not a number\n  \
                 expected rows of numbers separated by commas, without a header"
            ),
        ));
    };
    if !value.is_finite() {
        return Err(fault(path, format!("{at}: {value} is not a finite number")));
    }
    if value.abs() > 1.0 + TOLERANCE {
        return Err(fault(
            path,
            format!(
                "{at}: a cosine must be -1 to 1, got {value}\n  \
                 are these logits? divide them by their scale, and pass 1/scale as --temperature"
            ),
        ));
    }
    Ok(value)
}
