//! [`ChartKey`]: what can be done with a chart.

/// Something to do with the chart at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKey {
    /// Logarithmic or linear values.
    LogY,
    /// Logarithmic or linear steps.
    LogX,
    /// The next kind of smoothing.
    Smoothing,
    /// Outliers outside the axis, or on it.
    Clip,
    /// Half as many steps.
    Closer,
    /// Twice as many steps.
    Farther,
    /// Towards earlier steps.
    Earlier,
    /// Towards later steps.
    Later,
    /// Move the crosshair to the step before; what has none gets one.
    Left,
    /// Move it to the step after.
    Right,
    /// Move it far back.
    FarLeft,
    /// Move it far on.
    FarRight,
    /// Move it to the first step in sight.
    First,
    /// Move it to the last step in sight.
    Last,
    /// Keep what it reads.
    Pin,
    /// Keep the curves as a ghost.
    Ghost,
}

impl ChartKey {
    /// All of them.
    #[cfg(test)]
    pub const ALL: [Self; 16] = [
        Self::LogY,
        Self::LogX,
        Self::Smoothing,
        Self::Clip,
        Self::Closer,
        Self::Farther,
        Self::Earlier,
        Self::Later,
        Self::Left,
        Self::Right,
        Self::FarLeft,
        Self::FarRight,
        Self::First,
        Self::Last,
        Self::Pin,
        Self::Ghost,
    ];
}
