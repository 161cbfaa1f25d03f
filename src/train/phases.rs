//! [`Phases`]: where a step's time goes.

use std::ops::{AddAssign, Div};
use std::time::{Duration, Instant};

/// Wall time of a step, part by part. On a CUDA device a part ends when its work has been handed over,
/// not when it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Sampling, decoding, augmenting, tokenizing, and copying to the device.
    pub data: Duration,
    /// Forward pass of the image tower.
    pub image_tower: Duration,
    /// Forward pass of the text tower.
    pub text_tower: Duration,
    /// Forward pass of the loss, and the diagnostics of its logits.
    pub loss: Duration,
    /// Backward pass through everything.
    pub backward: Duration,
    /// Clipping and the update.
    pub optimizer: Duration,
}

impl Phases {
    /// The parts with their names, in order.
    pub const fn parts(&self) -> [(&'static str, Duration); 6] {
        [
            ("data", self.data),
            ("image_tower", self.image_tower),
            ("text_tower", self.text_tower),
            ("loss", self.loss),
            ("backward", self.backward),
            ("optimizer", self.optimizer),
        ]
    }
}

impl Phases {
    /// Of two that went on side by side: each part as long as the longer.
    pub(super) fn longest(self, other: Self) -> Self {
        Self {
            data: self.data.max(other.data),
            image_tower: self.image_tower.max(other.image_tower),
            text_tower: self.text_tower.max(other.text_tower),
            loss: self.loss.max(other.loss),
            backward: self.backward.max(other.backward),
            optimizer: self.optimizer.max(other.optimizer),
        }
    }
}

impl AddAssign for Phases {
    fn add_assign(&mut self, more: Self) {
        self.data += more.data;
        self.image_tower += more.image_tower;
        self.text_tower += more.text_tower;
        self.loss += more.loss;
        self.backward += more.backward;
        self.optimizer += more.optimizer;
    }
}

impl Div<u32> for Phases {
    type Output = Self;

    fn div(self, by: u32) -> Self {
        Self {
            data: self.data / by,
            image_tower: self.image_tower / by,
            text_tower: self.text_tower / by,
            loss: self.loss / by,
            backward: self.backward / by,
            optimizer: self.optimizer / by,
        }
    }
}

/// Takes the time between calls.
pub(super) struct Laps(Instant);

impl Laps {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the last call, or the start.
    pub fn lap(&mut self) -> Duration {
        let now = Instant::now();
        let lap = now - self.0;
        self.0 = now;
        lap
    }
}
