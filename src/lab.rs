//! Lanes that train side by side: with a screen that watches them ([`Lab`]), without one ([`train`]), measured
//! ([`bench()`]), or made again from their records ([`replay()`]).

mod bench;
mod headless;
mod lane;
mod lanes;
mod observer;
mod pacer;
mod replay;
mod stop_rule;

pub use bench::{LaneBench, bench};
pub use headless::train;
pub use lane::{Attention, Command, Dials, Lane, Reset};
pub use lanes::{Audience, Events, Lab, Options};
pub use replay::{Difference, Replayed, replay};
