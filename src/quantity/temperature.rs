//! tau and what models learn in its place.

use super::Temperature;

/// `ln t = ln(1/tau)`, by which a model learns its temperature.
pub fn logit_scale(temperature: f64) -> f64 {
    -temperature.ln()
}

/// tau of `ln t`: the inverse of [`logit_scale`].
pub fn temperature(logit_scale: f64) -> f64 {
    (-logit_scale).exp()
}

impl Temperature {
    /// `ln t = ln(1/tau)`, by which a model learns it.
    pub fn logit_scale(self) -> f64 {
        logit_scale(self.get())
    }
}
