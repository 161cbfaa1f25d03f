//! What losses are worth before anything is learned.

/// ln(1 + e^x), also where e^x is too large for a number.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// SigLIP's loss while all cosines are 0: each pair costs softplus(-b), each of the others softplus(b).
pub fn siglip_start(n: f64, bias: f64) -> f64 {
    softplus(-bias) + (n - 1.0) * softplus(bias)
}

/// The least InfoNCE loss that cosines allow: pairs at 1, all else as far apart as N points can be.
pub fn infonce_floor(n: f64, scale: f64) -> f64 {
    if n < 2.0 {
        return 0.0;
    }
    ((n - 1.0) * (-scale * n / (n - 1.0)).exp()).ln_1p()
}
