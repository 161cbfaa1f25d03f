//! [`Dial`]: the controls as hands know them: what each is called, how it turns, what it means now.

mod grid;

use crate::control::Settings;
use crate::control::{Control, Value};
use crate::quantity::{
    BatchSize, Bias, Concepts, Fraction, LearningRate, Locked, Loss, Temperature, WeightDecay, Zipf,
};
use crate::telemetry::DataReport;

use super::action::Turn;

/// A control that can be held and turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dial {
    /// tau.
    Temperature,
    /// Bias.
    Bias,
    /// Pairs in a batch.
    BatchSize,
    /// Peak learning rate.
    LearningRate,
    /// Loss.
    Loss,
    /// Weight decay.
    WeightDecay,
    /// Share of captions exchanged.
    Shuffle,
    /// Share of captions that are random words.
    Random,
    /// Share of pictures that are noise.
    Noise,
    /// Share of pairs whose concept another has, too.
    Duplicates,
    /// Zipf's exponent.
    Imbalance,
    /// How many concepts.
    Concepts,
    /// Augmentation.
    Augment,
    /// Which tower is held.
    Lock,
}

impl Dial {
    /// All dials, in the order of the strip.
    pub const ALL: [Self; 14] = [
        Self::Temperature,
        Self::Bias,
        Self::BatchSize,
        Self::LearningRate,
        Self::Loss,
        Self::WeightDecay,
        Self::Shuffle,
        Self::Random,
        Self::Noise,
        Self::Duplicates,
        Self::Imbalance,
        Self::Concepts,
        Self::Augment,
        Self::Lock,
    ];

    /// The dials of the data's quality: one key and one place on the strip for all of them.
    pub const DATA: [Self; 6] = [
        Self::Shuffle,
        Self::Random,
        Self::Noise,
        Self::Duplicates,
        Self::Imbalance,
        Self::Concepts,
    ];

    /// Whether it is one of the data's.
    pub const fn is_of_data(self) -> bool {
        matches!(
            self,
            Self::Shuffle
                | Self::Random
                | Self::Noise
                | Self::Duplicates
                | Self::Imbalance
                | Self::Concepts
        )
    }

    /// The next dial of the data; the first one after the last, and after any other dial.
    #[must_use]
    pub fn next_of_data(self) -> Self {
        let at = Self::DATA.iter().position(|dial| *dial == self);
        Self::DATA[at.map_or(0, |at| at + 1) % Self::DATA.len()]
    }

