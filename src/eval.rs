//! Evaluation of a model, as plain data.

mod retrieval;

pub use retrieval::{Ranks, Retrieval};
