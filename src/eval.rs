//! What a model is good for, as plain data.
//!
//! [`Evaluation`] runs jobs on a copy of the weights, slice by slice; a task is a file under [`tasks`], and a row of
//! its table. The measures themselves are functions of plain features and know nothing of models: `tests/eval.rs`
//! holds them to scikit-learn, NumPy and `open_clip`.

pub mod answers;
pub mod classify;
pub mod embed;
mod encode;
mod evaluation;
mod features;
pub mod fine_tune;
mod job;
mod plan;
pub mod probe;
mod queue;
mod sides;
mod store;
pub mod tasks;
pub mod templates;

pub use evaluation::Evaluation;
pub use features::{choose, normalise, rows};
pub use plan::EvalTask;
pub use queue::Evaluations;
pub use sides::Sides;
pub use tasks::{Ranks, Tasks, geometry};
pub use templates::Templates;
