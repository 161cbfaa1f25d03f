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

    /// About `count` round numbers on the axis: multiples of 1, 2 or 5 times a power of ten.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        self.ticks_from(count, 0.0, false)
    }

    /// The same among whole numbers: there is no step 2.5.
    pub fn whole_ticks(&self, count: usize) -> Vec<f64> {
        self.ticks_from(count, 1.0, true)
    }

    /// Ticks that lie at least so far apart. Of the round distances the one is taken that gives about as many
    /// as asked for, at least two if any does; of two that are as close that with fewer, or with `more`.
    fn ticks_from(&self, count: usize, least: f64, more: bool) -> Vec<f64> {
        if !(self.low.is_finite() && self.high.is_finite() && self.high > self.low) {
            return Vec::new();
        }
        if self.log {
            let mut ticks = self.log_ticks(count);
            ticks.retain(|tick| *tick >= least);
            if ticks.len() >= 2 {
                return ticks;
            }
        }
        let rough = (self.high - self.low) / count.max(1) as f64;
        let power = rough.log10().floor() as i32;
        let distances = (power - 1..=power + 1).flat_map(|e| [1.0, 2.0, 5.0].map(|m| (m, e)));
        let wanted = count.max(2);
        distances
            .chain([(1.0, 0)])
            .filter(|(m, e)| m * 10_f64.powi(*e) >= least.max(f64::MIN_POSITIVE))
            .map(|(m, e)| self.multiples(m, e))
            .filter(|ticks| ticks.len() <= 3 * wanted + 3)
            .min_by_key(|ticks| {
                let n = ticks.len();
                (n < 2, n.abs_diff(wanted), (n < wanted) == more)
            })
            .unwrap_or_default()
    }

    /// The multiples of `m` times ten to the `e` on the axis, each the closest number to what is written.
    fn multiples(&self, m: f64, e: i32) -> Vec<f64> {
        let step = m * 10_f64.powi(e);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last.min(first.saturating_add(99)))
            .map(|i| {
                if e < 0 {
                    i as f64 * m / 10_f64.powi(-e)
                } else {
                    i as f64 * step
                }
            })
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

/// A tick's text, with just as many decimals as tell it from its neighbours.
pub fn tick_text(tick: f64, all: &[f64]) -> String {
    let gap = all
        .windows(2)
        .map(|w| (w[1] - w[0]).abs())
        .fold(f64::INFINITY, f64::min);
    let gap = if gap.is_finite() { gap } else { tick.abs() };
    let gap = gap.min(if tick == 0.0 { gap } else { tick.abs() });
    number_text(tick, gap)
}

/// A number to the decimals that show a difference of `gap`.
pub fn number_text(value: f64, gap: f64) -> String {
    if value.abs() >= 1e5 || (value != 0.0 && value.abs() < 1e-4) {
        return format!("{value:.0e}");
    }
    let digits = if gap >= 1.0 || gap <= 0.0 {
        0
    } else {
        // 0.1 is a little more than a tenth.
        (-gap.log10() - 1e-9).ceil() as usize
    };
    // 0.25 and 2.5 have one digit more than their size says.
    let scaled = gap * 10_f64.powi(digits as i32);
    let digits = digits + usize::from((scaled - scaled.round()).abs() > 1e-3);
    format!("{value:.0$}", digits.min(4))
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
    fn ticks_are_multiples_of_one_two_or_five_and_their_texts_say_exactly_what_they_are() {
        for low in [0.0, -0.3, 0.07, 17.0, -250.0] {
            for width in [0.013, 0.04, 0.3, 1.0, 2.6, 4.3, 9.0, 11.0, 75.0, 640.0, 3e4] {
                let axis = Axis {
                    low,
                    high: low + width,
                    log: false,
                };
                for count in 1..8 {
                    let ticks = axis.ticks(count);
                    assert!(ticks.len() >= 2, "{axis:?} {count}: {ticks:?}");
                    assert!(ticks.len() <= 2 * count + 3, "{axis:?} {count}: {ticks:?}");
                    let step = ticks[1] - ticks[0];
                    let lead = step / 10_f64.powf((step.log10() + 1e-9).floor());
                    let round = [1.0, 2.0, 5.0].iter().any(|m| (lead - m).abs() < 1e-6);
                    assert!(round, "{axis:?} {count}: {ticks:?}");
                    let texts: Vec<_> = ticks.iter().map(|t| tick_text(*t, &ticks)).collect();
                    for (tick, text) in ticks.iter().zip(&texts) {
                        let read: f64 = text.parse().expect("a number");
                        assert!((read - tick).abs() < step * 1e-6, "{ticks:?}: {texts:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn steps_have_whole_ticks_only() {
        for high in [1.0, 2.0, 5.0, 8.0, 10.0, 30.0, 640.0] {
            for log in [false, true] {
                let low = if log { 1.0 } else { 0.0 };
                let axis = Axis {
                    low,
                    high: high + low,
                    log,
                };
                for count in 1..9 {
                    let ticks = axis.whole_ticks(count);
                    assert!(ticks.len() >= 2, "{axis:?}: {ticks:?}");
                    let whole = ticks.iter().all(|t| t.fract() == 0.0);
                    assert!(whole, "{axis:?}: {ticks:?}");
                }
            }
        }
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
