//! Training: [`Trainer`] owns the tensors of one lane and makes its steps.
//!
//! A step reads as the algorithm does: sample, encode, compare, differentiate (`step.rs`), clip, update
//! (`update.rs`).

pub mod device;
mod hands;
mod history;
mod in_progress;
mod latest;
mod memory;
mod observe;
mod phases;
pub mod precision;
pub mod start;
mod state;
mod step;
mod tower;
mod trainer;
mod update;

pub use device::DeviceChoice;
pub use in_progress::Progress;
pub use memory::most_pairs;
pub use phases::Phases;
pub use state::SavedState;
pub use trainer::Trainer;
