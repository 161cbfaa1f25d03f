//! What all losses are made of, in plain 64-bit numbers that overflow at no temperature. It knows no tensor
//! and no loss.

/// `ln(1 + exp(x))` without overflow.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Shares of a softmax at each place; none of an empty row.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|z| (z - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// `ln sum exp(logits)`.
pub fn log_sum(logits: &[f64]) -> f64 {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + logits.iter().map(|z| (z - top).exp()).sum::<f64>().ln()
}

/// 1 on the diagonal, else 0.
pub fn identity(row: usize, column: usize) -> f64 {
    f64::from(u8::from(row == column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overflows() {
        assert!((softplus(800.0) - 800.0).abs() < 1e-9 && softplus(-800.0) == 0.0);
        assert_eq!((sigmoid(-800.0), sigmoid(800.0)), (0.0, 1.0));
        assert_eq!(softmax(&[1000.0, 0.0, -1000.0]), [1.0, 0.0, 0.0]);
        assert!((log_sum(&[1000.0, 1000.0]) - 1000.0 - std::f64::consts::LN_2).abs() < 1e-9);
    }
}
