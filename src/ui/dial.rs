//! Dials as hands know them: how each turns, within which bounds, what it means now. What they are called and
//! what they may hold stands in the table of [`Dial`]s.

mod explain;
mod grid;
mod idle;
mod rate;
mod typed;

pub use rate::Rate;
pub use typed::begins_number;

use crate::control::{Control, Dial, Group, Settings};
use crate::quantity::Temperature;
use crate::quantity::Value;
use crate::telemetry::DataReport;

use super::action::Turn;

/// How a dial turns.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Through the decades; at or below `floor` down to 0, and up from there to `first` or the next stop.
    Decades { floor: f64, first: Option<f64> },
    /// By multiples: of the first a little, of the second far.
    Multiples(f64, f64),
    /// Through the powers of two and what lies half-way.
    Octaves,
    /// Through what is missing to 1, from a tenth down: 0.9, 0.95, 0.98, 0.99, 0.995 ...
    TowardsOne,
    /// Through its choices, round and round.
    Choices,
}

impl Dial {
    const fn step(self) -> Step {
        match self {
            Self::Temperature => Step::Decades {
                floor: 0.0,
                first: None,
            },
            Self::LearningRate => Step::Decades {
                floor: 1e-7,
                first: Some(1e-6),
            },
            Self::WeightDecay => Step::Decades {
                floor: 1e-4,
                first: None,
            },
            Self::Bias => Step::Multiples(0.25, 2.0),
            Self::ShuffleCaptions | Self::RandomCaptions | Self::NoiseImages | Self::Duplicates => {
                Step::Multiples(0.05, 0.25)
            }
            Self::Imbalance => Step::Multiples(0.1, 0.5),
            Self::Beta2 => Step::TowardsOne,
            Self::BatchSize | Self::Concepts => Step::Octaves,
            Self::Loss | Self::Augment | Self::Lock => Step::Choices,
        }
    }

    /// Whether it goes round a few choices.
    pub const fn is_choice(self) -> bool {
        matches!(self.step(), Step::Choices)
    }

    /// Whether it is one of the data's.
    pub fn is_of_data(self) -> bool {
        self.group() == Group::Data
    }

    /// What may be typed, for a lane with these settings.
    pub fn allowed(self, settings: Option<&Settings>) -> String {
        match self {
            Self::Temperature => {
                format!("{} to {}", least_temperature(settings), Temperature::MAX)
            }
            Self::Concepts => {
                let all = settings.map_or_else(
                    || "the number of concepts".into(),
                    |s| s.all_concepts.to_string(),
                );
                let least = self.bounds().map_or(0.0, |(least, _)| least);
                format!("{least} to {all}, or all")
            }
            _ => self.range(),
        }
    }

    /// Whether a dial of the data leaves the data as it is.
    pub fn rests(self, settings: &Settings) -> bool {
        matches!(settings.get(self), None | Some(Value::Real(0.0)))
    }

    /// What a dial of the data came to in a batch, counted.
    pub fn measured(self, batch: &DataReport) -> Option<Value> {
        Some(match self {
            Self::ShuffleCaptions => Value::Real(batch.wrong_captions),
            Self::RandomCaptions => Value::Real(batch.random_captions),
            Self::NoiseImages => Value::Real(batch.noise_images),
            Self::Duplicates => Value::Real(batch.duplicates),
            Self::Concepts => Value::Whole(batch.classes),
            _ => return None,
        })
    }

    /// The control that the dial of a lane with these settings, turned from `value`, sets; `None` at
    /// its end.
    pub fn turned(self, value: Option<Value>, turn: Turn, settings: &Settings) -> Option<Control> {
        let up = matches!(turn, Turn::Up | Turn::FarUp);
        let far = matches!(turn, Turn::FarUp | Turn::FarDown);
        let real = match value {
            Some(Value::Real(x)) => x,
            Some(Value::Whole(n)) => n as f64,
            // All concepts are as many as there are; a first turn gives a lane without bias the neutral one.
            None if self == Self::Concepts => settings.all_concepts as f64,
            None if self.without().is_some() => return self.set(Value::Real(0.0)),
            _ => 0.0,
        };
        let next = match self.step() {
            Step::Decades { floor, .. } if real <= floor && !up => Value::Real(0.0),
            Step::Decades {
                floor,
                first: Some(first),
            } if real <= floor => Value::Real(first),
            Step::Decades { floor, .. } => Value::Real(grid::decade(real.max(floor), up, far)),
            Step::Multiples(fine, coarse) => {
                Value::Real(grid::linear(real, if far { coarse } else { fine }, up))
            }
            // What is missing is what is felt: its stops are those of decades, coarse ones.
            Step::TowardsOne => {
                let missing = grid::decade(1.0 - real, !up, true).clamp(1e-6, 1.0);
                Value::Real(((1.0 - missing) * 1e9).round() / 1e9)
            }
            Step::Octaves => Value::Whole(grid::octave(real as u64, up, far)),
            Step::Choices => self.next_choice(value, up)?,
        };
        let control = match next {
            Value::Whole(n) if self == Self::Concepts && n >= settings.all_concepts => {
                Control::AllConcepts
            }
            next => self.set(self.within_bounds(next, settings))?,
        };
        (control.value() != value).then_some(control)
    }

