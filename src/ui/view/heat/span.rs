//! [`ColorSpan`]: what the colours of a heatmap span, and the least that they do.

use super::Grid;
use crate::ui::app::{App, Quantity, Range};
use crate::ui::theme::Scale;

/// What colours span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColorSpan {
    /// The value of the first colour.
    pub low: f64,
    /// The value of the last.
    pub high: f64,
    /// The least width of this quantity's spans, if the values fill less than that.
    pub least: Option<f64>,
}

/// The least that colours span. Of what is closer together no more is to be made than there is: a model that gives
/// every pair the same cosine is to look like one, and not like noise in all colours.
///
/// A cosine's is a tenth of its whole range; a logit's changes the odds by e^2; a probability's is a tenth of all;
/// a gradient's is a fifth of 1/N, with which a pair is pulled that is not found at all.
pub fn least(quantity: Quantity, pairs: usize) -> f64 {
    match quantity {
        Quantity::Cosine => 0.2,
        Quantity::Logit => 2.0,
        Quantity::Probability => 0.1,
        Quantity::Gradient => 0.2 / pairs.max(1) as f64,
    }
}

/// The values that the quantity can have at all.
const fn bounds(quantity: Quantity) -> (f64, f64) {
    match quantity {
        Quantity::Cosine => (-1.0, 1.0),
        Quantity::Probability => (0.0, 1.0),
        Quantity::Logit | Quantity::Gradient => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// How the quantity in sight is shown: what has a sign has a colour for each.
pub fn scale(app: &App) -> Scale {
    if app.quantity == Quantity::Gradient {
        Scale::Diverging
    } else {
        Scale::Rising
    }
}

/// The range in use: logits and gradients have no fixed range, and the logits of a softmax and
/// of a sigmoid with its bias lie so far apart that one scale would show neither.
pub const fn range(app: &App) -> Range {
    match (app.quantity, app.range) {
        (Quantity::Logit, _) | (Quantity::Gradient, Range::Fixed) => Range::Own,
        (_, range) => range,
    }
}

/// What the colours span for a lane with the values `own` of a batch of so many pairs. Ends are rounded outwards,
/// so that the scale does not tremble from step to step.
pub fn span<'a>(
    app: &App,
    own: &Grid,
    all: impl IntoIterator<Item = &'a Grid>,
    pairs: usize,
) -> ColorSpan {
    let extent = match (range(app), app.quantity) {
        (Range::Fixed, Quantity::Cosine) => return ColorSpan::fixed(-1.0, 1.0),
        (Range::Fixed, _) => return ColorSpan::fixed(0.0, 1.0),
        (Range::Shared, _) => all
            .into_iter()
            .filter_map(Grid::extent)
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        (Range::Own, _) => own.extent(),
    };
    let least = least(app.quantity, pairs);
    match scale(app) {
        Scale::Rising => ColorSpan::holding(extent, least, bounds(app.quantity)),
        Scale::Diverging => ColorSpan::around_zero(extent, least),
    }
}

/// What the colours of a difference span: zero lies in the middle.
pub fn of_difference(grid: &Grid, quantity: Quantity, pairs: usize) -> ColorSpan {
    ColorSpan::around_zero(grid.extent(), least(quantity, pairs))
}

impl ColorSpan {
    const fn fixed(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            least: None,
        }
    }

    /// Where a value lies: 0 at the first colour, 1 at the last.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    fn holding(extent: Option<(f64, f64)>, least: f64, bounds: (f64, f64)) -> Self {
        let Some((low, high)) = extent else {
            return Self::fixed(0.0, 1.0);
        };
        let missing = (least - (high - low)).max(0.0);
        let (mut low, mut high) = (low - missing / 2.0, high + missing / 2.0);
        if missing > 0.0 {
            // Within what there can be, as wide as before.
            let back = (high - bounds.1).max(0.0) - (bounds.0 - low).max(0.0);
            (low, high) = (low - back, high - back);
        }
        let (low, high) = round(low, high);
        Self {
            low: low.max(bounds.0),
            high: high.min(bounds.1),
            least: (missing > 0.0).then_some(least),
        }
    }

    fn around_zero(extent: Option<(f64, f64)>, least: f64) -> Self {
        let (low, high) = extent.unwrap_or((0.0, 0.0));
        let most = low.abs().max(high.abs());
        let wide = most.max(least / 2.0);
        let (_, end) = round(-wide, wide);
        Self {
            low: -end,
            high: end,
            least: (most < least / 2.0).then_some(least),
        }
    }
}