    /// Its word on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Temperature => "tau",
            Self::Bias => "bias",
            Self::BatchSize => "batch",
            Self::LearningRate => "rate",
            Self::Loss => "loss",
            Self::WeightDecay => "decay",
            Self::Shuffle => "mixed",
            Self::Random => "random",
            Self::Noise => "noise",
            Self::Duplicates => "copies",
            Self::Imbalance => "zipf",
            Self::Concepts => "classes",
            Self::Augment => "augment",
            Self::Lock => "locked",
        }
    }

    /// What it sets, for a list.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Temperature => "tau, the temperature",
            Self::Bias => "the bias that is added to every logit",
            Self::BatchSize => "the number of pairs in a batch",
            Self::LearningRate => "the peak learning rate",
            Self::Loss => "the loss: InfoNCE or SigLIP",
            Self::WeightDecay => "the weight decay",
            Self::Shuffle => "the share of captions that are exchanged",
            Self::Random => "the share of captions that are random words",
            Self::Noise => "the share of pictures that are noise",
            Self::Duplicates => "the share of pairs whose concept stands twice in the batch",
            Self::Imbalance => "the imbalance: Zipf's exponent",
            Self::Concepts => "the number of concepts: the size of the data set",
            Self::Augment => "the augmentation of training pictures",
            Self::Lock => "which tower is held as it is: image (LiT), text or none",
        }
    }

    /// The control's name in records.
    pub const fn control(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Bias => "bias",
            Self::BatchSize => "batch_size",
            Self::LearningRate => "learning_rate",
            Self::Loss => "loss",
            Self::WeightDecay => "weight_decay",
            Self::Shuffle => "shuffle_captions",
            Self::Random => "random_captions",
            Self::Noise => "noise_images",
            Self::Duplicates => "duplicates",
            Self::Imbalance => "imbalance",
            Self::Concepts => "concepts",
            Self::Augment => "augment",
            Self::Lock => "locked",
        }
    }

    /// What may be typed, for a lane with these settings.
    pub fn range(self, settings: Option<&Settings>) -> String {
        match self {
            Self::Temperature => span(least_temperature(settings), Temperature::MAX),
            Self::Bias => span(Bias::MIN, Bias::MAX),
            Self::BatchSize => format!("{} to {}", BatchSize::MIN, BatchSize::MAX),
            Self::LearningRate => span(LearningRate::MIN, LearningRate::MAX),
            Self::Loss => "infonce or siglip".into(),
            Self::WeightDecay => span(WeightDecay::MIN, WeightDecay::MAX),
            Self::Shuffle | Self::Random | Self::Noise | Self::Duplicates => {
                span(Fraction::MIN, Fraction::MAX)
            }
            Self::Imbalance => span(Zipf::MIN, Zipf::MAX),
            Self::Concepts => {
                let all = settings.map_or(String::new(), |s| format!(" {}", s.all_concepts));
                format!("{} to{all}, or all", Concepts::MIN)
            }
            Self::Augment => "on or off".into(),
            Self::Lock => "image, text or none".into(),
        }
    }

    /// The present value; `None` for a lane without bias, and for all concepts.
    pub fn value(self, settings: &Settings) -> Option<Value> {
        Some(match self {
            Self::Temperature => Value::Real(settings.temperature),
            Self::Bias => Value::Real(settings.bias?),
            Self::BatchSize => Value::Whole(settings.batch_size),
            Self::LearningRate => Value::Real(settings.learning_rate),
            Self::Loss => Value::Loss(settings.loss),
            Self::WeightDecay => Value::Real(settings.weight_decay),
            Self::Shuffle
            | Self::Random
            | Self::Noise
            | Self::Duplicates
            | Self::Imbalance
            | Self::Concepts => settings.quality.value(self.control())??,
            Self::Augment => Value::Bool(settings.augment),
            Self::Lock => Value::Locked(settings.locked),
        })
    }

    /// What stands where there is no value, if that has a name.
    pub const fn without(self) -> Option<&'static str> {
        match self {
            Self::Concepts => Some("all"),
            _ => None,
        }
    }

    /// Whether a dial of the data leaves the data as it is.
    pub fn rests(self, settings: &Settings) -> bool {
        matches!(self.value(settings), None | Some(Value::Real(0.0)))
    }

    /// What a dial of the data came to in a batch, counted.
    pub fn measured(self, batch: &DataReport) -> Option<Value> {
        Some(match self {
            Self::Shuffle => Value::Real(batch.wrong_captions),
            Self::Random => Value::Real(batch.random_captions),
            Self::Noise => Value::Real(batch.noise_images),
            Self::Duplicates => Value::Real(batch.duplicates),
            Self::Concepts => Value::Whole(batch.classes),
            _ => return None,
        })
    }

    /// Whether the value is learned; `None` for what is never learned.
    pub fn learned(self, settings: &Settings) -> Option<bool> {
        match self {
            Self::Temperature => Some(settings.learn_temperature),
            Self::Bias => settings.bias.map(|_| settings.learn_bias),
            _ => None,
        }
    }

    /// Whether training could learn it.
    pub const fn can_be_learned(self) -> bool {
        matches!(self, Self::Temperature | Self::Bias)
    }

    /// The control that learns or holds it.
    pub const fn learn(self, on: bool) -> Option<Control> {
        match self {
            Self::Temperature => Some(Control::LearnTemperature(on)),
            Self::Bias => Some(Control::LearnBias(on)),
            _ => None,
        }
    }

    /// The control that the dial of a lane with these settings, turned from `value`, sets; `None` at
    /// its end.
    pub fn turned(self, value: Option<Value>, turn: Turn, settings: &Settings) -> Option<Control> {
        let up = matches!(turn, Turn::Up | Turn::FarUp);
        let far = matches!(turn, Turn::FarUp | Turn::FarDown);
        let real = match value {
            Some(Value::Real(x)) => x,
            Some(Value::Whole(n)) => n as f64,
            _ => 0.0,
        };
        let control = match self {
            Self::Temperature => {
                let least = least_temperature(Some(settings));
                let x = grid::decade(real, up, far).clamp(least, Temperature::MAX);
                Control::Temperature(Temperature::new(x).ok()?)
            }
            Self::LearningRate => {
                let x = match (real <= 1e-7, up) {
                    (true, true) => 1e-6,
                    (true, false) => 0.0,
                    (false, _) => grid::decade(real, up, far),
                };
                Control::LearningRate(
                    LearningRate::new(x.clamp(LearningRate::MIN, LearningRate::MAX)).ok()?,
                )
            }
            Self::WeightDecay => {
                let x = if real <= 1e-4 && !up {
                    0.0
                } else {
                    grid::decade(real.max(1e-4), up, far)
                };
                Control::WeightDecay(
                    WeightDecay::new(x.clamp(WeightDecay::MIN, WeightDecay::MAX)).ok()?,
                )
            }
            // A first turn gives a lane without bias the neutral one.
            Self::Bias if value.is_none() => Control::Bias(Bias::new(0.0).ok()?),
            Self::Bias => {
                let x = grid::linear(real, if far { 2.0 } else { 0.25 }, up)
                    .clamp(Bias::MIN, Bias::MAX);
                Control::Bias(Bias::new(x).ok()?)
            }
            Self::Shuffle | Self::Random | Self::Noise | Self::Duplicates => {
                let x = grid::linear(real, if far { 0.25 } else { 0.05 }, up)
                    .clamp(Fraction::MIN, Fraction::MAX);
                let share = Fraction::new(x).ok()?;
                match self {
                    Self::Random => Control::RandomCaptions(share),
                    Self::Noise => Control::NoiseImages(share),
                    Self::Duplicates => Control::Duplicates(share),
                    _ => Control::ShuffleCaptions(share),
                }
            }
            Self::Imbalance => {
                let x =
                    grid::linear(real, if far { 0.5 } else { 0.1 }, up).clamp(Zipf::MIN, Zipf::MAX);
                Control::Imbalance(Zipf::new(x).ok()?)
            }
            Self::Concepts => {
                let all = settings.all_concepts;
                let from = value.map_or(all, |_| real as u64);
                let n = grid::octave(from, up, far).max(Concepts::MIN);
                if n < all {
                    Control::Concepts(Concepts::new(n).ok()?)
                } else {
                    Control::AllConcepts
                }
            }
            Self::BatchSize => {
                let n = grid::octave(real as u64, up, far).clamp(BatchSize::MIN, BatchSize::MAX);
                Control::BatchSize(BatchSize::new(n).ok()?)
            }
            Self::Loss => Control::Loss(if value == Some(Value::Loss(Loss::SigLip)) {
                Loss::InfoNce
            } else {
                Loss::SigLip
            }),
            Self::Augment => Control::Augment(value != Some(Value::Bool(true))),
            Self::Lock => {
                const ROUND: [Locked; 3] = [Locked::Nothing, Locked::Image, Locked::Text];
                let at = ROUND
                    .iter()
                    .position(|tower| value == Some(Value::Locked(*tower)));
                let step = if up { 1 } else { 2 };
                Control::Lock(ROUND[(at.unwrap_or(0) + step) % 3])
            }
        };
        (control.value() != value).then_some(control)
    }

    /// What the dial does, with the numbers at hand.
    pub fn explain(self, settings: &Settings) -> String {
        let scale = 1.0 / settings.temperature;
        match self {
            Self::Temperature => format!(
                "cosines are divided by tau: logit scale {scale:.1}{}; smaller tau looks at the hardest negatives only",
                if scale >= settings.max_logit_scale * 0.999 { ", at its clamp" } else { "" }
            ),
            Self::Bias => match (settings.loss, settings.bias) {
                (Loss::InfoNce, _) => "softmax cancels a bias: it matters to SigLIP only".into(),
                (Loss::SigLip, Some(b)) => format!(
                    "an unrelated pair starts at p = {:.2e}; batches of {} hold one match in {}: b near {:.2}",
                    sigmoid(b),
                    settings.batch_size,
                    settings.batch_size,
                    -((settings.batch_size.max(2) - 1) as f64).ln()
                ),
                (Loss::SigLip, None) => "no bias: every pair starts at p = 0.5, and the many negatives drown the matches".into(),
            },
            Self::BatchSize => format!(
                "{} pairs: each picture has {} wrong caption{} to be told from; guessing costs InfoNCE ln {} = {:.2}",
                settings.batch_size,
                settings.batch_size.saturating_sub(1),
                if settings.batch_size == 2 { "" } else { "s" },
                settings.batch_size,
                (settings.batch_size as f64).ln()
            ),
            Self::LearningRate => "peak of the schedule: warm-up and decay go on from it".into(),
            Self::Loss => match settings.loss {
                Loss::InfoNce => "InfoNCE: every row and column is one choice among the batch (softmax)".into(),
                Loss::SigLip => "SigLIP: every cell is its own yes or no (sigmoid)".into(),
            },
            Self::WeightDecay => "pulls the weight matrices towards zero at every step".into(),
            Self::Shuffle => format!(
                "{:.0} % of each batch's captions are exchanged: how much noise does the loss bear?",
                settings.quality.shuffle_captions.get() * 100.0
            ),
            Self::Random => format!(
                "{:.0} % of each batch's captions are random words, which say nothing of any picture",
                settings.quality.random_captions.get() * 100.0
            ),
            Self::Noise => format!(
                "{:.0} % of each batch's pictures are noise, which shows nothing of any caption",
                settings.quality.noise_images.get() * 100.0
            ),
            Self::Duplicates => format!(
                "{:.0} % of each batch's pairs have their concept twice in it: false negatives",
                settings.quality.duplicates.get() * 100.0
            ),
            Self::Imbalance => format!(
                "the k-th concept comes in proportion to k^-{}: at 0 all come equally often",
                settings.quality.imbalance
            ),
            Self::Concepts => match settings.quality.concepts {
                Some(n) => format!("trains on {n} of {} concepts", settings.all_concepts),
                None => format!("trains on all {} concepts", settings.all_concepts),
            },
            Self::Augment => "training pictures are shifted, scaled and tinted a little, or shown as they are".into(),
            Self::Lock => match settings.locked {
                Locked::Nothing => "both towers learn".into(),
                Locked::Image => "the image tower stays as it is, and the text tower learns to read it (LiT)".into(),
                Locked::Text => "the text tower stays as it is, and the image tower learns to be named by it".into(),
            },
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

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn span(low: f64, high: f64) -> String {
    format!("{low} to {high}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    #[test]
    fn every_dial_turns_both_ways_within_its_range() {
        let settings = fixture::settings(Loss::SigLip);
        for dial in Dial::ALL {
            for turn in [Turn::Down, Turn::Up, Turn::FarDown, Turn::FarUp] {
                let mut value = dial.value(&settings);
                for _ in 0..300 {
                    let Some(control) = dial.turned(value, turn, &settings) else {
                        break;
                    };
                    assert_eq!(control.name(), dial.control());
                    value = control.value();
                }
                let is_switch = matches!(dial, Dial::Loss | Dial::Augment | Dial::Lock);
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
            let start = turned(dial.value(&settings), Turn::Up);
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
    fn the_dials_of_the_data_go_round() {
        let of_data = Dial::ALL.into_iter().filter(|dial| dial.is_of_data());
        assert_eq!(of_data.collect::<Vec<_>>(), Dial::DATA);
        let mut dial = Dial::Temperature.next_of_data();
        for expected in Dial::DATA {
            assert_eq!(dial, expected);
            dial = dial.next_of_data();
        }
        assert_eq!(dial, Dial::DATA[0]);
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
        assert!(Dial::Concepts.rests(&settings) && Dial::Noise.rests(&settings));
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
