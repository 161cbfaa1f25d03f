//! Integration tests: one binary, since linking libtorch is slow.

mod loss;
