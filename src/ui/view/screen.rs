//! [`Screen`]: what everything that draws is given.

use crate::ui::app::App;
use crate::ui::region::Regions;
use crate::ui::theme::Theme;

/// What the panels draw from and note in.
pub struct Screen<'a> {
    /// What is shown.
    pub app: &'a App,
    /// How it looks.
    pub theme: &'a Theme,
    /// What lies where.
    pub regions: Regions,
    /// Whether panels have boxes, or only a rule above them.
    pub boxed: bool,
}
