//! Where dials stop: on numbers that people say.

/// Fine stops within a decade.
const FINE: [f64; 24] = [
    1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.2, 2.5, 2.8, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0,
    6.5, 7.0, 7.5, 8.0, 9.0,
];

/// Coarse stops within a decade.
const COARSE: [f64; 3] = [1.0, 2.0, 5.0];

/// The next stop above or below a positive number.
pub fn decade(x: f64, up: bool, far: bool) -> f64 {
    if !(x.is_finite() && x > 0.0) {
        return x;
    }
    let stops: &[f64] = if far { &COARSE } else { &FINE };
    let exponent = x.log10().floor() as i32;
    let all = (exponent - 1..=exponent + 1).flat_map(|e| stops.iter().map(move |s| exact(*s, e)));
    // A stop that is nearer than this is passed over: a turn is to be felt. For fine ones only the same
    // stop is too near: 0.0999999 is 0.1 after a trip through f32.
    let near = if far { 1.15 } else { 1.001 };
    if up {
        all.into_iter().find(|s| *s > x * near).unwrap_or(x)
    } else {
        all.rev().find(|s| *s < x / near).unwrap_or(x)
    }
}

/// `digits * 10^exponent`, as the decimal text reads.
fn exact(digits: f64, exponent: i32) -> f64 {
    format!("{digits}e{exponent}").parse().unwrap_or(digits)
}

/// The next multiple of `step` above or below.
pub fn linear(x: f64, step: f64, up: bool) -> f64 {
    let at = x / step;
    let next = if up {
        (at + 1e-6).floor() + 1.0
    } else {
        (at - 1e-6).ceil() - 1.0
    };
    // Rounded, so that ten times 0.05 is 0.5.
    (next * step * 1e6).round() / 1e6
}

/// The next stop of 1, 2, 3, 4, 6, 8, 12, 16, 24, ... (or of the powers of two).
pub fn octave(n: u64, up: bool, far: bool) -> u64 {
    let stops = (0..=20_u32).flat_map(|e| {
        let power = 1_u64 << e;
        [Some(power), (!far && e > 0).then_some(power + power / 2)]
            .into_iter()
            .flatten()
    });
    if up {
        stops.into_iter().find(|s| *s > n).unwrap_or(n)
    } else {
        stops.rev().find(|s| *s < n).unwrap_or(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_the_numbers_that_people_say() {
        // Exactly: a stop is the number that its text reads as.
        let stops = [
            (decade(0.07, true, false), "0.075"),
            (decade(0.07, false, false), "0.065"),
            (decade(0.1, false, false), "0.09"),
            (decade(0.0643, true, true), "0.1"),
            (decade(5e-4, false, true), "0.0002"),
            (decade(0.1004, false, true), "0.05"),
            (decade(0.0999, true, true), "0.2"),
            (linear(-10.0, 0.25, true), "-9.75"),
            (linear(-9.9, 2.0, false), "-10"),
            (linear(0.95, 0.05, true), "1"),
        ];
        for (stop, text) in stops {
            assert_eq!(stop.to_string(), text);
        }
        assert_eq!(octave(64, true, false), 96);
        assert_eq!(octave(100, false, true), 64);
        assert_eq!(octave(1, false, false), 1);
        assert_eq!(octave(1, true, false), 2);
    }
}
