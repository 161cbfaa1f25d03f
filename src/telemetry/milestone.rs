//! [`Milestone`]: when a lane first was how good.

/// The first evaluation on held-out pictures whose R@1 (picture to name) was this good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Milestone {
    /// The share that was reached.
    pub share: f64,
    /// Steps completed when the weights were taken.
    pub step: u64,
    /// Training time by then.
    pub seconds: f64,
}

/// Shares that are worth a [`Milestone`].
pub const MILESTONES: [f64; 8] = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9];
