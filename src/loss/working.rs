//! The losses of a small matrix worked through on paper: plain arithmetic in 64 bits, independent of
//! libtorch, every intermediate number shown. Straight from the equations in the `loss` module. It
//! knows what is worked out and in which order, not who prints it.

use std::fmt::Write as _;

use super::{Loss, softplus};

/// The largest matrix whose working fits on a screen.
pub const LARGEST: usize = 8;

type Matrix = Vec<Vec<f64>>;

/// A piece of the working.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A matrix under its name.
    Grid {
        /// What it is.
        title: String,
        /// Its rows.
        rows: Vec<Vec<f64>>,
    },
    /// One term for each picture or caption, and their mean.
    Terms {
        /// Which direction and formula.
        title: String,
        /// The terms.
        values: Vec<f64>,
        /// Their mean.
        mean: f64,
    },
    /// The last line of the sum.
    Result {
        /// The sum as it is written.
        text: String,
        /// The loss.
        loss: f64,
    },
}

/// The whole working of a loss: the logits first, then what the loss makes of them. `cosines` holds
/// `n * n` values, rows pictures and columns captions.
pub fn blocks(
    loss: Loss,
    n: usize,
    cosines: &[f64],
    temperature: f64,
    bias: Option<f64>,
) -> Vec<Block> {
    let logits: Matrix = cosines
        .chunks_exact(n.max(1))
        .map(|row| {
            row.iter()
                .map(|cosine| cosine / temperature + bias.unwrap_or(0.0))
                .collect()
        })
        .collect();
    let bias = bias.map_or(String::new(), |bias| {
        format!(" {} {}", if bias < 0.0 { '-' } else { '+' }, bias.abs())
    });
    let title = format!("S = cosine / {temperature}{bias}   (rows: pictures, columns: captions)");
    let mut all = vec![grid(title, logits.clone())];
    match loss {
        Loss::InfoNce => info_nce(&mut all, &logits),
        Loss::SigLip => sig_lip(&mut all, &logits),
    }
    all
}

/// The loss that a working comes to.
pub fn result(blocks: &[Block]) -> Option<f64> {
    blocks.iter().find_map(|block| match block {
        Block::Result { loss, .. } => Some(*loss),
        _ => None,
    })
}

/// The working, ready to print.
pub fn text(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        let _ = match block {
            Block::Grid { title, rows } => {
                let lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
                writeln!(text, "\n{title}\n{}", lines.join("\n"))
            }
            Block::Terms {
                title,
                values,
                mean,
            } => {
                writeln!(text, "\n{title}\n{}   mean {mean:.6}", line(values))
            }
            Block::Result { text: sum, .. } => writeln!(text, "\n{sum}"),
        };
    }
    text
}

/// A number with four decimals, or what there is of it where they would all be zero.
pub fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 5e-5 {
        format!("{value:.1e}")
    } else {
        format!("{value:.4}")
    }
}

/// Numbers in columns of eleven characters.
fn line(values: &[f64]) -> String {
    values.iter().fold(String::new(), |mut line, value| {
        let _ = write!(line, " {:>10}", number(*value));
        line
    })
}

fn info_nce(all: &mut Vec<Block>, logits: &Matrix) {
    let n = logits.len();
    let columns = transposed(logits);
    let by_row: Matrix = logits.iter().map(|row| softmax(row)).collect();
    let by_column = transposed(&columns.iter().map(|column| softmax(column)).collect());
    let row_terms: Vec<f64> = (0..n).map(|i| cross_entropy(&logits[i], i)).collect();
    let column_terms: Vec<f64> = (0..n).map(|j| cross_entropy(&columns[j], j)).collect();
    let gradient = square(n, |i, j| {
        f64::midpoint(by_row[i][j], by_column[i][j]) - same(i, j)
    });
    let (image_to_text, text_to_image) = (mean(&row_terms), mean(&column_terms));
    let loss = f64::midpoint(image_to_text, text_to_image);
    all.extend([
        grid(
            "P = softmax of each row: which caption for this picture?",
            by_row,
        ),
        grid(
            "Q = softmax of each column: which picture for this caption?",
            by_column,
        ),
        Block::Terms {
            title: "image to text: -ln P_ii, and their mean".into(),
            values: row_terms,
            mean: image_to_text,
        },
        Block::Terms {
            title: "text to image: -ln Q_jj, and their mean".into(),
            values: column_terms,
            mean: text_to_image,
        },
        Block::Result {
            text: format!("loss = ({image_to_text:.6} + {text_to_image:.6}) / 2 = {loss:.6}"),
            loss,
        },
        grid("N dL/dS = (P + Q) / 2 - I", gradient),
    ]);
}

fn sig_lip(all: &mut Vec<Block>, logits: &Matrix) {
    let n = logits.len();
    let sigma = square(n, |i, j| (-softplus(-logits[i][j])).exp());
    let pairs = square(n, |i, j| {
        softplus(if i == j { -logits[i][j] } else { logits[i][j] })
    });
    let sum: f64 = pairs.iter().flatten().sum();
    let loss = sum / n as f64;
    let gradient = square(n, |i, j| sigma[i][j] - same(i, j));
    all.extend([
        grid("sigma(S): is this a pair?", sigma),
        grid(
            "-ln sigma(S) on the diagonal, -ln(1 - sigma(S)) elsewhere",
            pairs,
        ),
        Block::Result {
            text: format!("loss = sum / N = {sum:.6} / {n} = {loss:.6}"),
            loss,
        },
        grid("N dL/dS = sigma(S) - I", gradient),
    ]);
}

fn grid(title: impl Into<String>, rows: Matrix) -> Block {
    Block::Grid {
        title: title.into(),
        rows,
    }
}

fn mean(terms: &[f64]) -> f64 {
    terms.iter().sum::<f64>() / terms.len() as f64
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
