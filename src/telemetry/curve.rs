//! [`Curve`]: a series of any length in bounded memory.

/// A point of a [`Curve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// First step that the point stands for.
    pub step: u64,
    /// Mean value over the point's steps; not finite if one of them was not.
    pub value: f64,
}

/// A series by step. Holds every value until there are [`Curve::CAPACITY`], then pairs of
/// neighbours become one, again and again: memory stays bounded and the whole run stays visible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    points: Vec<Point>,
    /// log2 of the steps that a full point stands for.
    halvings: u32,
    /// Values in the last point.
    filling: u32,
}

impl Curve {
    /// Largest number of points.
    pub const CAPACITY: usize = 1024;

    /// Adds the value of `step`, which must come after all earlier ones.
    pub fn push(&mut self, step: u64, value: f64) {
        let full = 1_u32 << self.halvings;
        match self.points.last_mut() {
            Some(last) if self.filling < full => {
                let n = f64::from(self.filling);
                last.value = (last.value * n + value) / (n + 1.0);
                self.filling += 1;
            }
            _ => {
                if self.points.len() == Self::CAPACITY {
                    self.halve();
                }
                self.points.push(Point { step, value });
                self.filling = 1;
            }
        }
    }

    /// Forgets what came after `step`, as far as points still tell: one that straddles it stays.
    pub fn cut_after(&mut self, step: u64) {
        let before = self.points.len();
        self.points.retain(|point| point.step <= step);
        if self.points.len() < before {
            // The last point may stand for steps on both sides: it takes no more.
            self.filling = 1 << self.halvings;
        }
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The last point.
    pub fn last(&self) -> Option<Point> {
        self.points.last().copied()
    }

    /// Steps that one point stands for.
    pub const fn stride(&self) -> u64 {
        1 << self.halvings
    }

    fn halve(&mut self) {
        let pairs = self.points.chunks(2).map(|pair| Point {
            step: pair[0].step,
            value: pair.iter().map(|p| p.value).sum::<f64>() / pair.len() as f64,
        });
        self.points = pairs.collect();
        self.halvings += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_series_keep_every_value() {
        let mut curve = Curve::default();
        for step in 1..=10 {
            curve.push(step, step as f64);
        }
        assert_eq!(curve.points().len(), 10);
        assert_eq!(
            curve.points()[3],
            Point {
                step: 4,
                value: 4.0
            }
        );
    }

    #[test]
    fn long_series_stay_bounded_and_keep_their_mean() {
        let mut curve = Curve::default();
        let n = 100_000;
        for step in 0..n {
            curve.push(step, step as f64);
        }
        assert!(curve.points().len() <= Curve::CAPACITY);
        assert_eq!(curve.points()[0].step, 0);
        let stride = curve.stride() as f64;
        for (i, point) in curve.points().iter().enumerate() {
            assert_eq!(point.step, i as u64 * curve.stride());
            if i + 1 < curve.points().len() {
                assert!((point.value - (point.step as f64 + (stride - 1.0) / 2.0)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn what_came_after_a_step_can_be_forgotten() {
        let mut curve = Curve::default();
        for step in 1..=5000 {
            curve.push(step, 1.0);
        }
        curve.cut_after(2500);
        assert!(curve.points().iter().all(|p| p.step <= 2500));
        for step in 2501..=2600 {
            curve.push(step, 2.0);
        }
        let steps: Vec<_> = curve.points().iter().map(|p| p.step).collect();
        assert!(steps.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(curve.last().unwrap().value, 2.0);
        // Nothing to forget changes nothing.
        let same = curve.clone();
        curve.cut_after(2600);
        assert_eq!(curve, same);
    }

    #[test]
    fn a_value_that_is_no_number_leaves_a_gap() {
        let mut curve = Curve::default();
        curve.push(1, 1.0);
        curve.push(2, f64::NAN);
        curve.push(3, 1.0);
        assert!(curve.points()[1].value.is_nan());
        assert!(curve.points()[2].value.is_finite());
    }
}
