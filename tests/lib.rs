//! Integration tests: one binary, since linking libtorch is slow.

mod parity;
mod loss;
