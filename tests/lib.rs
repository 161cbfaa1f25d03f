//! Integration tests: one binary, since linking libtorch is slow.

// Clippy allows it in functions that are tests themselves, but not in what helps them.
#![allow(clippy::unwrap_used)]
// Tests say exactly which number they want, and read into large buffers.
#![allow(clippy::float_cmp, clippy::large_stack_arrays)]

mod book;
mod checkpoint;
mod classify;
mod cli;
mod common;
mod eval;
mod expects;
mod export;
mod fuzz;
mod idle;
mod invalid;
mod lanes;
mod layering;
mod loss;
mod pairs;
mod parity;
mod pty;
mod running_on;
mod scenarios;
mod share;
mod start;
mod train;
mod words;
