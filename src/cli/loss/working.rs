//! The losses of a small matrix worked through on paper: plain arithmetic in 64 bits, independent of
//! libtorch, every intermediate number shown. Straight from the equations in the `loss` module.

use std::fmt::Write as _;

use crate::loss::{Loss, softplus};

/// The largest matrix whose working fits on a screen.
pub const LARGEST: usize = 8;

type Matrix = Vec<Vec<f64>>;

/// The working, ready to print.
pub fn working(
    loss: Loss,
    n: usize,
    cosines: &[f64],
    temperature: f64,
    bias: Option<f64>,
) -> String {
    let logits: Matrix = cosines
        .chunks_exact(n)
        .map(|row| {
            row.iter()
                .map(|cosine| cosine / temperature + bias.unwrap_or(0.0))
                .collect()
        })
        .collect();
    let bias = bias.map_or(String::new(), |bias| {
        format!(" {} {}", if bias < 0.0 { '-' } else { '+' }, bias.abs())
    });
    let mut text = String::new();
    grid(
        &mut text,
        &format!("S = cosine / {temperature}{bias}   (rows: pictures, columns: captions)"),
        &logits,
    );
    match loss {
        Loss::InfoNce => info_nce(&mut text, &logits),
        Loss::SigLip => sig_lip(&mut text, &logits),
    }
    text
}

fn info_nce(text: &mut String, logits: &Matrix) {
    let n = logits.len();
    let columns = transposed(logits);
    let by_row: Matrix = logits.iter().map(|row| softmax(row)).collect();
    let by_column = transposed(&columns.iter().map(|column| softmax(column)).collect());
    let row_terms: Vec<f64> = (0..n).map(|i| cross_entropy(&logits[i], i)).collect();
    let column_terms: Vec<f64> = (0..n).map(|j| cross_entropy(&columns[j], j)).collect();
    grid(
        text,
        "P = softmax of each row: which caption for this picture?",
        &by_row,
    );
    grid(
        text,
        "Q = softmax of each column: which picture for this caption?",
        &by_column,
    );
    let image_to_text = terms(text, "-ln P_ii", "image to text", &row_terms);
    let text_to_image = terms(text, "-ln Q_jj", "text to image", &column_terms);
    let _ = writeln!(
        text,
        "\nloss = ({image_to_text:.6} + {text_to_image:.6}) / 2 = {:.6}",
        f64::midpoint(image_to_text, text_to_image)
    );
    let gradient = square(n, |i, j| {
        f64::midpoint(by_row[i][j], by_column[i][j]) - same(i, j)
    });
    grid(text, "N dL/dS = (P + Q) / 2 - I", &gradient);
}

fn sig_lip(text: &mut String, logits: &Matrix) {
    let n = logits.len();
    let sigma = square(n, |i, j| (-softplus(-logits[i][j])).exp());
    let pairs = square(n, |i, j| {
        softplus(if i == j { -logits[i][j] } else { logits[i][j] })
    });
    grid(text, "sigma(S): is this a pair?", &sigma);
    grid(
        text,
        "-ln sigma(S) on the diagonal, -ln(1 - sigma(S)) elsewhere",
        &pairs,
    );
    let sum: f64 = pairs.iter().flatten().sum();
    let _ = writeln!(
        text,
        "\nloss = sum / N = {sum:.6} / {n} = {:.6}",
        sum / n as f64
    );
    let gradient = square(n, |i, j| sigma[i][j] - same(i, j));
    grid(text, "N dL/dS = sigma(S) - I", &gradient);
}

/// Writes the terms with their mean, and returns the mean.
fn terms(text: &mut String, formula: &str, direction: &str, terms: &[f64]) -> f64 {
    let mean = terms.iter().sum::<f64>() / terms.len() as f64;
    let _ = writeln!(text, "\n{direction}: {formula}, and their mean");
    let _ = writeln!(text, "{}   mean {mean:.6}", line(terms));
    mean
}

fn grid(text: &mut String, title: &str, rows: &Matrix) {
    let _ = writeln!(text, "\n{title}");
    for row in rows {
        let _ = writeln!(text, "{}", line(row));
    }
}

fn line(values: &[f64]) -> String {
    values.iter().fold(String::new(), |mut line, value| {
        let _ = write!(line, " {value:>10.4}");
        line
    })
}

fn square(n: usize, of: impl Fn(usize, usize) -> f64) -> Matrix {
    (0..n).map(|i| (0..n).map(|j| of(i, j)).collect()).collect()
}

fn transposed(matrix: &Matrix) -> Matrix {
    square(matrix.len(), |i, j| matrix[j][i])
}

fn same(i: usize, j: usize) -> f64 {
    f64::from(u8::from(i == j))
}

fn softmax(values: &[f64]) -> Vec<f64> {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = values.iter().map(|value| (value - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// `ln sum exp(values) - values[label]`.
fn cross_entropy(values: &[f64], label: usize) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
    largest + sum.ln() - values[label]
}
