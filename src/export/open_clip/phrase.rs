//! Numbers as a job's texts say them.

/// "1 pair", "12 pairs".
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Bytes as people say them.
pub(super) fn size(bytes: f64) -> String {
    let mib = bytes / f64::from(1 << 20);
    if mib < 1024.0 {
        format!("{:.0} MiB", mib.max(1.0))
    } else {
        format!("{:.1} GiB", mib / 1024.0)
    }
}

/// A number as Python reads it, without a row of zeros.
pub(super) fn number(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-3 {
        format!("{x:e}")
    } else {
        x.to_string()
    }
}
