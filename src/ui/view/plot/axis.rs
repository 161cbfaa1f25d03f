//! [`Axis`]: which part of the numbers is shown, and where a number lies on it.

/// A range, linear or logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// Logarithmic; then `low` is positive.
    pub log: bool,
}

impl Axis {
    /// An axis on which all these values lie, with a little room; what cannot be shown (not finite,
    /// or not positive on a logarithmic axis) does not count.
    pub fn around(values: impl IntoIterator<Item = f64>, log: bool) -> Self {
        let shown = values
            .into_iter()
            .filter(|v| v.is_finite() && (!log || *v > 0.0));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
            (l.min(v), h.max(v))
        });
        if !low.is_finite() {
            return Self {
                low: if log { 0.1 } else { 0.0 },
                high: 1.0,
                log,
            };
        }
        if log {
            let room = (high / low).ln().max(0.1) * 0.06;
            return Self {
                low: low * (-room).exp(),
                high: high * room.exp(),
                log,
            };
        }
        let room = (high - low).max(high.abs().max(low.abs()) * 0.02).max(1e-9) * 0.06;
        // Losses and norms are seen against zero where zero is near.
        let low = if low >= 0.0 && low < (high - low) * 0.4 {
            0.0
        } else {
            low - room
        };
        Self {
            low,
            high: high + room,
            log,
        }
    }

    /// Where the value lies: 0 at the low end, 1 at the high end, beyond outside. `None` where it
    /// lies nowhere.
    pub fn place(&self, value: f64) -> Option<f64> {
        if !value.is_finite() || (self.log && value <= 0.0) {
            return None;
        }
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.is_finite().then_some(share)
    }

    /// About `count` round numbers on the axis.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        if !(self.low.is_finite() && self.high.is_finite() && self.high > self.low) {
            return Vec::new();
        }
        if self.log {
            let ticks = self.log_ticks(count);
            if ticks.len() >= 2 {
                return ticks;
            }
        }
        let rough = (self.high - self.low) / count.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|m| m * power)
            .find(|s| *s >= rough * 0.999)
            .unwrap_or(power);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last.min(first + 30))
            .map(|i| i as f64 * step)
            .collect()
    }

    fn log_ticks(&self, count: usize) -> Vec<f64> {
        let (from, to) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        let within = |stops: &[f64]| -> Vec<f64> {
            (from..=to)
                .flat_map(|e| stops.iter().map(move |s| s * 10_f64.powi(e)))
                .filter(|t| (self.low..=self.high).contains(t))
                .collect()
        };
        let fine = within(&[1.0, 2.0, 5.0]);
        if fine.len() <= count + 2 {
            fine
        } else {
            within(&[1.0])
        }
    }
}

/// A tick's text, with as many digits as its neighbours ask for.
pub fn tick_text(tick: f64, all: &[f64]) -> String {
    let gap = all
        .windows(2)
        .map(|w| (w[1] - w[0]).abs())
        .fold(f64::INFINITY, f64::min);
    let gap = if gap.is_finite() { gap } else { tick.abs() };
    let gap = gap.min(if tick == 0.0 { gap } else { tick.abs() });
    if tick.abs() >= 1e5 || (tick != 0.0 && tick.abs() < 1e-4) {
        return format!("{tick:.0e}");
    }
    let digits = if gap >= 1.0 || gap <= 0.0 {
        0
    } else {
        (-gap.log10()).ceil() as usize
    };
    // 0.25 and 2.5 have one digit more than their size says.
    let scaled = gap * 10_f64.powi(digits as i32);
    let digits = digits + usize::from((scaled - scaled.round()).abs() > 1e-3);
    format!("{tick:.0$}", digits.min(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let axis = Axis {
            low: 0.0,
            high: 4.3,
            log: false,
        };
        assert_eq!(axis.ticks(4), [0.0, 2.0, 4.0]);
        let axis = Axis {
            low: 0.015,
            high: 0.12,
            log: true,
        };
        assert_eq!(axis.ticks(4), [0.02, 0.05, 0.1]);
        assert_eq!(tick_text(0.02, &axis.ticks(4)), "0.02");
        assert_eq!(tick_text(-7.5, &[-10.0, -7.5]), "-7.5");
        assert_eq!(tick_text(0.0, &[0.0, 0.25]), "0.00");
    }

    #[test]
    fn what_cannot_be_shown_lies_nowhere() {
        let log = Axis::around([1.0, 10.0, f64::NAN, -3.0], true);
        assert!(log.low > 0.5 && log.high < 20.0);
        assert_eq!(log.place(-1.0), None);
        assert_eq!(log.place(f64::NAN), None);
        assert!((log.place(10_f64.sqrt()).unwrap() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn no_values_or_one_value_still_make_an_axis() {
        for log in [false, true] {
            for values in [
                vec![],
                vec![f64::NAN],
                vec![5.0],
                vec![0.0],
                vec![-2.0, -2.0],
                vec![1e300, -1e300],
            ] {
                let axis = Axis::around(values, log);
                assert!(
                    axis.low < axis.high && axis.low.is_finite() && axis.high.is_finite(),
                    "{axis:?}"
                );
                assert!(axis.ticks(5).len() < 40);
            }
        }
    }
}
