//! [`Context`]: where keys apply, and which of them come before which.

/// Where the keys of a row apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, whatever is open.
    Always,
    /// Wherever no overlay is open.
    Main,
    /// While a dial is held.
    Dials,
    /// While the matrix is looked at.
    Matrix,
    /// While another panel is looked at.
    Charts,
    /// While the loss landscape is looked at.
    Landscape,
    /// While the hand calculator is looked at.
    Hand,
    /// While what an evaluation found is looked at.
    Findings,
    /// While one looks for what is nearest.
    Query,
    /// In the help.
    Help,
    /// In the list of scenarios.
    Open,
    /// While a line is typed: a value, a file's name.
    Line,
    /// While a notice is shown.
    Notice,
    /// While the log is read.
    Log,
    /// In the palette.
    Palette,
}

impl Context {
    /// All contexts, in the order in which the help shows them.
    pub const ALL: [Self; 15] = [
        Self::Main,
        Self::Dials,
        Self::Charts,
        Self::Matrix,
        Self::Landscape,
        Self::Hand,
        Self::Findings,
        Self::Query,
        Self::Open,
        Self::Line,
        Self::Help,
        Self::Notice,
        Self::Log,
        Self::Palette,
        Self::Always,
    ];

    /// The heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Always => "Everywhere",
            Self::Main => "Run and look",
            Self::Dials => "While a dial is held",
            Self::Matrix => "While the matrix or the gradient is looked at",
            Self::Charts => "While a chart is looked at",
            Self::Landscape => "While the loss landscape is looked at",
            Self::Hand => "While one calculates by hand",
            Self::Findings => "While an evaluation is looked at",
            Self::Query => "While one looks for pictures and names",
            Self::Help => "In this help",
            Self::Open => "In the list of scenarios",
            Self::Line => "While typing",
            Self::Notice => "In a notice",
            Self::Log => "In the log",
            Self::Palette => "In the palette",
        }
    }

    /// The contexts whose keys work while this one is the innermost, this one first.
    pub const fn chain(self) -> &'static [Self] {
        match self {
            Self::Always => &[Self::Always],
            Self::Main => &[Self::Main, Self::Always],
            Self::Dials => &[Self::Dials, Self::Main, Self::Always],
            Self::Matrix => &[Self::Matrix, Self::Main, Self::Always],
            Self::Charts => &[Self::Charts, Self::Main, Self::Always],
            Self::Landscape => &[Self::Landscape, Self::Main, Self::Always],
            Self::Hand => &[Self::Hand, Self::Main, Self::Always],
            Self::Findings => &[Self::Findings, Self::Main, Self::Always],
            Self::Query => &[Self::Query, Self::Main, Self::Always],
            Self::Help => &[Self::Help, Self::Always],
            Self::Open => &[Self::Open, Self::Always],
            Self::Line => &[Self::Line, Self::Always],
            Self::Notice => &[Self::Notice, Self::Always],
            Self::Log => &[Self::Log, Self::Always],
            Self::Palette => &[Self::Palette, Self::Always],
        }
    }

    /// Whether characters without a row are text here.
    pub(super) const fn types(self) -> bool {
        matches!(self, Self::Help | Self::Open | Self::Line | Self::Palette)
    }

    /// Whether it is a place on the screen rather than something above it: what can be done in a place
    /// can be found in the palette.
    pub const fn is_place(self) -> bool {
        match self {
            Self::Always
            | Self::Main
            | Self::Dials
            | Self::Matrix
            | Self::Charts
            | Self::Landscape
            | Self::Hand
            | Self::Findings
            | Self::Query => true,
            Self::Help | Self::Open | Self::Line | Self::Notice | Self::Log | Self::Palette => {
                false
            }
        }
    }
}
