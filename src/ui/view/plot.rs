//! A chart: curves with gaps, guide lines, numbered marks, axes that are linear or logarithmic.
//! Knows nothing of lanes; a panel says what to draw in which style.

mod axis;
mod canvas;
mod flags;
mod scatter;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::theme::Theme;

use axis::tick_text;
pub use axis::{Axis, number_text};
use canvas::{Canvas, anew};
pub use flags::Flag;
pub use scatter::Scatter;

/// A curve. Points that are not finite are gaps.
pub struct Series {
    /// Points, in order of x.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub style: Style,
    /// Higher ones cover lower ones.
    pub layer: u8,
    /// A sign at its end, and along it where there is no colour.
    pub sign: Option<char>,
    /// Whether it is drawn twice as thick.
    pub thick: bool,
    /// Whether only the points are drawn, as signs, without a line.
    pub dotted: bool,
    /// Whether the line has gaps.
    pub dashed: bool,
}

impl Series {
    /// A plain line.
    pub const fn line(points: Vec<(f64, f64)>, style: Style, layer: u8) -> Self {
        Self {
            points,
            style,
            layer,
            sign: None,
            thick: false,
            dotted: false,
            dashed: false,
        }
    }
}

/// A horizontal line with a name.
pub struct Guide {
    /// Its height.
    pub y: f64,
    /// Its name.
    pub label: String,
    /// Its colour.
    pub style: Style,
}

/// A chart.
pub struct Plot {
    /// The axis of steps.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Curves.
    pub series: Vec<Series>,
    /// Horizontal lines.
    pub guides: Vec<Guide>,
    /// Vertical lines.
    pub flags: Vec<Flag>,
    /// The step that is pointed at.
    pub crosshair: Option<u64>,
}

impl Plot {
    /// Draws the chart. Returns where its curves are.
    pub fn render(&self, buf: &mut Buffer, area: Rect, theme: &Theme) -> Rect {
        if area.width < 8 || area.height < 2 {
            return Rect::default();
        }
        let with_steps = area.height >= 5;
        let rows = area.height - u16::from(with_steps);
        let ticks = self.y.ticks(usize::from(rows / 3).clamp(2, 7));
        let labels: Vec<_> = ticks.iter().map(|&t| (t, tick_text(t, &ticks))).collect();
        let gutter = labels
            .iter()
            .map(|(_, text)| text.len())
            .max()
            .unwrap_or(1)
            .clamp(3, 7) as u16
            + 1;
        let inner = Rect {
            x: area.x + gutter,
            width: area.width - gutter,
            height: rows,
            ..area
        };

        for (value, text) in &labels {
            let Some(row) = self.row(*value, inner) else {
                continue;
            };
            let x = area.x + gutter - 1 - (text.len() as u16).min(gutter - 1);
            buf.set_stringn(x, row, text, usize::from(gutter), theme.faint());
            let dash = theme.glyph("┈", ".");
            for column in inner.left()..inner.right() {
                buf[(column, row)].set_symbol(dash).set_style(theme.grid());
            }
        }
        self.draw_guides(buf, inner, theme);
        self.draw_flags(buf, inner, theme);
        self.draw_crosshair(buf, inner, theme);
        self.draw_series(buf, inner, theme);
        self.number_flags(buf, inner);
        self.name_guides(buf, inner, theme);
        if with_steps {
            self.draw_steps(
                buf,
                Rect {
                    y: inner.bottom(),
                    height: 1,
                    ..inner
                },
                theme,
            );
        }
        inner
    }

    fn row(&self, value: f64, inner: Rect) -> Option<u16> {
        let share = self.y.place(value)?;
        (0.0..=1.0).contains(&share).then(|| {
            inner.bottom() - 1 - (share * f64::from(inner.height) - 1e-9).floor().max(0.0) as u16
        })
    }

    fn column(&self, x: f64, inner: Rect) -> Option<u16> {
        let share = self.x.place(x)?;
        ((0.0..=1.0).contains(&share) && inner.width > 0)
            .then(|| inner.x + ((share * f64::from(inner.width)) as u16).min(inner.width - 1))
    }

