//! Exercises: what a learner works out, in the lab or on paper, and the lab checks. Plain data: a question, where the
//! right number comes from, which mistakes are known, what the number means. Every number is asked of the formula's
//! own home in [`crate::loss`] or read off what lanes report; nothing here knows a screen.
//!
//! To add an exercise: its file, with its [`Question`]s, and its row in the table of [`EXERCISES`].

pub mod bound;
mod by_hand;
mod given;
mod imbalance;
mod question;
mod table;
mod templates;
mod text;
mod work;

pub use given::{Given, LaneSeen, Outcome, Pairs};
pub use question::{Answer, Exercise, Question, Slip, Verdict};
pub use table::{EXERCISES, find};
pub use text::{list, read};
pub use work::{Answered, Progress, Work};

#[cfg(test)]
mod tests;
