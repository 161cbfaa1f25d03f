//! The table of dials: one row each. From it come [`Control`], [`Dial`] and [`Settings`], with their names, parsing,
//! records and ranges, the screen's labels, what lessons lock, and what `--set` says.
//!
//! To add a dial: a row here, a field of `LaneSpec` for its start, its effect where the settings are read, and its
//! step and explanation in `ui`.

use serde::{Deserialize, Serialize};

use crate::quantity::{
    BatchSize, Beta, Bias, Concepts, Fraction, LearningRate, Locked, Loss, Quantity, Temperature,
    Value, WeightDecay, Zipf,
};

/// What a control makes void of a step that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The batch, or how it is encoded: the step begins again.
    Batch,
    /// What was computed from the features: they are compared again.
    Comparison,
    /// Nothing: it waits for the update.
    Update,
}

/// Which dials belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How features are compared and weights are moved.
    Training,
    /// How good the data is: one key on the screen for all of them.
    Data,
}

/// What settings hold of a dial: its plain value, or that there may be none.
macro_rules! field {
    ($kind:ty) => { <$kind as Quantity>::Plain };
    ($kind:ty, $without:ident) => { Option<<$kind as Quantity>::Plain> };
}

/// The recorded value of a field.
macro_rules! recorded {
    ($kind:ty, $field:expr) => {
        Some(<$kind as Quantity>::record($field))
    };
    ($kind:ty, $field:expr, $without:ident) => {
        $field.map(<$kind as Quantity>::record)
    };
}

/// A field's new value.
macro_rules! set {
    ($value:expr) => {
        $value
    };
    ($value:expr, $without:ident) => {
        Some($value)
    };
}

