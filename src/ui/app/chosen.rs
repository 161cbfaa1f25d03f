//! [`Chosen`]: what of the findings is looked at.

/// What is chosen in the panels of evaluations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Place among the properties.
    pub property: usize,
    /// Place among the sets of templates.
    pub templates: usize,
    /// First row that is shown.
    pub scroll: usize,
    /// Place among the nearest pictures or names.
    pub hit: usize,
}
