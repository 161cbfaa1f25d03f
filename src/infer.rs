//! What opens a saved model and looks at pictures: classes, features, evaluations.
//!
//! Knows no lanes and nothing of a terminal: who calls prints what is found, and hears how far it is.

pub mod classify;
pub mod embed;
pub mod evaluate;
mod model;
mod pictures;

pub use model::open;
