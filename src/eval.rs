//! What a model is good for, as plain data.
//!
//! [`Evaluation`] runs the tasks on a copy of the weights, slice by slice. The measures themselves are functions of
//! plain features and know nothing of models: `tests/eval.rs` holds them to scikit-learn, NumPy and `open_clip`.

pub mod classify;
pub mod embed;
mod evaluation;
mod features;
pub mod fine_tune;
pub mod geometry;
mod plan;
pub mod probe;
mod probing;
mod queue;
mod retrieval;
pub mod templates;
pub mod zero_shot;

pub use evaluation::Evaluation;
pub use features::{choose, normalise, rows};
pub use plan::{Task, Tasks};
pub use probing::Sides;
pub use queue::Evaluations;
pub use retrieval::Ranks;
pub use templates::Templates;