/// Both ends rounded outwards.
fn round(low: f64, high: f64) -> (f64, f64) {
    let step = twentieth((high - low).max(1e-9));
    // An end that is round already stays, whatever binary fractions make of it.
    let ends = (
        (low / step + 1e-6).floor() * step,
        (high / step - 1e-6).ceil() * step,
    );
    if ends.1 > ends.0 {
        ends
    } else {
        (ends.0, ends.0 + step)
    }
}

/// About a twentieth, as a round number.
fn twentieth(width: f64) -> f64 {
    let power = 10_f64.powf((width / 20.0).log10().floor());
    [5.0, 2.0, 1.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step <= width / 20.0 * 1.001)
        .unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn grid(values: &[f64]) -> Grid {
        Grid {
            side: values.len(),
            values: values.to_vec(),
        }
    }

    fn own(quantity: Quantity, values: &[f64], pairs: usize) -> ColorSpan {
        let mut app = fixture::app(3);
        app.quantity = quantity;
        span(&app, &grid(values), [], pairs)
    }

    #[test]
    fn the_scale_holds_all_values() {
        let span = own(Quantity::Cosine, &[-0.13, 0.62, f64::NAN], 8);
        assert!(
            (span.low + 0.14).abs() < 1e-9 && (span.high - 0.62).abs() < 1e-9,
            "{span:?}"
        );
        assert_eq!(span.least, None);
        let none = own(Quantity::Cosine, &[f64::NAN], 8);
        assert_eq!((none.low, none.high), (0.0, 1.0));
    }

    #[test]
    fn values_that_are_nearly_the_same_have_nearly_the_same_colour() {
        for (quantity, low, apart) in [
            (Quantity::Cosine, 0.93, 0.01),
            (Quantity::Cosine, 0.999, 0.001),
            (Quantity::Cosine, -0.4, 0.01),
            (Quantity::Logit, 13.0, 0.1),
            (Quantity::Probability, 1.0 / 64.0, 0.002),
            (Quantity::Probability, 0.999, 0.001),
            (Quantity::Gradient, 1e-7, 1e-6),
        ] {
            let span = own(quantity, &[low, low + apart], 64);
            let least = least(quantity, 64);
            assert_eq!(span.least, Some(least), "{quantity:?}: {span:?}");
            assert!(
                (span.high - span.low) >= least * 0.999,
                "{quantity:?}: {span:?}"
            );
            assert!(
                (span.high - span.low) <= least * 1.2,
                "{quantity:?}: {span:?}"
            );
            let shares = [span.share(low), span.share(low + apart)];
            assert!(
                shares.iter().all(|s| (0.0..=1.0).contains(s)),
                "{quantity:?}: {span:?}"
            );
            assert!(shares[1] - shares[0] < 0.06, "{quantity:?}: {span:?}");
        }
    }

    #[test]
    fn what_spans_more_than_the_least_is_spanned_as_it_is() {
        for (quantity, values) in [
            (Quantity::Cosine, [0.1, 0.35]),
            (Quantity::Logit, [-3.0, 4.0]),
            (Quantity::Probability, [0.0, 0.5]),
            (Quantity::Gradient, [-0.01, 0.002]),
        ] {
            assert_eq!(own(quantity, &values, 64).least, None, "{quantity:?}");
        }
    }

    #[test]
    fn a_difference_of_nothing_is_dark_and_has_zero_in_its_middle() {
        let span = of_difference(&grid(&[0.001, -0.002]), Quantity::Cosine, 8);
        assert!((span.share(0.0) - 0.5).abs() < 1e-9 && span.least.is_some());
        assert!((span.share(0.001) - 0.5).abs() < 0.02, "{span:?}");
        let wide = of_difference(&grid(&[0.3, -0.1]), Quantity::Cosine, 8);
        assert!((wide.share(0.0) - 0.5).abs() < 1e-9 && wide.least.is_none());
    }
}
