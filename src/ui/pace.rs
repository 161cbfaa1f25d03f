//! [`Pace`]: how soon news may be drawn again. A slow line gets few frames, and fewer still when they
//! are large: never more bytes a second than it was promised.

use std::time::Duration;

/// The least time between two frames that nobody asked for by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    frame: Duration,
    /// Bytes a second, at most.
    most: Option<u64>,
}

impl Pace {
    /// For a slow line: four frames and 64 KB a second at most.
    pub const SLOW: Self = Self {
        frame: Duration::from_millis(250),
        most: Some(64_000),
    };

    /// For a line that holds all that is drawn.
    pub const FAST: Self = Self {
        frame: Duration::from_millis(60),
        most: None,
    };

    /// For a line of this kind.
    pub const fn of(low_bandwidth: bool) -> Self {
        if low_bandwidth {
            Self::SLOW
        } else {
            Self::FAST
        }
    }

    /// How long to wait after a frame of so many bytes.
    pub fn after(self, bytes: u64) -> Duration {
        let paid = self
            .most
            .map_or(0.0, |most| bytes as f64 / most.max(1) as f64);
        self.frame.max(Duration::from_secs_f64(paid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_line_never_gets_more_than_it_holds() {
        for bytes in [0, 1, 15_000, 16_000, 40_000, 1_000_000] {
            let wait = Pace::SLOW.after(bytes).as_secs_f64();
            assert!(bytes as f64 / wait <= 64_000.5, "{bytes} in {wait} s");
            assert!(1.0 / wait <= 4.0, "{wait} s");
        }
        assert_eq!(Pace::FAST.after(1_000_000), Pace::FAST.after(0));
    }
}
