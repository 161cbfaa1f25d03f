//! The `clip-lab` program: parse, dispatch, exit code.

fn main() {}
