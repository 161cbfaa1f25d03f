//! [`Theme`]: how each kind of thing on the screen looks.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use super::depth::{self, Depth, Glyphs};
use super::palette::{Colors, Palette};
use super::rgb::{Rgb, mix};

const LANES_16: [Color; 6] = [
    Color::LightCyan,
    Color::LightYellow,
    Color::LightGreen,
    Color::LightMagenta,
    Color::White,
    Color::LightRed,
];

/// How everything looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// How many colours there are.
    pub depth: Depth,
    /// Which characters there are.
    pub glyphs: Glyphs,
    /// Which colours.
    pub palette: Palette,
    /// Steps of brightness in a heatmap; fewer cost fewer bytes.
    pub levels: u16,
}

impl Theme {
    /// A theme for a terminal of this kind.
    pub const fn new(depth: Depth, glyphs: Glyphs) -> Self {
        Self {
            depth,
            glyphs,
            palette: Palette::Dark,
            levels: 96,
        }
    }

    /// The same terminal in other colours.
    #[must_use]
    pub const fn with(self, palette: Palette) -> Self {
        Self { palette, ..self }
    }

    /// Fewer colours, for a slow line: runs of cells that look the same cost nothing.
    pub fn slow_down(&mut self) {
        self.levels = 16;
    }