macro_rules! dials {
    ($(
        $(#[$doc:meta])*
        $dial:ident($kind:ty) $field:ident {
            $(without: $(#[$without_doc:meta])* $without:ident $word:literal,)?
            $(learned: $(#[$learn_doc:meta])* $learn:ident $learn_field:ident,)?
            group: $group:ident,
            stage: $stage:ident,
            about: $about:literal,
            also: $also:expr,
        }
    )+) => {
        /// One change to a running lane, applied between two steps. Weights and optimizer state stay.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Control {
            $(
                $(#[$doc])*
                $dial($kind),
                $($(#[$without_doc])* $without,)?
                $($(#[$learn_doc])* $learn(bool),)?
            )+
        }

        /// What can be turned, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Dial {
            $($(#[$doc])* $dial,)+
        }

        /// The dials of a lane as they stand, and what bounds them.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Settings {
            $(
                $(#[$doc])*
                pub $field: field!($kind $(, $without)?),
                $($(#[$learn_doc])* pub $learn_field: bool,)?
            )+
            /// Upper clamp of `exp(logit_scale)`.
            pub max_logit_scale: f64,
            /// Classes that the data set has to train on.
            pub all_concepts: u64,
        }

        impl Control {
            /// Names that `--set` accepts, one for each control.
            pub const NAMES: [&str; [$(stringify!($field), $(stringify!($learn_field),)?)+].len()] =
                [$(stringify!($field), $(stringify!($learn_field),)?)+];

            /// The dial that it sets, or whose learning it switches.
            pub const fn dial(&self) -> Dial {
                match self {
                    $(Self::$dial(_) $(| Self::$without)? $(| Self::$learn(_))? => Dial::$dial,)+
                }
            }

            /// The control's name in records and in `--set`.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(
                        Self::$dial(_) $(| Self::$without)? => stringify!($field),
                        $(Self::$learn(_) => stringify!($learn_field),)?
                    )+
                }
            }

            /// The value that the control sets; `None` if it takes one away.
            pub fn value(&self) -> Option<Value> {
                match *self {
                    $(
                        Self::$dial(x) => Some(<$kind as Quantity>::record(x.plain())),
                        $(Self::$without => None,)?
                        $(Self::$learn(on) => Some(Value::Bool(on)),)?
                    )+
                }
            }

            /// The control called `name` that sets `value`, exactly: what [`Control::name`] and
            /// [`Control::value`] took apart.
            ///
            /// # Errors
            /// A sentence that says what does not fit.
            pub fn from_value(name: &str, value: Option<Value>) -> Result<Self, String> {
                let known = match (name, value) {
                    $(
                        (stringify!($field), Some(value)) => {
                            <$kind as Quantity>::from_value(value).map(|x| x.map(Self::$dial))
                        }
                        $((stringify!($field), None) => Some(Ok(Self::$without)),)?
                        $((stringify!($learn_field), Some(value)) => {
                            <bool as Quantity>::from_value(value).map(|on| on.map(Self::$learn))
                        })?
                    )+
                    _ => None,
                };
                known.unwrap_or_else(|| Err(format!("the control `{name}` does not exist or cannot have this \
                                                     value")))
            }

            /// Reads what a user typed for the control called `name`.
            ///
            /// # Errors
            /// A sentence that says what was expected.
            pub fn parse(name: &str, text: &str) -> Result<Self, String> {
                let text = text.trim();
                match name {
                    $(
                        $(stringify!($field) if text == $word => Ok(Self::$without),)?
                        stringify!($field) => <$kind as Quantity>::parse(name, text).map(Self::$dial),
                        $(stringify!($learn_field) => <bool as Quantity>::parse(name, text).map(Self::$learn),)?
                    )+
                    _ => Err(format!(
                        "no control called `{name}`; controls: {}",
                        Self::NAMES.join(", ")
                    )),
                }
            }
        }

        impl Dial {
            /// All dials, in the table's order.
            pub const ALL: [Self; [$(stringify!($dial)),+].len()] = [$(Self::$dial),+];

            /// The control's own name: in records, in `--set` and on the screen.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$dial => stringify!($field),)+
                }
            }

            /// What it sets, for a list.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$dial => $about,)+
                }
            }

            /// Other words that are understood for it.
            pub const fn also(self) -> &'static [&'static str] {
                match self {
                    $(Self::$dial => &$also,)+
                }
            }

            /// Which it belongs to.
            pub const fn group(self) -> Group {
                match self {
                    $(Self::$dial => Group::$group,)+
                }
            }

            /// What may be typed for it.
            pub fn range(self) -> String {
                match self {
                    $(Self::$dial => <$kind as Quantity>::range(),)+
                }
            }

            /// Least and largest number that it can be set to; `None` for choices.
            pub const fn bounds(self) -> Option<(f64, f64)> {
                match self {
                    $(Self::$dial => <$kind as Quantity>::BOUNDS,)+
                }
            }

            /// What it can be set to, where these are few; empty for numbers.
            pub fn choices(self) -> Vec<Value> {
                match self {
                    $(Self::$dial => {
                        let plain = <$kind as Quantity>::CHOICES.iter().map(|choice| choice.plain());
                        plain.map(<$kind as Quantity>::record).collect()
                    })+
                }
            }

            /// What stands for no value, if there may be none: "none", "all".
            pub const fn without(self) -> Option<&'static str> {
                match self {
                    $($(Self::$dial => Some($word),)?)+
                    #[allow(unreachable_patterns)]
                    _ => None,
                }
            }

            /// What a change of it makes void of a step that is being made.
            pub const fn stage(self) -> Stage {
                match self {
                    $(Self::$dial => Stage::$stage,)+
                }
            }

            /// The control that lets training learn it, or holds it; `None` for what is never learned.
            pub const fn learn(self, on: bool) -> Option<Control> {
                match self {
                    $($(Self::$dial => Some(Control::$learn(on)),)?)+
                    #[allow(unreachable_patterns)]
                    _ => {
                        let _ = on;
                        None
                    }
                }
            }
        }

        impl Settings {
            /// The value of a dial; `None` where there is none.
            pub fn get(&self, dial: Dial) -> Option<Value> {
                match dial {
                    $(Dial::$dial => recorded!($kind, self.$field $(, $without)?),)+
                }
            }

            /// Whether training learns a dial; `None` for what it never learns, or has no value.
            pub fn learned(&self, dial: Dial) -> Option<bool> {
                match dial {
                    $($(Dial::$dial => self.get(dial).map(|_| self.$learn_field),)?)+
                    #[allow(unreachable_patterns)]
                    _ => None,
                }
            }

            /// The value that the control of this name would replace.
            pub fn value_like(&self, control: Control) -> Option<Value> {
                match control {
                    $(
                        Control::$dial(_) $(| Control::$without)? => self.get(Dial::$dial),
                        $(Control::$learn(_) => Some(Value::Bool(self.$learn_field)),)?
                    )+
                }
            }

            /// Sets what the control sets.
            pub fn set(&mut self, control: Control) {
                match control {
                    $(
                        Control::$dial(x) => self.$field = set!(x.plain() $(, $without)?),
                        $(Control::$without => self.$field = None,)?
                        $(Control::$learn(on) => self.$learn_field = on,)?
                    )+
                }
            }
        }
    };
}

dials! {
    /// Sets tau, that is `logit_scale = ln(1/tau)`.
    Temperature(Temperature) temperature {
        learned:
            /// Whether tau is learned (`true`) or held where it is.
            LearnTemperature learn_temperature,
        group: Training,
        stage: Comparison,
        about: "tau, the temperature",
        also: ["tau", "temp"],
    }
    /// Sets the bias that is added to every logit; gives the lane one if it had none.
    Bias(Bias) bias {
        without:
            /// Takes the bias away.
            NoBias "none",
        learned:
            /// Whether the bias is learned (`true`) or held where it is.
            LearnBias learn_bias,
        group: Training,
        stage: Comparison,
        about: "the bias that is added to every logit",
        also: ["b", "logit_bias"],
    }
    /// Pairs in a batch.
    BatchSize(BatchSize) batch_size {
        group: Training,
        stage: Batch,
        about: "the number of pairs in a batch",
        also: ["batch"],
    }
    /// The loss.
    Loss(Loss) loss {
        group: Training,
        stage: Comparison,
        about: "the loss: InfoNCE, SigLIP or SigLIP with a relative bias",
        also: [],
    }
    /// Peak learning rate; warm-up and decay go on from it.
    LearningRate(LearningRate) learning_rate {
        group: Training,
        stage: Update,
        about: "the peak learning rate",
        also: ["rate", "lr"],
    }
    /// Decoupled weight decay.
    WeightDecay(WeightDecay) weight_decay {
        group: Training,
        stage: Update,
        about: "the weight decay",
        also: ["decay", "wd"],
    }
    /// Share of the pairs in each batch whose captions are exchanged among themselves.
    ShuffleCaptions(Fraction) shuffle_captions {
        group: Data,
        stage: Batch,
        about: "the share of captions that are shuffled",
        also: ["shuffle", "mixed"],
    }
    /// Share of the captions in each batch that are replaced by random words.
    RandomCaptions(Fraction) random_captions {
        group: Data,
        stage: Batch,
        about: "the share of captions that are random words",
        also: ["random"],
    }
    /// Share of the pictures in each batch that are replaced by noise.
    NoiseImages(Fraction) noise_images {
        group: Data,
        stage: Batch,
        about: "the share of images that are noise",
        also: ["noise"],
    }
    /// Share of the pairs in each batch that have their concept in common with another pair of it.
    Duplicates(Fraction) duplicates {
        group: Data,
        stage: Batch,
        about: "the share of pairs whose concept is twice in the batch",
        also: ["copies"],
    }
    /// Zipf's exponent, by which some concepts come more often than others.
    Imbalance(Zipf) imbalance {
        group: Data,
        stage: Batch,
        about: "the imbalance: Zipf's exponent",
        also: ["zipf"],
    }
    /// Trains on only so many concepts.
    Concepts(Concepts) concepts {
        without:
            /// Trains on all concepts.
            AllConcepts "all",
        group: Data,
        stage: Batch,
        about: "the number of concepts: the size of the data set",
        also: ["classes"],
    }
    /// Whether training pictures are augmented.
    Augment(bool) augment {
        group: Training,
        stage: Batch,
        about: "the augmentation of training images",
        also: [],
    }
    /// Holds a tower as it is, or lets both learn.
    Lock(Locked) locked {
        group: Training,
        stage: Batch,
        about: "the locked tower: image (LiT), text or none",
        also: ["lock"],
    }
    /// Adam's second beta: how long it remembers the squares of gradients, about 1 / (1 - beta2) steps.
    Beta2(Beta) beta2 {
        group: Training,
        stage: Update,
        about: "Adam's beta2: how long it averages squared gradients",
        also: [],
    }
}

impl Control {
    /// What it makes void of a step that is being made.
    pub fn stage(&self) -> Stage {
        match self.value() {
            // Learning something or not waits for the update.
            Some(Value::Bool(_)) if self.name() != self.dial().name() => Stage::Update,
            _ => self.dial().stage(),
        }
    }

    /// Whether a lane can take it whose `exp(logit_scale)` is clamped at `max_logit_scale`: the next
    /// update would pull a smaller temperature back.
    ///
    /// # Errors
    /// A sentence that says where the lane holds it.
    pub fn fits_clamp(&self, max_logit_scale: f64) -> Result<(), String> {
        let least = 1.0 / max_logit_scale;
        match self {
            Self::Temperature(tau) if tau.get() < least * (1.0 - 1e-9) => Err(format!(
                "temperature must be {} or more, got {tau}: the clamp max_logit_scale is {max_logit_scale}",
                Value::Real(least)
            )),
            _ => Ok(()),
        }
    }
}

impl Dial {
    /// Whether training can learn it.
    pub const fn can_be_learned(self) -> bool {
        self.learn(true).is_some()
    }

    /// The dials of the data's quality, in the table's order.
    pub fn of_data() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|dial| dial.group() == Group::Data)
    }

    /// The dial of this name, or of another word for it.
    pub fn called(word: &str) -> Option<Self> {
        let known = |dial: &Self| dial.name() == word || dial.also().contains(&word);
        Self::ALL.into_iter().find(known)
    }
}

impl Settings {
    /// The control of the same name that sets what is set now, or the nearest that can be set: training may have
    /// learned a value beyond. `None` for a bias that there is not and whether it would be learned.
    pub fn control_like(&self, control: Control) -> Option<Control> {
        let within = |value| match (value, control.dial().bounds()) {
            (Value::Real(x), Some((least, most))) => Value::Real(x.clamp(least, most)),
            _ => value,
        };
        let value = self.value_like(control).map(within);
        Control::from_value(control.name(), value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the dial of this name may be set to.
    fn example(name: &str) -> &'static str {
        match name {
            "loss" => "siglip",
            "locked" => "image",
            "batch_size" | "concepts" => "64",
            "learn_temperature" | "learn_bias" | "augment" => "off",
            _ => "0.5",
        }
    }

    #[test]
    fn every_name_parses_and_comes_back() {
        for name in Control::NAMES {
            let control = Control::parse(name, example(name)).unwrap();
            assert_eq!(control.name(), name);
            let written = ron::to_string(&control).unwrap();
            assert_eq!(
                ron::from_str::<Control>(&written).unwrap(),
                control,
                "{written}"
            );
            // Through JSON, as records keep it.
            let json = serde_json::to_string(&control.value()).unwrap();
            let value = serde_json::from_str(&json).unwrap();
            assert_eq!(Control::from_value(name, value), Ok(control), "{json}");
        }
        assert_eq!(Control::parse("bias", "none"), Ok(Control::NoBias));
        assert_eq!(Control::from_value("bias", None), Ok(Control::NoBias));
        assert_eq!(Control::parse("concepts", "all"), Ok(Control::AllConcepts));
        assert_eq!(
            Control::from_value("concepts", None),
            Ok(Control::AllConcepts)
        );
        let whole = Control::from_value("bias", Some(Value::Whole(3)));
        assert_eq!(whole, Control::parse("bias", "3"));
        assert!(Control::from_value("loss", Some(Value::Whole(3))).is_err());
    }

    #[test]
    fn only_a_temperature_below_the_clamp_does_not_fit() {
        let tau = |text| Control::parse("temperature", text).unwrap();
        assert!(tau("0.01").fits_clamp(100.0).is_ok());
        assert!(tau("0.3").fits_clamp(1.0 / 0.3).is_ok());
        let refused = tau("0.005").fits_clamp(100.0).unwrap_err();
        assert!(refused.contains("must be 0.01 or more"), "{refused}");
        assert!(tau("0.005").fits_clamp(1000.0).is_ok());
    }

    #[test]
    fn what_cannot_be_read_says_what_was_wanted() {
        assert_eq!(
            Control::parse("batch_size", "4.5").unwrap_err(),
            "batch_size must be a whole number, got `4.5`"
        );
        assert!(
            Control::parse("temperature", "0")
                .unwrap_err()
                .contains("0.001 to 100")
        );
        for (name, text, range) in [
            ("noise_images", "1.1", "0 to 1"),
            ("imbalance", "3.5", "0 to 3"),
            ("concepts", "1", "2 to"),
            ("concepts", "some", "a whole number"),
        ] {
            let refused = Control::parse(name, text).unwrap_err();
            assert!(refused.contains(range), "{refused}");
        }
        assert!(
            Control::parse("tau", "1")
                .unwrap_err()
                .contains("temperature")
        );
    }

    /// Settings in which every dial has another value than the one that `text` sets.
    fn settings() -> Settings {
        Settings {
            temperature: 0.07,
            learn_temperature: true,
            bias: None,
            learn_bias: true,
            batch_size: 128,
            loss: Loss::InfoNce,
            learning_rate: 1e-3,
            weight_decay: 0.2,
            beta2: 0.98,
            shuffle_captions: 0.0,
            random_captions: 0.0,
            noise_images: 0.0,
            duplicates: 0.0,
            imbalance: 0.0,
            concepts: None,
            augment: true,
            locked: Locked::Nothing,
            max_logit_scale: 100.0,
            all_concepts: 847,
        }
    }

    #[test]
    fn every_control_sets_its_dial_and_nothing_else_and_is_taken_back() {
        for name in Control::NAMES {
            let control = Control::parse(name, example(name)).unwrap();
            let (before, mut after) = (settings(), settings());
            after.set(control);
            assert_ne!(after, before, "{name}");
            assert_eq!(after.value_like(control), control.value(), "{name}");
            for dial in Dial::ALL {
                let moved = after.get(dial) != before.get(dial);
                assert_eq!(moved, dial.name() == name, "{name} {dial:?}");
            }
            if let Some(back) = before.control_like(control) {
                after.set(back);
                assert_eq!(after, before, "{name}");
            }
        }
        let learned = Settings {
            temperature: 1e-4,
            ..settings()
        };
        let any = Control::parse("temperature", "1").unwrap();
        assert_eq!(
            learned.control_like(any),
            Control::parse("temperature", "0.001").ok()
        );
        let mut few = settings();
        few.set(Control::parse("concepts", "60").unwrap());
        few.set(Control::AllConcepts);
        assert_eq!(few, settings());
    }

    #[test]
    fn every_dial_has_one_name_and_no_word_means_two() {
        let mut words: Vec<&str> = Dial::ALL
            .iter()
            .flat_map(|dial| dial.also().iter().copied().chain([dial.name()]))
            .collect();
        let all = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), all);
        for dial in Dial::ALL {
            assert_eq!(Dial::called(dial.name()), Some(dial));
            assert!(Control::NAMES.contains(&dial.name()));
            assert!(!dial.about().is_empty() && !dial.range().is_empty());
            for on in [true, false] {
                if let Some(learn) = dial.learn(on) {
                    assert_eq!((learn.dial(), learn.stage()), (dial, Stage::Update));
                }
            }
        }
        let data: Vec<_> = Dial::of_data().collect();
        assert_eq!((data.len(), data[0]), (6, Dial::ShuffleCaptions));
    }
}