    fn draw_guides(&self, buf: &mut Buffer, inner: Rect, theme: &Theme) {
        for guide in &self.guides {
            let Some(row) = self.row(guide.y, inner) else {
                continue;
            };
            for column in inner.left()..inner.right() {
                anew(&mut buf[(column, row)])
                    .set_symbol(theme.glyph("╌", "-"))
                    .set_style(guide.style);
            }
        }
    }

    /// Names go where they cover no curve, the further right the better. That of a line above what is
    /// in sight goes to the top, if there is room for it.
    fn name_guides(&self, buf: &mut Buffer, inner: Rect, theme: &Theme) {
        let line = theme.glyph("╌", "-");
        let grid = theme.glyph("┈", ".");
        for guide in &self.guides {
            let above = self.y.place(guide.y).is_some_and(|share| share > 1.0);
            let row = match self.row(guide.y, inner) {
                Some(row) => row,
                None if above && inner.height > 5 => inner.top(),
                None => continue,
            };
            let text = if above {
                format!(" {} {} ", theme.glyph("↑", "^"), guide.label)
            } else {
                format!(" {} ", guide.label)
            };
            let width = text.chars().count() as u16;
            if width + 4 >= inner.width {
                continue;
            }
            let last = inner.right() - width - 1;
            let empty = |symbol: &str| {
                if above {
                    [" ", grid].contains(&symbol)
                } else {
                    symbol == line
                }
            };
            let free = |x: &u16| (*x..*x + width).all(|column| empty(buf[(column, row)].symbol()));
            let place = (inner.left()..=last).rev().find(free);
            let Some(x) = place.or((!above).then_some(last)) else {
                continue;
            };
            write(
                buf,
                inner,
                (x, row),
                &text,
                guide.style.patch(theme.base_back()),
            );
        }
    }

    fn draw_flags(&self, buf: &mut Buffer, inner: Rect, theme: &Theme) {
        for flag in &self.flags {
            let Some(column) = self.column(flag.x, inner) else {
                continue;
            };
            for row in inner.top()..inner.bottom() {
                anew(&mut buf[(column, row)])
                    .set_symbol(theme.glyph("┊", ":"))
                    .set_style(theme.faint());
            }
        }
    }

    fn draw_crosshair(&self, buf: &mut Buffer, inner: Rect, theme: &Theme) {
        let column = self.crosshair.and_then(|at| self.column(at as f64, inner));
        for row in inner.top()..column.map_or(inner.top(), |_| inner.bottom()) {
            anew(&mut buf[(column.unwrap_or(inner.x), row)])
                .set_symbol(theme.glyph("│", "|"))
                .set_style(theme.accent());
        }
    }

    fn number_flags(&self, buf: &mut Buffer, inner: Rect) {
        let mut places: Vec<_> = self
            .flags
            .iter()
            .filter_map(|flag| Some((self.column(flag.x, inner)?, flag)))
            .collect();
        places.sort_by_key(|(column, _)| *column);
        for (x, text, style) in flags::plates(&places, inner).filter(|_| inner.height > 3) {
            write(buf, inner, (x, inner.top()), &text, style);
        }
    }