    const fn colors(&self) -> &'static Colors {
        self.palette.colors()
    }

    /// The colour as this terminal can show it; the default colour where it shows none.
    pub fn color(&self, rgb: Rgb) -> Color {
        let [r, g, b] = rgb;
        match self.depth {
            Depth::True => Color::Rgb(r, g, b),
            Depth::Ansi256 => Color::Indexed(depth::nearest_256(rgb)),
            Depth::Ansi16 => Color::Indexed(depth::nearest_16(rgb)),
            Depth::None => Color::Reset,
        }
    }

    /// Whether a cell can carry a picture's colours.
    pub fn paints(&self) -> bool {
        matches!(self.depth, Depth::True | Depth::Ansi256)
    }

    /// Whether only ASCII may be written.
    pub fn ascii(&self) -> bool {
        self.glyphs == Glyphs::Ascii
    }

    fn pick(&self, rgb: Rgb, sixteen: Style, none: Modifier) -> Style {
        match self.depth {
            Depth::True | Depth::Ansi256 => Style::new().fg(self.color(rgb)),
            Depth::Ansi16 => self.sixteen(rgb, sixteen),
            // What lies below must not shine through: a bright title on a dim border.
            Depth::None => {
                let others = (Modifier::DIM | Modifier::BOLD).difference(none);
                Style::new().add_modifier(none).remove_modifier(others)
            }
        }
    }

    /// Sixteen colours are the terminal's own: on a light ground the bright ones cannot be read, and
    /// where contrast is wanted the dim ones cannot.
    fn sixteen(&self, rgb: Rgb, usual: Style) -> Style {
        match (self.palette, usual.fg) {
            (Palette::Light, Some(color)) if color != Color::Reset => {
                Style::new().fg(Color::Indexed(depth::nearest_16(rgb)))
            }
            (Palette::HighContrast, Some(Color::DarkGray)) => usual.fg(Color::Gray),
            (Palette::HighContrast, Some(Color::Gray)) => usual.fg(Color::White),
            _ => usual,
        }
    }

    /// What the whole screen is painted with first.
    pub fn base(&self) -> Style {
        if self.paints() {
            Style::new()
                .fg(self.color(self.colors().text))
                .bg(self.color(self.colors().back))
        } else {
            Style::new()
        }
    }

    /// The background alone.
    pub fn base_back(&self) -> Style {
        if self.paints() {
            Style::new().bg(self.color(self.colors().back))
        } else {
            Style::new()
        }
    }

    /// What lies above the rest: overlays.
    pub fn raised(&self) -> Style {
        if self.paints() {
            Style::new()
                .fg(self.color(self.colors().text))
                .bg(self.color(self.colors().raised))
        } else {
            Style::new()
        }
    }

    /// Ordinary text.
    pub fn text(&self) -> Style {
        self.pick(
            self.colors().text,
            Style::new().fg(Color::Reset),
            Modifier::empty(),
        )
    }

    /// Labels and units.
    pub fn muted(&self) -> Style {
        self.pick(
            self.colors().muted,
            Style::new().fg(Color::Gray),
            Modifier::empty(),
        )
    }

    /// What should hardly be noticed.
    pub fn faint(&self) -> Style {
        self.pick(
            self.colors().faint,
            Style::new().fg(Color::DarkGray),
            Modifier::DIM,
        )
    }

    /// Grid lines behind curves.
    pub fn grid(&self) -> Style {
        self.pick(
            self.colors().grid,
            Style::new().fg(Color::DarkGray),
            Modifier::DIM,
        )
    }

    /// Titles and keys.
    pub fn accent(&self) -> Style {
        self.pick(
            self.colors().accent,
            Style::new().fg(Color::LightMagenta),
            Modifier::BOLD,
        )
    }

    /// What went well.
    pub fn good(&self) -> Style {
        self.pick(
            self.colors().good,
            Style::new().fg(Color::LightGreen),
            Modifier::empty(),
        )
    }

    /// What deserves a look.
    pub fn warn(&self) -> Style {
        self.pick(
            self.colors().warn,
            Style::new().fg(Color::Yellow),
            Modifier::BOLD,
        )
    }

    /// What went wrong.
    pub fn bad(&self) -> Style {
        self.pick(
            self.colors().bad,
            Style::new().fg(Color::LightRed),
            Modifier::BOLD,
        )
    }

    /// A panel's border.
    pub fn border(&self, focused: bool) -> Style {
        if focused {
            self.accent()
        } else {
            self.pick(
                self.colors().border,
                Style::new().fg(Color::DarkGray),
                Modifier::DIM,
            )
        }
    }

    /// A chosen cell or row, laid over its own style.
    pub fn selected(&self, strong: bool) -> Style {
        match (self.paints(), strong) {
            (true, true) => Style::new()
                .fg(self.color(self.colors().back))
                .bg(self.color(self.colors().accent))
                .add_modifier(Modifier::BOLD),
            (true, false) => Style::new().bg(self.color(self.colors().selected)),
            (false, true) => Style::new().add_modifier(Modifier::REVERSED),
            (false, false) => Style::new().add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The lane's colour.
    pub fn lane(&self, lane: usize) -> Style {
        let i = lane % self.colors().lanes.len();
        self.pick(
            self.colors().lanes[i],
            Style::new().fg(LANES_16[i]),
            Modifier::empty(),
        )
    }

    /// The lane's colour, far back: what was measured, behind what is smoothed.
    pub fn lane_faint(&self, lane: usize) -> Style {
        let rgb = mix(
            self.colors().lanes[lane % self.colors().lanes.len()],
            self.colors().back,
            0.66,
        );
        self.pick(rgb, Style::new().fg(Color::DarkGray), Modifier::DIM)
    }

    /// The lane's colour, half back: a second curve of the same lane.
    pub fn lane_half(&self, lane: usize) -> Style {
        let i = lane % self.colors().lanes.len();
        self.pick(
            mix(self.colors().lanes[i], self.colors().back, 0.45),
            Style::new().fg(LANES_16[i]),
            Modifier::DIM,
        )
    }

    /// The lane's sign, for those who cannot go by its colour.
    pub fn marker(&self, lane: usize) -> char {
        const UNICODE: [char; 8] = ['●', '◆', '▲', '■', '▼', '★', '○', '◇'];
        const ASCII: [char; 8] = ['o', 'x', '+', '*', 'v', '@', '%', '#'];
        let set = if self.ascii() { ASCII } else { UNICODE };
        set[lane % set.len()]
    }

    /// The style turned into a plate: dark on its colour.
    pub fn plate(&self, style: Style) -> Style {
        match (self.paints(), style.fg) {
            (true, Some(color)) => Style::new()
                .fg(self.color(self.colors().back))
                .bg(color)
                .add_modifier(Modifier::BOLD),
            _ => style.add_modifier(Modifier::REVERSED),
        }
    }

    /// One glyph or its stand-in.
    pub fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii() { ascii } else { unicode }
    }

    /// The corners and sides of a box.
    pub fn border_set(&self) -> border::Set<'static> {
        const ASCII: border::Set<'static> = border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        };
        if self.ascii() { ASCII } else { border::ROUNDED }
    }

    /// The colour of `share` (0 to 1) on the heatmap's scale: perceptually uniform, dark to bright.
    pub fn heat(&self, share: f64) -> Rgb {
        let top = f64::from(self.levels.max(2) - 1);
        let share = (share.clamp(0.0, 1.0) * top).round() / top;
        let map = match self.palette {
            Palette::ColorBlind => colorous::CIVIDIS,
            _ => colorous::INFERNO,
        };
        let c = map.eval_continuous(0.04 + 0.96 * share);
        [c.r, c.g, c.b]
    }

    /// The character of `share` (0 to 1): a picture made of text alone.
    pub fn ramp(&self, share: f64) -> char {
        const ASCII: &[u8] = b" .:-=+*#%@";
        const SHADES: [char; 6] = [' ', '·', '░', '▒', '▓', '█'];
        let at = |n: usize| ((share.clamp(0.0, 1.0) * n as f64) as usize).min(n - 1);
        if self.ascii() {
            ASCII[at(ASCII.len())] as char
        } else {
            SHADES[at(SHADES.len())]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_no_style_has_one() {
        let theme = Theme::new(Depth::None, Glyphs::Braille);
        for style in [
            theme.text(),
            theme.accent(),
            theme.lane(1),
            theme.bad(),
            theme.selected(true),
            theme.base(),
        ] {
            assert_eq!(
                (style.fg.unwrap_or(Color::Reset), style.bg),
                (Color::Reset, None)
            );
        }
    }

    #[test]
    fn the_ramp_and_the_map_rise_steadily() {
        let theme = Theme::new(Depth::True, Glyphs::Ascii);
        let brightness = |share| theme.heat(share).iter().map(|&c| u32::from(c)).sum::<u32>();
        for i in 0..10 {
            let (a, b) = (f64::from(i) / 10.0, f64::from(i + 1) / 10.0);
            assert!(brightness(a) < brightness(b), "{i}");
        }
        assert_eq!(
            (theme.ramp(-1.0), theme.ramp(2.0), theme.ramp(f64::NAN)),
            (' ', '@', ' ')
        );
    }
}
