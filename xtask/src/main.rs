//! Set-up and checks; see `cargo xtask help`.

fn main() {}
