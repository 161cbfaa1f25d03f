//! Quantities: what a dial or a field of a scenario can be set to. Numbers with a range, and names.
//! The lowest room: it knows nothing of controls, scenarios or tensors.

mod kind;
mod name;
mod range;
mod temperature;
mod value;

pub use kind::Quantity;
pub use name::{Locked, Loss};
pub(crate) use range::number;
pub use range::{
    BatchSize, Beta, Bias, Concepts, Fraction, ImageSize, LearningRate, LogitScale, OutOfRange,
    Positive, ShuffleBuffer, Size, Steps, Temperature, VocabSize, WeightDecay, Zipf,
};
pub use temperature::{logit_scale, temperature};
pub use value::{Value, percent, short};
