//! The losses of a small matrix worked through on paper: plain arithmetic in 64 bits, independent of
//! libtorch, every intermediate number shown. Straight from the equations in the `loss` module. It
//! knows what is worked out and in which order, not who prints it.

pub(super) mod block;

use std::fmt::Write as _;

use super::Loss;

pub use block::Block;
use block::{Matrix, grid};

/// The largest matrix whose working fits on a screen.
pub const LARGEST: usize = 8;

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
    all.extend(loss.law().working(&logits));
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
