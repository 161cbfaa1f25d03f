//! [`Theme`]: colours and glyphs, and what the terminal can show of them. Knows nothing of lanes
//! beyond their number.

mod depth;
mod diverge;
mod palette;
mod rgb;
mod style;

pub use depth::{ColorChoice, Depth, GlyphChoice, Glyphs};
pub use diverge::Scale;
pub use palette::{Palette, ThemeChoice};
pub use rgb::Rgb;
pub use style::Theme;
