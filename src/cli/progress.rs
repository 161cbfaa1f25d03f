//! Progress bars, on standard error where that is a terminal. What is printed while one stands goes
//! through its `suspend`.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of `length`, whose state is shown as `state` says in indicatif's words: `{pos}/{len}`.
pub fn bar(length: u64, state: &str) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(length)
    } else {
        ProgressBar::hidden()
    };
    bar.with_style(style("{prefix}", state))
}

/// A bar that counts `what` up to `length`.
pub fn counting(what: &'static str, length: u64) -> ProgressBar {
    bar(length, "{pos} of {len}").with_prefix(what)
}

/// How a bar looks behind `prefix`.
pub fn style(prefix: &str, state: &str) -> ProgressStyle {
    ProgressStyle::with_template(&format!("{prefix} {{bar:24}} {state} ({{eta}} left)"))
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
