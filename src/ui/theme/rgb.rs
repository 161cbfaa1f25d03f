//! [`Rgb`]: a colour before the terminal is considered.

/// A colour as the theme thinks of it, before the terminal's depth is considered.
pub type Rgb = [u8; 3];

/// Between two colours.
pub(super) fn mix(a: Rgb, b: Rgb, share_of_b: f64) -> Rgb {
    std::array::from_fn(|i| {
        (f64::from(a[i]) * (1.0 - share_of_b) + f64::from(b[i]) * share_of_b).round() as u8
    })
}
