//! Records of a run: the [`Sink`] trait, JSON lines, CSV, TensorBoard's events, plots, and the run folder that
//! holds them; and the same training as a job for another trainer.

pub mod bundle;
pub mod csv;
pub mod drawing;
mod gathered;
mod jsonl;
mod models;
pub mod open_clip;
pub mod plots;
mod run_dir;
mod sink;
mod tensorboard;
mod whole;

pub use csv::Csv;
pub use jsonl::{Jsonl, json_line};
pub use models::{model_folder, saved_models};
pub use run_dir::RunDir;
pub use sink::Sink;
