//! clip-lab: a terminal lab that trains small CLIP and SigLIP models live, and lets you turn their dials while they learn.
//!
//! # Architecture
//!
//! Five concepts:
//!
//! 1. [`scenario::Scenario`]: immutable plain data that describes an experiment. RON on disk.
//! 2. [`control::Control`]: one change to a running experiment.
//! 3. [`train::Trainer`]: owns the tensors; `step`, or `advance` part by part, and `apply`. No terminal.
//! 4. [`lab::Lane`]: a trainer on its own thread, driven by commands, observed through snapshots.
//! 5. [`telemetry::Snapshot`]: plain data, everything that anyone may see of a lane.
//!
//! Modules depend on one another in one direction only, within a room too (`tests/layering.rs` reads them):
//!
//! ```text
//! cli, ui -> exercise, lab, infer, export -> train -> eval -> optim, model, data, loss -> scenario -> telemetry -> control
//!         -> quantity, random, deal, memory, files, error
//! ```
//!
//! Each idea has one home: the dials are the rows of [`control`]'s table, a loss is a [`loss::Law`], a panel a row and a
//! file of [`ui::panel`], a task of the evaluation a file of [`eval`], a data set a file of [`data`], a tower a file of
//! [`scenario`], an exercise a table of questions in [`exercise`]. `CONTRIBUTING.md` has the recipes.
//!
//! `ratatui` and `crossterm` appear only in `ui`; `tch` only in `data`, `model`, `loss`, `optim`, `train`,
//! `eval`.

// Tests say exactly which number they want.
#![cfg_attr(test, allow(clippy::float_cmp))]

pub mod deal;
pub mod error;
pub mod files;
pub mod memory;
pub mod quantity;
pub mod random;

pub mod control;
pub mod scenario;
pub mod telemetry;

pub mod data;
pub mod loss;
pub mod model;
pub mod optim;

pub mod eval;
pub mod train;

pub mod exercise;
pub mod export;
pub mod infer;
pub mod lab;

pub mod cli;
pub mod ui;
