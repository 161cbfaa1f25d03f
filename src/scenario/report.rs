//! What a scenario's reader prints when it refuses.