    fn draw_series(&self, buf: &mut Buffer, inner: Rect, theme: &Theme) {
        let mut canvas = Canvas::new(inner.width, inner.height, theme.glyphs);
        let (dots_x, dots_y) = canvas.size();
        let mut signs = Vec::new();
        // Thick ones last: where curves meet, their colour stays.
        let (thick, thin): (Vec<_>, Vec<_>) = self.series.iter().partition(|series| series.thick);
        for series in thin.into_iter().chain(thick) {
            let place = |&(x, y): &(f64, f64)| {
                // Far outside is cut before it becomes an integer; the canvas cuts the rest.
                let across = self.x.place(x)?.clamp(-4.0, 5.0) * (dots_x - 1) as f64;
                let up = self.y.place(y)?;
                let down = (1.0 - up).clamp(-4.0, 5.0) * (dots_y - 1) as f64;
                (across.is_finite() && down.is_finite())
                    .then(|| (across.round() as i64, down.round() as i64))
            };
            let mut before = None;
            for point in &series.points {
                let here = place(point);
                if let Some(to) = here
                    && !series.dotted
                {
                    let from = before.unwrap_or(to);
                    if series.dashed {
                        canvas.dashed_line(from, to, series.style, series.layer);
                    } else if series.thick {
                        canvas.thick_line(from, to, series.style, series.layer);
                    } else {
                        canvas.line(from, to, series.style, series.layer);
                    }
                }
                if series.dotted
                    && let Some((x, y)) = here
                {
                    signs.push((x, y, series.sign.unwrap_or('.'), series.style));
                }
                before = here;
            }
            if let Some(sign) = series.sign.filter(|_| !series.dotted) {
                sign_series(series, sign, place, theme, &mut signs, dots_x);
                signs.extend(
                    self.pointed_at(series)
                        .and_then(|point| place(&point))
                        .map(|(x, y)| (x, y, sign, series.style)),
                );
            }
        }
        canvas.paint(buf, inner);
        let (across, down) = theme.glyphs.dots();
        for (x, y, sign, style) in signs {
            let inside = (0..dots_x as i64).contains(&x) && (0..dots_y as i64).contains(&y);
            if inside {
                let at = (
                    inner.x + (x as usize / across) as u16,
                    inner.y + (y as usize / down) as u16,
                );
                anew(&mut buf[at]).set_char(sign).set_style(style);
            }
        }
    }

    /// The point of the curve that is nearest to the crosshair, if the curve reaches it.
    fn pointed_at(&self, series: &Series) -> Option<(f64, f64)> {
        let at = self.crosshair? as f64;
        let last = series.points.last()?.0;
        let near = |p: &&(f64, f64)| (p.0 - at).abs();
        let nearest = series
            .points
            .iter()
            .min_by(|a, b| near(a).total_cmp(&near(b)));
        nearest.filter(|_| at <= last + 1.0).copied()
    }

    fn draw_steps(&self, buf: &mut Buffer, line: Rect, theme: &Theme) {
        let ticks = self.x.whole_ticks(usize::from(line.width / 12).clamp(2, 8));
        let place = |step: f64| {
            let text = format!("{step:.0}");
            let width = text.len() as u16;
            let x = self.column(step, line)?.saturating_sub(width / 2).clamp(
                line.left(),
                line.right().saturating_sub(width).max(line.left()),
            );
            Some((x, width, text))
        };
        let taken = self.crosshair.and_then(|at| place(at as f64));
        if let Some((x, _, text)) = &taken {
            buf.set_string(*x, line.y, text, theme.accent());
        }
        let mut free = line.left();
        for tick in ticks {
            let Some((x, width, text)) = place(tick) else {
                continue;
            };
            let meets = |(at, length, _): &(u16, u16, String)| x <= at + length && *at <= x + width;
            if taken.as_ref().is_some_and(meets) {
                continue;
            }
            if x >= free && x + width <= line.right() {
                buf.set_string(x, line.y, text, theme.faint());
                free = x + width + 1;
            }
        }
    }
}

/// The sign goes to the curve's end, and where curves have no colour also along it.
fn sign_series(
    series: &Series,
    sign: char,
    place: impl Fn(&(f64, f64)) -> Option<(i64, i64)>,
    theme: &Theme,
    signs: &mut Vec<(i64, i64, char, Style)>,
    dots_x: usize,
) {
    let finite: Vec<_> = series.points.iter().filter_map(&place).collect();
    if let Some(&(x, y)) = finite.last() {
        signs.push((x, y, sign, series.style));
    }
    if theme.depth == crate::ui::theme::Depth::None {
        let every = (dots_x as i64 / 5).max(6);
        let offset = i64::from(sign as u32) % 7 * every / 7;
        let mut next = offset;
        for &(x, y) in &finite {
            if x >= next {
                signs.push((x, y, sign, series.style));
                next = x + every;
            }
        }
    }
}

/// Text over whatever was there.
fn write(buf: &mut Buffer, inner: Rect, (x, y): (u16, u16), text: &str, style: Style) {
    let room = usize::from(inner.right() - x);
    for column in x..(x + text.chars().count().min(room) as u16) {
        anew(&mut buf[(column, y)]);
    }
    buf.set_stringn(x, y, text, room, style);
}
