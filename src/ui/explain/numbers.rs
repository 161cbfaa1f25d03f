//! Numbers in few characters.

pub use crate::loss::words::number;

/// How many: without decimals where there are none.
pub fn count(x: f64) -> String {
    if x.fract() == 0.0 {
        format!("{x:.0}")
    } else {
        number(x)
    }
}

/// A share in per cent, to one decimal: `0.234` is "23.4 %".
pub fn percentage(share: f64) -> String {
    format!("{} %", crate::quantity::percent(share))
}

/// Bytes in a unit that suits them.
pub fn bytes(x: f64) -> String {
    for (unit, size) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] {
        let size = 2_f64.powi(size);
        if x >= size {
            let n = x / size;
            return if n < 10.0 && n.fract() > 0.0 {
                format!("{n:.1} {unit}")
            } else {
                format!("{n:.0} {unit}")
            };
        }
    }
    format!("{x:.0} bytes")
}
