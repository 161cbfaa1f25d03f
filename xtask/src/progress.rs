//! How far something is: one line that is rewritten on a terminal, a plain line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Seconds between two lines where lines cannot be rewritten.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

pub struct Progress {
    what: String,
    terminal: bool,
    begun: Instant,
    said: Instant,
    /// The most that was there: a file that is moved away has not shrunk.
    most: u64,
}

impl Progress {
    pub fn new(what: impl Into<String>) -> Self {
        let now = Instant::now();
        Self {
            what: what.into(),
            terminal: std::io::stderr().is_terminal(),
            begun: now,
            said: now,
            most: 0,
        }
    }

    /// Says that `done` of `total` bytes are there, if it is time to say so.
    pub fn at(&mut self, done: u64, total: u64) {
        self.most = self.most.max(done);
        let pause = if self.terminal {
            Duration::from_millis(100)
        } else {
            PLAIN_EVERY
        };
        if self.said.elapsed() < pause {
            return;
        }
        self.said = Instant::now();
        let line = line(&self.what, self.most, total);
        if self.terminal {
            eprint!("\r\x1b[2K{line}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }

    /// Ends the line with what was done and how long it took.
    pub fn finish(self, bytes: u64) {
        self.clear();
        let seconds = self.begun.elapsed().as_secs_f64();
        eprintln!("  {}: {} in {seconds:.1} s", self.what, size(bytes));
    }

    /// Takes the rewritten line away, before something else is said.
    pub fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[2K");
        }
    }
}

fn line(what: &str, done: u64, total: u64) -> String {
    if total == 0 {
        return format!("  {what}: {}", size(done));
    }
    let done = done.min(total);
    let percent = done * 100 / total;
    format!("  {what}: {} of {}, {percent}%", size(done), size(total))
}

/// Bytes for people: `530.7 MB`.
pub fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    if bytes >= 1e9 {
        format!("{:.1} GB", bytes / 1e9)
    } else if bytes >= 1e6 {
        format!("{:.1} MB", bytes / 1e6)
    } else {
        format!("{:.0} kB", bytes / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_how_much_and_how_far() {
        assert_eq!(
            line("downloading torch", 265_350_000, 530_700_000),
            "  downloading torch: 265.4 MB of 530.7 MB, 50%"
        );
    }

    #[test]
    fn more_than_all_is_all_and_nothing_known_divides_nothing() {
        assert!(line("x", 5_000_000, 4_000_000).ends_with("4.0 MB of 4.0 MB, 100%"));
        assert_eq!(line("x", 2_000, 0), "  x: 2 kB");
    }
}
