//! [`Context`]: where keys apply, and which of them come before which.

/// Where the keys of a row apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, whatever is open.
    Always,
    /// On every page, while no overlay is open.
    Main,
    /// On every page during the tour.
    Tour,
    /// On every page outside the tour.
    Matches,
    /// While the question of an exercise is in hand.
    Exercise,
    /// While a dial is in hand.
    Dials,
    /// While the matrix or the gradient is in hand.
    Matrix,
    /// While a chart is in hand.
    Charts,
    /// While the loss landscape is in hand.
    Landscape,
    /// While the hand calculator is in hand.
    Hand,
    /// While an evaluation is in hand.
    Findings,
    /// While the panel "nearest" is in hand.
    Query,
    /// In everything that one reads: help, log, notices.
    Reading,
    /// While a card is open beside what it explains: these keys scroll it, all others go on.
    Card,
    /// In the help.
    Help,
    /// While a newcomer is asked where to begin.
    Welcome,
    /// In the list of scenarios.
    Open,
    /// While a line is typed: a value, a file's name.
    Line,
    /// While the log is read.
    Log,
    /// In the palette.
    Palette,
}

/// What works in a place: its own keys first.
macro_rules! place {
    ($place:ident, $tour:expr) => {
        if $tour {
            &[Self::$place, Self::Tour, Self::Main, Self::Always]
        } else {
            &[Self::$place, Self::Matches, Self::Main, Self::Always]
        }
    };
}

impl Context {
    /// All contexts, in the order in which the help shows them.
    pub const ALL: [Self; 20] = [
        Self::Main,
        Self::Tour,
        Self::Matches,
        Self::Exercise,
        Self::Dials,
        Self::Charts,
        Self::Matrix,
        Self::Landscape,
        Self::Hand,
        Self::Findings,
        Self::Query,
        Self::Welcome,
        Self::Open,
        Self::Line,
        Self::Reading,
        Self::Card,
        Self::Help,
        Self::Log,
        Self::Palette,
        Self::Always,
    ];

    /// The heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Always => "Everywhere",
            Self::Main => "On every page",
            Self::Tour => "During the tour",
            Self::Matches => "Outside the tour",
            Self::Exercise => "With a question of an exercise in hand",
            Self::Dials => "With a dial in hand",
            Self::Matrix => "With the matrix or the gradient in hand",
            Self::Charts => "With a chart in hand",
            Self::Landscape => "With the loss landscape in hand",
            Self::Hand => "With the hand calculator in hand",
            Self::Findings => "With an evaluation in hand",
            Self::Query => "With the panel \"nearest\" in hand",
            Self::Reading => "While reading: help, log, notices",
            Self::Card => "While a card is open",
            Self::Help => "In this help",
            Self::Welcome => "On the first start",
            Self::Open => "In the list of scenarios",
            Self::Line => "While typing",
            Self::Log => "In the log",
            Self::Palette => "In the palette",
        }
    }

    /// The contexts whose keys work while this one is the innermost, this one first. The tour has keys
    /// of its own; outside it they mean something else.
    pub const fn chain(self, tour: bool) -> &'static [Self] {
        match self {
            Self::Always => &[Self::Always],
            Self::Main => &[Self::Main, Self::Always],
            Self::Tour => &[Self::Tour, Self::Main, Self::Always],
            Self::Matches => &[Self::Matches, Self::Main, Self::Always],
            Self::Exercise => place!(Exercise, tour),
            Self::Dials => place!(Dials, tour),
            Self::Matrix => place!(Matrix, tour),
            Self::Charts => place!(Charts, tour),
            Self::Landscape => place!(Landscape, tour),
            Self::Hand => place!(Hand, tour),
            Self::Findings => place!(Findings, tour),
            Self::Query => place!(Query, tour),
            Self::Reading => &[Self::Reading, Self::Always],
            Self::Card => &[Self::Card],
            Self::Help => &[Self::Help, Self::Reading, Self::Always],
            Self::Welcome => &[Self::Welcome, Self::Always],
            Self::Open => &[Self::Open, Self::Always],
            Self::Line => &[Self::Line, Self::Always],
            Self::Log => &[Self::Log, Self::Reading, Self::Always],
            Self::Palette => &[Self::Palette, Self::Always],
        }
    }

    /// Whether characters without a row are text here.
    pub(super) const fn types(self) -> bool {
        matches!(self, Self::Open | Self::Line | Self::Palette)
    }

    /// Whether it is a place on the screen rather than something above it: what can be done in a place
    /// can be found in the palette.
    pub const fn is_place(self) -> bool {
        match self {
            Self::Always
            | Self::Main
            | Self::Tour
            | Self::Matches
            | Self::Dials
            | Self::Matrix
            | Self::Charts
            | Self::Landscape
            | Self::Hand
            | Self::Findings
            | Self::Query => true,
            // The one key of an exercise answers: elsewhere nothing is asked.
            Self::Exercise
            | Self::Reading
            | Self::Card
            | Self::Help
            | Self::Welcome
            | Self::Open
            | Self::Line
            | Self::Log
            | Self::Palette => false,
        }
    }
}