    fn set(self, value: Value) -> Option<Control> {
        Control::from_value(self.name(), Some(value)).ok()
    }

    fn next_choice(self, value: Option<Value>, up: bool) -> Option<Value> {
        let choices = self.choices();
        let at = choices.iter().position(|choice| Some(*choice) == value);
        let step = if up { 1 } else { choices.len() - 1 };
        let next = at.map_or(1, |at| at + step) % choices.len();
        choices.get(next).copied()
    }

    fn within_bounds(self, value: Value, settings: &Settings) -> Value {
        let (mut least, most) = self.bounds().unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        if self == Self::Temperature {
            least = least_temperature(Some(settings));
        }
        match value {
            Value::Real(x) => Value::Real(x.clamp(least, most)),
            Value::Whole(n) => Value::Whole((n as f64).clamp(least, most) as u64),
            other => other,
        }
    }
}

/// A value in at most seven characters.
pub fn show(value: Value) -> String {
    match value {
        Value::Real(0.0) => "0".into(),
        Value::Real(x) if x.abs() < 1e-2 || x.abs() >= 1e4 => {
            let text = format!("{x:.2e}");
            let text = text.replace(".00e", "e").replace("0e", "e");
            // With a sign there is room for one digit less.
            if text.len() > 7 {
                format!("{x:.1e}")
            } else {
                text
            }
        }
        Value::Real(x) if x.abs() < 1.0 => format!("{x:.4}"),
        Value::Real(x) if x.abs() < 100.0 => format!("{x:.2}"),
        Value::Real(x) => format!("{x:.1}"),
        other => other.to_string(),
    }
}

/// Below the lane's clamp there is nothing to be had.
fn least_temperature(settings: Option<&Settings>) -> f64 {
    settings.map_or(Temperature::MIN, |s| {
        Temperature::MIN.max(1.0 / s.max_logit_scale)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Bias, Concepts, Loss};
    use crate::ui::fixture;

    #[test]
    fn every_dial_turns_both_ways_within_its_range() {
        let settings = fixture::settings(Loss::SigLip);
        for dial in Dial::ALL {
            for turn in [Turn::Down, Turn::Up, Turn::FarDown, Turn::FarUp] {
                let mut value = settings.get(dial);
                for _ in 0..300 {
                    let Some(control) = dial.turned(value, turn, &settings) else {
                        break;
                    };
                    assert_eq!(control.name(), dial.name());
                    value = control.value();
                }
                let is_switch = dial.is_choice();
                assert!(
                    is_switch
                        || dial.turned(value, turn, &settings).is_none()
                        || dial == Dial::Bias,
                    "{dial:?} {turn:?} has no end"
                );
            }
        }
    }

    #[test]
    fn up_and_down_come_back() {
        for dial in [
            Dial::Temperature,
            Dial::LearningRate,
            Dial::Bias,
            Dial::BatchSize,
        ] {
            let settings = fixture::settings(Loss::SigLip);
            let turned = |from, turn| dial.turned(from, turn, &settings).unwrap().value();
            let start = turned(settings.get(dial), Turn::Up);
            let up = turned(start, Turn::Up);
            let back = turned(up, Turn::Down);
            assert_eq!(back, start, "{dial:?}");
        }
    }

    #[test]
    fn a_lane_without_bias_gets_the_neutral_one() {
        assert_eq!(
            Dial::Bias.turned(None, Turn::Up, &fixture::settings(Loss::SigLip)),
            Some(Control::Bias(Bias::new(0.0).unwrap()))
        );
    }

    #[test]
    fn concepts_turn_from_all_to_two_and_back() {
        let settings = fixture::settings(Loss::SigLip);
        let turned = |from, turn| Dial::Concepts.turned(from, turn, &settings);
        assert_eq!(turned(None, Turn::Up), None);
        let some = |n| Control::Concepts(Concepts::new(n).unwrap());
        assert_eq!(turned(None, Turn::Down), Some(some(768)));
        assert_eq!(turned(None, Turn::FarDown), Some(some(512)));
        assert_eq!(
            turned(Some(Value::Whole(768)), Turn::Up),
            Some(Control::AllConcepts)
        );
        assert_eq!(turned(Some(Value::Whole(3)), Turn::Down), Some(some(2)));
        assert_eq!(turned(Some(Value::Whole(2)), Turn::Down), None);
        assert!(Dial::Concepts.rests(&settings) && Dial::NoiseImages.rests(&settings));
    }

    #[test]
    fn values_fit_their_column() {
        for x in [
            0.07, 1e-3, 5e-4, 1.25e-5, -10.0, -123.456, 32768.0, 0.05, 99.99, -0.25, 1e-12,
            -3.29e-3, 3.294e-12,
        ] {
            let text = show(Value::Real(x));
            assert!(text.len() <= 7, "{text}");
        }
        assert_eq!(show(Value::Real(5e-4)), "5e-4");
        assert_eq!(show(Value::Real(0.07)), "0.0700");
        assert_eq!(show(Value::Real(-10.0)), "-10.00");
    }
}
